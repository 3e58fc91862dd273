import datetime as dt
import itertools
import json
import time
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import check, check_key, conform, load_contract
from storeday.identity import (
    Appearance,
    IdentitySettings,
    TrackletEnds,
    certain_pairs,
    fit_appearance,
    join_tracklets,
    tracklet_embeddings,
    tracklet_ends,
)

SETTINGS = IdentitySettings()
STAMPS = {"store_id": "s", "business_date": dt.date(2026, 1, 5)}
START_US = 1_767_600_000_000_000
STAMP = pa.timestamp("us", tz="UTC")


def shop(people, seed, hours=2.0, noise=0.7, dimensions=64):
    """A made-up day of one camera: tables, and the person of each tracklet.

    People stroll through a view of 8 m x 6 m; their track breaks now and then, and some come back.
    A tracklet looks like its person, plus a pose of its own and noise in every frame.
    """
    random = np.random.default_rng(seed)
    bodies = random.normal(size=(people, dimensions)) + 1.1 * random.normal(size=dimensions)
    tracks, rows, vectors = [], [], []
    for person in range(people):
        at = random.uniform(0, hours * 3600)
        for _ in range(1 + (random.random() < 0.3)):
            place, end = random.uniform([0, 0], [8, 6]), at + random.lognormal(3.4, 0.6)
            begin, pose = at, noise * random.normal(size=dimensions)
            while at < end:
                if at - begin > 3 and random.random() < 0.02:
                    tracks.append((person, begin, at))
                    at += random.exponential(3) + 0.5
                    begin, pose = at + 1, noise * random.normal(size=dimensions)
                at += 1
                place = np.clip(place + random.normal(0, 0.4, 2), [0, 0], [8, 6])
                look = bodies[person] + pose + noise * random.normal(size=dimensions)
                rows.append((len(tracks), at, *(place + random.normal(0, 0.15, 2))))
                vectors.append(look / np.linalg.norm(look))
            tracks.append((person, begin, at))
            at += random.exponential(100) + 5
    return _tables(rows, np.array(vectors)), np.array([person for person, _, _ in tracks])


def _tables(rows, vectors):
    table = np.array(rows)
    track = table[:, 0].astype(int)
    when = pa.array(START_US + np.round(table[:, 1] * 1e6).astype(np.int64)).cast(STAMP)
    detection = pa.array([f"d{number:06d}" for number in range(len(table))])
    owner = pa.array([f"t{number:05d}" for number in track])
    points = pa.table({"tracklet_id": owner, "detection_id": detection, "time": when})
    spans = points.group_by("tracklet_id").aggregate([("time", "min"), ("time", "max")])
    tracklets = pa.table(
        {
            "tracklet_id": spans["tracklet_id"],
            "camera_id": pa.array(["cam"] * len(spans)),
            "started_at": spans["time_min"],
            "ended_at": spans["time_max"],
        }
    )
    detections = pa.table(
        {
            "detection_id": detection,
            "device_time": when,
            "floor_x_m": table[:, 2],
            "floor_y_m": table[:, 3],
            "floor_error_m": np.full(len(table), 0.15),
            "is_cut": np.zeros(len(table), bool),
        }
    )
    embeddings = pa.table(
        {
            "detection_id": detection,
            "device_time": when,
            "embedding": pa.array(list(vectors.astype(np.float32)), pa.list_(pa.float32())),
        }
    )
    return tracklets, detections, points.drop_columns("time"), embeddings


def identify(tables, settings=SETTINGS):
    tracklets, detections, points, embeddings = tables
    ends = tracklet_ends(tracklets, detections, points, settings)
    return join_tracklets(ends, tracklet_embeddings(points, embeddings), settings, str)


def pair_scores(identities, person):
    """Precision and recall of joins, a join being two tracklets of one customer next in time."""
    owner = person[[int(name[1:]) for name in identities["tracklet_id"].to_pylist()]]
    customer = np.array(identities["customer_id"].to_pylist())

    def joins(label):
        by_label = {}
        for row, name in enumerate(label.tolist()):
            by_label.setdefault(name, []).append(row)
        return {pair for rows in by_label.values() for pair in itertools.pairwise(rows)}

    made, true = joins(customer), joins(owner)
    return len(made & true) / max(1, len(made)), len(made & true) / max(1, len(true))


@pytest.fixture(scope="module")
def day():
    return shop(people=300, seed=1, hours=5.0)


def test_a_made_up_day_is_put_together_well(day):
    tables, person = day
    identities = identify(tables)
    precision, recall = pair_scores(identities, person)
    print("seed 1: precision", precision, "recall", recall, "of", Counter(person).total())
    assert precision > 0.9
    assert recall > 0.85
    # Better than leaving every tracklet alone, and than joining without looks.
    nothing = identify((*tables[:3], tables[3].slice(0, 0)))
    _, recall_without = pair_scores(nothing, person)
    assert recall > recall_without > 0.2


def test_rows_keep_the_contract(day):
    contract = load_contract("silver.identities")
    rows = conform(identify(day[0]), contract, STAMPS)
    check(rows, contract)
    check_key(rows, contract)
    assert rows.num_rows == day[0][0].num_rows


def test_row_order_decides_nothing(day):
    tables, _ = day
    random = np.random.default_rng(5)
    mixed = [table.take(pa.array(random.permutation(table.num_rows))) for table in tables]
    assert identify(mixed).equals(identify(tables))


def test_nobody_is_in_two_tracklets_at_once(day):
    tables, _ = day
    spans = {
        row["tracklet_id"]: (row["started_at"], row["ended_at"]) for row in tables[0].to_pylist()
    }
    chains = {}
    for row in identify(tables).to_pylist():
        chains.setdefault(row["customer_id"], []).append(spans[row["tracklet_id"]])
    assert max(len(chain) for chain in chains.values()) > 1
    for chain in chains.values():
        for earlier, later in itertools.pairwise(sorted(chain)):
            assert earlier[1] < later[0]


def test_evidence_and_confidence_tell_the_joins(day):
    rows = identify(day[0]).to_pylist()
    customer = {row["tracklet_id"]: row["customer_id"] for row in rows}
    joins = {}
    for row in rows:
        found = json.loads(row["evidence"])
        assert len(found) <= 2
        assert all(row["tracklet_id"] in (join["from"], join["to"]) for join in found)
        assert [join["to"] == row["tracklet_id"] for join in found] in ([], [True], [False], [1, 0])
        for join in found:
            assert customer[join["from"]] == customer[join["to"]]
            assert join["gap_s"] > 0
            assert -1 <= join["cosine"] <= 1
            joins.setdefault(row["customer_id"], {})[join["from"]] = join["probability"]
    for row in rows:
        chain = joins.get(row["customer_id"], {})
        weakest = min(chain.values(), default=1.0)
        assert row["confidence"] == pytest.approx(weakest, abs=6e-4)
    sizes = Counter(customer.values())
    assert all(len(joins.get(name, {})) == size - 1 for name, size in sizes.items())


def test_a_customer_is_named_after_the_first_tracklet(day):
    tables, _ = day
    start = dict(
        zip(tables[0]["tracklet_id"].to_pylist(), tables[0]["started_at"].to_pylist(), strict=True)
    )
    chains = {}
    for row in identify(tables).to_pylist():
        chains.setdefault(row["customer_id"], []).append(row["tracklet_id"])
    for name, chain in chains.items():
        assert name == f"customer/{min(chain, key=lambda tracklet: start[tracklet])}"


def test_cameras_are_kept_apart():
    tables, _ = shop(people=80, seed=2)
    tracklets = tables[0]
    cameras = [f"cam{int(name[1:]) % 2}" for name in tracklets["tracklet_id"].to_pylist()]
    tracklets = tracklets.set_column(1, "camera_id", pa.array(cameras))
    rows = identify((tracklets, *tables[1:])).to_pylist()
    camera = dict(zip(tracklets["tracklet_id"].to_pylist(), cameras, strict=True))
    assert len({row["customer_id"] for row in rows}) < len(rows)
    for row in rows:
        for join in json.loads(row["evidence"]):
            assert camera[join["from"]] == camera[join["to"]]


def test_an_empty_day_gives_no_rows():
    tables, _ = shop(people=2, seed=3)
    rows = identify([table.slice(0, 0) for table in tables])
    assert rows.num_rows == 0
    check(
        conform(rows, load_contract("silver.identities"), STAMPS),
        load_contract("silver.identities"),
    )


def fitted(tables):
    ends = tracklet_ends(*tables[:3], SETTINGS)
    looks = tracklet_embeddings(tables[2], tables[3])
    pairs = certain_pairs(ends, SETTINGS)
    return ends, looks, pairs, fit_appearance(ends, looks, pairs, SETTINGS)


def test_time_and_place_alone_find_pairs_of_one_person(day):
    tables, person = day
    ends, _, (source, target), _ = fitted(tables)
    owner = person[[int(name[1:]) for name in ends.tracklet_id]]
    print(len(source), "pairs, right:", (owner[source] == owner[target]).mean())
    assert len(source) >= 30
    assert (owner[source] == owner[target]).mean() >= 0.9


def test_the_day_teaches_what_a_cosine_says(day):
    tables, person = day
    _, looks, _, model = fitted(tables)
    owner = person[[int(name[1:]) for name in looks.tracklet_id]]
    left, right = np.triu_indices(len(owner), 1)
    cosine = np.einsum("nd,nd->n", looks.embedding[left], looks.embedding[right])
    same = owner[left] == owner[right]
    assert model.is_learnt
    assert model.mean_different == pytest.approx(np.median(cosine[~same]), abs=0.03)
    assert model.mean_same == pytest.approx(np.median(cosine[same]), abs=0.03)
    assert (model.log_ratio(cosine[same]) > 0).mean() > 0.9
    assert (model.log_ratio(cosine[~same]) > 0).mean() < 0.1


def test_thirds_of_tracklets_stand_in_for_certain_pairs(day):
    ends, looks, (source, target), _ = fitted(day[0])
    model = fit_appearance(ends, looks, (source[:29], target[:29]), SETTINGS)
    assert model.is_learnt
    assert model.mean_same == np.nanmedian(looks.same_cosine)


def test_a_quiet_day_falls_back_to_the_documented_values():
    tables, _ = shop(people=3, seed=4)
    *_, model = fitted(tables)
    assert not model.is_learnt
    assert (model.mean_same, model.mean_different) == (0.89, 0.77)


def test_embeddings_are_averaged_as_unit_vectors():
    tables, _ = shop(people=5, seed=6)
    looks = tracklet_embeddings(tables[2], tables[3])
    vectors = dict(
        zip(tables[3]["detection_id"].to_pylist(), tables[3]["embedding"].to_pylist(), strict=True)
    )
    owned = {}
    for row in tables[2].to_pylist():
        owned.setdefault(row["tracklet_id"], []).append(vectors[row["detection_id"]])
    assert looks.tracklet_id.tolist() == sorted(owned)
    for number, name in enumerate(looks.tracklet_id):
        mean = np.mean(owned[name], axis=0)
        np.testing.assert_allclose(looks.embedding[number], mean / np.linalg.norm(mean), atol=1e-5)
        third = len(owned[name]) // 3
        if len(owned[name]) < 6:
            assert np.isnan(looks.same_cosine[number])
            continue
        first, last = np.mean(owned[name][:third], axis=0), np.mean(owned[name][-third:], axis=0)
        cosine = first @ last / np.linalg.norm(first) / np.linalg.norm(last)
        assert looks.same_cosine[number] == pytest.approx(cosine, abs=1e-5)
        assert looks.count[number] == len(owned[name])


def test_embeddings_of_several_lengths_are_refused():
    points = pa.table({"tracklet_id": ["t", "t"], "detection_id": ["a", "b"]})
    when = pa.array([0, 1], pa.int64()).cast(STAMP)
    vectors = pa.table(
        {"detection_id": ["a", "b"], "device_time": when, "embedding": [[1.0], [1.0, 0.0]]}
    )
    with pytest.raises(ValueError, match="embeddings have lengths"):
        tracklet_embeddings(points, vectors)


def test_ends_are_means_of_the_uncut_places():
    seconds = pa.array([START_US + round(s * 1e6) for s in (0, 1, 1.5, 4, 5)]).cast(STAMP)
    detections = pa.table(
        {
            "detection_id": list("abcde"),
            "device_time": seconds,
            "floor_x_m": pa.array([None, 1.0, 3.0, 7.0, 9.0]),
            "floor_y_m": pa.array([None, 0.0, 2.0, 5.0, 9.0]),
            "floor_error_m": pa.array([None, 0.2, 0.1, None, 0.1]),
            "is_cut": [False, False, False, False, True],
        }
    )
    tracklets = pa.table(
        {
            "tracklet_id": ["t", "u"],
            "camera_id": ["c", "c"],
            "started_at": seconds.take(pa.array([0, 1])),
            "ended_at": seconds.take(pa.array([4, 1])),
        }
    )
    points = pa.table({"tracklet_id": ["t"] * 5, "detection_id": list("abcde")})
    ends = tracklet_ends(tracklets, detections, points, SETTINGS)
    # Weights 1 : 4 for errors of 0.2 and 0.1 m.
    np.testing.assert_allclose(ends.first_m[0], [2.6, 1.6])
    assert ends.first_us[0] - START_US == 1_400_000
    assert ends.first_error_m[0] == 0.1
    np.testing.assert_allclose(ends.last_m[0], [7.0, 5.0])
    assert ends.last_error_m[0] == SETTINGS.place_error_m
    # A tracklet without points: its own times, no place.
    assert np.isnan(ends.first_m[1]).all()
    assert ends.last_us[1] == ends.ended_us[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_gap_s": 0.0}, "max_gap_s is 0.0; expected a positive number"),
        ({"break_share": 0.8, "return_share": 0.2}, "their sum < 1"),
    ],
)
def test_settings_without_meaning_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        IdentitySettings(**change)


def test_ten_thousand_tracklets_take_seconds():
    random = np.random.default_rng(8)
    rows, people = 10_000, 3_000
    start = np.sort(random.integers(0, 36_000_000_000, rows))
    end = start + np.rint(1e6 * random.lognormal(3, 0.8, rows)).astype(np.int64)
    names = np.array([f"t{number:05d}" for number in range(rows)], object)
    first, last = random.uniform(0, 10, (2, rows, 2))
    error = np.full(rows, 0.3)
    camera = np.array(["cam"] * rows, object)
    ends = TrackletEnds(names, camera, start, end, start, first, error, end, last, error)
    body = random.normal(size=(people, 512))[random.integers(0, people, rows)]
    look = body + 0.6 * random.normal(size=(rows, 512)) + 0.8 * random.normal(size=512)
    look = (look / np.linalg.norm(look, axis=1, keepdims=True)).astype(np.float32)
    looks = Appearance(names, look, np.full(rows, 9), np.full(rows, np.nan))
    began = time.process_time()
    identities = join_tracklets(ends, looks, SETTINGS, str)
    took = time.process_time() - began
    customers = len(set(identities["customer_id"].to_pylist()))
    print(f"{rows} tracklets, {customers} customers, {took:.1f} s")
    assert identities.num_rows == rows
    assert took < 25
