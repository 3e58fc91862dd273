"""IDF1, HOTA and MOTA on the CAMPUS auditorium, beside the library's trackers.

Truth is real; detections are made of it with the precision and recall of a real detector on this
scene (`tests/tracking/tracking_trials.py`). There is no video, so that identity has no looks and
works by time and floor alone (`campus_floor`).

In each camera: the library's SORT, ByteTrack and OC-SORT; our tracker; `tracklets`, what identity
gets, cut wherever two people might be mixed; `joined`, what identity makes of them. *All* are the
four cameras' boxes together: a person has one number in all of them, so that a tracker by itself,
which starts anew in each, can have one camera's part right at most. Lower rates leave out frames:
30 a second over the first 30 s, 5 over 120 s, 2 over the whole clip.

The figure is the mean IDF1 of our tracker in one camera at five frames a second.
"""

import itertools
import sys
from pathlib import Path

import numpy as np
from measure import Result, real_data

from storeday.tracking import NO_TRACK, TrackingSettings, associate_frames, track_frames

sys.path.append(str(Path(__file__).resolve().parents[1] / "tracking"))
import tracking_trials as trials
from campus_floor import customers

SETTINGS = TrackingSettings().without_looks()
SEED = 1
RATES = ((1, 30, 30.0), (6, 5, 120.0), (15, 2, 183.0))
MEASURES = ("IDF1", "HOTA", "MOTA")


def run() -> Result:
    detail, rows = {}, {}
    for every, frames_per_s, seconds in RATES:
        truth, boxes = _clip(every, seconds)
        found = {
            name: _apart({camera: tracker(boxes[camera], every, frames_per_s) for camera in boxes})
            for name, tracker in WAYS.items()
        }
        found["joined"] = customers(boxes, found["tracklets"])
        scores = {name: _scores(truth, boxes, tracks) for name, tracks in found.items()}
        detail[f"{frames_per_s} fps"] = scores
        for name, score in scores.items():
            rows.setdefault(name, []).extend(_cells(score))
    columns = [f"{fps} fps, {what}" for _, fps, _ in RATES for what in ("one camera", "all four")]
    ours = detail["5 fps"]["our tracker"]
    figure = round(float(np.mean([ours[camera]["IDF1"] for camera in trials.CAMERAS])), 3)
    return Result(
        figure,
        "beside the library's",
        "1",
        {
            "seed": SEED,
            "real_truth": True,
            "cells": "/".join(MEASURES),
            "table": {"columns": columns, "rows": rows},
            **detail,
        },
    )


def _clip(every, seconds):
    truth, boxes = {}, {}
    for number, (camera, (precision, recall)) in enumerate(trials.CAMERAS.items()):
        whole = trials.load_truth(real_data(), camera)
        found = trials.detect(whole, precision, recall, 10 * SEED + number)
        truth[camera], boxes[camera] = (one.first(seconds).every(every) for one in (whole, found))
    return truth, boxes


def _apart(tracks):
    """Tracks numbered so that no two cameras share a number."""
    moved, first = {}, 0
    for camera, numbers in tracks.items():
        moved[camera] = np.where(numbers >= 0, numbers + first, NO_TRACK)
        first += int(numbers.max(initial=-1)) + 1
    return moved


def _cells(score):
    """Mean of the cameras, and all of them."""
    mean = [np.mean([score[camera][name] for camera in trials.CAMERAS]) for name in MEASURES]
    both = mean, [score["all"][name] for name in MEASURES]
    return ["/".join(f"{value:.3f}".lstrip("0") for value in values) for values in both]


def _scores(truth, boxes, tracks):
    """By camera, and of all together."""
    frames = {
        camera: trials._by_frame(
            truth[camera], boxes[camera].rows(tracks[camera] >= 0), tracks[camera]
        )
        for camera in boxes
    }
    every = tuple(
        list(itertools.chain.from_iterable(own[part] for own in frames.values()))
        for part in range(3)
    )
    found = {camera: _figures(own) for camera, own in frames.items()}
    return {**found, "all": _figures(every)}


def _figures(frames):
    from trackers.eval.clear import compute_clear_metrics
    from trackers.eval.hota import compute_hota_metrics
    from trackers.eval.identity import compute_identity_metrics

    values = (
        compute_identity_metrics(*frames)["IDF1"],
        compute_hota_metrics(*frames)["HOTA"],
        compute_clear_metrics(*frames)["MOTA"],
    )
    return {name: round(float(value), 3) for name, value in zip(MEASURES, values, strict=True)}


def _ours(boxes, every, frames_per_s):
    del every, frames_per_s
    return associate_frames(boxes.times_s, boxes.corners_px, boxes.score, SETTINGS)


def _tracklets(boxes, every, frames_per_s):
    del every, frames_per_s
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
    "our tracker": _ours,
    "tracklets": _tracklets,
}
