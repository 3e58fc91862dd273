"""IDF1, HOTA and MOTA in each camera of the CAMPUS auditorium, beside the library's trackers.

Truth is real; detections are made of it with the precision and recall of a real detector on this
scene (`tests/tracking/tracking_trials.py`). The figure is our tracker's mean IDF1 at five frames a
second. `stitched` are the tracklets that identity gets: cut wherever two people might be mixed, so
that their IDF1 by itself is low and their purity high. Identity across the four views is not
scored here.
"""

import sys
from pathlib import Path

import numpy as np
from measure import Result, real_data

from storeday.tracking import NO_TRACK, TrackingSettings, associate_frames, track_frames

sys.path.append(str(Path(__file__).resolve().parents[1] / "tracking"))
import tracking_trials as trials

SETTINGS = TrackingSettings()
SEED = 1
RATES = ((1, 30, 30.0), (6, 5, 120.0), (15, 2, 183.0))


def run() -> Result:
    detail = {}
    for every, frames_per_s, seconds in RATES:
        detail[f"{frames_per_s} fps"] = {
            name: _figures(tracker, every, frames_per_s, seconds) for name, tracker in WAYS.items()
        }
    ours = detail["5 fps"]["ours"]
    figure = round(float(np.mean([ours[camera]["idf1"] for camera in trials.CAMERAS])), 3)
    return Result(figure, "beside the library's", "1", {"seed": SEED, "real_truth": True, **detail})


def _figures(tracker, every, frames_per_s, seconds):
    from trackers.eval.clear import compute_clear_metrics
    from trackers.eval.hota import compute_hota_metrics
    from trackers.eval.identity import compute_identity_metrics

    found = {}
    for number, (camera, (precision, recall)) in enumerate(trials.CAMERAS.items()):
        whole = trials.load_truth(real_data(), camera)
        boxes = trials.detect(whole, precision, recall, 10 * SEED + number)
        truth, boxes = (one.first(seconds).every(every) for one in (whole, boxes))
        tracks = tracker(boxes, every, frames_per_s)
        frames = trials._by_frame(truth, boxes.rows(tracks >= 0), tracks)
        found[camera] = {
            "idf1": round(float(compute_identity_metrics(*frames)["IDF1"]), 3),
            "hota": round(float(compute_hota_metrics(*frames)["HOTA"]), 3),
            "mota": round(float(compute_clear_metrics(*frames)["MOTA"]), 3),
            "purity": round(_purity(boxes, tracks), 3),
        }
    return found


def _purity(boxes, tracks):
    right = total = 0
    for number in np.unique(tracks[tracks >= 0]):
        people = boxes.person[(tracks == number) & (boxes.person >= 0)]
        if len(people):
            right += np.bincount(people).max()
            total += len(people)
    return right / total


def _ours(boxes, every, frames_per_s):
    return associate_frames(boxes.times_s, boxes.corners_px, boxes.score, SETTINGS)


def _stitched(boxes, every, frames_per_s):
    return track_frames(boxes.times_s, boxes.corners_px, boxes.score, SETTINGS)


def _library(name):
    def tracker(boxes, every, frames_per_s):
        import supervision
        import trackers

        made = getattr(trackers, name)(
            lost_track_buffer=int(30 * SETTINGS.lost_s), frame_rate=frames_per_s
        )
        tracks = np.full(len(boxes.frame), NO_TRACK)
        for frame in range(boxes.frame.min(), boxes.frame.max() + 1, every):
            first, last = np.searchsorted(boxes.frame, (frame, frame + 1))
            detections = supervision.Detections.empty()
            if last > first:
                detections = supervision.Detections(
                    xyxy=boxes.corners_px[first:last],
                    confidence=boxes.score[first:last],
                    data={"row": np.arange(first, last)},
                )
            result = made.update(detections)
            if len(result):
                tracks[result.data["row"]] = result.tracker_id
        return tracks

    return tracker


WAYS = {
    "SORT": _library("SORTTracker"),
    "ByteTrack": _library("ByteTrackTracker"),
    "OC-SORT": _library("OCSORTTracker"),
    "ours": _ours,
    "stitched": _stitched,
}
