"""Scenario files: all knobs there, documented, checked."""

import datetime as dt

import numpy as np
import pytest

from storeday.floor.camera_view import camera_view, sees
from storeday.floor.homography import project
from storeday.manifest import load_manifest
from storeday.simulate.event_zones import rectangle_index
from storeday.simulate.knobs import Knobs
from storeday.simulate.products import check_digit, make_products, products_csv, sgtin_96
from storeday.simulate.rig import rigs, to_image
from storeday.simulate.routes import make_routes
from storeday.simulate.scenario import (
    Scenario,
    ScenarioError,
    load_scenario,
    scenario_names,
    with_knobs,
)
from storeday.simulate.store import make_store, manifest_text

WANTED = {
    "quiet_boutique",
    "busy_saturday",
    "drifting_clocks",
    "crowded_rack",
    "overlapping_cameras",
    "demo",
}


def test_the_scenarios_are_there():
    assert set(scenario_names()) >= WANTED


@pytest.mark.parametrize("name", scenario_names())
def test_every_knob_stands_in_the_file_with_a_comment(name):
    from importlib.resources import files

    lines = files("storeday.simulate.scenarios").joinpath(f"{name}.yaml").read_text().splitlines()
    scenario = load_scenario(name)
    assert scenario.name == name
    for group in Scenario.model_fields:
        knobs = getattr(scenario, group)
        if not isinstance(knobs, Knobs):
            continue
        start = lines.index(f"{group}:")
        for knob, info in type(knobs).model_fields.items():
            row = next(
                i for i, line in enumerate(lines) if i > start and line.startswith(f"  {knob}:")
            )
            assert lines[row - 1].startswith("  #"), f"{name}: {group}.{knob} has no comment"
            assert info.description, f"{group}.{knob} has no description"


def test_hours_move_the_closing_time():
    assert load_scenario("busy_saturday", 1.5).store.closes == dt.time(11, 30)
    with pytest.raises(ScenarioError, match="hours is 0"):
        load_scenario("demo", 0)


def test_faults_are_told_together(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("name: bad\nsummary: x\nstore: {tills: 9}\ntags: {per_rak: 3}\n")
    with pytest.raises(ScenarioError, match=r"store\.tills.*\n.*tags\.per_rak"):
        load_scenario(path)
    with pytest.raises(ScenarioError, match="no scenario 'nowhere'; there are busy_saturday"):
        load_scenario("nowhere")
    with pytest.raises(ScenarioError, match="one of staff per till"):
        with_knobs(load_scenario("demo"), staff={"count": 1}, store={"tills": 2})


def test_faults_between_knobs_come_with_the_others(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        "name: bad\nsummary: x\nstore: {timezone: Mars/Olympus, opens: '18:00', closes: '09:00'}\n"
        "customers: {hour_weights: [0, 0]}\nhandling: {hold_min_s: 20, hold_max_s: 5}\n"
        "clocks: {reader_offset_low_s: 20}\nstaff: {count: 0}\n"
    )
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    message = str(caught.value)
    for fault in (
        "store.timezone: expected the name of a time zone, like Europe/Paris (found 'Mars",
        "store.closes: expected a time after opens, which is 18:00:00 (found '09:00')",
        "customers.hour_weights: expected at least one weight above 0",
        "handling.hold_max_s: expected no less than hold_min_s, which is 20.0 (found 5)",
        "staff.count",
    ):
        assert fault in message
    with pytest.raises(ScenarioError, match="reader_offset_high_s: expected no less than"):
        with_knobs(load_scenario("demo"), clocks={"reader_offset_low_s": 20})


def test_a_floor_too_small_is_refused():
    scenario = with_knobs(load_scenario("demo"), store={"racks": 60, "fitting_rooms": 30})
    with pytest.raises(ScenarioError, match=r"racks is 60.*holds 6\n.*fitting_rooms.*holds 6"):
        make_store(scenario)


@pytest.mark.parametrize("name", scenario_names())
def test_manifest_round_trip(name, tmp_path):
    scenario = load_scenario(name)
    layout = make_store(scenario).layout
    path = tmp_path / f"{scenario.store.store_id}.yaml"
    path.write_text(manifest_text(layout))
    assert load_manifest(path, scenario.store.business_date) == layout


@pytest.mark.parametrize("name", ["demo", "overlapping_cameras", "busy_saturday"])
def test_homographies_undo_the_projections(name):
    scenario = load_scenario(name)
    layout = make_store(scenario).layout
    rng = np.random.default_rng(3)
    size = [scenario.store.width_m, scenario.store.depth_m]
    floor = rng.uniform(0, 1, (200, 2)) * size
    for camera, rig in zip(layout.cameras, rigs(scenario, layout), strict=True):
        image, depth = to_image(rig, np.column_stack([floor, np.zeros(len(floor))]))
        front = depth > 0.5
        back = project(camera_view(camera).matrix, image[front])
        np.testing.assert_allclose(back, floor[front], atol=1e-6)
        assert camera.homography is not None


@pytest.mark.parametrize("name", scenario_names())
def test_cameras_see_most_of_where_people_stand(name):
    store = make_store(load_scenario(name))
    points = store.places.points_m[[place for rack in store.places.racks for place in rack]]
    seen = np.zeros(len(points), int)
    for camera in store.layout.cameras:
        seen += sees(camera_view(camera), points)
    # Corners below the cameras are blind, as in shops.
    assert (seen > 0).mean() > 0.75
    if name == "overlapping_cameras":
        assert (seen > 1).mean() > 0.8


def test_gtins_and_epcs():
    # GS1's own example of a check digit, and the vector of the Tag Data Standard.
    assert check_digit("629104150021".zfill(13)) == "3"
    assert sgtin_96("0614141", "812345", 6789, 3) == "3074257BF7194E4000001A85"
    scenario = load_scenario("demo")
    products = make_products(scenario, make_store(scenario), np.random.default_rng(0)).products
    assert len(set(products.epc)) == len(products.epc) == 6 * 15 + 4
    for epc, gtin in zip(products.epc, products.gtin, strict=True):
        bits = int(epc, 16)
        prefix, item = bits >> 58 & (2**24 - 1), bits >> 38 & (2**20 - 1)
        digits = f"{item:06d}"[0] + f"{prefix:07d}" + f"{item:06d}"[1:]
        assert gtin == digits + check_digit(digits)
        assert bits >> 88 == 0x30


def test_products_file_tells_places_as_well_as_wanted():
    scenario = load_scenario("busy_saturday")
    store = make_store(scenario)
    catalogue = make_products(scenario, store, np.random.default_rng(0))
    rows = [row.split(",") for row in products_csv(scenario, store, catalogue, 5).splitlines()[1:]]
    racked = catalogue.products.rack >= 0
    known = np.array([bool(row[5]) for row in rows])
    assert abs(known[racked].mean() - scenario.tags.place_known_share) < 0.05
    assert not known[~racked].any()
    error = np.array([float(row[6]) for row in np.array(rows, object)[known]])
    error -= catalogue.products.x_m[known]
    assert abs(error.std() - scenario.tags.place_error_m) < 0.03


def test_antennas_cover_every_rack_once():
    for name in scenario_names():
        layout = make_store(load_scenario(name)).layout
        covered = [z for r in layout.readers for a in r.antennas for z in a.zones]
        displays = [zone.id for zone in layout.zones if zone.kind == "display"]
        assert sorted(z for z in covered if z.startswith("display")) == sorted(displays)


def test_zones_of_places_equal_brute_force():
    zones = make_store(load_scenario("busy_saturday")).layout.zones
    rng = np.random.default_rng(8)
    places = rng.uniform(-1, 21, (3000, 2))
    expected = np.full(len(places), -1)
    for index in reversed(range(len(zones))):
        low, high = np.min(zones[index].polygon_m, axis=0), np.max(zones[index].polygon_m, axis=0)
        expected[((places > low) & (places < high)).all(axis=1)] = index
    np.testing.assert_array_equal(rectangle_index(places, zones), expected)


def test_ways_are_shortest():
    """Against a fine grid's shortest path by networkx, which cannot be shorter."""
    import networkx as nx

    rng = np.random.default_rng(4)
    boxes = np.array([[2.0, 1.0, 3.0, 4.0], [4.2, 2.0, 6.0, 3.0]])
    places = np.array([[1.0, 2.0], [7.0, 2.5], [3.6, 0.5], [5.0, 4.5]])
    routes = make_routes(places, boxes, (8.0, 5.0), {})
    step = 0.1
    graph = nx.Graph()
    grown = boxes + np.array([-1, -1, 1, 1]) * 0.35
    free = {
        (i, j)
        for i in range(81)
        for j in range(51)
        if not any(
            b[0] + 1e-9 < i * step < b[2] and b[1] + 1e-9 < j * step < b[3] for b in grown.tolist()
        )
    }
    for i, j in free:
        for di, dj in ((1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, 2), (2, -1), (1, -2)):
            if (i + di, j + dj) in free:
                graph.add_edge((i, j), (i + di, j + dj), weight=step * np.hypot(di, dj))
    for start in range(4):
        for goal in range(start + 1, 4):
            ends = [tuple(np.rint(places[p] / step).astype(int).tolist()) for p in (start, goal)]
            grid = nx.shortest_path_length(graph, *ends, weight="weight")
            own = routes.distance_m[start, goal]
            assert own <= grid + 0.25
            assert own >= 0.9 * grid - 0.3
            line = routes.line(start, goal, rng)
            assert np.allclose(line[[0, -1]], places[[start, goal]])
