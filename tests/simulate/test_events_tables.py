"""Level events: tables under contract, error rates near the knobs."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import check, check_key, conform, load_contract
from storeday.simulate.event_actions import (
    handled_spans,
    handling_logits,
    moments_of_handling,
)
from storeday.simulate.event_rummages import rummage
from storeday.simulate.event_sightings import device_us, identify, sight, whole_seconds
from storeday.simulate.events import event_tables
from storeday.simulate.people import make_world
from storeday.simulate.scenario import load_scenario, with_knobs
from storeday.simulate.sketch import sketch_world

SEED = 5


@pytest.fixture(scope="module")
def sketched():
    scenario = with_knobs(
        load_scenario("flagship", 1.0),
        store={"width_m": 20.0, "depth_m": 16.0, "racks": 24, "fitting_rooms": 2, "tills": 1},
        cameras={"count": 6},
        readers={"count": 6},
        detectors={"smallest_person_px": 40.0},
        customers={"per_hour": 900.0},
    )
    return scenario, sketch_world(scenario, SEED)[0]


@pytest.mark.parametrize("name", ["demo", "quiet_boutique", "overlapping_cameras", "flagship"])
def test_tables_keep_their_contracts(name):
    scenario = load_scenario(name, None if name == "demo" else 0.3)
    make = sketch_world if scenario.population == "sketched" else make_world
    world = make(scenario, SEED)[0]
    tables = event_tables(world, scenario, np.random.default_rng(SEED))
    stamps = {"store_id": "s", "business_date": dt.date(2026, 3, 14)}
    for table_name, table in tables.items():
        contract = load_contract(table_name)
        rows = conform(table, contract, stamps)
        check(rows, contract)
        check_key(rows, contract)
        assert table.num_rows, table_name


def test_an_empty_store_gives_empty_tables():
    scenario = with_knobs(
        load_scenario("demo"),
        customers={"per_hour": 0.0},
        detectors={"smallest_person_px": 9999.0},
        staff={"handling_share": 0.0},
    )
    world = make_world(scenario, SEED)[0]
    tables = event_tables(world, scenario, np.random.default_rng(SEED))
    stamps = {"store_id": "s", "business_date": dt.date(2026, 3, 14)}
    for name, table in tables.items():
        check(conform(table, load_contract(name), stamps), load_contract(name))
        if name.startswith("silver"):
            assert table.num_rows == 0, name


def test_action_scores_have_the_articles_error_rates(sketched):
    scenario, world = sketched
    knobs = scenario.detectors
    rng = np.random.default_rng(SEED)
    seconds = whole_seconds(world)
    sightings = sight(world, scenario, seconds, rng)
    logit = handling_logits(world, seconds, sightings, knobs, rng)
    person, time = seconds.person[sightings.second], seconds.time_s[sightings.second]
    rows, start, end = handled_spans(world)
    inside = _within(person, time, world.handlings.person[rows], start, end)
    margin = knobs.action_blur_s
    near = _within(person, time, world.handlings.person[rows], start - margin, end + margin)
    recall, false_rate = (logit[inside] > 0).mean(), (logit[~near] > 0).mean()
    assert abs(recall - knobs.action_recall) < 0.015
    assert abs(false_rate - knobs.action_false_rate) < 0.015
    assert abs((recall + 1 - false_rate) / 2 - 0.89) < 0.015
    # Errors of neighbouring seconds go together.
    quiet = ~near
    pairs = (
        quiet[1:]
        & quiet[:-1]
        & (np.diff(sightings.tracklet) == 0)
        & (np.diff(sightings.second) == 1)
    )
    correlation = np.corrcoef(logit[1:][pairs], logit[:-1][pairs])[0, 1]
    kept = knobs.action_track_bias**2
    assert abs(correlation - (kept + (1 - kept) * knobs.action_correlation)) < 0.03


def test_rummages_have_the_articles_error_rates(sketched):
    scenario, world = sketched
    knobs = scenario.detectors
    seconds = whole_seconds(world)
    found = rummage(world, seconds, knobs, np.random.default_rng(SEED))
    handlings = len(world.handlings.person)
    true = found.handling >= 0
    assert abs(true.sum() / handlings - knobs.rummage_recall) < 0.015
    false = (~true).sum() / handlings
    assert abs(false - knobs.ghost_share - knobs.clutter_share) < 0.03
    assert abs(found.score[true].mean() - found.score[~true].mean() - knobs.score_separation) < 0.15
    late = found.time_s[true] - world.handlings.started_s[found.handling[true]]
    span = world.handlings.ended_s - world.handlings.started_s
    # Even over the handling and the window, plus the jitter.
    expected = np.sqrt(
        (span**2).mean() / 12
        + span.std() ** 2 / 4
        + knobs.rummage_window_s**2 / 3
        + knobs.rummage_jitter_s**2
    )
    assert abs(late.std() - expected) < 0.3
    assert abs(late.mean() - span.mean() / 2) < 0.2
    assert (found.product[true] == world.handlings.product[found.handling[true]]).all()


def test_places_are_off_as_wanted(sketched):
    scenario, world = sketched
    seconds = whole_seconds(world)
    knobs = scenario.detectors
    sightings = sight(world, scenario, seconds, np.random.default_rng(SEED))
    true = np.column_stack([seconds.x_m, seconds.y_m])[sightings.second]
    error = sightings.floor_m - true
    for camera in range(scenario.cameras.count):
        own = error[sightings.camera == camera]
        assert np.allclose(own.std(axis=0), knobs.floor_noise_m, atol=0.02)
        assert np.abs(own.mean(axis=0)).max() < 4 * knobs.floor_bias_m


def test_events_carry_the_clock_of_their_device(sketched):
    scenario, world = sketched
    tables = event_tables(world, scenario, np.random.default_rng(SEED))
    events = tables["silver.rummage_events"]
    peak = events["peak_time"].cast(pa.int64()).to_numpy()
    epc_of = {epc: index for index, epc in enumerate(world.products.epc)}
    product = np.array([epc_of[epc] for epc in events["epc"].to_pylist()])
    reader = np.array(events["reader_id"].to_pylist())
    held = world.handlings
    for name in sorted(set(reader)):
        own = np.flatnonzero(reader == name)
        nearest = []
        for row in own[:400]:
            starts = held.started_s[held.product == product[row]]
            if len(starts):
                gap = peak[row] - device_us(world, name, starts)
                nearest.append(gap[np.argmin(np.abs(gap))] / 1e6)
        # About the middle of a handling, if the reader's clock was used.
        assert abs(np.median(nearest) - 2.2) < 1.5, name


def test_identity_is_perfect_unless_told_otherwise(sketched):
    scenario, world = sketched
    seconds = whole_seconds(world)
    sightings = sight(world, scenario, seconds, np.random.default_rng(SEED))
    customer, person = identify(seconds, sightings, scenario.detectors, np.random.default_rng(SEED))
    pairs = {(c, p) for c, p in zip(customer.tolist(), person.tolist(), strict=True)}
    assert len(pairs) == len(set(customer.tolist())) == len(set(person.tolist()))
    turned = with_knobs(
        scenario, detectors={"identity_split_share": 0.2, "identity_mix_share": 0.05}
    )
    customer, person = identify(seconds, sightings, turned.detectors, np.random.default_rng(SEED))
    expected = len(set(person.tolist())) + 0.2 * (len(person) - len(set(person.tolist())))
    assert abs(len(set(customer.tolist())) / expected - 1) < 0.1


def test_sketched_products_are_in_one_hand(sketched):
    _, world = sketched
    held = world.handlings
    order = np.lexsort((held.started_s, held.product))
    same = np.diff(held.product[order]) == 0
    assert (held.started_s[order][1:] >= held.ended_s[order][:-1])[same].all()
    assert len(held.person) > 1500


def test_no_moments_without_scores():
    scenario = with_knobs(load_scenario("demo"), detectors={"smallest_person_px": 9999.0})
    world = make_world(scenario, SEED)[0]
    seconds = whole_seconds(world)
    sightings = sight(world, scenario, seconds, np.random.default_rng(SEED))
    assert not len(moments_of_handling(seconds, sightings, np.empty(0)).first)


def _within(person, time, who, start, end):
    inside = np.zeros(len(person), bool)
    key = person * 1e7 + time
    order = np.argsort(key, kind="stable")
    lows = np.searchsorted(key[order], who * 1e7 + start)
    highs = np.searchsorted(key[order], who * 1e7 + end)
    for low, high in zip(lows, highs, strict=True):
        inside[order[low:high]] = True
    return inside
