"""Small clips whose frames carry their own number, as black and white bars."""

import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

WIDTH, HEIGHT, BITS = 320, 180, 10
# 25 frames a second, 4 s.
EVEN = [number * 40 for number in range(100)]
B_FRAMES = {"g": "25", "bf": "3", "preset": "veryfast"}


@pytest.fixture(scope="session")
def clips():
    """This module: tests cannot import each other."""
    return sys.modules[__name__]


def numbered(number: int) -> np.ndarray:
    """A picture that shows a number in binary, and a little structure that moves with it."""
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    step = WIDTH // BITS
    for bit in range(BITS):
        picture[20:100, bit * step : (bit + 1) * step] = 235 if number >> bit & 1 else 20
    x = (7 * number) % (WIDTH - 40)
    picture[120:160, x : x + 40] = (30, 180, 60)
    return picture


def jpeg(number: int) -> bytes:
    """That picture as JPEG."""
    return cv2.imencode(".jpg", numbered(number))[1].tobytes()


def number_in(jpeg: bytes) -> int:
    """The number that a picture shows."""
    grey = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    height, width = grey.shape
    rows = grey[height // 4 : height // 2]
    step = width / BITS
    centres = [rows[:, int((bit + 0.3) * step) : int((bit + 0.7) * step)] for bit in range(BITS)]
    return sum(1 << bit for bit, block in enumerate(centres) if block.mean() > 128)


def write_clip(
    path: Path,
    times_ms: list[int],
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    rotation: int = 0,
) -> Path:
    """A clip with one numbered frame at each time."""
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
        stream.codec_context.time_base = base = _time_base(path)
        stream.options = options or {}
        if rotation:
            stream.set_display_rotation(rotation)
        for number, time_ms in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            frame = frame.reformat(format=stream.pix_fmt)
            frame.time_base, frame.pts = base, round(Fraction(time_ms, 1000) / base)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _time_base(path: Path) -> Fraction:
    # GIF counts in hundredths; AVI would fill every unit with a frame.
    return Fraction(1, {".gif": 100, ".avi": 25}.get(path.suffix, 1000))


def write_sound(path: Path) -> Path:
    """A second of silence, without pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000)
        for number in range(47):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate, frame.pts = 48_000, number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
