"""Processor seconds of one core for a camera-day of 200,000 detections; growth from a quarter."""

import time

import numpy as np
from measure import Result
from people_scenes import people_day

from storeday.tracking import TrackingSettings, track_camera

SEED, DETECTIONS = 3, 200_000


def run() -> Result:
    import pyarrow as pa

    day = people_day("busy_saturday", SEED, 0.6, cameras={"count": 1, "overlap": 0.0})
    hour = day.detections.sort_by("device_time")
    # The busy hour again and again, one after the other, until the day is full.
    stamp = hour["device_time"].cast(pa.int64()).to_numpy()
    length_us = int(stamp[-1] - stamp[0]) + 60_000_000
    copies = int(np.ceil(DETECTIONS / len(hour)))
    parts = []
    for copy in range(copies):
        moved = pa.array(stamp + copy * length_us).cast(pa.timestamp("us", tz="UTC"))
        names = [f"{copy}:{name}" for name in hour["detection_id"].to_pylist()]
        part = hour.set_column(hour.schema.get_field_index("device_time"), "device_time", moved)
        at = hour.schema.get_field_index("detection_id")
        parts.append(part.set_column(at, "detection_id", pa.array(names)))
    whole = pa.concat_tables(parts)
    seconds = {}
    for share in (4, 2, 1):
        rows = whole.slice(0, DETECTIONS // share)
        began = time.process_time()
        tracks = track_camera(rows, TrackingSettings(), str)
        seconds[share] = time.process_time() - began
    detail = {
        "simulated": True,
        "growth": [round(seconds[share] / seconds[4], 2) for share in (4, 2, 1)],
        "tracklets": len(tracks.tracklets),
        "spread": "one task per camera and day; no hour borders to stitch",
    }
    return Result(round(seconds[1], 1), "<= 120", "s", detail)
