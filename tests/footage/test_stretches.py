import numpy as np
import pytest

from storeday.footage import Sampler, Stretch
from storeday.footage.stretches import TOLERANCE_US


def kept(times, stretches):
    sampler = Sampler(stretches)
    return [(t, reason) for t in times if (reason := sampler.wants(t)) is not None]


def by_definition(times, stretch):
    """For each grid time the first frame at or after it, within the stretch."""
    inside = [t for t in times if stretch.from_us <= t < stretch.to_us]
    found = set()
    k = 0
    while (grid_us := stretch.from_us + k * 1e6 / stretch.frames_per_s) <= stretch.to_us:
        late = [t for t in inside if t + TOLERANCE_US >= grid_us]
        found |= set(late[:1])
        k += 1
    return sorted(found)


@pytest.mark.parametrize("seed", range(40))
def test_keeps_what_the_definition_says(seed):
    print("seed", seed)
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.choice([10_000, 33_366, 40_000, 250_000, 1_300_000], 120)).tolist()
    start, end = sorted(rng.integers(0, times[-1], 2).tolist())
    stretch = Stretch(start, end, float(rng.choice([0.5, 1, 2, 7.5, 25, 200])), "scout")
    assert [t for t, _ in kept(times, [stretch])] == by_definition(times, stretch)


def test_keeps_every_frame_at_the_source_rate_although_times_are_rounded():
    rounded_to_ms = [round(n * 1000 / 30) * 1000 for n in range(300)]
    found = kept(rounded_to_ms, [Stretch(0, 1 << 62, 30.0, "detail")])
    assert [t for t, _ in found] == rounded_to_ms


def test_keeps_all_of_a_source_slower_than_asked_for():
    times = [0, 700_000, 1_900_000]
    assert [t for t, _ in kept(times, [Stretch(0, 1 << 62, 10.0, "scout")])] == times


def test_overlapping_stretches_keep_a_frame_once_and_the_denser_gives_the_reason():
    times = [n * 100_000 for n in range(20)]
    scout, detail = Stretch(0, 2_000_000, 2.0, "scout"), Stretch(500_000, 900_000, 10.0, "detail")
    expected = [(t, "scout") for t in (0, 1_000_000, 1_500_000)]
    expected += [(t, "detail") for t in (500_000, 600_000, 700_000, 800_000)]
    assert kept(times, [scout, detail]) == sorted(expected)
    assert kept(times, [detail, scout]) == sorted(expected)


def test_the_end_is_exclusive_and_the_start_is_not():
    assert kept([999_999, 1_000_000, 2_000_000], [Stretch(1_000_000, 2_000_000, 1.0, "scout")]) == [
        (1_000_000, "scout")
    ]


def test_equal_times_are_kept_once():
    assert len(kept([5, 5, 5], [Stretch(0, 10, 5000.0, "scout")])) == 1


def test_nothing_is_wanted_without_stretches():
    assert kept([0, 1], []) == []


@pytest.mark.parametrize(
    ("fields", "match"),
    [((0, 1, 0.0, "scout"), "frames_per_s .* 0.0"), ((5, 4, 1.0, "scout"), "ends at 4 us")],
)
def test_a_senseless_stretch_is_refused(fields, match):
    with pytest.raises(ValueError, match=match):
        Stretch(*fields)
