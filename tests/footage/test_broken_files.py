"""Files as cameras, networks and disks leave them: each gives the frames that can be had.

Every clip shows its frames' numbers in their pixels, so that a frame that is given another's time
is noticed. `KINDS` is the table of the package's README, too: `STOREDAY_WRITE_TABLES=1` writes it.
"""

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from storeday.footage import FootageSettings, Stretch, probe_segment, sample_segment

README = Path(__file__).parents[2] / "lib" / "storeday" / "footage" / "README.md"
BEGIN, END = "<!-- broken files: begin -->", "<!-- broken files: end -->"
ALL = [Stretch(0, 1 << 62, 500.0, "detail")]
STEP_US = 40_000
TS_PACKET = 188
UNEVEN_MS = np.cumsum([0, *np.random.default_rng(3).choice([20, 33, 40, 100, 400], 99)]).tolist()
JUMP_MS = [40 * n + (3_600_000 if n >= 50 else 0) for n in range(100)]
PAUSE_MS = [40 * n + (3_000 if n >= 50 else 0) for n in range(100)]


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        title: What is wrong with it.
        make: Makes the file in a folder.
        gives: What comes out, in words.
        frames: Fewest and most frames.
        missing_s: Fewest and most seconds in gaps.
        reason: Part of the reason that is given; None where nothing is wrong.
        times_ms: Times of the numbered frames in the clip; even ones where it is None.
        patched: Most frames that the decoder patched up, so that their number may not be legible.
        starts_late: Whether the file begins in the middle of the numbered clip.
    """

    title: str
    make: Callable
    gives: str
    frames: tuple[int, int]
    missing_s: tuple[float, float] = (0.0, 0.0)
    reason: str | None = None
    times_ms: list[int] | None = None
    starts_late: bool = False
    patched: int = 0


def made(clips, folder, name="clip.mp4", *, g="25", codec="libx264", flags="", **changes):
    """A sound clip of 100 numbered frames, 4 s, a key frame each second, B-frames between."""
    options = {"g": g, "bf": "3", "preset": "veryfast", **changes.pop("options", {})}
    if codec == "libx265":
        options = {"preset": "ultrafast", "x265-params": f"keyint={g}:min-keyint={g}:log-level=0"}
    return clips.write_clip(
        folder / name,
        changes.pop("times", clips.EVEN),
        codec,
        options,
        {"movflags": flags} if flags else {},
        **changes,
    )


def content(name, data):
    def make(clips, folder):
        path = folder / name
        path.write_bytes(data(clips) if callable(data) else data)
        return path

    return make


def cut(share, **how):
    """Only the first part of a file arrived."""

    def make(clips, folder):
        path = made(clips, folder, **how)
        return changed(path, lambda data: data[: int(len(data) * share)])

    return make


def changed(path, surgery):
    path.write_bytes(bytes(surgery(bytearray(path.read_bytes()))))
    return path


def operated(surgery, **how):
    return lambda clips, folder: changed(made(clips, folder, **how), surgery)


def sound(**how):
    return lambda clips, folder: made(clips, folder, **how)


def without_frames(clips, folder):
    path = folder / "clip.mp4"
    with av.open(str(path), "w", options={"movflags": "frag_keyframe+empty_moov"}) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = clips.WIDTH, clips.HEIGHT, "yuv420p"
        container.start_encoding()
    return path


def renamed(new_name, **how):
    return lambda clips, folder: made(clips, folder, **how).rename(folder / new_name)


def scrambled(start, length):
    def surgery(data):
        at = int(len(data) * start)
        data[at : at + length] = bytes((37 * n) % 256 for n in range(length))
        return data

    return surgery


def group_zeroed(data):
    """The third of four groups of pictures, by the packets' places in the file."""
    path = Path("/dev/shm" if Path("/dev/shm").is_dir() else "/tmp") / f"probe-{os.getpid()}.mp4"
    path.write_bytes(data)
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    path.unlink()
    for at, size in packets[50:75]:
        data[at : at + size] = bytes(size)
    return data


def packets_dropped(data):
    """Thirty transport packets are lost on the way."""
    at = len(data) // TS_PACKET // 2 * TS_PACKET
    del data[at : at + 30 * TS_PACKET]
    return data


def head_lost(data):
    """The recording starts in the middle of a group of pictures, and of a packet."""
    del data[: len(data) // 8]
    return data


def number_at(box, at, value, kind=">I"):
    """Writes a number at some place behind a box's name."""

    def surgery(data):
        place = data.index(box) + at
        struct.pack_into(kind, data, place, value)
        return data

    return surgery


def twice_as_long(data):
    for box in (b"mvhd", b"tkhd", b"mdhd"):
        at = data.index(box) + {b"mvhd": 20, b"tkhd": 24, b"mdhd": 20}[box]
        (length,) = struct.unpack_from(">I", data, at)
        struct.pack_into(">I", data, at, 2 * length)
    edits = data.find(b"elst")
    if edits >= 0:
        (length,) = struct.unpack_from(">I", data, edits + 12)
        struct.pack_into(">I", data, edits + 12, 2 * length)
    return data


def matroska_twice_as_long(data):
    at = data.index(b"\x44\x89\x88") + 3
    (length,) = struct.unpack_from(">d", data, at)
    struct.pack_into(">d", data, at, 2 * length)
    return data


def joined(first_ms, second_ms, **how):
    """Two transport streams in one file, as after a restart of the camera."""

    def make(clips, folder):
        one = made(clips, folder, "one.ts", times=first_ms, **how)
        two = made(clips, folder, "two.ts", times=second_ms, **how)
        path = folder / "clip.ts"
        path.write_bytes(one.read_bytes() + two.read_bytes())
        return path

    return make


def times_repeated(clips, folder):
    """Remuxed so that every tenth frame has the time of the one before."""
    source = made(clips, folder, "source.mkv", options={"bf": "0"})
    path = folder / "clip.mkv"
    with av.open(str(source)) as given, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(given.streams.video[0])
        number = 0
        for packet in given.demux(video=0):
            if packet.size:
                if number % 10 == 9:
                    packet.pts = packet.dts = packet.pts - 40
                packet.stream = stream
                target.mux(packet)
                number += 1
    return path


def only_cover(clips, folder):
    """Sound with a cover picture, which is a video stream by name."""
    from av.stream import Disposition

    path = folder / "clip.mp4"
    with av.open(str(path), "w") as container:
        track = container.add_stream("aac", rate=48_000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = clips.WIDTH, clips.HEIGHT, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(clips.numbered(1), format="rgb24")
        container.mux(cover.encode(picture.reformat(format="yuvj420p")))
        container.mux(cover.encode())
        for number in range(20):
            silence = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            silence.sample_rate, silence.pts = 48_000, number * 1024
            container.mux(track.encode(silence))
        container.mux(track.encode())
    return path


FAST, PIECES = "faststart", "frag_keyframe+empty_moov+default_base_moof"
NOTHING = (0, 0)
WHOLE = (100, 100)

KINDS = [
    Kind("empty file", content("clip.mp4", b""), "nothing", NOTHING, reason="the file is empty"),
    Kind(
        "text under a video's name", content("clip.mp4", b"Dear customer,\n" * 50),
        "nothing", NOTHING, reason="no video container",
    ),
    Kind(
        "play list that names other files",
        content("clip.mp4", b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"),
        "nothing, and the others stay closed", NOTHING, reason="no video container",
    ),
    Kind(
        "picture under a video's name", content("clip.mp4", lambda clips: clips.jpeg(3)),
        "nothing", NOTHING, reason="no video container",
    ),
    Kind(
        "random bytes", content("clip.ts", np.random.default_rng(1).bytes(50_000)),
        "nothing", NOTHING, reason="no video container",
    ),
    Kind(
        "sound only", lambda clips, folder: clips.write_sound(folder / "clip.mp4"),
        "nothing", NOTHING, reason="no video stream; streams are: audio",
    ),
    Kind(
        "sound with a cover picture", only_cover,
        "nothing", NOTHING, reason="no video stream; streams are: audio, video",
    ),
    Kind(
        "video of no length", without_frames, "nothing", NOTHING, reason="holds no frame",
    ),
    Kind("a single frame", sound(times=[0]), "the frame", (1, 1), times_ms=[0]),
    Kind(
        "MP4 cut before its index", cut(0.5), "nothing", NOTHING, reason="no video container",
    ),
    Kind(
        "MP4 cut in the middle, index ahead: it claims more frames than it holds",
        cut(0.6, flags=FAST), "the frames before the cut", (40, 80), (0.8, 2.6),
        "the container claims 100 frames",
    ),
    Kind(
        "MP4 in pieces, cut in the middle", cut(0.6, flags=PIECES),
        "the frames before the cut", (40, 80), (0.5, 2.6), "1 damaged packets",
    ),
    Kind(
        "Matroska cut in the middle", cut(0.6, name="clip.mkv"),
        "the frames before the cut", (40, 80), (0.8, 2.6), "the container claims 4.",
    ),
    Kind(
        "MPEG-TS cut in the middle", cut(0.6, name="clip.ts"),
        "the frames before the cut; a stream states no length to miss", (40, 80),
    ),
    Kind(
        "AVI cut in the middle, its index lost", cut(0.6, name="clip.avi"),
        "the frames before the cut; what it states is lost", (40, 80), (0.0, 2.6),
        "1 damaged packets",
    ),
    Kind(
        "AVI that claims twice its frames",
        operated(number_at(b"strh", 40, 200, "<I"), name="clip.avi"),
        "all frames, and a gap as long as the claim", WHOLE, (3.5, 4.5),
        "the container claims 200 frames",
    ),
    Kind(
        "MP4 whose heads state twice its length", operated(twice_as_long),
        "all frames; the index is right", WHOLE,
    ),
    Kind(
        "Matroska that states twice its length",
        operated(matroska_twice_as_long, name="clip.mkv"),
        "all frames, and a gap as long as the claim", WHOLE, (3.5, 4.5), "the container claims 8.",
    ),
    Kind(
        "MP4 with 400 bytes overwritten", operated(scrambled(0.5, 400), g="20"),
        "all but the frames hit and those that build on them; some patched up", (60, 99),
        (0.0, 1.0), "a packet cannot be decoded", patched=2,
    ),
    Kind(
        "MP4 with a group of pictures zeroed", operated(group_zeroed),
        "all other groups", (73, 77), (0.9, 1.1), "a packet cannot be decoded",
    ),
    Kind(
        "MP4 whose index points past its end",
        operated(number_at(b"stco", 12, 1 << 30)), "nothing", NOTHING, (3.9, 4.1), "holds no frame",
    ),
    Kind(
        "MP4 with rubbish behind it", operated(lambda data: data + b"\xa5" * 5000),
        "all frames", WHOLE,
    ),
    Kind(
        "MPEG-TS with zeros behind it", operated(lambda data: data + bytes(100_000), name="c.ts"),
        "all frames", WHOLE,
    ),
    Kind(
        "MPEG-TS that begins in the middle of a group", operated(head_lost, name="clip.ts"),
        "the frames from its first key frame on", (70, 99), (0.5, 1.1),
        "frames cannot be decoded", starts_late=True,
    ),
    Kind(
        "MPEG-TS that lost thirty packets on the way",
        operated(packets_dropped, name="clip.ts"),
        "the frames before and after; some patched up", (60, 98), (0.0, 2.0),
        "1 damaged packets", patched=2,
    ),
    Kind(
        "MP4 under the name of an AVI", renamed("clip.avi"), "all frames", WHOLE,
    ),
    Kind(
        "Matroska under the name of an MP4", renamed("clip.mp4", name="clip.mkv"),
        "all frames", WHOLE,
    ),
    Kind(
        "MPEG-TS without an ending", renamed("clip", name="clip.ts"), "all frames", WHOLE,
    ),
    Kind(
        "variable frame rate", sound(times=UNEVEN_MS), "all frames by their own times", WHOLE,
        times_ms=UNEVEN_MS,
    ),
    Kind(
        "three seconds left out by the camera, since nothing moved", sound(times=PAUSE_MS),
        "all frames, no gap", WHOLE, times_ms=PAUSE_MS,
    ),
    Kind(
        "times that jump by an hour", sound(name="clip.mkv", times=JUMP_MS),
        "all frames, and the hour as a gap", WHOLE, (3590, 3610),
        "the container holds no frames", times_ms=JUMP_MS,
    ),
    Kind(
        "times that begin anew half way", joined([40 * n for n in range(50)], [0, 40, 80, 120]),
        "the frames whose times go on", (50, 54), (0.0, 0.0), "damaged packets",
    ),
    Kind(
        "several frames of one time", times_repeated, "one frame for each time",
        (90, 90), reason="10 frames have the time of another",
    ),
    Kind("frames stored out of order (B-frames)", sound(), "all frames in order", WHOLE),
    Kind(
        "an open group of pictures", sound(options={"x264-params": "open-gop=1"}),
        "all frames in order", WHOLE,
    ),
    Kind(
        "turned by a quarter", sound(rotation=90), "all frames, upright", WHOLE,
    ),
    Kind("H.265", sound(codec="libx265"), "all frames", WHOLE),
    Kind(
        "H.265 cut in the middle", cut(0.6, codec="libx265", flags=FAST),
        "the frames before the cut", (25, 85), (0.5, 3.0), "the container claims 100 frames",
    ),
    Kind(
        "H.265 with 400 bytes overwritten", operated(scrambled(0.5, 400), codec="libx265"),
        "all but the frames hit and those that build on them", (60, 100), (0.0, 1.1),
        "a packet cannot be decoded", patched=2,
    ),
]  # fmt: skip


def numbers_in(frames, clips, turned):
    import cv2

    if not turned:
        return [clips.number_in(frame.jpeg) for frame in frames]
    pictures = [cv2.imdecode(np.frombuffer(f.jpeg, np.uint8), cv2.IMREAD_COLOR) for f in frames]
    back = [cv2.imencode(".png", np.rot90(picture, -1))[1].tobytes() for picture in pictures]
    return [clips.number_in(png) for png in back]


def slipped(numbers, times_us, times_ms, starts_late=False):
    """Frames that do not have the time at which their number was filmed."""
    filmed_us = np.array([1000 * times_ms[number] for number in numbers], np.int64)
    offset_us = filmed_us - np.array(times_us, np.int64)
    base_us = offset_us[0] if starts_late and len(offset_us) else 0
    return np.flatnonzero(np.abs(offset_us - base_us) > 1000).tolist()


@pytest.mark.parametrize("kind", KINDS, ids=[kind.title for kind in KINDS])
def test_a_broken_file_gives_what_can_be_had(kind, clips, tmp_path):
    path = kind.make(clips, tmp_path)
    sampling = sample_segment(path, ALL, FootageSettings())
    frames, outcome = list(sampling), sampling.outcome
    missing_s = sum(gap.to_us - gap.from_us for gap in outcome.gaps) / 1e6
    print(len(frames), f"{missing_s:.2f} s", outcome.gaps, outcome.reason)
    fewest, most = kind.frames
    assert fewest <= len(frames) <= most
    assert kind.missing_s[0] <= missing_s <= kind.missing_s[1]
    if kind.reason is None:
        assert outcome.reason is None
    else:
        assert outcome.reason is not None
        assert kind.reason in outcome.reason
    times_us = [frame.pts_us for frame in frames]
    assert times_us == sorted(set(times_us))
    numbers = numbers_in(frames, clips, kind.title.startswith("turned"))
    slips = slipped(numbers, times_us, kind.times_ms or clips.EVEN, kind.starts_late)
    assert len(slips) <= kind.patched
    for gap in outcome.gaps:
        assert not any(gap.from_us <= time_us < gap.to_us for time_us in times_us)


@pytest.mark.parametrize("kind", KINDS, ids=[kind.title for kind in KINDS])
def test_a_broken_file_is_probed_without_an_error(kind, clips, tmp_path):
    probe = probe_segment(kind.make(clips, tmp_path))
    if probe.status == "unreadable":
        assert probe.reason
    else:
        assert {probe.width_px, probe.height_px} == {clips.WIDTH, clips.HEIGHT}


def test_a_slip_by_one_frame_is_noticed(clips, tmp_path, monkeypatch):
    """The check above sees a decoder that swallows its first frame and goes on counting."""
    from storeday.footage.pyav_reader import PyavReader
    from storeday.footage.segment import SegmentReading

    path = made(clips, tmp_path, "clip.avi")
    whole = PyavReader._decoded

    def first_lost(reader, container, stream):
        frames = whole(reader, container, stream)
        next(frames)
        yield from frames

    for decoded, expected in ((whole, 0), (first_lost, 99)):
        monkeypatch.setattr(PyavReader, "_decoded", decoded)
        reading = SegmentReading(path, ALL, FootageSettings())
        assert reading.open()
        frames = list(reading.frames())
        numbers = [clips.number_in(frame.jpeg) for frame in frames]
        slips = slipped(numbers, [frame.pts_us for frame in frames], clips.EVEN)
        assert len(slips) == expected


def test_the_readme_lists_every_kind():
    rows = ["| file | what comes of it | what is said |", "|---|---|---|"]
    for kind in KINDS:
        said = "nothing" if kind.reason is None else f"“{kind.reason} …”"
        gap = " and a gap" if kind.missing_s[0] else ""
        rows.append(f"| {kind.title} | {kind.gives} | {said}{gap} |")
    table = "\n".join(rows)
    text = README.read_text("utf-8")
    before, rest = text.split(BEGIN)
    if os.environ.get("STOREDAY_WRITE_TABLES"):
        README.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}", "utf-8")
    assert rest.split(END)[0].strip() == table
    assert len(KINDS) >= 20
