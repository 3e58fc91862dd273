"""Opening containers, and the presentation times they hold.

Times come from the container's packets, without decoding: the presentation stamps of the first real
video stream (cover pictures do not count), sorted, counted from the first one. AVI has no
presentation stamps, and what FFmpeg guesses for it is out of order where frames are stored out of
order. There decoding stamps take their place: frames are evenly spaced, and the n-th frame shown
has the n-th.
"""

# PyAV's Packet takes its parameter in the stubs only.
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream
from numpy.typing import NDArray

# What segments may be. FFmpeg looks at the content, so anything could hide behind an ending: a
# picture, a play list that makes it open other files. `,`-joined names are those of FFmpeg.
FORMATS = "mov,mp4,matroska,webm,gif,mpegts,avi"
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}

# Stated lengths are rounded and may be those of an audio track that runs on: less is not called
# lost.
LOST_SLACK_US = 500_000
# Packets read between two signs of life.
PACKETS_PER_SIGN = 256
# Calls in a row that may give no packet; each passes over some 64 KB of rubbish.
RESUMED = 100_000


class UnreadableError(ValueError):
    """A file holds no video that can be read; the message says why."""


@dataclass(frozen=True)
class Timeline:
    """What the packets of a segment say of its frames.

    Attributes:
        times_us: Presentation times, ascending, from 0; one per frame.
        stated_us: Length of the stream by the container's head; None where it does not say.
        start_pts: Stamp of the first frame, in units of `time_base`.
        time_base: Seconds per unit of a stamp.
        damage: Why the packets are not to be trusted; None where they look sound.
        packet_us: Presentation time of each packet, in the order of the file; longer than
            `times_us` by the packets without a stamp, which have the time before them.
        is_key: Whether each packet is a key frame.
        is_counted: Whether there are no presentation stamps, so that frames have to be counted.
    """

    times_us: NDArray[np.int64]
    stated_us: int | None
    start_pts: int
    time_base: Fraction
    damage: str | None
    packet_us: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    is_counted: bool = False

    @property
    def interval_us(self) -> int:
        """Usual time from one frame to the next; 0 with fewer than two frames."""
        return int(np.median(np.diff(self.times_us))) if len(self.times_us) > 1 else 0

    def time_us(self, pts: int) -> int:
        """Time of a frame's stamp, in microseconds from the first frame."""
        return int(_microseconds(np.array([pts - self.start_pts]), self.time_base)[0])

    def lost_us(self, last_us: int | None, end_us: int) -> int:
        """Stated time, up to the end of what was wanted, after the last frame that could be read.

        Args:
            last_us: Time of that frame; None where there was none.
            end_us: End of what was wanted.
        """
        if self.stated_us is None:
            return 0
        read_us = 0 if last_us is None else last_us + self.interval_us
        lost = min(self.stated_us, end_us) - read_us
        return lost if lost > LOST_SLACK_US else 0


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Opens a segment and picks its video stream.

    Raises:
        FileNotFoundError: There is no such file.
        UnreadableError: It is empty, no container that is known, or has no video stream.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise UnreadableError("the file is empty")
    try:
        container = av.open(str(path), options=OPTIONS)
    except (av.FFmpegError, ValueError) as error:
        raise UnreadableError(f"no video container: {said(error)}; expected {FORMATS}") from error
    with container:
        yield container, _video_stream(container)


def read_timeline(
    container: InputContainer, stream: VideoStream, alive: Callable[[], None] = lambda: None
) -> Timeline:
    """Reads all packets of the stream, without decoding them.

    Args:
        container: The container, at its start.
        stream: Its video stream.
        alive: Called now and then, as a sign of life.

    Raises:
        UnreadableError: There is no packet with a time.
    """
    stamps: list[tuple[int | None, int | None, bool]] = []
    broken, fault = 0, None
    try:
        for packet in real_packets(container, stream):
            stamps.append((packet.pts, packet.dts, packet.is_keyframe))
            broken += packet.is_corrupt
            if len(stamps) % PACKETS_PER_SIGN == 0:
                alive()
    except av.FFmpegError as error:
        fault = f"the container breaks off: {said(error)}"
    is_counted = container.format.name == "avi" or any(shown is None for shown, *_ in stamps)
    pts = np.sort(np.array([s[is_counted] for s in stamps if s[is_counted] is not None], np.int64))
    time_base = stream.time_base
    if not len(pts) or time_base is None:
        raise UnreadableError("the video stream holds no frame")
    if broken:
        fault = f"{broken} damaged packets"
    shown = _filled([s[is_counted] for s in stamps], int(pts[0]))
    timeline = Timeline(
        times_us=_microseconds(pts - pts[0], time_base),
        stated_us=stated_length_us(container, stream),
        start_pts=int(pts[0]),
        time_base=time_base,
        damage=fault,
        packet_us=_microseconds(shown - pts[0], time_base),
        is_key=np.array([s[2] for s in stamps], bool),
        is_counted=is_counted,
    )
    words = [text for text in (fault, _shortfall(timeline, stream.frames)) if text]
    return replace(timeline, damage="; ".join(words) or None)


def real_packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """Packets of the stream that hold a frame to be shown, in the order of the file."""
    for _ in range(RESUMED):
        try:
            for packet in container.demux(stream):
                if packet.size and not packet.is_discard:
                    yield packet
            return
        except av.BlockingIOError:
            # FFmpeg asks to be called again: it has passed over much that was no packet.
            continue


def stated_length_us(container: InputContainer, stream: VideoStream) -> int | None:
    """Length that the container's head gives the stream; None where it does not say."""
    if stream.duration is not None and stream.time_base is not None:
        return round(stream.duration * stream.time_base * 1_000_000)
    if container.duration is not None:
        return int(container.duration)
    return None


def said(error: Exception) -> str:
    """An error's own words, without the path that FFmpeg's errors repeat."""
    return getattr(error, "strerror", None) or str(error)


def _video_stream(container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "none"
    raise UnreadableError(f"no video stream; streams are: {kinds}")


def _filled(stamps: Sequence[int | None], first: int) -> NDArray[np.int64]:
    """Stamps, with the one before in place of one that is missing."""
    filled, last = [], first
    for stamp in stamps:
        last = last if stamp is None else stamp
        filled.append(last)
    return np.array(filled, np.int64)


def _microseconds(ticks: NDArray[np.int64], time_base: Fraction) -> NDArray[np.int64]:
    # In floats, since ticks of 1 ns times 10^6 overflow; exact to the microsecond for 285 years.
    exact = ticks.astype(np.float64) * time_base.numerator * 1e6 / time_base.denominator
    return np.rint(exact).astype(np.int64)


def _shortfall(timeline: Timeline, reported: int) -> str | None:
    """In what the packets fall short of what the head promises; None where they do not."""
    found = len(timeline.times_us)
    if reported and reported != found:
        return f"the container claims {reported} frames and holds {found}"
    repeated = found - len(np.unique(timeline.times_us))
    if repeated:
        return f"{repeated} frames have the time of another"
    last_us = int(timeline.times_us[-1])
    if timeline.stated_us is not None and timeline.lost_us(last_us, timeline.stated_us):
        ends_s = (last_us + timeline.interval_us) / 1e6
        return (
            f"the container claims {timeline.stated_us / 1e6:.3f} s and ends after {ends_s:.3f} s"
        )
    return None
