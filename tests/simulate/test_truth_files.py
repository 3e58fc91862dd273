"""Files of a simulated day: truth, sales, stores."""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storeday.manifest import load_manifest
from storeday.simulate import load_scenario, simulate_store_day
from storeday.simulate.people import make_world
from storeday.simulate.sales import PRINTED_BEFORE_S, sale_lines, sales_csv
from storeday.simulate.scenario import ScenarioError, with_knobs
from storeday.simulate.truth import MARKER, SCHEMAS, moments, truth_tables

COLUMNS = {
    "customers": ["customer", "entered", "left", "is_staff", "group"],
    "positions": ["customer", "time", "x", "y"],
    "interactions": ["time", "ended", "customer", "epc", "sku", "zone", "x", "y", "action"],
    "clock_offsets": ["device", "offset_s", "drift_ppm", "valid_from"],
    "queue": ["customer", "register", "joined", "served", "left", "epcs"],
    "sentinels": ["epc", "reader"],
    "boxes": ["camera", "time", "customer", "x0", "y0", "x1", "y1", "visible_share"],
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("day")
    return simulate_store_day(load_scenario("demo"), 7, out, "events")


def test_truth_files_have_the_promised_columns(written):
    folder = written.truth / "demo" / "2026-03-14"
    assert {path.stem for path in folder.glob("*.parquet")} == set(COLUMNS)
    assert (folder / MARKER).is_file()
    for name, columns in COLUMNS.items():
        table = pq.read_table(folder / f"{name}.parquet")
        assert table.column_names == columns
        assert table.schema.equals(SCHEMAS[name])


def test_truth_says_what_the_world_says(written):
    world = written.world
    tables = truth_tables(world)
    assert tables["customers"].num_rows == len(world.people.entered_s)
    assert tables["interactions"].num_rows == len(world.handlings.person)
    shown = tables["interactions"]["time"].cast(pa.int64()).to_numpy()
    start_us = round(world.starts_at.timestamp() * 1e6)
    np.testing.assert_allclose((shown - start_us) / 1e6, world.handlings.started_s, atol=1e-6)
    assert set(tables["clock_offsets"]["device"].to_pylist()) == set(world.clocks)
    assert tables["customers"]["group"].null_count == int((world.people.group < 0).sum())


def test_sentinel_tags_stand_in_the_truth_and_in_the_manifest(written):
    table = truth_tables(written.world)["sentinels"]
    products = written.world.products
    unreachable = {products.epc[tag] for tag in np.flatnonzero(products.rack < 0)}
    assert set(table["epc"].to_pylist()) == unreachable
    assert len(unreachable) == load_scenario("demo").tags.sentinels > 0
    layout = load_manifest(written.stores / "demo.yaml", written.business_date)
    listed = {reader.id: set(reader.sentinel_epcs) for reader in layout.readers}
    for row in table.to_pylist():
        assert row["epc"] in listed[row["reader"]]
    assert not unreachable & set(truth_tables(written.world)["interactions"]["epc"].to_pylist())


def test_positions_of_truth_are_a_tenth_second_apart():
    world = make_world(load_scenario("demo"), 7)[0]
    table = truth_tables(world)["positions"]
    time_us = table["time"].cast(pa.int64()).to_numpy()
    same = np.diff(table["customer"].to_numpy()) == 0
    assert set(np.diff(time_us)[same].tolist()) == {100_000}


def test_moments_keep_missing_ones():
    import datetime as dt

    start = dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC)
    values = moments(start, np.array([0.25, np.nan])).to_pylist()
    assert values == [start + dt.timedelta(seconds=0.25), None]


def test_manifest_and_products_file_are_there(written):
    layout = load_manifest(written.stores / "demo.yaml", written.business_date)
    assert layout == written.world.layout
    text = (written.stores / "demo.products.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["epc"] for row in rows] == list(written.world.products.epc)


def test_receipts_are_the_queue_by_the_tills_clock():
    scenario = load_scenario("busy_saturday", 1)
    world, _, catalogue = make_world(scenario, 2, 1.0)
    lines = sale_lines(world, catalogue)
    bought = sorted(item for items in world.queueing.products for item in items)
    assert sorted(line.product for line in lines) == bought
    assert len(bought) > 5
    left = {
        item: world.queueing.left_s[row]
        for row, items in enumerate(world.queueing.products)
        for item in items
    }
    for line in lines:
        clock = world.clocks[line.register_id]
        shown = clock.reads(np.array([left[line.product] - PRINTED_BEFORE_S]))[0]
        assert 0 <= shown - (line.time - world.starts_at).total_seconds() < 1
        assert line.price > 0
    rows = list(csv.DictReader(io.StringIO(sales_csv(world, catalogue))))
    assert [row["epc"] for row in rows] == [world.products.epc[line.product] for line in lines]
    assert len({(row["register_id"], row["receipt_id"]) for row in rows}) == sum(
        bool(items) for items in world.queueing.products
    )


def test_same_seed_same_files(written, tmp_path):
    again = simulate_store_day(load_scenario("demo"), 7, tmp_path, "events")
    first = {path.relative_to(written.inbox.parent): path for path in _files(written)}
    second = {path.relative_to(again.inbox.parent): path for path in _files(again)}
    assert first.keys() == second.keys()
    for name, path in first.items():
        assert path.read_bytes() == second[name].read_bytes(), name
    assert all(written.tables[name].equals(again.tables[name]) for name in written.tables)


@pytest.mark.parametrize(
    "name",
    ["quiet_boutique", "busy_saturday", "drifting_clocks", "crowded_rack", "overlapping_cameras"],
)
def test_same_seed_same_pixels_at_both_levels(name, tmp_path):
    small = with_knobs(
        load_scenario(name, 0.01),
        store={"closed_before_s": 5},
        customers={"per_hour": 300, "hour_weights": [1], "stops_mean": 1, "dwell_median_s": 8},
        tags={"per_rack": 3, "skus_per_rack": 2},
        readers={"count": 1, "antennas": 2},
        cameras={"count": 2, "width_px": 160, "height_px": 90, "frames_per_s": 2},
    )
    for level in ("footage", "events"):
        days = [simulate_store_day(small, 3, tmp_path / f"{level}{run}", level) for run in range(2)]
        first, second = (
            {path.relative_to(day.inbox.parent): path.read_bytes() for path in _files(day)}
            for day in days
        )
        assert first == second
        assert all(days[0].tables[key].equals(days[1].tables[key]) for key in days[0].tables)
    assert days[0].tables


def test_workers_do_not_change_the_files(tmp_path):
    small = with_knobs(
        load_scenario("demo", 0.01),
        cameras={"width_px": 160, "height_px": 90, "frames_per_s": 2},
        tags={"per_rack": 3},
    )
    one, two = (
        simulate_store_day(small, 3, tmp_path / str(workers), "footage", workers=workers)
        for workers in (1, 2)
    )
    assert [path.read_bytes() for path in _files(one)] == [
        path.read_bytes() for path in _files(two)
    ]
    assert any(path.suffix == ".mp4" for path in _files(one))


def test_a_sketch_cannot_be_filmed(tmp_path):
    scenario = with_knobs(load_scenario("flagship", 0.1), store={"store_id": "x"})
    with pytest.raises(ScenarioError, match="no bodies to film"):
        simulate_store_day(scenario, 1, tmp_path, "footage")


def _files(day):
    return sorted(path for path in day.inbox.parent.rglob("*") if path.is_file())
