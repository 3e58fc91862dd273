"""`storeday maintain`: keeps the lake small and quick to read.

OPTIMIZE joins the small files that nights leave behind, in partitions of dates that are over;
VACUUM removes the files of old versions once the retention time of the table's contract has passed.
Both change no row. Delta refuses a commit that meets another one; such a table is told and left for
the next time.
"""

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storeday.commands.outcomes import DONE, SOME_FAILED
from storeday.contracts import load_contract, table_names
from storeday.lake.ddl import RETENTION_HOURS
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session

LOGGER = logging.getLogger("storeday")
# Days that late files and repeats still replace: their files are left alone.
SETTLED_DAYS = 7


@dataclass(frozen=True)
class Upkeep:
    """What to do.

    Attributes:
        lake: Root of the lake.
        tables: Tables; none for all that are there.
        today: The date; partitions of the last days before it are not joined.
        is_dry: Only say what would be done.
        master: Spark master of a session that has to be made.
    """

    lake: str
    tables: Sequence[str]
    today: dt.date
    is_dry: bool = False
    master: str = "local[*]"


def maintain(upkeep: Upkeep) -> int:
    """Joins small files and removes old ones, table by table.

    Returns:
        0 if every table is done, 1 if one failed; the others are done all the same.
    """
    lake = Lake(spark_session("storeday maintain", upkeep.master), upkeep.lake)
    names = [name for name in upkeep.tables or table_names() if lake.holds(name)]
    failed = [name for name in names if not _tried(name, lambda: _one(lake, name, upkeep))]  # noqa: B023
    LOGGER.info("%d of %d tables done", len(names) - len(failed), len(names))
    return SOME_FAILED if failed else DONE


def _tried(name: str, work: Callable[[], None]) -> bool:
    try:
        work()
    except Exception as error:
        LOGGER.error("%s: %s", name, str(error).strip().splitlines()[0])
        return False
    return True


def _one(lake: Lake, name: str, upkeep: Upkeep) -> None:
    place = f"delta.`{lake.path(name)}`"
    settled = settled_condition(load_contract(name).partition, upkeep.today)
    hours = RETENTION_HOURS
    if upkeep.is_dry:
        LOGGER.info("%s: OPTIMIZE WHERE %s; VACUUM RETAIN %d HOURS", name, settled, hours)
        return
    joined = lake.spark.sql(f"OPTIMIZE {place} WHERE {settled}").first()
    lake.spark.sql(f"VACUUM {place} RETAIN {hours} HOURS")
    metrics = joined["metrics"] if joined else None
    counts = (metrics["numFilesRemoved"], metrics["numFilesAdded"]) if metrics else (0, 0)
    LOGGER.info("%s: %d files joined to %d; older than %d h removed", name, *counts, hours)


def settled_condition(partition: Sequence[str], today: dt.date) -> str:
    """Condition on partitions whose days are not replaced any more.

    Example:
        >>> settled_condition(["business_date", "store_id"], dt.date(2026, 11, 25))
        "business_date < '2026-11-18'"
        >>> settled_condition(["store_id", "business_month"], dt.date(2026, 11, 25))
        "business_month < '2026-11'"
    """
    before = today - dt.timedelta(days=SETTLED_DAYS)
    if "business_month" in partition:
        return f"business_month < '{before:%Y-%m}'"
    return f"business_date < '{before.isoformat()}'"
