"""H.264 segments as a shop's camera writes them: closed groups of pictures, exact time stamps.

Conventions: frames are planar YUV 4:2:0 (BT.601, limited range), shape (3 h / 2, w), uint8, as
OpenCV's I420; time stamps count from the segment's start in ticks of 1 / 90000 s.
"""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

TICKS_PER_S = 90_000
# Measured at 640 x 360, 5 frames/s, 6 people and sensor noise, one core, quality 29: ultrafast
# 1.2 ms a frame and 237 kbit/s, superfast 3.0 ms and 241, veryfast 3.8 ms and 112.
PRESET, QUALITY = "ultrafast", 28


def frame_ticks(frames: int, frames_per_s: float) -> NDArray[np.int64]:
    """Time stamps of a segment's frames: each rounded by itself, so that no error adds up.

    Example:
        >>> frame_ticks(3, 7.0).tolist()
        [0, 12857, 25714]
    """
    return np.round(np.arange(frames) * (TICKS_PER_S / frames_per_s)).astype(np.int64)


def write_segment(
    path: Path, frames: Iterable[NDArray[np.uint8]], frames_per_s: float, gop_s: float
) -> None:
    """Encodes one segment. One thread, no date in the header: equal frames give equal bytes.

    Args:
        path: File to write; its folder must exist.
        frames: Pictures of one shape; read one at a time.
        frames_per_s: Frame rate.
        gop_s: Seconds from one key frame to the next; rounded to frames, at least one.

    Raises:
        ValueError: There are no frames.
    """
    base = Fraction(1, TICKS_PER_S)
    with av.open(str(path), "w") as container:
        stream: VideoStream | None = None
        for number, planes in enumerate(frames):
            if stream is None:
                rate = Fraction(frames_per_s).limit_denominator(1001)
                stream = container.add_stream("libx264", rate=rate)
                _set_up(stream, planes.shape, max(1, round(gop_s * frames_per_s)))
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = round(number * TICKS_PER_S / frames_per_s), base
            container.mux(stream.encode(frame))
        if stream is None:
            raise ValueError(f"{path}: a segment needs at least one frame")
        container.mux(stream.encode())


def _set_up(stream: VideoStream, shape: tuple[int, ...], gop_frames: int) -> None:
    stream.width, stream.height = shape[1], shape[0] * 2 // 3
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, TICKS_PER_S)
    stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
    stream.codec_context.gop_size = gop_frames
    stream.options = {
        "preset": PRESET,
        "crf": str(QUALITY),
        "threads": "1",
        "keyint_min": str(gop_frames),
        "sc_threshold": "0",
    }
