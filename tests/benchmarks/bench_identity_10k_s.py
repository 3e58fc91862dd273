"""Processor seconds of one core for identities of 10,000 tracklets; growth at 1x, 2x, 4x."""

import time

import numpy as np
from measure import Result
from people_figures import NOISE, SETTINGS, simulated_looks, tracked_day

from storeday.identity import Appearance, Scene, TrackletEnds, join_tracklets
from storeday.identity.points import Points

SEED, TRACKLETS = 2, 10_000


def run() -> Result:
    tracked = tracked_day(SEED)
    looks, rank_1 = simulated_looks(tracked, NOISE, SEED)
    layout = tracked.day.world.layout
    doors = [np.array(zone.polygon_m) for zone in layout.zones if zone.kind == "entrance"]
    seconds, counts = [], []
    for wanted in (TRACKLETS // 4, TRACKLETS // 2, TRACKLETS):
        ends, points, appearance = _repeated(tracked, looks, wanted)
        scene = Scene(points, doors, layout.floor_plan.width_m * layout.floor_plan.height_m)
        began = time.process_time()
        join_tracklets(ends, appearance, SETTINGS, str, scene)
        seconds.append(time.process_time() - began)
        counts.append(len(ends))
    detail = {
        "simulated": True,
        "tracklets": counts,
        "seconds": [round(one, 1) for one in seconds],
        "growth": [round(one / seconds[0], 2) for one in seconds],
        "rank_1": rank_1,
    }
    return Result(round(seconds[-1], 1), "<= 30", "s", detail)


def _repeated(tracked, looks, wanted):
    """The hour again and again until there are so many tracklets, in the order of ends."""
    ends, points = tracked.ends, tracked.located
    copies = int(np.ceil(wanted / len(ends)))
    length_us = int(ends.ended_us.max() - ends.started_us.min()) + 60_000_000
    shift = np.repeat(np.arange(copies), len(ends)) * length_us
    rows = np.tile(np.arange(len(ends)), copies)
    kept = np.sort(np.argsort(ends.started_us[rows] + shift, kind="stable")[:wanted])
    rows, shift, copy = rows[kept], shift[kept], kept // len(ends)
    ids = np.array([f"{number}:{name}" for number, name in
                    zip(copy, ends.tracklet_id[rows], strict=True)], object)  # fmt: skip
    order = np.lexsort((ids.astype(str), ends.ended_us[rows] + shift, ends.started_us[rows] + shift,
                        ends.camera_id[rows].astype(str)))  # fmt: skip
    rows, shift, ids = rows[order], shift[order], ids[order]
    moved = TrackletEnds(
        ids, ends.camera_id[rows], ends.started_us[rows] + shift, ends.ended_us[rows] + shift,
        ends.first_us[rows] + shift, ends.first_m[rows], ends.first_error_m[rows],
        ends.last_us[rows] + shift, ends.last_m[rows], ends.last_error_m[rows],
    )  # fmt: skip
    bounds = np.searchsorted(points.tracklet, np.arange(len(ends) + 1))
    spans = [np.arange(bounds[row], bounds[row + 1]) for row in rows]
    owner = np.repeat(np.arange(len(rows)), [len(span) for span in spans])
    taken = np.concatenate(spans)
    located = Points(
        owner, points.time_us[taken] + shift[owner], points.place_m[taken], points.error_m[taken]
    )
    appearance = Appearance(ids, looks.embedding[rows], looks.count[rows], looks.same_cosine[rows])
    return moved, located, appearance
