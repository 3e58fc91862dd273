"""`storeday audit-script`: 200 pick-ups for two people, and the form that becomes truth."""

import datetime as dt
import logging
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.csv as pa_csv
import typer

from storeday.audit.script import labelled_hour, pick_up_script, printable
from storeday.commands.run_days import DONE, WRONG_USE
from storeday.floor.calendar import local_moment
from storeday.lake.files import local_copy
from storeday.lake.store_day import StoreDay
from storeday.shop_files import parse_products
from storeday.stages.plan import Places, layout_of

LOGGER = logging.getLogger("storeday")


@dataclass(frozen=True)
class ScriptRequest:
    """For which store and hour.

    Attributes:
        stores: Folder of manifests and products files.
        store_id: Store.
        starts: Start of the hour by the store's local clock, without a zone.
        truth: Folder of truth to write the form to.
        seed: Seed of the draw.
    """

    stores: str
    store_id: str
    starts: dt.datetime
    truth: Path
    seed: int = 0


def write_script(request: ScriptRequest) -> int:
    """Prints the script and writes its form.

    Returns:
        0, or 2 where there is no manifest, no products file, or nothing to pick up.
    """
    places = Places("", request.stores, "")
    date = request.starts.date()
    try:
        layout = layout_of(places, StoreDay(request.store_id, date))
        with local_copy(places.products_of(request.store_id)) as path:
            products = parse_products(path, date).rows
        starts_at = local_moment(date, request.starts.time(), layout.timezone)
        zones = [zone.id for zone in layout.zones if zone.kind == "display"]
        script = pick_up_script(products, zones, starts_at, request.seed)
    except (ValueError, FileNotFoundError) as error:
        LOGGER.error("%s", error)
        return WRONG_USE
    folder = request.truth / request.store_id / str(date)
    _write_form(folder, script, labelled_hour(starts_at))
    typer.echo(printable(script, ZoneInfo(layout.timezone)), nl=False)
    LOGGER.info("form written to %s; correct the times that were not kept", folder)
    return DONE


def _write_form(folder: Path, script: pa.Table, labelled: pa.Table) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pa_csv.write_csv(script, folder / "interactions.csv")
    pa_csv.write_csv(labelled, folder / "labelled.csv")
