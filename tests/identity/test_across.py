"""Identity across cameras on a small made-up store: two cameras that share a strip of floor."""

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from storeday.identity import (
    Appearance,
    IdentitySettings,
    Scene,
    TrackletEnds,
    camera_offsets,
    in_common_time,
    join_across,
    join_tracklets,
)
from storeday.identity.busy import Busy
from storeday.identity.camera_clocks import camera_clocks
from storeday.identity.clusters import join_by_evidence
from storeday.identity.merging import ChainLooks, LookModel, merge_chains
from storeday.identity.overlap import Overlaps
from storeday.identity.place_pairs import NearChains, place_pairs
from storeday.identity.points import Points

SETTINGS = IdentitySettings()
START_US = 1_767_600_000_000_000
DOOR = np.array([[0.0, 4.0], [1.0, 4.0], [1.0, 6.0], [0.0, 6.0]])
# Camera 1 sees x < 12, camera 2 x > 8; camera 2's clock is ahead.
AHEAD_S = 1.4


def store(people, seed, looks=True):
    """People come through the door at the left, walk to and fro, and leave by it."""
    random = np.random.default_rng(seed)
    rows, owners, cameras, tracklet = [], [], [], 0
    for person in range(people):
        time_s = 40.0 * person + np.arange(0, 150, 0.5)
        x_m = 9.5 - 9.2 * np.cos(2 * np.pi * (time_s - time_s[0]) / 149.5)
        y_m = 5.0 + 2.5 * np.sin(0.02 * (time_s - time_s[0]) + person)
        for camera, seen in ((0, x_m < 12), (1, x_m > 8)):
            parts = np.split(
                np.flatnonzero(seen), np.flatnonzero(np.diff(np.flatnonzero(seen)) > 1) + 1
            )
            for part in parts:
                noise = random.normal(0, 0.15, (len(part), 2))
                place = np.column_stack([x_m[part], y_m[part]]) + noise
                rows.append((tracklet, time_s[part] + AHEAD_S * camera, place))
                owners.append(person)
                cameras.append(camera)
                tracklet += 1
    return _tables(rows, np.array(owners), np.array(cameras), random, looks)


def _tables(rows, owner, camera, random, looks):
    order = np.lexsort(([row[1][0] for row in rows], camera))
    rows, owner, camera = [rows[k] for k in order], owner[order], camera[order]
    us = [START_US + np.rint(row[1] * 1e6).astype(np.int64) for row in rows]
    first, last = np.array([one[0] for one in us]), np.array([one[-1] for one in us])
    ids = np.array([f"t{number:04d}" for number in range(len(rows))], object)
    names = np.array([f"cam-{number + 1}" for number in camera], object)
    errors = np.full(len(rows), 0.15)
    ends = TrackletEnds(
        ids, names, first, last, first, np.array([row[2][0] for row in rows]), errors,
        last, np.array([row[2][-1] for row in rows]), errors,
    )  # fmt: skip
    points = Points(
        np.repeat(np.arange(len(rows)), [len(one) for one in us]),
        np.concatenate(us),
        np.concatenate([row[2] for row in rows]),
        np.full(sum(len(one) for one in us), 0.15),
    )
    appearance = Appearance.none()
    if looks:
        bodies = random.normal(size=(owner.max() + 1, 32))
        vectors = bodies[owner] + 0.5 * random.normal(size=(len(rows), 32))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        appearance = Appearance(
            ids, vectors.astype(np.float32), np.full(len(rows), 9), np.full(len(rows), np.nan)
        )
    return ends, Scene(points, [DOOR], 200.0), appearance, owner


def pair_scores(label, owner):
    same, true = label[:, None] == label[None], owner[:, None] == owner[None]
    upper = np.triu(np.ones_like(same), 1)
    right = (same & true & upper).sum()
    return right / max((same & upper).sum(), 1), right / (true & upper).sum()


@pytest.mark.parametrize(("looks", "precision"), [(True, 0.95), (False, 0.5)])
def test_one_identity_across_two_cameras(looks, precision):
    """Without looks, who leaves as another comes in may be taken for them."""
    ends, scene, appearance, owner = store(40, seed=3, looks=looks)
    found = join_across(ends, scene, appearance, SETTINGS)
    scores = pair_scores(found.label, owner)
    print("seed 3, precision and recall of pairs", scores, "customers", found.label.max() + 1)
    assert scores[0] > precision
    assert scores[1] > 0.9


def test_clocks_are_compared():
    ends, scene, _, _ = store(40, seed=4)
    _, camera = np.unique(ends.camera_id.astype(str), return_inverse=True)
    clocks = camera_clocks(scene.points, camera, 2)
    assert clocks.is_known.all()
    assert clocks.offset_s[1] - clocks.offset_s[0] == pytest.approx(AHEAD_S, abs=0.25)


def test_cameras_without_a_common_view_say_nothing_of_their_clocks():
    ends, scene, _, _ = store(10, seed=4)
    points = scene.points
    _, camera = np.unique(ends.camera_id.astype(str), return_inverse=True)
    far = points.place_m + np.where(camera[points.tracklet] == 1, 50.0, 0.0)[:, None]
    moved = Points(points.tracklet, points.time_us, far, points.error_m)
    assert not camera_clocks(moved, camera, 2).is_known.any()


def test_offsets_move_detections_and_the_day_itself_finds_them():
    ends, scene, appearance, _ = store(40, seed=4)
    offsets = camera_offsets(ends, scene.points)
    assert sum(offsets.values()) == pytest.approx(0.0, abs=1e-3)
    told = replace(scene, offset_s=offsets)
    one, other = (join_across(ends, one, appearance, SETTINGS).label for one in (scene, told))
    assert one.tolist() == other.tolist()
    nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
    rows = pa.table({"camera_id": ["cam-2", "cam-1", "new"], "device_time": [nine] * 3})
    moved = in_common_time(rows, offsets)["device_time"].to_pylist()
    assert (moved[1] - moved[0]).total_seconds() == pytest.approx(AHEAD_S, abs=0.25)
    assert moved[2] == nine
    assert not len(in_common_time(rows[:0], offsets))


def test_places_of_merged_chains_are_weighed_anew_under_one_bound():
    """Three chains of one person, each seen apart from a fourth for once: one bound, not three."""
    seen = Overlaps(
        np.array([0, 1, 2]), np.full(3, 3), np.full(3, 9), np.full(3, 5.0), np.full(3, -30.0), 0.3
    )
    near = NearChains(np.array([0, 1]), np.array([3, 1]), np.array([0.4, 9.0]))
    chains, merged = np.arange(4), np.array([0, 0, 0, 1])
    one, other, apart = place_pairs(chains, seen, near, SETTINGS)
    bound = SETTINGS.merge_place_bound
    assert one.tolist() == [0, 1, 1, 2]
    assert other.tolist() == [3, 1, 3, 3]
    np.testing.assert_allclose(apart, [0.4 - bound, bound, -bound, -bound])
    one, other, apart = place_pairs(merged, seen, near.within(chains, merged), SETTINGS)
    assert (one.tolist(), other.tolist()) == ([0], [1])
    np.testing.assert_allclose(apart, [0.4 - bound])


def test_nobody_is_in_one_camera_twice_at_once():
    ends, scene, appearance, _ = store(40, seed=5)
    label = join_across(ends, scene, appearance, SETTINGS).label
    for customer in range(label.max() + 1):
        for name in ("cam-1", "cam-2"):
            rows = np.flatnonzero((label == customer) & (ends.camera_id == name))
            rows = rows[np.argsort(ends.started_us[rows])]
            assert (ends.started_us[rows][1:] >= ends.ended_us[rows][:-1]).all()


def test_evidence_names_every_join():
    ends, scene, appearance, _ = store(40, seed=6, looks=False)
    rows = join_tracklets(ends, appearance, SETTINGS, str, scene)
    customer = dict(
        zip(rows["tracklet_id"].to_pylist(), rows["customer_id"].to_pylist(), strict=True)
    )
    kinds = set()
    for row in rows.to_pylist():
        for join in json.loads(row["evidence"]):
            kinds.add(join["kind"])
            assert customer[join["from"]] == customer[join["to"]] == row["customer_id"]
            assert 0 <= join["probability"] <= 1
    assert "overlap" in kinds
    assert len(kinds) > 1
    assert min(rows["confidence"].to_pylist()) < 1


def test_cannot_link_holds_against_all_evidence():
    pairs = np.array([0, 1, 0]), np.array([1, 2, 2])
    weight = np.array([5.0, 4.0, 3.0])

    def apart(one, other):
        return {0, 2} <= {*one, *other}

    assert join_by_evidence(3, pairs, weight, apart, 0.0).tolist() == [0, 0, 2]
    looks = ChainLooks(np.full(3, 5.0), np.full((3, 4), 2.5))
    nothing = np.zeros(0, int), np.zeros(0, int), np.zeros(0)
    label, joins = merge_chains(looks, LookModel(0.5, 16.0), nothing, apart, 0.0)
    assert len(joins) == 1
    assert label[0] != label[2]


def test_joining_by_evidence_against_brute_force():
    # Sum linkage, taken step by step over all pairs of clusters.
    for seed in range(10):
        random = np.random.default_rng(seed)
        one, other = np.triu_indices(7, 1)
        weight = random.normal(0, 2, len(one))
        clusters = [{item} for item in range(7)]
        table = np.zeros((7, 7))
        table[one, other] = table[other, one] = weight
        while len(clusters) > 1:
            sums = {
                (a, b): sum(table[p, q] for p in clusters[a] for q in clusters[b])
                for a in range(len(clusters))
                for b in range(a + 1, len(clusters))
            }
            (a, b), best = max(sums.items(), key=lambda item: item[1])
            if best <= 0.5:
                break
            clusters[a] |= clusters.pop(b)
        label = join_by_evidence(7, (one, other), weight, lambda *_: False, 0.5)
        found = {
            frozenset(np.flatnonzero(label == number).tolist()) for number in set(label.tolist())
        }
        assert found == {frozenset(cluster) for cluster in clusters}, seed


def test_a_store_without_an_entrance_has_one_identity_too():
    ends, scene, appearance, owner = store(40, seed=9)
    rows = join_tracklets(ends, appearance, SETTINGS, str, replace(scene, doors=[]))
    assert rows["tracklet_id"].to_pylist() == ends.tracklet_id.tolist()
    label = np.unique(rows["customer_id"].to_pylist(), return_inverse=True)[1]
    scores = pair_scores(label, owner)
    print("seed 9, no entrance, precision and recall of pairs", scores)
    assert min(scores) > 0.9


def test_seconds_at_once_are_those_of_all_pairs():
    random = np.random.default_rng(12)
    started = random.integers(0, 60, 40) * 1_000_000 + START_US
    ended = started + random.integers(0, 20, 40) * 1_000_000
    camera = random.integers(0, 3, 40)
    busy = Busy(started, ended, camera)
    one, other = np.arange(15), np.arange(15, 40)
    expected = sum(
        max(min(ended[a], ended[b]) - max(started[a], started[b]), 0) / 1e6
        for a in one
        for b in other
        if camera[a] == camera[b]
    )
    assert expected > 0
    assert busy.together_s(one, other) == pytest.approx(expected)


def test_too_small_a_day_is_joined_camera_by_camera():
    ends, scene, appearance, _ = store(8, seed=8)
    rows = join_tracklets(ends, appearance, SETTINGS, str, scene)
    assert len(ends) < SETTINGS.min_day_tracklets
    cameras = dict(zip(ends.tracklet_id, ends.camera_id, strict=True))
    for row in rows.to_pylist():
        for join in json.loads(row["evidence"]):
            assert cameras[join["from"]] == cameras[join["to"]]


def test_no_tracklets():
    nothing = TrackletEnds(
        *(np.zeros(0, object),) * 2, *(np.zeros(0, np.int64),) * 3, np.zeros((0, 2)), np.zeros(0),
        np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros(0),
    )  # fmt: skip
    none = np.zeros(0, np.int64)
    scene = Scene(Points(none, none, np.zeros((0, 2)), np.zeros(0)), [DOOR], 10.0)
    assert not len(join_tracklets(nothing, Appearance.none(), SETTINGS, str, scene))
    assert isinstance(join_tracklets(nothing, Appearance.none(), SETTINGS, str, scene), pa.Table)
