import datetime as dt

import pytest

from storeday.footage import probe_segment, segment_start


@pytest.fixture(scope="module")
def clip(clips, tmp_path_factory):
    path = tmp_path_factory.mktemp("probe") / "clip.mp4"
    return clips.write_clip(path, clips.EVEN, options=clips.B_FRAMES)


def test_reads_what_the_container_says(clip, clips):
    probe = probe_segment(clip)
    assert (probe.width_px, probe.height_px) == (clips.WIDTH, clips.HEIGHT)
    assert probe.duration_s == pytest.approx(4.0, abs=0.05)
    assert probe.frames_reported == 100
    assert probe.frame_rate_hz == pytest.approx(25, abs=0.5)
    assert (probe.codec, probe.status, probe.reason) == ("h264", "ok", None)


def test_gives_the_size_as_shown_for_a_turned_clip(clips, tmp_path):
    path = clips.write_clip(tmp_path / "turned.mp4", clips.EVEN[:10], rotation=90)
    probe = probe_segment(path)
    assert (probe.width_px, probe.height_px) == (clips.HEIGHT, clips.WIDTH)


def test_a_file_cut_before_its_index_is_unreadable(clip, tmp_path):
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    probe = probe_segment(cut)
    assert probe.status == "unreadable"
    assert "Invalid data" in probe.reason
    assert probe.width_px is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"Dear customer,\n" * 50, "no video container"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "no video container"),
        (b"ffconcat version 1.0\nfile clip.mp4\n", "no video container"),
    ],
)
def test_what_is_no_video_is_unreadable(content, reason, tmp_path):
    path = tmp_path / "20260105T083000Z.mp4"
    path.write_bytes(content)
    probe = probe_segment(path)
    assert probe.status == "unreadable"
    assert reason in probe.reason


def test_a_picture_under_a_video_name_is_unreadable(clips, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clips.jpeg(3))
    assert probe_segment(path).status == "unreadable"


def test_sound_alone_is_unreadable(clips, tmp_path):
    probe = probe_segment(clips.write_sound(tmp_path / "sound.mp4"))
    assert probe.status == "unreadable"
    assert "streams are: audio" in probe.reason


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        probe_segment(tmp_path / "nothing.mp4")


def test_the_start_stands_in_the_name():
    start = segment_start("20260329T013000Z.mkv", "%Y%m%dT%H%M%SZ")
    assert start == dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC)


def test_a_name_with_a_zone_is_brought_to_utc():
    start = segment_start("cam_2026-01-05_09-30-00+0100.mp4", "cam_%Y-%m-%d_%H-%M-%S%z")
    assert start == dt.datetime(2026, 1, 5, 8, 30, tzinfo=dt.UTC)
    assert start.utcoffset() == dt.timedelta(0)


def test_a_name_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"'door\.mp4'.*'%Y%m%dT%H%M%SZ'"):
        segment_start("door.mp4", "%Y%m%dT%H%M%SZ")
