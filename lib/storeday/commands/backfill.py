"""`storeday backfill`: runs the store-days of a stretch of dates that are missing or stale."""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyspark.sql import functions as sf
from rich.console import Console

from storeday import __version__
from storeday.commands.outcomes import WRONG_USE
from storeday.commands.run_days import Request, load_request_models, run_days
from storeday.inference import ModelManifest
from storeday.lake.files import list_files
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.lake.store_day import STORE_ID, StoreDay
from storeday.stages.backfill_plan import Item, Now, batches, plan_backfill
from storeday.stages.history import COLUMNS, day_records, model_digests
from storeday.stages.ledger import RUNS
from storeday.stages.plan import look_at_days

LOGGER = logging.getLogger("storeday")
PUBLISHED = "ops.published_days"
# As many as the nightly DAG gives to one submit.
BATCH = 20


@dataclass(frozen=True)
class Stretch:
    """What a backfill looks at.

    Attributes:
        first: First business date.
        last: Last business date, included.
        batch: Store-days that run at once.
        is_dry: Whether the plan is only printed.
        is_chained: Whether each day takes the clocks of the day before as known; oldest first.
    """

    first: dt.date
    last: dt.date
    batch: int = BATCH
    is_dry: bool = False
    is_chained: bool = False

    def dates(self) -> list[dt.date]:
        """All dates.

        Raises:
            ValueError: The last date is before the first.
        """
        if self.last < self.first:
            raise ValueError(f"--to {self.last} is before --from {self.first}")
        count = (self.last - self.first).days + 1
        return [self.first + dt.timedelta(days=day) for day in range(count)]


def run_backfill(request: Request, stretch: Stretch, console: Console | None = None) -> int:
    """Plans a stretch of dates and runs it, batch by batch.

    What was done is in the ledger, so that a second start goes on where the first one stopped.

    Args:
        request: Places, stores (none for all with a manifest), models, master; its dates and
            stages are not looked at.
        stretch: The dates.
        console: Where the plan and live progress go.

    Returns:
        The exit code that asks most of the operator; 0 where everything is current.
    """
    console = console or Console(stderr=True)
    try:
        stores = request.stores or stores_with_manifest(request.places.stores)
        days = [StoreDay(store, date) for date in stretch.dates() for store in stores]
        models = load_request_models(request)
        items, faults = _plan(request, days, models)
        todo = list(batches(items, stretch.batch, stretch.is_chained))
    except ValueError as error:
        LOGGER.error("%s", error)
        return WRONG_USE
    chained = stretch.is_chained
    _show(items, faults, console)
    codes = [WRONG_USE] if faults else []
    if not stretch.is_dry:
        for number, batch in enumerate(todo, 1):
            LOGGER.info("batch %d of %d: %d store-days", number, len(todo), len(batch))
            asked = replace(request, only=batch, clock_prior="chain" if chained else "none")
            codes.append(run_days(asked, console))
    return worst(codes)


def worst(codes: Sequence[int]) -> int:
    """The exit code that asks most of the operator: 2, 1, 4, 3, 0.

    Example:
        >>> worst([0, 3, 1]), worst([])
        (1, 0)
    """
    return min(codes, key=(2, 1, 4, 3, 0).index, default=0)


def stores_with_manifest(folder: str) -> list[str]:
    """Stores that have a manifest in a folder."""
    names = (file.path for file in list_files(folder) if file.path.endswith(".yaml"))
    return sorted(stem for name in names if STORE_ID.fullmatch(stem := name.removesuffix(".yaml")))


def _plan(
    request: Request, days: Sequence[StoreDay], models: ModelManifest | None
) -> tuple[list[Item], dict[StoreDay, str]]:
    looked = look_at_days(request.places, days, models)
    spark = spark_session("storeday backfill", request.master, request.conf)
    lake = Lake(spark, request.places.lake)
    stores = sorted({day.store_id for day in days})
    dates = sorted({day.business_date for day in days})
    asked = sf.col("store_id").isin(stores) & sf.col("business_date").between(dates[0], dates[-1])
    months = sf.col("business_month").between(f"{dates[0]:%Y-%m}", f"{dates[-1]:%Y-%m}")
    runs = lake.read_all(RUNS).where(asked & months).select(*COLUMNS).toArrow()
    published = lake.read_all(PUBLISHED).where(asked & months).select("store_id", "business_date")
    items = plan_backfill(
        looked.plans,
        day_records(runs),
        {StoreDay(row[0], row[1]) for row in published.collect()},
        Now(__version__, model_digests(models.as_json()) if models else {}),
        request.allow_loss,
    )
    return items, dict(looked.faults)


def _show(items: Sequence[Item], faults: dict[StoreDay, str], console: Console) -> None:
    for item in items:
        if item.verdict not in ("current", "no input"):
            console.print(f"{item.day}  {item.verdict}: {'; '.join(item.reasons)}", soft_wrap=True)
    for day, fault in faults.items():
        console.print(f"{day}  wrong: {fault}", soft_wrap=True)
    counts = Counter(item.verdict for item in items)
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    console.print(f"{told or 'no store-days'}, {len(faults)} with a wrong manifest")
