import time
from dataclasses import replace

import numpy as np
import pytest

from storeday.tracking import (
    NO_TRACK,
    TrackingSettings,
    associate,
    associate_frames,
    motion,
    track_frames,
)

SETTINGS = TrackingSettings()
SEED = 11


def walk(times_s, start_px, velocity_px_per_s, height_px=200.0):
    """Corners of a box that moves at constant velocity."""
    centre = np.asarray(start_px) + np.outer(times_s, velocity_px_per_s)
    half = np.array([0.41 * height_px, height_px]) / 2
    return np.concatenate((centre - half, centre + half), axis=1)


def track(*people, settings=SETTINGS):
    """Tracks of people given as (times_s, corners_px, score), one array each."""
    times_s = np.concatenate([person[0] for person in people])
    boxes_px = np.concatenate([person[1] for person in people])
    scores = np.concatenate([np.broadcast_to(person[2], len(person[0])) for person in people])
    tracks = associate_frames(times_s, boxes_px, scores, settings)
    return np.split(tracks, np.cumsum([len(person[0]) for person in people])[:-1])


def test_no_boxes():
    tracks = associate_frames(np.empty(0), np.empty((0, 4)), np.empty(0), SETTINGS)
    assert tracks.shape == (0,)
    assert tracks.dtype == np.int64


def test_one_box_is_no_track():
    (tracks,) = track((np.array([5.0]), walk([0.0], (100, 100), (0, 0)), 0.9))
    assert tracks.tolist() == [NO_TRACK]


def test_one_box_is_a_track_where_one_confirms():
    settings = replace(SETTINGS, confirmations=1)
    (tracks,) = track((np.array([5.0]), walk([0.0], (100, 100), (0, 0)), 0.9), settings=settings)
    assert tracks.tolist() == [0]


@pytest.mark.parametrize("frames_per_s", [30, 5])
def test_two_people_crossing_keep_their_tracks(frames_per_s):
    times_s = np.arange(0, 8, 1 / frames_per_s)
    right = walk(times_s, (200, 500), (120, 0))
    left = walk(times_s, (1160, 510), (-120, 0))
    first, second = track((times_s, right, 0.9), (times_s, left, 0.9))
    assert len(set(first)) == 1
    assert len(set(second)) == 1
    assert first[0] != second[0]


def test_gap_is_bridged_along_the_way_and_no_longer_than_the_buffer():
    times_s = np.arange(0, 12, 0.2)
    seen = (times_s < 4) | (times_s > 6)
    (bridged,) = track((times_s[seen], walk(times_s[seen], (100, 500), (90, 0)), 0.9))
    assert set(bridged) == {0}
    settings = replace(SETTINGS, lost_s=2.0)
    (ended,) = track(
        (times_s[seen], walk(times_s[seen], (100, 500), (90, 0)), 0.9), settings=settings
    )
    assert np.unique(ended).tolist() == [0, 1]
    assert (ended == 0).sum() == (times_s < 4).sum()


def test_uneven_steps_keep_one_track():
    # Key frames every 0.5 or 1 s among stretches of five a second; half a box height a second.
    steps_s = np.array([0.5, 0.5, 1.0, 0.2, 0.2, 0.2, 0.2, 1.0, 0.5, 0.2, 0.2, 1.0, 0.5] * 4)
    times_s = np.cumsum(steps_s)
    (tracks,) = track((times_s, walk(times_s, (0, 500), (100, 0)), 0.9))
    assert set(tracks) == {0}


def test_walker_at_two_frames_a_second_needs_the_loose_gate():
    times_s = np.arange(0, 10, 0.5)
    boxes_px = walk(times_s, (0, 500), (170, 0))  # 85 px a step, 82 px wide: never overlapping
    (loose,) = track((times_s, boxes_px, 0.9), settings=replace(SETTINGS, loose_deviations=1.0))
    (strict,) = track((times_s, boxes_px, 0.9))
    assert set(loose) == {0}
    assert set(strict) == {NO_TRACK}


def test_low_scores_prolong_a_track_but_never_start_one():
    times_s = np.arange(0, 4, 0.2)
    scores = np.where((times_s > 1) & (times_s < 3), 0.3, 0.9)
    boxes_px = walk(times_s, (100, 500), (20, 0))
    (prolonged,) = track((times_s, boxes_px, scores))
    assert set(prolonged) == {0}
    (never,) = track((times_s, boxes_px, 0.3))
    assert set(never) == {NO_TRACK}
    (ignored,) = track((times_s, boxes_px, np.where(scores == 0.3, 0.05, scores)))
    assert ((ignored == NO_TRACK) == (scores == 0.3)).all()


def test_high_score_takes_the_track_before_a_better_placed_low_score():
    times_s = np.array([0.0, 0.2, 0.4])
    person = walk(times_s, (100, 500), (0, 0))
    person[2] += [20, 0, 20, 0]
    ghost = walk(times_s[2:], (100, 500), (0, 0))
    tracks, ghost_tracks = track((times_s, person, 0.9), (times_s[2:], ghost, 0.4))
    assert tracks.tolist() == [0, 0, 0]
    assert ghost_tracks.tolist() == [NO_TRACK]


def test_between_high_and_activation_score_only_prolongs():
    times_s = np.arange(0, 2, 0.2)
    (tracks,) = track((times_s, walk(times_s, (100, 500), (0, 0)), 0.65))
    assert set(tracks) == {NO_TRACK}


def test_unconfirmed_track_ends_at_its_first_miss():
    person = np.arange(0, 2, 0.2)
    flash = np.array([0.4, 0.8])
    steady, flashed = track(
        (person, walk(person, (100, 500), (0, 0)), 0.9),
        (flash, walk(flash, (900, 500), (0, 0)), 0.9),
    )
    assert set(steady) == {0}
    assert set(flashed) == {NO_TRACK}


def test_order_of_rows_changes_nothing():
    print("seed", SEED)
    random = np.random.default_rng(SEED)
    times_s, boxes_px, scores = crowd(200, 8, random)
    tracks = associate_frames(times_s, boxes_px, scores, SETTINGS)
    assert tracks.max() > 5
    for _ in range(3):
        order = random.permutation(len(times_s))
        shuffled = associate_frames(times_s[order], boxes_px[order], scores[order], SETTINGS)
        np.testing.assert_array_equal(shuffled, tracks[order])


def test_later_start_of_the_day_changes_nothing():
    times_s, boxes_px, scores = crowd(100, 8, np.random.default_rng(SEED))
    tracks = associate_frames(times_s, boxes_px, scores, SETTINGS)
    later = associate_frames(times_s + 4096.0, boxes_px, scores, SETTINGS)
    np.testing.assert_array_equal(later, tracks)


@pytest.mark.parametrize(
    ("boxes", "scores", "message"),
    [
        ((2, 3), 2, r"boxes_px has shape \(2, 3\); expected \(2, 4\)"),
        ((2, 4), 3, "scores has shape"),
    ],
)
def test_shapes_that_do_not_fit(boxes, scores, message):
    with pytest.raises(ValueError, match=message):
        associate_frames(np.zeros(2), np.zeros(boxes), np.zeros(scores), SETTINGS)


def crowd(frames, people, random, life_frames=40):
    """People who come, wander and are replaced by others, with misses and low scores."""
    frame = np.repeat(np.arange(frames), people)
    slot = np.tile(np.arange(people), frames)
    life = (frame + slot * 7) // life_frames
    start = random.uniform((0, 200), (1900, 900), (life.max() + 1, people, 2))[life, slot]
    age = (frame + slot * 7) % life_frames
    velocity = random.normal(0, 6, (life.max() + 1, people, 2))[life, slot]
    centre = start + age[:, None] * velocity + random.normal(0, 2, (len(frame), 2))
    half = np.array([40.0, 100.0])
    boxes_px = np.concatenate((centre - half, centre + half), axis=1)
    seen = random.random(len(frame)) > 0.15
    scores = random.uniform(0.2, 1.0, len(frame))
    return frame[seen] * 0.2, boxes_px[seen], scores[seen]


def test_a_long_day_takes_steady_memory_and_time(monkeypatch):
    print("seed", SEED)
    times_s, boxes_px, scores = crowd(11_000, 22, np.random.default_rng(SEED))
    live = []
    predict = motion.predict

    def watched(bank, step_s):
        live.append(bank.shape[1])
        return predict(bank, step_s)

    monkeypatch.setattr(motion, "predict", watched)
    began = time.process_time()
    tracks = associate_frames(times_s, boxes_px, scores, SETTINGS)
    spent_s = time.process_time() - began
    print(f"{len(times_s)} boxes, {tracks.max() + 1} tracks, {max(live)} live, {spent_s:.1f} s")
    assert len(times_s) > 200_000
    assert tracks.max() > 2_500
    # 22 people, each replaced every 8 s, their tracks lost for 4 s at most.
    half = len(live) // 2
    assert max(live) < 22 * 4
    assert max(live[half:]) < 1.3 * max(live[:half])
    assert len(times_s) / spent_s > 5_000


def test_state_stays_small_over_a_day_of_24_hours(monkeypatch):
    """Every ten minutes another person passes for five seconds; who has gone is not kept."""
    live = []
    age = associate._Live.age

    def watched(self, time_s, next_s, settings):
        age(self, time_s, next_s, settings)
        live.append(len(self.number))

    monkeypatch.setattr(associate._Live, "age", watched)
    passer, step = np.divmod(np.arange(24 * 6 * 10), 10)
    times_s = 600.0 * passer + step / 2
    left_px = 100.0 + 8 * step
    boxes_px = np.stack([left_px, 0 * left_px + 100, left_px + 60, 0 * left_px + 280], axis=1)
    scores = np.full(len(times_s), 0.9)
    tracks = associate_frames(times_s, boxes_px, scores, SETTINGS)
    assert tracks.tolist() == passer.tolist()
    assert len(live) == 24 * 6 * 10
    assert max(live) == 1
    stitched = track_frames(times_s, boxes_px, scores, SETTINGS)
    assert stitched.tolist() == passer.tolist()
