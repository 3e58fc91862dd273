"""Stage `score`: one reader's reads to scored windows, windows to rummage events."""

from pyspark.sql import DataFrame

from storeday.lake.bundle import Group, pack
from storeday.rfid import rummage_events, score_reader
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables, group_stage

READS = "bronze.rfid_reads"
WINDOWS, EVENTS = "silver.rummage_windows", "silver.rummage_events"


def run(context: StageContext) -> DataFrame:
    """Scores the store-days' reads."""
    reads = pack(context.read(READS), READS, part_column="reader_id")
    return group_stage(context, [reads], _readers, score)


def score(group: Group, plan: DayPlan) -> Tables:
    """Windows and events of one reader."""
    reads, settings = group.table(READS), plan.settings.rfid
    windows = score_reader(reads, settings)
    zones = _antenna_zones(plan, group.part)
    events = rummage_events(windows, zones, settings, plan.make_id, reads)
    return {WINDOWS: windows, EVENTS: events}


def _readers(plan: DayPlan) -> list[str]:
    return [reader.id for reader in plan.layout.readers]


def _antenna_zones(plan: DayPlan, reader_id: str) -> dict[int, str | None]:
    """The zone of each antenna that covers just one."""
    for reader in plan.layout.readers:
        if reader.id == reader_id:
            return {
                antenna.port: antenna.zones[0] if len(antenna.zones) == 1 else None
                for antenna in reader.antennas
            }
    return {}


STAGE = Stage("score", "ingest", (READS,), (WINDOWS, EVENTS), run)
