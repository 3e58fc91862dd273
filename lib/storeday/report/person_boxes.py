"""Where people are in the frames of a camera, between and at the moments they were detected.

Boxes run straight from one detection of a tracklet to the next; what was detected and belongs to no
tracklet stands for half a frame's time on either side. Conventions: times in us since 1970 UTC by
the camera's clock, boxes x0, y0, x1, y1 in pixels of the source frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# Two detections of a tracklet further apart are not joined: the person may have been hidden.
LONGEST_JOIN_US = 2_000_000
# A single detection stands for so long on either side: half of two frames a second.
LONE_US = 250_000


@dataclass(frozen=True)
class Track:
    """One person's boxes, in order of time.

    Attributes:
        tracklet_id: The tracklet; empty for a detection that belongs to none.
        times_us: Times, ascending, shape (n,).
        boxes_px: Boxes, shape (n, 4).
    """

    tracklet_id: str
    times_us: NDArray[np.int64]
    boxes_px: NDArray[np.float64]


def tracks_of(detections: pa.Table, track_points: pa.Table) -> list[Track]:
    """People in a camera's detections.

    Args:
        detections: Columns `detection_id, device_time, x0, y0, x1, y1` of one camera, any order.
        track_points: Columns `tracklet_id, detection_id`; may hold others' rows.

    Returns:
        One track per tracklet, and one per detection that belongs to none, in order of their ids.
    """
    owner = dict(
        zip(
            track_points["detection_id"].to_pylist(),
            track_points["tracklet_id"].to_pylist(),
            strict=True,
        )
    )
    ids = detections["detection_id"].to_pylist()
    times = detections["device_time"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    boxes = np.column_stack(
        [detections[name].to_numpy().astype(float) for name in ("x0", "y0", "x1", "y1")]
    )
    groups: dict[tuple[str, str], list[int]] = {}
    for row, detection_id in enumerate(ids):
        tracklet = owner.get(detection_id, "")
        groups.setdefault((tracklet, "" if tracklet else detection_id), []).append(row)
    tracks = []
    for (tracklet, _), rows in sorted(groups.items()):
        order = np.array(rows)[np.argsort(times[rows], kind="stable")]
        tracks.append(Track(tracklet, times[order], boxes[order]))
    return tracks


def box_at(track: Track, time_us: int) -> NDArray[np.float64] | None:
    """A person's box at a moment, shape (4,); None where the person is not in view then.

    Example:
        >>> track = Track("t", np.array([0, 1_000_000]), np.eye(2, 4) * 10)
        >>> box_at(track, 500_000).tolist(), box_at(track, 1_300_000)
        ([5.0, 5.0, 0.0, 0.0], None)
    """
    after = int(np.searchsorted(track.times_us, time_us, side="left"))
    times, boxes = track.times_us, track.boxes_px
    if 0 < after < len(times) and times[after] - times[after - 1] <= LONGEST_JOIN_US:
        part = (time_us - times[after - 1]) / (times[after] - times[after - 1])
        return np.asarray((1 - part) * boxes[after - 1] + part * boxes[after])
    near = [at for at in (after - 1, after) if 0 <= at < len(times)]
    nearest = min(near, key=lambda at: abs(int(times[at]) - time_us), default=None)
    if nearest is None or abs(int(times[nearest]) - time_us) > LONE_US:
        return None
    return np.asarray(boxes[nearest])


def shown_names(identities: pa.Table, staff: Sequence[str]) -> Mapping[str, str]:
    """What each tracklet is called in a picture: the start of its customer's pseudonym.

    Args:
        identities: Columns `tracklet_id, customer_id`.
        staff: Customers who are likelier staff; they are called that, none by a name of their own.
    """
    is_staff = set(staff)
    return {
        tracklet: "staff" if customer in is_staff else str(customer)[:6]
        for tracklet, customer in zip(
            identities["tracklet_id"].to_pylist(),
            identities["customer_id"].to_pylist(),
            strict=True,
        )
    }
