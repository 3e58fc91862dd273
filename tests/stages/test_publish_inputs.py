"""What of millions of reads reaches the gold tables: one store-day by hand."""

import datetime as dt
from types import SimpleNamespace

import pyarrow as pa
import pytest

from storeday.manifest import manifest_from_text
from storeday.measures import MeasureSettings, tryons
from storeday.stages.publish_inputs import (
    HEARD,
    LAST,
    READS,
    RUMMAGES,
    STRENGTH,
    _in_fitting_rooms,
    _last_reads,
    _seconds_heard,
)

pytestmark = pytest.mark.spark

DATE = dt.date(2026, 11, 20)
NINE = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
MANIFEST = """\
store_id: s
versions:
  - valid_from: 2026-01-01
    timezone: UTC
    opening_hours: {days: {}}
    floor_plan: {width_m: 9, height_m: 9}
    zones:
      - {id: rack, kind: display, polygon_m: [[0, 0], [1, 0], [1, 1]]}
      - {id: cabin, kind: fitting_room, polygon_m: [[2, 0], [3, 0], [3, 1]]}
    readers:
      - id: r
        log: {format: itemtest_csv}
        antennas: [{port: 1, zones: [rack]}, {port: 2, zones: [cabin]}]
    privacy: {PRIVACY}
"""


def context(spark, reads, privacy="{}"):
    layout = manifest_from_text(MANIFEST.replace("{PRIVACY}", privacy), "s.yaml", DATE)
    plan = SimpleNamespace(
        day=SimpleNamespace(store_id="s", business_date=DATE),
        layout=layout,
        settings=SimpleNamespace(measures=MeasureSettings()),
    )
    tags = pa.table({"store_id": ["s"], "business_date": [DATE], "epc": ["A0"]})
    tables = {READS: reads, RUMMAGES: tags}
    frames = {name: spark.createDataFrame(rows) for name, rows in tables.items()}
    return SimpleNamespace(spark=spark, plans=(plan,), read=frames.__getitem__)


def reads(*rows):
    """Reads of (tag, antenna, second, dBm)."""
    return pa.table(
        {
            "store_id": ["s"] * len(rows),
            "business_date": [DATE] * len(rows),
            "reader_id": ["r"] * len(rows),
            "antenna": pa.array([row[1] for row in rows], pa.int32()),
            "epc": [row[0] for row in rows],
            "device_time": [NINE + dt.timedelta(seconds=row[2]) for row in rows],
            "rssi_dbm": pa.array([float(row[3]) for row in rows], pa.float32()),
            "read_count": pa.array([1] * len(rows), pa.int32()),
        }
    )


def test_tags_in_a_cabin_are_told_from_those_on_the_rack(spark):
    rows = [("A0", 1, second, -50) for second in range(0, 600, 5)]
    rows += [("A0", 2, second, -45) for second in range(200, 300, 5)]
    rows += [("B0", 1, second, -50) for second in range(0, 600, 5)]
    found = _in_fitting_rooms(context(spark, reads(*rows))).toArrow()
    # The other tag was never heard there; each antenna and ten seconds is one row.
    assert set(found["epc"].to_pylist()) == {"A0"}
    assert set(found["source_format"].to_pylist()) == {STRENGTH}
    assert found.num_rows == 60 + 10
    assert sum(found["read_count"].to_pylist()) == 120 + 20
    (row,) = tryons(found, {("r", 2): "cabin"}, str, MeasureSettings()).to_pylist()
    assert (row["epc"], row["zone_id"], row["reads"]) == ("A0", "cabin", 20)


def test_last_reads_are_looked_for_only_where_the_manifest_says_what_for(spark):
    rows = reads(("A0", 1, 10, -50), ("A0", 2, 20, -50), ("B0", 1, 30, -50))
    assert _last_reads(context(spark, rows)) is None
    asked = context(spark, rows, "{unpaid_items_purpose: counting shrinkage}")
    (row,) = _last_reads(asked).toArrow().to_pylist()
    assert (row["epc"], row["antenna"], row["source_format"]) == ("A0", 2, LAST)
    assert row["device_time"] == NINE + dt.timedelta(seconds=20)


def test_a_reader_is_heard_once_a_second(spark):
    rows = reads(("A0", 1, 10, -50), ("B0", 2, 10, -50), ("A0", 1, 11, -50))
    found = _seconds_heard(context(spark, rows)).toArrow()
    assert found.num_rows == 2
    assert set(found["source_format"].to_pylist()) == {HEARD}
