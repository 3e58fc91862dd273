"""`storeday calibration check`: what calibrations are worth, in numbers and as a picture.

The picture shows the empty scene, not a moment: the median of key frames over a segment, in which
whoever walks about is gone. Who stands still for more than half of it would stay; give an hour
before opening where people stand about. With no footage the calibration is drawn on plain grey.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from storeday.commands.run_days import DONE, WRONG_USE
from storeday.floor.calibration_errors import (
    CalibrationErrors,
    calibration_errors,
    floor_grid_px,
    visible_px,
)
from storeday.floor.camera_view import camera_view
from storeday.footage import FootageSettings, scout_segment
from storeday.lake.files import list_files, local_copy
from storeday.lake.store_day import StoreDay
from storeday.manifest import Camera, ManifestError, StoreLayout
from storeday.stages.plan import Places, layout_of

LOGGER = logging.getLogger("storeday")
Picture = NDArray[np.uint8]

# So many looks spread over a segment are enough for a median, and fit in memory.
LOOKS = 25
LOOKS_PER_S = 1.0
# Colours as blue, green, red.
GRID, ZONE, MARKED, FITTED = (200, 200, 60), (60, 200, 255), (80, 255, 80), (60, 60, 255)
PLAIN = 96


@dataclass(frozen=True)
class CalibrationRequest:
    """What to check.

    Attributes:
        places: Where manifests are, and the inbox, where pictures shall show footage.
        day: Store-day whose layout and footage are taken.
        out: Folder for pictures.
    """

    places: Places
    day: StoreDay
    out: Path


def check_calibration(request: CalibrationRequest, console: Console) -> int:
    """Prints errors and draws pictures, one `CAMERA.png` each.

    Returns:
        0, or 2 where the manifest cannot be used.
    """
    try:
        layout = layout_of(request.places, request.day)
    except ManifestError as error:
        LOGGER.error("%s", error)
        return WRONG_USE
    errors = {camera.id: calibration_errors(camera) for camera in layout.cameras}
    console.print(_table(layout.cameras, errors))
    request.out.mkdir(parents=True, exist_ok=True)
    for camera in layout.cameras:
        scene = _empty_scene(request, camera)
        path = request.out / f"{camera.id}.png"
        cv2.imwrite(str(path), drawn(scene, camera, layout, errors[camera.id]))
        LOGGER.info("%s", path)
    return DONE


def drawn(
    scene: Picture, camera: Camera, layout: StoreLayout, errors: CalibrationErrors
) -> Picture:
    """The scene with a metre grid, zones, marked points and where the fit puts them.

    Args:
        scene: Height x width x 3, BGR, in any size of the camera's shape.
        camera: The camera.
        layout: Its store.
        errors: Its calibration errors.
    """
    picture = scene.copy()
    scale = np.array([scene.shape[1] / camera.width_px, scene.shape[0] / camera.height_px])
    view, plan = camera_view(camera), layout.floor_plan
    for line in floor_grid_px(view, plan.width_m, plan.height_m, 1.0):
        _draw_line(picture, line * scale, GRID, 1)
    for zone in layout.zones:
        corners = np.array(zone.polygon_m, float)
        _draw_line(picture, visible_px(view, _closed(corners)) * scale, ZONE, 2)
    points = zip(errors.image_px * scale, errors.fitted_px * scale, strict=True)
    for number, (marked, fitted) in enumerate(points, start=1):
        cv2.drawMarker(picture, _pixel(marked), MARKED, cv2.MARKER_CROSS, 18, 2)
        if np.isfinite(fitted).all():
            cv2.circle(picture, _pixel(fitted), 8, FITTED, 2)
        place = (_pixel(marked)[0] + 10, _pixel(marked)[1] - 10)
        cv2.putText(picture, str(number), place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, MARKED, 2)
    return picture


def _table(cameras: Sequence[Camera], errors: dict[str, CalibrationErrors]) -> Table:
    table = Table(title="Calibration: root mean square errors")
    heads = ("camera", "points", "misfit m", "misfit px", "left out m", "worst point")
    for head in heads:
        table.add_column(head, justify="left" if head == "camera" else "right")
    for camera in cameras:
        found = errors[camera.id]
        if not len(found.misfit_m):
            table.add_row(camera.id, "a homography", "", "", "", "")
            continue
        by = found.predicted_m if np.isfinite(found.predicted_m).any() else found.misfit_m
        worst = int(np.nanargmax(by))
        left_out = found.predicted_rms_m
        table.add_row(
            camera.id,
            str(len(found.misfit_m)),
            f"{found.rms_m:.2f}",
            f"{found.rms_px:.1f}",
            f"{left_out:.2f}" if np.isfinite(left_out) else "needs 5 points",
            f"{worst + 1}: {by[worst]:.2f} m",
        )
    return table


def _empty_scene(request: CalibrationRequest, camera: Camera) -> Picture:
    """The median of key frames of the camera's first readable segment; grey where there is none."""
    inbox = request.places.inbox_of(request.day) if request.places.inbox else ""
    for file in list_files(inbox) if inbox else []:
        if file.path.startswith(f"footage/{camera.id}/"):
            with local_copy(f"{inbox}/{file.path}") as path:
                looks = _looks(path)
            if looks:
                median = np.median(np.stack(looks), axis=0)
                return np.asarray(median, np.uint8)
            LOGGER.warning("%s: no frame could be read", file.path)
    return np.full((camera.height_px, camera.width_px, 3), PLAIN, np.uint8)


def _looks(path: Path) -> list[Picture]:
    """Up to `LOOKS` frames, spread evenly over those of a segment."""
    kept: list[bytes] = []
    step = 1
    for number, frame in enumerate(scout_segment(path, LOOKS_PER_S, 10.0, FootageSettings())):
        if number % step == 0:
            kept.append(frame.jpeg)
        if len(kept) == 2 * LOOKS:
            kept, step = kept[::2], 2 * step
    chosen = kept[:: max(1, len(kept) // LOOKS)]
    pictures = [cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) for jpeg in chosen]
    return [np.asarray(picture, np.uint8) for picture in pictures if picture is not None]


def _closed(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """A polygon's outline in steps of at most a tenth of each side."""
    ends = np.roll(corners, -1, axis=0)
    steps = np.linspace(0.0, 1.0, 11)[:, None]
    return np.concatenate(
        [start + steps * (end - start) for start, end in zip(corners, ends, strict=True)]
    )


def _draw_line(
    picture: Picture, points: NDArray[np.float64], colour: tuple[int, int, int], thick: int
) -> None:
    # Far outside the picture OpenCV's integers would overflow.
    limit = 10.0 * max(picture.shape)
    is_near = np.isfinite(points).all(axis=1) & (np.abs(np.nan_to_num(points)) < limit).all(axis=1)
    for run in np.split(np.arange(len(points)), np.flatnonzero(np.diff(is_near)) + 1):
        if is_near[run[0]] and len(run) > 1:
            course = np.rint(points[run]).astype(np.int32)
            cv2.polylines(picture, [course[:, None]], False, colour, thick, cv2.LINE_AA)


def _pixel(point: NDArray[np.float64]) -> tuple[int, int]:
    x, y = np.rint(point).astype(int).tolist()
    return x, y
