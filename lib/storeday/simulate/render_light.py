"""Light and sensor: how a picture of the scene becomes a frame of the camera.

Daylight follows the sun from 7 to 19 local time and passing clouds (three sine waves of 47, 11 and
2.5 minutes); lamps are on all day. The camera's exposure follows only in part. Noise is drawn once
per camera as a tile larger than the frame, and each frame takes a window of it at a random place:
drawing new noise for each pixel would cost more than everything else.

Conventions: pictures BGRA, uint8; frames I420 as in `render_video`.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from numpy.typing import NDArray

from storeday.simulate.render_scene import Scene

Bytes = NDArray[np.uint8]

CLOUD_PERIODS_S = (2820.0, 660.0, 150.0)
DAYLIGHT_SHARE = 0.6
LEVELS = 64
# Grey levels of one standard deviation; indoor footage of a 1/3 inch sensor before compression.
LUMA_NOISE, CHROMA_NOISE = 2.3, 1.2
NOISE_MARGIN_PX = 96


class Light:
    """How much daylight there is, at any time of one camera's day."""

    def __init__(self, starts_at: dt.datetime, timezone: str, seed: tuple[int, ...]) -> None:
        local = starts_at.astimezone(ZoneInfo(timezone))
        self._start_h = local.hour + local.minute / 60 + local.second / 3600
        self._phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(CLOUD_PERIODS_S))

    def daylight(self, time_s: float) -> float:
        """Share of daylight in the picture, 0 to `DAYLIGHT_SHARE`, in steps of 1 / `LEVELS`."""
        hour = (self._start_h + time_s / 3600) % 24
        sun = max(0.0, float(np.sin(np.pi * (hour - 7) / 12)))
        waves = np.sin(2 * np.pi * time_s / np.array(CLOUD_PERIODS_S) + self._phases)
        clouds = 0.75 + 0.25 * float(waves @ (0.5, 0.3, 0.2))
        return float(np.round(DAYLIGHT_SHARE * sun * clouds * LEVELS) / LEVELS)


class Backgrounds:
    """Pictures of the empty scene, kept for the level of light used last."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._level = -1.0
        self._picture = np.empty(0, np.uint8)

    def at(self, daylight: float) -> Bytes:
        """A fresh copy of the scene at a share of daylight; fourth channel zero."""
        if daylight != self._level:
            mixed = cv2.addWeighted(
                self._scene.lamplight, 1 - daylight, self._scene.daylight, daylight, 0
            )
            none = np.zeros(mixed.shape[:2], np.uint8)
            self._picture, self._level = np.dstack([mixed, none]), daylight
        return self._picture.copy()


class Sensor:
    """Turns pictures into noisy frames; with `noise` 0 into clean ones."""

    def __init__(
        self, width_px: int, height_px: int, seed: tuple[int, ...], noise: float = 1.0
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._noise = noise
        shape = (height_px + NOISE_MARGIN_PX, width_px + NOISE_MARGIN_PX)
        self._luma, self._chroma = (
            np.round(self._rng.normal(0, noise * level, shape)).astype(np.int16)
            for level in (LUMA_NOISE, CHROMA_NOISE)
        )

    def frame(self, picture: Bytes, daylight: float) -> Bytes:
        """One frame; each call takes other noise.

        Args:
            picture: BGRA, shape (h, w, 4).
            daylight: Share of daylight, which the exposure follows in part.

        Returns:
            I420, shape (3 h / 2, w).
        """
        height, width = picture.shape[:2]
        planes = cv2.cvtColor(picture, cv2.COLOR_BGRA2YUV_I420)
        planes[:height] = cv2.convertScaleAbs(planes[:height], alpha=0.94 + 0.15 * daylight)
        if self._noise > 0:
            top, left, top_c, left_c = self._rng.integers(0, NOISE_MARGIN_PX, 4)
            luma = self._luma[top : top + height, left : left + width]
            chroma = self._chroma[top_c : top_c + height // 2, left_c : left_c + width]
            planes[:height] = cv2.add(planes[:height], luma, dtype=cv2.CV_8U)
            planes[height:] = cv2.add(planes[height:], chroma, dtype=cv2.CV_8U)
        return np.asarray(planes)
