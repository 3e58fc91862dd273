"""The CAMPUS auditorium's floor: each camera's calibration, and its detections as tables.

Position and height of the cameras are the data set's (`scene_metadata.xml`; azimuths there are
counted counterclockwise from the y axis, elevations to a degree). Focal length, tilt and azimuth
are fitted: the true feet of those whom two cameras see at once shall be in one place, and a head is
1.68 m above its feet. `PYTHONPATH=tests/tracking python tests/benchmarks/campus_floor.py` prints
them anew, from those that stand here on. A shop measures such points with a tape; who is who is not
used beyond that.

Two cameras each look at one half of the floor (HC3 and HC4, IP2 and IP5; half of the people they
both show lie within 0.3 and 0.8 m of each other), and the halves share no view.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import tracking_trials as trials
from measure import real_data
from scipy.optimize import least_squares

from storeday.floor.camera_view import camera_view, foot_points
from storeday.identity import (
    Appearance,
    IdentitySettings,
    Scene,
    join_tracklets,
    located_points,
    tracklet_ends,
)
from storeday.manifest import Camera

HEAD_M = 1.68
PAIRS = (("HC3", "HC4"), ("IP2", "IP5"))
# The area on which people were seen, with some air: metres of the data set's own plan.
FLOOR_M2 = 25.0 * 30.0
START_US = 1_770_000_000_000_000


@dataclass(frozen=True)
class Stand:
    """Where a camera stands and how it looks: metres, px, radians; tilt downwards."""

    x_m: float
    y_m: float
    height_m: float
    azimuth: float
    focal_px: float
    tilt: float

    def homography(self):
        """From the floor to the picture, both with a third coordinate of 1."""
        right = np.array([np.cos(self.azimuth), np.sin(self.azimuth)])
        ahead = np.array([-np.sin(self.azimuth), np.cos(self.azimuth)])
        place = np.array([self.x_m, self.y_m])
        side = np.append(right, -right @ place)
        far = np.append(ahead, -ahead @ place)
        down = np.array([0.0, 0.0, self.height_m])
        depth = np.cos(self.tilt) * far + np.sin(self.tilt) * down
        below = np.cos(self.tilt) * down - np.sin(self.tilt) * far
        middle = np.array([trials.WIDTH_PX, trials.HEIGHT_PX]) / 2
        return np.stack(
            [self.focal_px * side + middle[0] * depth, self.focal_px * below + middle[1] * depth,
             depth]
        )  # fmt: skip

    def raised(self, by_m):
        """The same camera over a floor that much higher."""
        return Stand(
            self.x_m, self.y_m, self.height_m - by_m, self.azimuth, self.focal_px, self.tilt
        )


STANDS = {
    "HC3": Stand(16.22, 0.30, 1.68, np.radians(11.0), 1313.4, -0.022),
    "HC4": Stand(0.90, 0.50, 1.67, np.radians(306.4), 1861.8, 0.092),
    "IP2": Stand(20.60, 28.31, 2.62, np.radians(147.8), 1705.4, 0.152),
    "IP5": Stand(10.57, 16.31, 1.84, np.radians(354.8), 773.2, 0.213),
}


def detections(camera, boxes):
    """Rows of `silver.detections` of one camera, and ids are camera and row."""
    view = camera_view(
        Camera(
            id=camera,
            width_px=trials.WIDTH_PX,
            height_px=trials.HEIGHT_PX,
            homography=np.linalg.inv(STANDS[camera].homography()).tolist(),
            purpose="Tracking benchmark.",
        )
    )
    feet = foot_points(view, boxes.corners_px)
    times_us = START_US + np.rint(boxes.times_s * 1e6).astype(np.int64)
    return pa.table(
        {
            "camera_id": [camera] * len(boxes.frame),
            "device_time": pa.array(times_us).cast(pa.timestamp("us", tz="UTC")),
            "detection_id": detection_ids(camera, np.arange(len(boxes.frame))),
            **{name: boxes.corners_px[:, k] for k, name in enumerate(("x0", "y0", "x1", "y1"))},
            "score": boxes.score,
            "floor_x_m": feet.floor_m[:, 0],
            "floor_y_m": feet.floor_m[:, 1],
            "floor_error_m": feet.error_m,
            "is_cut": feet.is_cut,
        }
    )


def detection_ids(camera, rows):
    return [f"{camera}:{row}" for row in rows]


def customers(boxes, tracks):
    """One label per box across cameras, by identity without looks; -1 where no track is.

    Args:
        boxes: Boxes by camera.
        tracks: Track of each box, by camera.
    """
    tables = [detections(camera, boxes[camera]) for camera in boxes]
    points, tracklets = [], []
    for camera, numbers in tracks.items():
        rows = np.flatnonzero(numbers >= 0)
        names = [f"{camera}/{number}" for number in numbers[rows]]
        times = START_US + np.rint(boxes[camera].times_s[rows] * 1e6).astype(np.int64)
        points.append(pa.table({"tracklet_id": names, "detection_id": detection_ids(camera, rows)}))
        found = pa.table({"tracklet_id": names, "time": times}).group_by("tracklet_id")
        tracklets.append(
            found.aggregate([("time", "min"), ("time", "max")]).append_column(
                "camera_id", [[camera] * len(set(names))]
            )
        )
    table = pa.concat_tables(tracklets).rename_columns(
        ["tracklet_id", "started_at", "ended_at", "camera_id"]
    )
    for name in ("started_at", "ended_at"):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table[name].cast(pa.timestamp("us", tz="UTC")))
    seen, points = pa.concat_tables(tables), pa.concat_tables(points)
    settings = IdentitySettings()
    ends = tracklet_ends(table, seen, points, settings)
    located = located_points(
        seen, points, pa.array(ends.tracklet_id, pa.string()), settings.place_error_m
    )
    scene = Scene(located, [], FLOOR_M2)
    joined = join_tracklets(ends, Appearance.none(), settings, str, scene)
    pairs = zip(joined["tracklet_id"].to_pylist(), joined["customer_id"].to_pylist(), strict=True)
    names = dict(pairs)
    numbers = {name: number for number, name in enumerate(sorted(set(names.values())))}
    return {
        camera: np.array(
            [numbers[names[f"{camera}/{number}"]] if number >= 0 else -1 for number in own], int
        )
        for camera, own in tracks.items()
    }


def fitted(one, other):
    """Focal length, tilt and azimuth of two cameras that share a view, and how far they disagree.

    Returns:
        The two stands, and quartiles of the distance between both cameras' places of one person.
    """
    feet, tall = _shared_feet(one, other)
    start = [STANDS[one], STANDS[other]]
    scale = np.tile([1000.0, 0.1, 0.1], 2)

    def stands(values):
        return [
            Stand(stand.x_m, stand.y_m, stand.height_m, azimuth, focal, tilt)
            for stand, (focal, tilt, azimuth) in zip(
                start, np.reshape(values * scale, (2, 3)), strict=True
            )
        ]

    def misfit(values):
        both = stands(values)
        places = [_floor(stand, spots) for stand, spots in zip(both, feet, strict=True)]
        parts = []
        for own in (0, 1):
            there = _image(both[own], places[1 - own]) - feet[own]
            head = _image(both[own].raised(HEAD_M), places[own]) - feet[own]
            head[:, 1] += tall[own]
            parts += [there / tall[own][:, None], 0.5 * head[:, 1:] / tall[own][:, None]]
        return np.clip(np.nan_to_num(np.concatenate([p.ravel() for p in parts]), nan=10), -10, 10)

    first = np.ravel([(one.focal_px, one.tilt, one.azimuth) for one in start]) / scale
    best = stands(least_squares(misfit, first, loss="soft_l1", f_scale=0.1).x)
    places = [_floor(stand, spots) for stand, spots in zip(best, feet, strict=True)]
    apart = np.hypot(*(places[0] - places[1]).T)
    return best, np.quantile(apart, [0.25, 0.5, 0.75])


def _shared_feet(one, other):
    """Feet (px) and heights of those whom both cameras see in whole at once, twice a second."""
    truth = [trials.load_truth(real_data(), camera).every(15) for camera in (one, other)]
    keys = [boxes.frame * 1000 + boxes.person for boxes in truth]
    _, *rows = np.intersect1d(*keys, return_indices=True)
    corners = [boxes.corners_px[own] for boxes, own in zip(truth, rows, strict=True)]
    whole = np.all([box[:, 3] < trials.HEIGHT_PX - 10 for box in corners], axis=0)
    feet = [np.column_stack([(b[:, 0] + b[:, 2]) / 2, b[:, 3]])[whole] for b in corners]
    return feet, [(b[:, 3] - b[:, 1])[whole] for b in corners]


def _floor(stand, pixels):
    return _projected(np.linalg.inv(stand.homography()), pixels)


def _image(stand, places):
    return _projected(stand.homography(), places)


def _projected(matrix, points):
    far = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return far[:, :2] / np.where(np.abs(far[:, 2:]) > 1e-9, far[:, 2:], 1e-9)


if __name__ == "__main__":
    for pair in PAIRS:
        print(*fitted(*pair), sep="\n")
