"""What a segment's container says of itself, before anything is decoded at length."""

from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from storeday.footage.containers import UnreadableError, opened, said, stated_length_us

# Streams recorded from the middle of a group of pictures need some packets until the first frame;
# groups of 10 s at 30 frames/s are the longest that cameras are commonly set to.
PACKETS_TO_FIRST_FRAME = 300


@dataclass(frozen=True)
class SegmentProbe:
    """A file of footage: fields of `bronze.footage_segments`.

    Attributes:
        width_px: Width of a frame as shown; None where unreadable, like all that follows.
        height_px: Height of a frame as shown.
        duration_s: Length by the container; None where it does not say.
        frames_reported: Frames the container claims to hold; None where it does not say.
        frame_rate_hz: Average frame rate by the container; None where it does not say.
        codec: Name of the video codec.
        status: `ok`, or `unreadable` where no frame could be had.
        reason: Why it is unreadable.
    """

    width_px: int | None = None
    height_px: int | None = None
    duration_s: float | None = None
    frames_reported: int | None = None
    frame_rate_hz: float | None = None
    codec: str | None = None
    status: str = "ok"
    reason: str | None = None


def read_probe(path: Path) -> SegmentProbe:
    """Reads a container's head and its first frame, in this process.

    Args:
        path: A local file.

    Raises:
        FileNotFoundError: There is no such file.
    """
    try:
        with opened(path) as (container, stream):
            return _probe(container, stream)
    except UnreadableError as error:
        return SegmentProbe(status="unreadable", reason=str(error))


def is_turned(frame: VideoFrame) -> bool:
    """Whether the container says to turn the frame by a quarter or three before showing it."""
    return abs(frame.rotation) % 180 == 90


def _probe(container: InputContainer, stream: VideoStream) -> SegmentProbe:
    frame = first_frame(container, stream)
    width, height = frame.width, frame.height
    if is_turned(frame):
        width, height = height, width
    length_us = stated_length_us(container, stream)
    rate = stream.average_rate
    return SegmentProbe(
        width_px=width,
        height_px=height,
        duration_s=None if length_us is None else length_us / 1e6,
        frames_reported=stream.frames or None,
        frame_rate_hz=float(rate) if rate else None,
        codec=stream.codec_context.name,
    )


def first_frame(container: InputContainer, stream: VideoStream) -> VideoFrame:
    """The first frame that can be decoded.

    Raises:
        UnreadableError: None of the first packets gives a frame.
    """
    fault = "no frame in it"
    try:
        for number, packet in enumerate(container.demux(stream)):
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                fault, frames = said(error), []
            for frame in frames:
                if isinstance(frame, VideoFrame):
                    return frame
            if number >= PACKETS_TO_FIRST_FRAME:
                break
    except av.FFmpegError as error:
        fault = said(error)
    raise UnreadableError(f"the video stream gives no frame: {fault}")
