import itertools

import numpy as np
import pytest

from storeday.identity import IdentitySettings, Links, best_links, candidate_links
from storeday.identity.appearance import Appearance, AppearanceModel
from storeday.identity.ends import TrackletEnds
from storeday.identity.links import link_probabilities, start_rate_hz

MODEL = AppearanceModel(0.9, 0.7, 0.1, 3.0, False)
NO_LOOKS = Appearance.none()


def links_of(pairs):
    """Links from {(source, target): weight}."""
    keys = sorted(pairs)
    nan = np.full(len(keys), np.nan)
    return Links(
        np.array([a for a, _ in keys], np.int64),
        np.array([b for _, b in keys], np.int64),
        nan,
        nan,
        nan,
        np.array([pairs[key] for key in keys], float),
    )


def ends_of(spans, first=None, last=None, error_m=0.2):
    """Tracklets of one camera from (start_s, end_s), in their order."""
    rows = len(spans)
    start = np.array([round(a * 1e6) for a, _ in spans], np.int64)
    end = np.array([round(b * 1e6) for _, b in spans], np.int64)
    nowhere = np.full((rows, 2), np.nan)
    return TrackletEnds(
        np.array([f"t{number}" for number in range(rows)], object),
        np.array(["cam"] * rows, object),
        start,
        end,
        start,
        nowhere if first is None else np.array(first, float),
        np.full(rows, error_m),
        end,
        nowhere if last is None else np.array(last, float),
        np.full(rows, error_m),
    )


def best_total(links):
    """Greatest total weight of a matching, by trying all sets of links."""
    best = 0.0
    rows = range(len(links.weight))
    for size in range(len(rows) + 1):
        for chosen in itertools.combinations(rows, size):
            sources = {links.source[row] for row in chosen}
            targets = {links.target[row] for row in chosen}
            if len(sources) == len(targets) == size:
                best = max(best, sum(links.weight[row] for row in chosen))
    return best


@pytest.mark.parametrize("seed", range(60))
def test_best_links_equal_the_best_of_all_matchings(seed):
    random = np.random.default_rng(seed)
    print("seed", seed)
    size = int(random.integers(2, 6))
    cells = [(a, b + size) for a in range(size) for b in range(size)]
    count = int(random.integers(1, min(12, len(cells)) + 1))
    picked = random.choice(len(cells), count, replace=False)
    links = links_of({cells[cell]: random.normal(0.5, 2) for cell in picked})
    chosen = best_links(links)
    assert len(set(links.source[chosen])) == len(set(links.target[chosen])) == chosen.sum()
    assert (links.weight[chosen] > 0).all()
    assert links.weight[chosen].sum() == pytest.approx(best_total(links))


def test_links_at_or_below_the_least_weight_are_never_made():
    links = links_of({(0, 2): 0.0, (1, 3): 1.0, (4, 5): 1.5})
    assert best_links(links).tolist() == [False, True, True]
    assert best_links(links, 1.0).tolist() == [False, False, True]


def test_no_links_give_no_links():
    links = candidate_links(ends_of([]), NO_LOOKS, MODEL, IdentitySettings())
    assert len(links.weight) == len(best_links(links)) == len(link_probabilities(links)) == 0


def test_candidates_are_the_pairs_with_a_forward_gap_up_to_the_longest():
    spans = [(0, 10), (5, 20), (10, 12), (10.5, 30), (21, 22), (80, 90)]
    settings = IdentitySettings(max_gap_s=50, break_gap_s=30)
    links = candidate_links(ends_of(spans), NO_LOOKS, MODEL, settings)
    expected = {
        (a, b): spans[b][0] - spans[a][1]
        for a, b in itertools.product(range(6), repeat=2)
        if 0 < spans[b][0] - spans[a][1] <= 50
    }
    found = zip(links.source.tolist(), links.target.tolist(), strict=True)
    assert dict(zip(found, links.gap_s.tolist(), strict=True)) == expected


def test_a_weight_is_what_the_model_says():
    # One break of 2 s and 1 m, worked out by hand from the settings.
    settings = IdentitySettings(
        break_share=0.4,
        return_share=0.1,
        break_gap_s=5,
        rate_window_s=160,
        min_floor_area_m2=40,
        wander_m_s=0.5,
    )
    ends = ends_of([(0, 10), (12, 70)], [[0, 0], [3, 0]], [[2, 0], [9, 9]], error_m=0.3)
    links = candidate_links(ends, NO_LOOKS, MODEL, settings)
    variance = 0.3**2 + 0.3**2 + (0.5 * 2) ** 2
    place = 40 / (2 * np.pi * variance) * np.exp(-1 / (2 * variance))
    starts_hz = 2 / 70
    odds = 0.4 / 5 * np.exp(-2 / 5) * place / (0.5 * 0.5 * starts_hz)
    assert links.distance_m.tolist() == [1.0]
    assert links.weight.tolist() == pytest.approx([np.log(odds)])
    assert link_probabilities(links).tolist() == pytest.approx([odds / (1 + odds)])


def test_nobody_walks_faster_than_allowed():
    settings = IdentitySettings(max_speed_m_s=2, wander_m_s=5)
    reach = 2 * 3 + 2 * np.hypot(0.2, 0.2)
    spans = [(0, 10), (13, 20)]
    near = ends_of(spans, [[0, 0], [reach - 0.01, 0]], [[0, 0], [0, 0]])
    far = ends_of(spans, [[0, 0], [reach + 0.01, 0]], [[0, 0], [0, 0]])
    assert len(candidate_links(near, NO_LOOKS, MODEL, settings).weight) == 1
    assert len(candidate_links(far, NO_LOOKS, MODEL, settings).weight) == 0


def test_coming_back_needs_a_look():
    ends = ends_of([(0, 10), (70, 80)])
    settings = IdentitySettings()
    assert not len(candidate_links(ends, NO_LOOKS, MODEL, settings).weight)
    look = np.array([[1.0, 0.0], [0.9, np.sqrt(1 - 0.81)]], np.float32)
    looks = Appearance(ends.tracklet_id, look, np.ones(2, np.int64), np.full(2, np.nan))
    links = candidate_links(ends, looks, MODEL, settings)
    assert links.cosine.tolist() == pytest.approx([0.9])
    assert links.weight[0] > 0


def test_start_rates_count_the_starts_around_each():
    random = np.random.default_rng(3)
    starts = np.sort(random.integers(0, 10**9, 200))
    end = int(starts[-1]) + 30_000_000
    expected = []
    for start in starts.tolist():
        seconds = (min(start + 50_000_000, end) - max(start - 50_000_000, int(starts[0]))) / 1e6
        near = (np.abs(starts - start) <= 50_000_000).sum()
        expected.append(near / max(seconds, 60))
    assert start_rate_hz(starts, end, 100).tolist() == pytest.approx(expected)
    assert start_rate_hz(starts[:1], int(starts[0]), 100).tolist() == [1 / 60]


def test_probabilities_of_exclusive_links_are_exact():
    # Three ways to end in one target: they rule each other out, so that odds add up.
    links = links_of({(0, 9): 1.0, (1, 9): 2.0, (2, 9): -1.0})
    odds = np.exp([1.0, 2.0, -1.0])
    assert link_probabilities(links).tolist() == pytest.approx((odds / (1 + odds.sum())).tolist())
    huge = links_of({(0, 1): 2000.0, (2, 3): 0.0})
    assert link_probabilities(huge)[0] == pytest.approx(1.0)
