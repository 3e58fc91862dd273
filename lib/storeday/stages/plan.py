"""What is known of a store-day before any stage runs: layout, settings, files, run id."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from storeday import __version__
from storeday.floor.private_views import private_view_faults
from storeday.inference import ModelManifest
from storeday.lake.files import (
    InputFile,
    exists,
    fingerprint,
    list_files,
    local_copy,
    read_bytes,
)
from storeday.lake.salts import default_salts, find_salt, load_or_make_salt
from storeday.lake.store_day import StoreDay
from storeday.manifest import ManifestError, StoreLayout, manifest_from_text
from storeday.privacy import namer
from storeday.shop_files import ProductStates, product_states
from storeday.stages.settings import Settings, settings_of

PRODUCTS_FILE = "products.csv"


@dataclass(frozen=True)
class Places:
    """Where everything is, as Hadoop paths.

    Attributes:
        inbox: Root of the inbox.
        stores: Folder of the store manifests and products files.
        lake: Root of the lake.
        salts: Folder of the salts; beside the lake where none is given.
    """

    inbox: str
    stores: str
    lake: str
    salts: str = ""

    @property
    def salts_or_default(self) -> str:
        """Folder of the salts."""
        return self.salts or default_salts(self.lake)

    def inbox_of(self, day: StoreDay) -> str:
        """Inbox folder of a store-day."""
        return f"{self.inbox.rstrip('/')}/{day.store_id}/{day.business_date}"

    def products_of(self, store_id: str) -> str:
        """Products file of a store."""
        return f"{self.stores.rstrip('/')}/{store_id}.{PRODUCTS_FILE}"

    def manifest_of(self, store_id: str) -> str:
        """Manifest of a store."""
        return f"{self.stores.rstrip('/')}/{store_id}.yaml"


@dataclass(frozen=True)
class DayPlan:
    """A store-day, ready to be worked on. Travels to the tasks that work on it.

    Attributes:
        day: The store-day.
        inbox: Its inbox folder.
        layout: The store's layout on that date.
        settings: Settings, manifest's changes included.
        files: Files of the inbox folder.
        prints: Fingerprint of each file, by path.
        products: Path of the products file; None where the store has none.
        run_id: Digest of all that decides the rows.
        salt: The store-day's salt; empty where none was made yet.
        is_inbox_complete: Whether more input is expected no more; who starts the run says so.
        products_state: Digest of what the products file says of the date; empty where there is
            none.
        priors: What is taken as known beforehand (`stages.clock_records`), as JSON; empty where
            nothing was chosen.
    """

    day: StoreDay
    inbox: str
    layout: StoreLayout
    settings: Settings
    files: tuple[InputFile, ...]
    prints: Mapping[str, str] = field(repr=False)
    products: str | None
    run_id: str
    salt: bytes = field(repr=False)
    is_inbox_complete: bool = True
    priors: str = ""
    products_state: str = ""

    @cached_property
    def layout_sha256(self) -> str:
        """Digest of the store's layout on the date; thresholds belong to the settings."""
        layout = self.layout.model_dump(mode="json", exclude={"thresholds"})
        return hashlib.sha256(json.dumps(layout, sort_keys=True).encode()).hexdigest()

    def stamps(self) -> dict[str, Any]:
        """Values of the columns that say which store-day and run a row belongs to."""
        return {
            "store_id": self.day.store_id,
            "business_date": self.day.business_date,
            "run_id": self.run_id,
            "method_version": __version__,
        }

    def make_id(self, name: str) -> str:
        """Pseudonym of a name within the store-day."""
        return namer(self.salt, self.day.store_id, str(self.day.business_date))(name)

    def files_in(self, folder: str) -> list[InputFile]:
        """Files below one of the inbox folder's parts, such as `footage`."""
        return [file for file in self.files if file.path.startswith(f"{folder}/")]

    def copy_of(self, path: str) -> str | None:
        """An earlier file of the same folder with the same content; None where there is none."""
        return self._copies.get(path)

    @cached_property
    def _copies(self) -> dict[str, str]:
        first: dict[tuple[str, str], str] = {}
        copies = {}
        for file in self.files:
            if file.size_bytes:
                key = file.path.rpartition("/")[0], self.prints[file.path]
                if first.setdefault(key, file.path) != file.path:
                    copies[file.path] = first[key]
        return copies

    def inputs_json(self) -> str:
        """Input files with size, time of change and fingerprint, for the run ledger."""
        return json.dumps(
            [
                {
                    "path": file.path,
                    "size_bytes": file.size_bytes,
                    "modified_at": _iso(file.modified_at),
                    "fingerprint": self.prints[file.path],
                }
                for file in self.files
            ]
        )


@dataclass(frozen=True)
class ProductsFile:
    """A store's products file.

    Attributes:
        path: Its Hadoop path.
        digest: Digest of the whole file.
        states: What it says of each date.
    """

    path: str
    digest: str
    states: ProductStates


@dataclass(frozen=True)
class Planned:
    """Store-days that can run, and what is wrong with the others' manifests."""

    plans: tuple[DayPlan, ...]
    faults: Mapping[StoreDay, str]


def plan_days(places: Places, days: Iterable[StoreDay], models: ModelManifest | None) -> Planned:
    """Reads manifests and lists inputs of store-days; makes salts where there are none.

    Args:
        places: Where everything is.
        days: Store-days.
        models: Models that will be used; None where inference is not part of the run.
    """
    planned = look_at_days(places, days, models)
    return Planned(with_salts(places, planned.plans), planned.faults)


def look_at_days(places: Places, days: Iterable[StoreDay], models: ModelManifest | None) -> Planned:
    """As `plan_days`, but writes nothing: store-days without a salt have an empty one."""
    plans, faults = [], {}

    # Days of a store come one after the other.
    @lru_cache(maxsize=1)
    def products_of(store_id: str) -> ProductsFile | None:
        return _read_products(places.products_of(store_id))

    for day in sorted(set(days)):
        try:
            plans.append(_plan(places, day, models, products_of))
        except ManifestError as error:
            faults[day] = str(error)
    return Planned(tuple(plans), faults)


def with_salts(places: Places, plans: Iterable[DayPlan]) -> tuple[DayPlan, ...]:
    """The plans, each with its store-day's salt; makes salts where there are none."""
    salts = places.salts_or_default
    return tuple(
        plan if plan.salt else replace(plan, salt=load_or_make_salt(salts, plan.day))
        for plan in plans
    )


def layout_of(places: Places, day: StoreDay) -> StoreLayout:
    """A store's layout on a store-day, from its manifest.

    Raises:
        ManifestError: There is no manifest, or it has faults; all at once. A camera that sees
            into a fitting room is one.
    """
    path = places.manifest_of(day.store_id)
    if not exists(path):
        raise ManifestError(f"{path}: no such manifest; expected one file per store, STORE_ID.yaml")
    layout = manifest_from_text(_text(path), path, day.business_date, day.store_id)
    try:
        faults = private_view_faults(layout)
    except ValueError as error:
        raise ManifestError(f"{path}: {error}") from error
    if faults:
        raise ManifestError("\n".join(f"{path}: {fault}" for fault in faults))
    return layout


def _read_products(path: str) -> ProductsFile | None:
    if not exists(path):
        return None
    with local_copy(path) as copy:
        digest = hashlib.sha256(copy.read_bytes()).hexdigest()[:32]
        return ProductsFile(path, digest, product_states(copy))


def _plan(
    places: Places,
    day: StoreDay,
    models: ModelManifest | None,
    products_of: Callable[[str], ProductsFile | None],
) -> DayPlan:
    layout = layout_of(places, day)
    settings = settings_of(layout)
    inbox = places.inbox_of(day)
    files = tuple(list_files(inbox))
    prints = _fingerprints(inbox, files)
    products = products_of(day.store_id)
    if products:
        prints[PRODUCTS_FILE] = products.digest
    decides = {
        "version": __version__,
        "settings": settings.digest(),
        "models": models.digest() if models else None,
        "layout": layout.model_dump(mode="json"),
        "inputs": sorted(prints.items()),
    }
    run_id = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]
    return DayPlan(
        day=day,
        inbox=inbox,
        layout=layout,
        settings=settings,
        files=files,
        prints=prints,
        products=products.path if products else None,
        run_id=run_id,
        salt=find_salt(places.salts_or_default, day) or b"",
        products_state=products.states.on(day.business_date) if products else "",
    )


def _fingerprints(folder: str, files: tuple[InputFile, ...]) -> dict[str, str]:
    with ThreadPoolExecutor(8) as pool:
        digests = pool.map(lambda file: fingerprint(folder, file), files)
        return {file.path: digest for file, digest in zip(files, digests, strict=True)}


def _text(path: str) -> str:
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: not UTF-8 text: {error}") from error


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(dt.UTC).isoformat()
