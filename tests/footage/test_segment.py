import os
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest

from storeday.footage import FootageSettings, Stretch, picture_of, sample_segment
from storeday.footage.decord_reader import read_by_decord
from storeday.footage.pictures import FrameMaker
from storeday.footage.segment import DecodeOutcome

WHOLE = 1 << 62
ALL = [Stretch(0, WHOLE, 500.0, "detail")]
DECORD = FootageSettings(decord_share=0.0, decord_lines=0)
PYAV = FootageSettings(decord_share=2.0)
UNEVEN = np.cumsum([0, *np.random.default_rng(3).choice([20, 33, 40, 100, 400], 99)]).tolist()


def sampled(path, stretches, settings=DECORD):
    sampling = sample_segment(path, stretches, settings)
    return list(sampling), sampling.outcome


def cut(path, target, share):
    target.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return target


@pytest.mark.parametrize(
    ("name", "times", "codec", "decoder"),
    [
        ("even.mp4", None, "libx264", "decord"),
        ("even.mov", None, "libx264", "decord"),
        ("even.mkv", None, "libx264", "decord"),
        ("uneven.mp4", UNEVEN, "libx264", "decord"),
        ("uneven.mkv", UNEVEN, "libx264", "decord"),
        # decord would give these a group of pictures too early.
        ("even.ts", None, "libx264", "pyav"),
        ("even.avi", None, "libx264", "pyav"),
        ("old.avi", None, "mpeg4", "pyav"),
        ("even.gif", [number * 80 for number in range(60)], "gif", "pyav"),
    ],
)
def test_every_frame_has_its_own_time_by_either_decoder(
    name, times, codec, decoder, clips, tmp_path
):
    times = times or clips.EVEN
    options = clips.B_FRAMES if codec == "libx264" else {}
    path = clips.write_clip(tmp_path / name, times, codec, options)
    for settings, expected in ((DECORD, decoder), (PYAV, "pyav")):
        frames, outcome = sampled(path, ALL, settings)
        assert [clips.number_in(frame.jpeg) for frame in frames] == list(range(len(times)))
        assert [frame.pts_us for frame in frames] == [1000 * t for t in times]
        last = 1000 * times[-1]
        assert outcome == DecodeOutcome(expected, len(times), 0, last, 0.0, None)


@pytest.mark.parametrize("settings", [DECORD, PYAV], ids=["decord", "pyav"])
def test_samples_stretches_of_a_clip_with_b_frames(settings, clips, tmp_path):
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN, options=clips.B_FRAMES)
    stretches = [Stretch(0, 1_000_000, 4.0, "scout"), Stretch(2_000_000, 2_200_000, 25.0, "detail")]
    frames, outcome = sampled(path, stretches, settings)
    found = [(clips.number_in(frame.jpeg), frame.pts_us, frame.reason) for frame in frames]
    scout = [(n, 40_000 * n, "scout") for n in (0, 7, 13, 19)]
    assert found == scout + [(n, 40_000 * n, "detail") for n in range(50, 55)]
    assert (outcome.frames, outcome.first_pts_us, outcome.last_pts_us) == (9, 0, 2_160_000)
    assert (outcome.lost_s, outcome.reason) == (0.0, None)


def test_few_or_small_frames_are_read_by_pyav_and_many_large_ones_by_decord(clips, tmp_path):
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN)
    for rate, lines, longest, decoder in (
        (2.0, clips.HEIGHT, 100, "pyav"),
        (12.5, clips.HEIGHT, 100, "decord"),
        (12.5, clips.HEIGHT + 1, 100, "pyav"),
        (12.5, clips.HEIGHT, 99, "pyav"),
    ):
        settings = FootageSettings(decord_lines=lines, decord_frames=longest)
        _, outcome = sampled(path, [Stretch(0, WHOLE, rate, "scout")], settings)
        assert outcome.decoder == decoder


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_a_file_cut_in_the_middle_gives_what_it_has(name, clips, tmp_path):
    path = clips.write_clip(
        tmp_path / f"whole-{name}",
        clips.EVEN,
        options=clips.B_FRAMES,
        container_options={"movflags": "faststart"} if name.endswith("mp4") else {},
    )
    frames, outcome = sampled(cut(path, tmp_path / name, 0.6), ALL)
    numbers = [clips.number_in(frame.jpeg) for frame in frames]
    assert 25 < len(numbers) < 90
    assert numbers == [frame.pts_us // 40_000 for frame in frames]
    assert outcome.decoder == "pyav"
    assert outcome.reason
    stated_s = 4.0
    assert outcome.lost_s == pytest.approx(stated_s - outcome.last_pts_us / 1e6 - 0.04, abs=0.1)


def test_a_stream_cut_in_the_middle_says_nothing_of_its_end(clips, tmp_path):
    path = clips.write_clip(tmp_path / "whole.ts", clips.EVEN, options=clips.B_FRAMES)
    frames, outcome = sampled(cut(path, tmp_path / "cut.ts", 0.6), ALL)
    numbers = [clips.number_in(frame.jpeg) for frame in frames]
    assert 25 < len(numbers) < 90
    assert numbers == [frame.pts_us // 40_000 for frame in frames]
    # The length of a transport stream is that of what is there.
    assert outcome.lost_s == 0.0


def test_damage_in_the_middle_costs_only_what_is_damaged(clips, tmp_path):
    options = {**clips.B_FRAMES, "g": "20"}
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN, options=options)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes((37 * n) % 256 for n in range(400))
    path.write_bytes(content)
    frames, outcome = sampled(path, ALL)
    numbers = [clips.number_in(frame.jpeg) for frame in frames]
    assert outcome.decoder == "pyav"
    assert outcome.reason
    assert numbers[:20] == list(range(20))
    assert numbers[-20:] == list(range(80, 100))
    assert [frame.pts_us for frame in frames[-20:]] == [40_000 * n for n in range(80, 100)]


def test_decord_that_stands_still_is_given_up(clips, tmp_path, monkeypatch):
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN, options=clips.B_FRAMES)
    hasty = replace(DECORD, stall_s=0.001)
    monkeypatch.setattr(
        "storeday.footage.sample.read_by_decord",
        lambda path, picks, count, _: read_by_decord(path, picks, count, hasty),
    )
    frames, outcome = sampled(path, ALL, DECORD)
    assert [clips.number_in(frame.jpeg) for frame in frames] == list(range(100))
    assert outcome.decoder == "pyav"
    assert "no progress for 0.001 s" in outcome.reason


def test_a_decoder_that_takes_too_much_memory_is_given_up(clips, tmp_path):
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN, options=clips.B_FRAMES)
    frames, outcome = sampled(path, ALL, replace(DECORD, decord_memory_mb=20))
    assert [clips.number_in(frame.jpeg) for frame in frames] == list(range(100))
    assert outcome.decoder == "pyav"
    assert "the limit is 20 MB; read by PyAV" in outcome.reason


def test_unreadable_content_gives_an_outcome_and_no_frame(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"not a video")
    frames, outcome = sampled(path, ALL)
    assert frames == []
    assert (outcome.decoder, outcome.frames, outcome.first_pts_us) == ("none", 0, None)
    assert "no video container" in outcome.reason


def test_there_is_no_outcome_before_the_last_frame(clips, tmp_path):
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN[:10])
    sampling = sample_segment(path, ALL, PYAV)
    next(iter(sampling))
    with pytest.raises(RuntimeError, match=r"clip\.mp4 has no outcome yet"):
        _ = sampling.outcome


def test_a_turned_clip_is_shown_upright(clips, tmp_path):
    path = clips.write_clip(tmp_path / "turned.mp4", clips.EVEN[:10], rotation=90)
    frames, outcome = sampled(path, ALL)
    assert outcome.decoder == "pyav"
    assert (frames[0].source_width, frames[0].source_height) == (clips.HEIGHT, clips.WIDTH)
    shown = cv2.imdecode(np.frombuffer(frames[7].jpeg, np.uint8), cv2.IMREAD_COLOR)
    expected = np.rot90(clips.numbered(7)[:, :, ::-1])
    assert np.abs(shown.astype(int) - expected).mean() < 6


def test_scales_down_and_says_what_it_scaled(clips, tmp_path):
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN[:30])
    small = FootageSettings(max_lines=90)
    frames, _ = sampled(path, ALL, small)
    assert {(f.width, f.height, f.source_width, f.source_height) for f in frames} == {
        (160, 90, 320, 180)
    }
    assert [clips.number_in(frame.jpeg) for frame in frames] == list(range(30))


def test_motion_is_the_change_of_luma_since_the_frame_before():
    maker = FrameMaker(FootageSettings())
    grey = [np.full((180, 320, 3), value, np.uint8) for value in (50, 101, 101)]
    grey.append(grey[-1].copy())
    grey[-1][:, :160] = 50
    motions = [maker.make(picture, n, "scout").motion for n, picture in enumerate(grey)]
    assert motions[0] is None
    assert motions[1:] == pytest.approx([0.2, 0.0, 0.1])


def test_a_slow_consumer_does_not_make_memory_grow(clips, tmp_path):
    path = clips.write_clip(tmp_path / "clip.mp4", [n * 40 for n in range(1000)])
    before = resident_mb()
    highest = before
    for settings in (DECORD, PYAV):
        for number, _ in enumerate(sample_segment(path, ALL, settings)):
            if number % 250 == 0:
                time.sleep(0.3)
            highest = max(highest, resident_mb())
    # All frames decoded at once would be 173 MB.
    assert highest - before < 60


def resident_mb():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_lines", 4), ("jpeg_quality", 0), ("frames_per_s", 0.0), ("stall_s", -1.0)],
)
def test_senseless_settings_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"{field} is {value}"):
        FootageSettings(**{field: value})


def test_raw_frames_are_the_pixels_that_jpeg_would_hold(clips, tmp_path):
    path = clips.write_clip(tmp_path / "clip.mp4", clips.EVEN[:30], options=clips.B_FRAMES)
    raw = list(sample_segment(path, ALL, FootageSettings(max_lines=90), is_raw=True))
    packed = list(sample_segment(path, ALL, FootageSettings(max_lines=90)))
    assert [frame.pts_us for frame in raw] == [frame.pts_us for frame in packed]
    for one, other in zip(raw, packed, strict=True):
        shown = cv2.imdecode(np.frombuffer(other.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert picture_of(one).shape == shown.shape == (90, 160, 3)
        assert np.abs(picture_of(one).astype(int) - shown).mean() < 6
