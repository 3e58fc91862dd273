"""What stage `publish` reads: whole tables, and of millions of reads what figures need."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from storeday.lake.bundle import pack
from storeday.manifest import StoreLayout
from storeday.stages.stage import StageContext

SEGMENTS, OUTCOMES = "bronze.footage_segments", "bronze.decode_outcomes"
READS, PRODUCTS, LOGS = "bronze.rfid_reads", "bronze.products", "bronze.reader_logs"
SALES = "bronze.sales"
POSITIONS, VISITS = "silver.positions", "silver.visits"
CROSSINGS, ATTRIBUTES = "silver.door_crossings", "silver.customer_attributes"
RUMMAGES, ACTIONS = "silver.rummage_events", "silver.action_events"
CANDIDATES, OFFSETS = "silver.match_candidates", "silver.clock_offsets"
CALIBRATION, TRACE = "silver.rummage_calibration", "silver.handling_trace"
WHOLE = (
    SEGMENTS,
    OUTCOMES,
    LOGS,
    PRODUCTS,
    SALES,
    POSITIONS,
    VISITS,
    CROSSINGS,
    ATTRIBUTES,
    RUMMAGES,
    ACTIONS,
    CANDIDATES,
    OFFSETS,
    CALIBRATION,
)
# What a packed read stands for, in the column that names a log's format.
HEARD, STRENGTH, LAST = "heard", "strength", "last"


def packed_inputs(context: StageContext) -> list[DataFrame]:
    """All input tables as bundles; of millions of reads only what figures need."""
    inputs = [pack(context.read(table), table) for table in WHOLE]
    reads = _seconds_heard(context)
    for more in (_in_fitting_rooms(context), _last_reads(context)):
        reads = reads if more is None else reads.unionByName(more)
    inputs.append(pack(reads, READS))
    inputs.append(pack(_days_with_scores(context), TRACE))
    return inputs


def _seconds_heard(context: StageContext) -> DataFrame:
    """One read per reader and second: all that coverage has to know."""
    keys = ["store_id", "business_date", "reader_id"]
    second = sf.date_trunc("second", "device_time").alias("device_time")
    seconds = context.read(READS).select(*keys, second).distinct()
    return _as_reads(
        seconds.withColumns({"antenna": sf.lit(0), "epc": sf.lit("0")}).withColumns(
            {"rssi_dbm": sf.lit(None), "read_count": sf.lit(1)}
        ),
        HEARD,
    )


def _in_fitting_rooms(context: StageContext) -> DataFrame | None:
    """How loud tags that a fitting room's antenna heard were, by antenna and step of time.

    None where no antenna covers a fitting room: the reads are not looked at for nothing.
    """
    rooms = [
        (plan.day.store_id, plan.day.business_date, reader.id, antenna.port)
        for plan in context.plans
        for reader in plan.layout.readers
        for antenna in reader.antennas
        if set(antenna.zones) & zones_of_kind(plan.layout, "fitting_room")
    ]
    if not rooms:
        return None
    schema = "store_id string, business_date date, reader_id string, antenna int"
    listed = context.spark.createDataFrame(rooms, schema)
    keys = ["store_id", "business_date"]
    reads = context.read(READS)
    tags = reads.join(sf.broadcast(listed), [*keys, "reader_id", "antenna"], "left_semi")
    heard = reads.join(tags.select(*keys, "epc").distinct(), [*keys, "epc"], "left_semi")
    # One step for all store-days: the smallest, since a finer one can be made coarser.
    step_s = min(plan.settings.measures.tryon_bin_s for plan in context.plans)
    step = sf.window("device_time", f"{step_s:g} seconds")
    steps = heard.groupBy(*keys, "reader_id", "antenna", "epc", step).agg(
        sf.min("device_time").alias("device_time"),
        sf.max("rssi_dbm").alias("rssi_dbm"),
        sf.sum("read_count").cast("int").alias("read_count"),
    )
    return _as_reads(steps, STRENGTH)


def _last_reads(context: StageContext) -> DataFrame | None:
    """The last read of each tag that was handled; None where no manifest wants to know of it."""
    asked = [
        (plan.day.store_id, plan.day.business_date)
        for plan in context.plans
        if plan.layout.privacy.unpaid_items_purpose
    ]
    if not asked:
        return None
    keys = ["store_id", "business_date"]
    days = context.spark.createDataFrame(asked, "store_id string, business_date date")
    tags = context.read(RUMMAGES).join(sf.broadcast(days), keys, "left_semi")
    reads = context.read(READS).join(
        tags.select(*keys, "epc").distinct(), [*keys, "epc"], "left_semi"
    )
    last = sf.max_by(sf.struct("reader_id", "antenna"), sf.struct("device_time", "reader_id"))
    found = reads.groupBy(*keys, "epc").agg(last.alias("last"), sf.max("device_time").alias("at"))
    rows = found.select(
        *keys,
        "epc",
        sf.col("last.reader_id").alias("reader_id"),
        sf.col("last.antenna").alias("antenna"),
        sf.col("at").alias("device_time"),
        sf.lit(None).alias("rssi_dbm"),
        sf.lit(1).alias("read_count"),
    )
    return _as_reads(rows, LAST)


def _as_reads(rows: DataFrame, kind: str) -> DataFrame:
    """Rows with all columns of the reads' key, so that they can be put in order."""
    return rows.select(
        "store_id",
        "business_date",
        "reader_id",
        "antenna",
        "epc",
        "device_time",
        sf.col("rssi_dbm").cast("float").alias("rssi_dbm"),
        "read_count",
        sf.lit(kind).alias("source_format"),
        sf.lit(kind).alias("source_file"),
        sf.lit(0).cast("bigint").alias("source_line"),
        sf.lit(1).alias("source_item"),
    )


def _days_with_scores(context: StageContext) -> DataFrame:
    """One row per store-day whose trace has handling scores: all that has to be known of it."""
    keys = ["store_id", "business_date"]
    scored = context.read(TRACE).where(sf.col("handling_logit").isNotNull())
    days = scored.groupBy(*keys).agg(sf.min("device_time").alias("device_time"))
    # The other columns of the contract's key, so that rows can be put in order.
    return days.select(*keys, sf.lit("").alias("tracklet_id"), "device_time")


def zones_of_kind(layout: StoreLayout, *kinds: str) -> set[str]:
    """Ids of the zones of some kinds."""
    return {zone.id for zone in layout.zones if zone.kind in kinds}
