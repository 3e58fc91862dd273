import itertools
from dataclasses import replace

import numpy as np
import pytest

from storeday.tracking import TrackingSettings, best_pairs, stitch_tracks, track_frames

SETTINGS = TrackingSettings()


def boxes_at(x_px, y_px=500.0, height_px=200.0):
    x_px = np.asarray(x_px, float)
    half = 0.41 * height_px / 2
    top = np.full(len(x_px), y_px - height_px)
    return np.stack((x_px - half, top, x_px + half, top + height_px), axis=1)


def test_two_people_who_swap_sides_behind_a_rack_are_not_mixed():
    # Both go on at their pace; the nearer start is the other one's. In doubt they are left apart,
    # and with no doubt allowed for they are told right.
    before, after = np.arange(0, 3, 0.2), np.arange(5, 8, 0.2)
    times_s = np.concatenate([before, after, before, after])
    x_px = np.concatenate([100 + 120 * times_s[:30], 1100 - 120 * times_s[30:]])
    tracks = np.repeat([0, 2, 1, 3], 15)
    joined = stitch_tracks(times_s, boxes_at(x_px), tracks, SETTINGS)
    assert joined[0] not in joined[45:]
    assert joined[30] not in joined[15:30]
    bold = replace(SETTINGS, stitch_least_probability=0.0, stitch_least_log_odds=-3.0)
    told = stitch_tracks(times_s, boxes_at(x_px), tracks, bold)
    assert told.tolist() == np.repeat([0, 0, 1, 1], 15).tolist()


def test_no_join_too_far_too_late_or_of_another_height():
    times_s = np.concatenate([np.arange(0, 3, 0.2), np.arange(4, 7, 0.2)])
    tracks = np.repeat([0, 1], 15)
    near = boxes_at(np.full(30, 300.0))
    assert stitch_tracks(times_s, near, tracks, SETTINGS).max() == 0
    far = boxes_at(np.repeat([300.0, 1500.0], 15))
    assert stitch_tracks(times_s, far, tracks, SETTINGS).max() == 1
    late = times_s + np.repeat([0.0, SETTINGS.stitch_gap_s], 15)
    assert stitch_tracks(late, near, tracks, SETTINGS).max() == 1
    taller = np.concatenate([near[:15], boxes_at(np.full(15, 300.0), height_px=400.0)])
    assert stitch_tracks(times_s, taller, tracks, SETTINGS).max() == 1


def test_order_of_rows_means_nothing_and_nobody_is_twice_at_once():
    random = np.random.default_rng(5)
    times_s, boxes, tracks = crowd(random)
    joined = stitch_tracks(times_s, boxes, tracks, SETTINGS)
    order = random.permutation(len(times_s))
    again = stitch_tracks(times_s[order], boxes[order], tracks[order], SETTINGS)
    assert (again == joined[order]).all()
    assert len(np.unique(joined)) < len(np.unique(tracks))
    moments = np.column_stack([times_s, joined])
    assert len(np.unique(moments, axis=0)) == len(moments)


def crowd(random, people=12, seconds=60.0):
    """People who stroll and are lost now and then."""
    times, boxes, tracks, number = [], [], [], 0
    for _ in range(people):
        x_px = random.uniform(0, 1800) + np.cumsum(random.normal(0, 12, int(seconds * 5)))
        edges = [0, *np.sort(random.choice(np.arange(20, 280, 20), 3, replace=False)), 300]
        for first, last in itertools.pairwise(edges):
            some = np.arange(first, last - 5)
            times.append(some / 5)
            boxes.append(boxes_at(x_px[some], y_px=random.uniform(300, 900)))
            tracks.append(np.full(len(some), number))
            number += 1
    return np.concatenate(times), np.concatenate(boxes), np.concatenate(tracks)


def test_hour_and_segment_borders_leave_no_trace():
    # A day that crosses full hours gives the same tracks as the same day shifted by 25 minutes.
    random = np.random.default_rng(7)
    times_s, boxes, _ = crowd(random)
    scores = np.full(len(times_s), 0.9)
    across = track_frames(times_s + 3570.0, boxes, scores, SETTINGS)
    within = track_frames(times_s + 5070.0, boxes, scores, SETTINGS)
    assert (across == within).all()


@pytest.mark.parametrize("seed", range(20))
def test_best_pairs_against_every_choice(seed):
    random = np.random.default_rng(seed)
    rows, columns = random.integers(1, 5, 2)
    pairs = np.array(list(itertools.product(range(rows), range(columns))))
    pairs = pairs[random.random(len(pairs)) < 0.7]
    gain = random.normal(1, 2, len(pairs))
    chosen = best_pairs(pairs[:, 0], pairs[:, 1], gain)
    assert len(np.unique(pairs[chosen, 0])) == len(np.unique(pairs[chosen, 1])) == chosen.sum()
    best = 0.0
    for size in range(min(rows, columns) + 1):
        for some in itertools.combinations(range(len(pairs)), size):
            picked = pairs[list(some)]
            if all(len(set(column)) == size for column in picked.T.tolist()) or not size:
                best = max(best, gain[list(some)].sum())
    assert gain[chosen].sum() == pytest.approx(best)


def test_nothing_to_do():
    none = np.empty(0)
    assert not len(stitch_tracks(none, np.empty((0, 4)), np.empty(0, int), SETTINGS))
    assert not len(best_pairs(np.empty(0, int), np.empty(0, int), none))
    alone = np.array([0, 0, -1])
    assert stitch_tracks(np.arange(3.0), boxes_at([0, 1, 2]), alone, SETTINGS).tolist() == [
        0,
        0,
        -1,
    ]
