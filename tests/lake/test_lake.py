"""Delta tables under contract: made, replaced, read by others."""

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from storeday.contracts import conform, load_contract, table_from_columns, table_names
from storeday.lake import bundle, groups
from storeday.lake.ddl import constraints, spark_schema
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay, predicate

pytestmark = pytest.mark.spark

DAY = StoreDay("s1", dt.date(2026, 11, 20))
OTHER = StoreDay("s2", dt.date(2026, 11, 20))
NEXT = StoreDay("s1", dt.date(2026, 12, 1))
T0 = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
TRACKLETS = load_contract("silver.tracklets")


@pytest.fixture(scope="module")
def lake(spark, tmp_path_factory):
    return Lake(spark, str(tmp_path_factory.mktemp("lake")))


def tracklets(day, names, detections=5):
    count = len(names)
    rows = table_from_columns(
        TRACKLETS,
        {
            "tracklet_id": names,
            "camera_id": ["c1"] * count,
            "started_at": [T0] * count,
            "ended_at": [T0] * count,
            "detections": [detections] * count,
        },
    )
    stamps = {"store_id": day.store_id, "business_date": day.business_date}
    return conform(rows, TRACKLETS, stamps)


def frame(spark, *tables):
    rows = [tuple(row.values()) for table in tables for row in table.to_pylist()]
    return spark.createDataFrame(rows, spark_schema(TRACKLETS))


def names(lake, *days):
    rows = lake.read("silver.tracklets", days).select("tracklet_id").collect()
    return sorted(row[0] for row in rows)


def version(lake, table="silver.tracklets"):
    log = Path(lake.path(table)) / "_delta_log"
    return max(int(entry.stem) for entry in log.glob("*.json"))


def test_every_contract_becomes_a_table_that_others_can_read(lake):
    deltalake = pytest.importorskip("deltalake")
    lake.ensure(table_names())
    for name in table_names():
        contract = load_contract(name)
        table = deltalake.DeltaTable(lake.path(name))
        assert table.protocol().min_reader_version == 1, name
        fields = table.schema().fields
        assert [field.name for field in fields] == [column.name for column in contract.columns]
        for field, column in zip(fields, contract.columns, strict=True):
            assert field.nullable != column.required, f"{name}.{column.name}"
            assert column.description in field.metadata["comment"]
        configured = table.metadata().configuration
        for check_name in constraints(contract):
            assert f"delta.constraints.{check_name}" in configured
        assert table.metadata().partition_columns == list(contract.partition)


def test_replacing_one_store_day_leaves_the_others_alone(spark, lake):
    both = frame(spark, tracklets(DAY, ["a", "b"]), tracklets(OTHER, ["x"]))
    lake.replace("silver.tracklets", both, [DAY, OTHER])
    before = version(lake)
    lake.replace("silver.tracklets", frame(spark, tracklets(DAY, ["c"])), [DAY])
    assert version(lake) == before + 1
    assert names(lake, DAY) == ["c"]
    assert names(lake, OTHER) == ["x"]


def test_a_day_that_became_empty_loses_its_stale_rows(spark, lake):
    lake.replace("silver.tracklets", frame(spark, tracklets(NEXT, ["old"])), [NEXT])
    lake.replace("silver.tracklets", frame(spark), [NEXT], row_count=0)
    assert names(lake, NEXT) == []


def test_rows_of_another_store_day_are_refused(spark, lake):
    before = version(lake)
    with pytest.raises(Exception, match="DELTA_REPLACE_WHERE_MISMATCH") as caught:
        lake.replace("silver.tracklets", frame(spark, tracklets(OTHER, ["y"])), [DAY])
    assert "while replacing silver.tracklets" in caught.value.__notes__
    assert version(lake) == before


@pytest.mark.parametrize(
    ("detections", "names_", "message"),
    [(0, ["z"], "detections_min"), (5, [None], "NOT NULL constraint violated for column")],
)
def test_delta_is_the_last_wall(spark, lake, detections, names_, message):
    before = version(lake)
    rows = frame(spark, tracklets(DAY, names_, detections))
    with pytest.raises(Exception, match=message):
        lake.replace("silver.tracklets", rows, [DAY])
    assert version(lake) == before


def test_nothing_replaced_by_nothing_in_a_new_table_is_no_commit(spark, tmp_path):
    fresh = Lake(spark, str(tmp_path))
    fresh.ensure(["silver.tracklets"])
    fresh.replace("silver.tracklets", frame(spark), [DAY], row_count=0)
    assert version(fresh) == 0


def test_predicate_names_the_month_only_where_it_is_a_partition():
    assert "business_month = '2026-11'" in predicate([DAY], ["store_id", "business_month"])
    assert "business_month" not in predicate([DAY], ["business_date", "store_id"])
    with pytest.raises(ValueError, match="no store-days"):
        predicate([], [])
    with pytest.raises(ValueError, match="expected letters"):
        StoreDay("s1' OR 'a'='a", dt.date(2026, 1, 1))


def stamps(day):
    return {"store_id": day.store_id, "business_date": day.business_date}


def work(group):
    """Counts the detections of each camera as one tracklet; fails for store s2."""
    if group.day == OTHER:
        raise RuntimeError("poisoned")
    rows = group.table("silver.tracklets")
    total = pc.sum(rows["detections"]).as_py() or 0
    columns = {
        "tracklet_id": [f"{group.part}:{total}:{','.join(rows['tracklet_id'].to_pylist())}"],
        "camera_id": ["c1"],
        "started_at": [T0],
        "ended_at": [T0],
        "detections": [max(1, total)],
    }
    return {"silver.tracklets": table_from_columns(TRACKLETS, columns)}


def test_groups_see_all_rows_and_failures_stay_with_their_store_day(spark, lake):
    rows = frame(
        spark,
        tracklets(DAY, ["b", "a"], 2),
        tracklets(OTHER, ["x"]),
    ).repartition(3)
    packed = bundle.pack(rows, "silver.tracklets", part_column="camera_id")
    keys = [(DAY, "c1"), (OTHER, "c1"), (NEXT, "c9")]
    done = groups.apply_groups(
        packed.unionByName(bundle.anchors(spark, keys)), work, stamps
    ).persist()
    notes = {(row["store_id"], row["business_date"], row["name"]): row for row in done.collect()}
    failure = notes["s2", OTHER.business_date, bundle.FAILURE]
    assert "RuntimeError: poisoned" in bytes(failure["body"]).decode()
    assert notes["s1", DAY.business_date, bundle.ROWS_IN]["rows"] == 2
    out = bundle.unpack(done, "silver.tracklets").collect()
    # Rows arrive in key order; a part without input is worked on as well.
    assert sorted(row["tracklet_id"] for row in out) == ["c1:4:a,b", "c9:0:"]
    done.unpersist()


def test_a_second_pass_does_not_count_what_the_first_one_gave(spark):
    packed = bundle.pack(
        frame(spark, tracklets(DAY, ["b", "a", "c"], 2)), "silver.tracklets", part_column=None
    )
    once = groups.apply_groups(packed, work, stamps)
    twice = groups.apply_groups(once, lambda group: {}, stamps).collect()
    assert sum(row["rows"] for row in twice if row["name"] == bundle.ROWS_IN) == 3


def test_a_table_that_breaks_its_contract_fails_before_anything_is_given_out(spark):
    def broken(group):
        good = work(group)["silver.tracklets"]
        segments = table_from_columns(
            load_contract("silver.decode_plan"),
            {
                "camera_id": ["c1"],
                "segment": ["x"],
                "from_us": [5],
                "to_us": [1],
                "frames_per_s": [2.0],
                "reason": ["detail"],
            },
        )
        return {"silver.tracklets": good, "silver.decode_plan": segments}

    done = groups.apply_groups(bundle.anchors(spark, [(DAY, "")]), broken, stamps).collect()
    names_ = {row["name"] for row in done}
    assert names_ == {bundle.FAILURE, bundle.CPU}
    text = next(bytes(row["body"]).decode() for row in done if row["name"] == bundle.FAILURE)
    assert "silver.decode_plan.stretch_order: expected from_us <= to_us" in text


def test_large_tables_travel_in_slices(spark):
    count = 150_000

    def many(group):
        columns = {
            "tracklet_id": [f"t{n}" for n in range(count)],
            "camera_id": pa.repeat("c1", count),
            "started_at": pa.repeat(pa.scalar(T0, pa.timestamp("us", tz="UTC")), count),
            "ended_at": pa.repeat(pa.scalar(T0, pa.timestamp("us", tz="UTC")), count),
            "detections": pa.repeat(1, count),
        }
        return {"silver.tracklets": table_from_columns(TRACKLETS, columns)}

    done = groups.apply_groups(bundle.anchors(spark, [(DAY, "")]), many, stamps).persist()
    slices = done.where("name = 'silver.tracklets'").select("rows").collect()
    assert len(slices) > 1
    assert sum(row[0] for row in slices) == count
    rows = bundle.unpack(done, "silver.tracklets")
    assert rows.selectExpr("count(DISTINCT tracklet_id)").first()[0] == count
    done.unpersist()


def test_history_tells_what_was_replaced(spark, lake):
    log = Path(lake.path("silver.tracklets")) / "_delta_log"
    last = max(log.glob("*.json"), key=lambda entry: int(entry.stem)).read_text().splitlines()
    commit = next(json.loads(line)["commitInfo"] for line in last if "commitInfo" in line)
    assert commit["operation"] == "WRITE"


def test_null_passes_where_the_contract_allows_it(spark, lake):
    """Delta takes a constraint whose outcome is unknown for broken."""
    contract = load_contract("silver.rummage_windows")
    rows = conform(
        table_from_columns(
            contract,
            {
                "reader_id": ["r"],
                "antenna": [1],
                "epc": ["AB"],
                "window_start": [T0],
                "window_s": [8.0],
                "reads": [1],
                "verdict": ["too_few_reads"],
            },
        ),
        contract,
        stamps(DAY),
    )
    values = [tuple(row.values()) for row in rows.to_pylist()]
    new = spark.createDataFrame(values, spark_schema(contract))
    lake.replace("silver.rummage_windows", new, [DAY])
    assert lake.read("silver.rummage_windows", [DAY]).count() == 1
