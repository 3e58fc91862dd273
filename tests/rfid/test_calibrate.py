"""Null episodes, thresholds and probabilities: against loops and on planted rates."""

import datetime as dt

import numpy as np
import pytest

from storeday.contracts import check, check_key, conform, load_contract
from storeday.rfid import (
    RfidSettings,
    TagScores,
    calibrate,
    calibration_rows,
    count_episodes,
    counted_of,
    kinds_of,
    null_rows,
    threshold_drift,
)
from storeday.rfid.calibrate import EVERYDAY, probabilities
from storeday.rfid.nulls import CLOSED, HOUR_US, LEVELS, OPEN, SENTINEL

LENGTH_US = 8_000_000
STAMPS = {"store_id": "s1", "business_date": dt.date(2026, 1, 5)}
SETTINGS = RfidSettings()


def day(rng, tags=40, hours=8, width=1.0, first_hour=0):
    """Independent scores of tags, exponential above zero."""
    windows = hours * HOUR_US // LENGTH_US
    tag = np.repeat(np.arange(tags), windows)
    start = np.tile(np.arange(windows) * LENGTH_US, tags) + first_hour * HOUR_US
    score = rng.exponential(width, len(tag)) - 0.5
    return TagScores(tag, start, np.full(len(tag), LENGTH_US), score)


def joined(*parts):
    columns = zip(*[(p.tag, p.start_us, p.length_us, p.score) for p in parts], strict=True)
    tag, start, length, score = (np.concatenate(column) for column in columns)
    order = np.lexsort((start, tag))
    return TagScores(tag[order], start[order], length[order], score[order])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_episodes_are_those_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    scores = day(rng, tags=3, hours=1, width=2.0)
    kept = np.flatnonzero(rng.random(len(scores.tag)) < 0.8)
    score = np.where(rng.random(len(kept)) < 0.1, np.nan, scores.score[kept])
    scores = TagScores(scores.tag[kept], scores.start_us[kept], scores.length_us[kept], score)
    found = count_episodes(scores, np.zeros(len(kept), int))[CLOSED, 0]
    for place in (0, 3, 10, 20):
        count, last = 0, {}
        rows = zip(scores.tag.tolist(), scores.start_us.tolist(), score.tolist(), strict=True)
        for tag, start, value in rows:
            before, at = last.get(tag, (-1.0, -(10**12)))
            near = start <= at + 2 * LENGTH_US
            if value > LEVELS[place] and not (near and before > LEVELS[place]):
                count += 1
            last[tag] = (-1.0 if np.isnan(value) else value, start)
        assert found.counts[place] == count, f"seed {seed}, level {LEVELS[place]}"
    assert found.tag_hours == pytest.approx(len(kept) * 8 / 3600)


def test_kinds_and_rows_there_and_back():
    rng = np.random.default_rng(4)
    scores = day(rng, tags=4, hours=4)
    sentinel = np.array([False, True, False, False])
    kinds = kinds_of(scores, sentinel, (2 * HOUR_US, 10 * HOUR_US))
    counted = count_episodes(scores, kinds)
    expected = {(CLOSED, 0), (CLOSED, 1), *((k, h) for k in (SENTINEL, OPEN) for h in (2, 3))}
    assert set(counted) == expected
    rows = null_rows(counted, "r1", 0)
    contract = load_contract("silver.rummage_null")
    stamped = conform(rows, contract, STAMPS)
    check(stamped, contract)
    check_key(stamped, contract)
    back = counted_of(stamped)
    for key, episodes in counted.items():
        assert np.array_equal(back[key].counts, episodes.counts)
        assert back[key].tag_hours == pytest.approx(episodes.tag_hours)
    assert set(kinds_of(scores, sentinel, None).tolist()) == {0}


@pytest.mark.parametrize("rate", [0.02, 0.2, 2.0])
@pytest.mark.parametrize("source", [CLOSED, SENTINEL, EVERYDAY])
def test_the_threshold_gives_the_accepted_rate_on_other_data(rate, source):
    rng = np.random.default_rng(20261121)
    settings = RfidSettings(false_alarms_per_tag_hour=rate)
    scores = day(rng)
    is_sentinel = np.full(40, source == SENTINEL)
    opens = 99 * HOUR_US if source == CLOSED else 0
    counted = count_episodes(scores, kinds_of(scores, is_sentinel, (opens, 100 * HOUR_US)))
    found = calibrate(counted, settings)
    assert set(found.tails) == {source} == {found.source}
    fresh = day(np.random.default_rng(5), tags=400)
    events = count_episodes(fresh, np.zeros(len(fresh.tag), int))
    above = sum(e.counts[found.threshold <= LEVELS][0] for e in events.values())
    hours = sum(e.tag_hours for e in events.values())
    assert rate / 3 < above / hours < rate * 3


def test_passers_by_raise_the_threshold_and_handlings_hardly_do():
    rng = np.random.default_rng(6)
    closed, opened = day(rng, hours=8), day(rng, hours=8, width=2.0, first_hour=8)
    fresh = day(np.random.default_rng(7), tags=200, width=2.0)
    events = count_episodes(fresh, np.zeros(len(fresh.tag), int))
    # One window in 450, once an hour, is a handling with scores about 25.
    is_handled = rng.random(len(opened.tag)) < 1 / 450
    score = np.where(is_handled, rng.normal(25, 2, len(opened.tag)), opened.score)
    handled = TagScores(opened.tag, opened.start_us, opened.length_us, score)
    for now in (opened, handled):
        scores = joined(closed, now)
        kinds = kinds_of(scores, np.zeros(40, bool), (8 * HOUR_US, 99 * HOUR_US))
        found = calibrate(count_episodes(scores, kinds), SETTINGS)
        assert found.source == EVERYDAY
        assert found.verdict_threshold < found.open_threshold < found.threshold
        above = sum(e.counts[found.threshold <= LEVELS][0] for e in events.values())
        assert 0.03 < above / sum(e.tag_hours for e in events.values()) < 0.4


def test_a_log_of_minutes_has_a_threshold_of_its_own():
    # Five minutes of 60 tags: five tag-hours.
    found = []
    for seed in range(8):
        scores = day(np.random.default_rng(seed), tags=60, hours=1)
        early = scores.start_us < 300_000_000
        columns = (scores.tag, scores.start_us, scores.length_us, scores.score)
        counted = count_episodes(
            TagScores(*(column[early] for column in columns)), np.full(early.sum(), 2)
        )
        found.append(calibrate(counted, SETTINGS))
    assert {each.source for each in found} == {EVERYDAY}
    # 450 exponential windows a tag-hour, less 0.5: 0.2 are left above 7.2.
    assert np.median([each.threshold for each in found]) == pytest.approx(7.2, abs=1.0)
    assert max(each.threshold for each in found) < 10


def test_probability_is_the_share_that_the_null_does_not_explain():
    rng = np.random.default_rng(7)
    scores = joined(day(rng, hours=8), day(rng, hours=8, first_hour=8))
    # One window in 200 of open hours is handled, with scores about 14.
    handled = (rng.random(len(scores.tag)) < 0.005) & (scores.start_us >= 8 * HOUR_US)
    score = np.where(handled, rng.normal(14, 2, len(handled)), scores.score)
    scores = TagScores(scores.tag, scores.start_us, scores.length_us, score)
    kinds = kinds_of(scores, np.zeros(40, bool), (8 * HOUR_US, 99 * HOUR_US))
    found = calibrate(count_episodes(scores, kinds), SETTINGS)
    chance = probabilities(np.array([1.0, 3.0, 14.0, 20.0]), found)
    assert np.all(np.diff(chance) >= 0)
    assert chance[0] < 0.2
    assert chance[2] > 0.95
    assert np.all((chance >= 0) & (chance <= 1))


def test_nothing_seen_is_no_calibration():
    assert calibrate({}, SETTINGS) is None
    assert calibration_rows(None, [], SETTINGS).num_rows == 0


def test_rows_of_a_calibration_keep_the_contract():
    scores = day(np.random.default_rng(8))
    kinds = kinds_of(scores, np.zeros(40, bool), (4 * HOUR_US, 99 * HOUR_US))
    found = calibrate(count_episodes(scores, kinds), SETTINGS)
    contract = load_contract("silver.rummage_calibration")
    rows = conform(calibration_rows(found, [found.threshold / 2], SETTINGS), contract, STAMPS)
    check(rows, contract)
    check_key(rows, contract)
    assert rows["threshold_drift"].to_pylist() == pytest.approx([1.0, 1.0])
    deciding = {row["source"]: row["is_deciding"] for row in rows.to_pylist()}
    assert set(deciding) == {CLOSED, EVERYDAY}
    assert sum(deciding.values()) == 1
    assert np.isnan(threshold_drift(5.0, []))


def test_a_log_of_few_hours_is_judged_by_what_was_measured_elsewhere():
    scores = day(np.random.default_rng(9), tags=1, hours=1)
    found = calibrate(count_episodes(scores, np.full(len(scores.tag), 2)), SETTINGS)
    assert set(found.tails) == {"elsewhere"}
    assert 6 < found.threshold < 9
    assert counted_of(null_rows({}, "r1", 0)) == {}
