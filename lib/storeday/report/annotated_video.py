"""Pictures to an MP4 file, each at its own time."""

# PyAV's streams take parameters in the stubs only.
from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from storeday.report.pixelation import Picture

# Constant quality; 23 is x264's own default.
QUALITY = "23"
TIME_BASE = Fraction(1, 90_000)
US_PER_S = 1_000_000


def write_video(path: Path, pictures: Iterable[tuple[int, Picture]], frames_per_s: float) -> int:
    """Writes pictures as H.264 in an MP4 file.

    Args:
        path: The file; its folder must be there.
        pictures: Time (us, ascending) and picture (height x width x 3, BGR), all of one shape; a
            row or column too many for H.264's even sizes is cut off.
        frames_per_s: Usual rate, for players.

    Returns:
        Pictures written; the file is there only if there was at least one.
    """
    remaining = iter(pictures)
    first = next(remaining, None)
    if first is None:
        return 0
    start_us, count = first[0], 0
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = _stream(container, first[1].shape, frames_per_s)
        for time_us, picture in chain([first], remaining):
            container.mux(stream.encode(_frame(picture, time_us - start_us)))
            count += 1
        container.mux(stream.encode(None))
    return count


def _stream(container: OutputContainer, shape: tuple[int, ...], frames_per_s: float) -> VideoStream:
    stream = container.add_stream("libx264", rate=Fraction(frames_per_s).limit_denominator(1000))
    stream.height, stream.width = shape[0] // 2 * 2, shape[1] // 2 * 2
    stream.pix_fmt = "yuv420p"
    stream.options = {"crf": QUALITY}
    stream.codec_context.time_base = TIME_BASE
    return stream


def _frame(picture: Picture, since_us: int) -> VideoFrame:
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="bgr24")
    frame.pts = round(since_us * TIME_BASE.denominator / US_PER_S)
    frame.time_base = TIME_BASE
    return frame
