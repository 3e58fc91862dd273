"""Looking over a segment: key frames alone where they are close, more where they are not."""

import numpy as np
import pytest

from storeday.footage import FootageSettings, Stretch, sample_segment, scout_segment
from storeday.footage.containers import opened, read_timeline
from storeday.footage.schedule import needed_packets

SETTINGS = FootageSettings()


def looks(path, clips, looks_per_s=100.0, longest_gop_s=4.0):
    sampling = scout_segment(path, looks_per_s, longest_gop_s, SETTINGS)
    frames = list(sampling)
    assert [frame.reason for frame in frames] == ["scout"] * len(frames)
    numbers = [clips.number_in(frame.jpeg) for frame in frames]
    assert numbers == [frame.pts_us // 40_000 for frame in frames]
    return numbers, sampling.outcome


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_key_frames_alone_are_looked_at(name, clips, tmp_path):
    path = clips.write_clip(tmp_path / name, clips.EVEN, options=clips.B_FRAMES)
    numbers, outcome = looks(path, clips)
    assert numbers == [0, 25, 50, 75]
    assert (outcome.decoder, outcome.frames, outcome.reason) == ("pyav", 4, None)
    assert (outcome.lost_s, outcome.gaps) == (0.0, ())


def test_no_more_looks_than_asked_for(clips, tmp_path):
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN, options={"g": "5", "bf": "0"})
    assert looks(path, clips, looks_per_s=1.0)[0] == [0, 25, 50, 75]
    assert looks(path, clips, looks_per_s=2.0)[0] == [0, 15, 25, 40, 50, 65, 75, 90]


def test_frames_between_far_key_frames_are_looked_at_too(clips, tmp_path):
    options = {"g": "250", "bf": "2", "b_strategy": "0", "sc_threshold": "0"}
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN, options=options)
    assert looks(path, clips, 1.0, longest_gop_s=10.0)[0] == [0]
    numbers, outcome = looks(path, clips, 1.0, longest_gop_s=2.0)
    assert (outcome.gaps, outcome.reason) == ((), None)
    # The first frame at or after each second that another builds on: there are two B-frames at most
    # between these.
    assert len(numbers) == 4
    assert all(0 <= number - 25 * second <= 2 for second, number in enumerate(numbers))


def test_files_without_times_or_keys_are_read_through(clips, tmp_path):
    path = clips.write_clip(tmp_path / "clip.avi", clips.EVEN, options={"g": "25", "bf": "0"})
    assert looks(path, clips, looks_per_s=1.0)[0] == [0, 25, 50, 75]
    gif = clips.write_clip(tmp_path / "clip.gif", [80 * n for n in range(75)], "gif")
    frames = list(scout_segment(gif, 1.0, 4.0, SETTINGS))
    assert [clips.number_in(frame.jpeg) for frame in frames] == [0, 13, 25, 38, 50, 63]


def test_each_look_has_a_thumbnail(clips, tmp_path):
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN, options=clips.B_FRAMES)
    frames = list(scout_segment(path, 1.0, 4.0, SETTINGS))
    pictures = np.array([np.frombuffer(frame.thumbnail, np.uint8) for frame in frames])
    assert pictures.shape == (4, 64 * 36)
    assert (np.abs(np.diff(pictures.astype(int), axis=0)).max(axis=1) > 100).all()


def test_groups_of_which_nothing_is_wanted_are_passed_over(clips, tmp_path):
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN, options=clips.B_FRAMES)
    with opened(path) as (container, stream):
        line = read_timeline(container, stream)
    wanted = np.array([60 * 40_000, 61 * 40_000])
    needed = needed_packets(line.packet_us, line.is_key, wanted)
    assert 12 <= needed.sum() <= 16
    assert line.packet_us[np.flatnonzero(needed)[0]] == 50 * 40_000


@pytest.mark.parametrize("options", [{"bf": "3"}, {"bf": "3", "x264-params": "open-gop=1"}])
@pytest.mark.parametrize("seed", range(4))
def test_leaping_gives_the_frames_that_reading_through_gives(options, seed, clips, tmp_path):
    print("seed", seed)
    rng = np.random.default_rng(seed)
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN, options={"g": "12", **options})
    edges = np.sort(rng.choice(100, 4, replace=False)) * 40_000
    parts = [
        Stretch(int(edges[0]), int(edges[1]), float(rng.choice([3, 25])), "detail"),
        Stretch(int(edges[2]), int(edges[3]), float(rng.choice([3, 25])), "detail"),
    ]
    found = list(sample_segment(path, parts, SETTINGS))
    numbers = [clips.number_in(frame.jpeg) for frame in found]
    assert numbers == [frame.pts_us // 40_000 for frame in found]
    whole = list(sample_segment(path, [Stretch(0, 1 << 62, 100.0, "detail")], SETTINGS))
    wanted = {frame.pts_us for frame in found}
    same = [frame.jpeg for frame in whole if frame.pts_us in wanted]
    assert [frame.jpeg for frame in found] == same
    at_full_rate = [part for part in parts if part.frames_per_s == 25.0]
    inside = [n for n in range(100) for p in at_full_rate if p.from_us <= n * 40_000 < p.to_us]
    assert set(inside) <= set(numbers)


def test_frames_left_out_on_purpose_are_no_gap(clips, tmp_path):
    """Two frames a second with B-frames between: a second is missing between those looked at."""
    options = {"g": "250", "bf": "2", "b_strategy": "0", "sc_threshold": "0"}
    path = clips.write_clip(tmp_path / "clip.mp4", [500 * n for n in range(60)], options=options)
    sampling = scout_segment(path, 0.5, 4.0, SETTINGS)
    frames = list(sampling)
    assert [clips.number_in(f.jpeg) for f in frames] == [f.pts_us // 500_000 for f in frames]
    assert 8 <= len(frames) < 16
    assert (sampling.outcome.gaps, sampling.outcome.reason) == ((), None)
