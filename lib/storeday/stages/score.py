"""Stage `score`: readers' reads to scored windows, windows to rummage events.

Two passes. The first takes the tags of a reader in parts, each tag with all of its day, so that
memory is bounded by the part: windows, their scores, and how often tags that nobody moves seem to
be moved. The second takes the store-day as a whole, of which only the high windows are left:
threshold, events.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from storeday.floor.calendar import opening_interval
from storeday.lake.bundle import Group, anchors, apply_groups
from storeday.lake.row_groups import apply_rows
from storeday.lake.store_day import StoreDay
from storeday.rfid import (
    calibrate,
    calibration_rows,
    count_episodes,
    counted_of,
    hourly_quantiles,
    judge,
    kept_windows,
    kinds_of,
    null_rows,
    rummage_events,
    score_reads,
)
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables

READS, PRODUCTS = "bronze.rfid_reads", "bronze.products"
WINDOWS, EVENTS = "silver.rummage_windows", "silver.rummage_events"
HOURS, NULLS = "silver.rummage_hours", "silver.rummage_null"
CALIBRATION = "silver.rummage_calibration"
COLUMNS = (
    "reader_id",
    "antenna",
    "epc",
    "device_time",
    "rssi_dbm",
    "phase_rad",
    "frequency_mhz",
    "read_count",
)
# Reads of a part: about 1 GB in the worker while they are scored.
PART_READS = 2_000_000

Sentinels = Mapping[StoreDay, frozenset[str]]


def run(context: StageContext) -> DataFrame:
    """Scores the store-days' reads."""
    plans, sentinels = context.by_day, _sentinels(context)
    earlier = _earlier_thresholds(context)

    def stamps(day: StoreDay) -> Mapping[str, object]:
        return plans[day].stamps()

    scored = apply_rows(
        _in_parts(context.read(READS)),
        READS,
        lambda group: score_part(group, plans[group.day], sentinels[group.day]),
        stamps,
    )
    days = anchors(context.spark, [(day, "") for day in plans])
    return apply_groups(
        scored.unionByName(days),
        lambda group: find_events(group, plans[group.day], earlier.get(group.day, ())),
        stamps,
    )


def score_part(group: Group, plan: DayPlan, sentinels: frozenset[str]) -> Tables:
    """Scored windows of some of a reader's tags."""
    reads, settings = group.table(READS), plan.settings.rfid
    reader_id, _, number = group.part.rpartition("/")
    scored = score_reads(reads, settings)
    by_tag = scored.by_tag()
    is_sentinel = pc.is_in(
        pa.array(scored.measured.reads.tags, pa.string()), pa.array(sorted(sentinels), pa.string())
    )
    kinds = kinds_of(by_tag, is_sentinel.to_numpy(zero_copy_only=False), _open_us(plan))
    return {
        WINDOWS: kept_windows(scored, reader_id, settings),
        HOURS: hourly_quantiles(scored, reader_id, int(number)),
        NULLS: null_rows(count_episodes(by_tag, kinds), reader_id, int(number)),
    }


def find_events(group: Group, plan: DayPlan, earlier: Sequence[float]) -> Tables:
    """Thresholds, verdicts and events of a store-day."""
    settings = plan.settings.rfid
    calibration = calibrate(counted_of(group.table(NULLS)), settings)
    windows = group.table(WINDOWS)
    return {
        WINDOWS: judge(windows, calibration),
        HOURS: group.table(HOURS),
        NULLS: group.table(NULLS),
        EVENTS: rummage_events(windows, calibration, _antenna_zones(plan), plan.make_id),
        CALIBRATION: calibration_rows(calibration, earlier, settings),
    }


def _in_parts(reads: DataFrame) -> DataFrame:
    """Reads with the part that they are scored in: reader, and a number by the tag's hash."""
    keys = ["store_id", "business_date", "reader_id"]
    parts = reads.groupBy(*keys).agg(
        sf.ceil(sf.count("*") / sf.lit(float(PART_READS))).alias("parts")
    )
    number = sf.pmod(sf.xxhash64("epc"), sf.col("parts")).cast("string")
    return (
        reads.select("store_id", "business_date", *COLUMNS)
        .join(sf.broadcast(parts), keys, "inner")
        .select(
            "store_id",
            "business_date",
            sf.concat_ws("/", "reader_id", number).alias("part"),
            *COLUMNS,
        )
    )


def _sentinels(context: StageContext) -> Sentinels:
    """Tags that nobody can reach, by store-day, from the products file."""
    found: dict[StoreDay, set[str]] = {plan.day: set() for plan in context.plans}
    names = {plan.settings.rfid.sentinel_category for plan in context.plans}
    rows = (
        context.read(PRODUCTS)
        .where(sf.col("category").isin(sorted(names)) & sf.col("epc").isNotNull())
        .select("store_id", "business_date", "epc")
        .collect()
    )
    for row in rows:
        found[StoreDay(row["store_id"], row["business_date"])].add(row["epc"])
    return {day: frozenset(epcs) for day, epcs in found.items()}


def _earlier_thresholds(context: StageContext) -> Mapping[StoreDay, Sequence[float]]:
    """Thresholds of each store's days before, the latest last."""
    stores = sorted({day.store_id for day in context.days})
    rows = (
        context.lake.read_all(CALIBRATION)
        .where(sf.col("store_id").isin(stores) & sf.col("is_deciding"))
        .select("store_id", "business_date", "threshold")
        .collect()
    )
    known = sorted((row["store_id"], row["business_date"], row["threshold"]) for row in rows)
    return {
        day: [
            threshold
            for store_id, date, threshold in known
            if store_id == day.store_id and date < day.business_date
        ]
        for day in context.days
    }


def _open_us(plan: DayPlan) -> tuple[int, int] | None:
    """Begin and end of the time in which somebody may be in, microseconds since 1970."""
    layout = plan.layout
    span = opening_interval(
        plan.day.business_date, layout.opening_hours.on(plan.day.business_date), layout.timezone
    )
    if span is None:
        return None
    margin_us = round(plan.settings.rfid.closed_margin_s * 1e6)
    return (
        round(span.start.timestamp() * 1e6) - margin_us,
        round(span.end.timestamp() * 1e6) + margin_us,
    )


def _antenna_zones(plan: DayPlan) -> dict[tuple[str, int], str | None]:
    """The zone of each antenna that covers just one, by reader and port."""
    return {
        (reader.id, antenna.port): antenna.zones[0] if len(antenna.zones) == 1 else None
        for reader in plan.layout.readers
        for antenna in reader.antennas
    }


STAGE = Stage(
    "score",
    "ingest",
    (READS, PRODUCTS, CALIBRATION),
    (WINDOWS, EVENTS, HOURS, NULLS, CALIBRATION),
    run,
)
