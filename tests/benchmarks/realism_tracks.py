"""ByteTrack as the library has it, nothing tuned, on simulated cameras: IDF1 at 25, 5 and 2 fps.

Once on what YOLOX-nano finds in the rendered frames, once on true boxes with a detector's errors
(12 % missed in runs, boxes off by 4 %, people of whom less than 30 % is seen not found, some false
boxes), which is the protocol of the real figures for shops. Truth: people over 40 px high of whom
at least 30 % is seen.
"""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rendered import CORNERS, Film

RATES = {25: 1, 5: 5, 2: 12}
TALL_PX, SEEN = 40, 0.3
# The study's noise: 12 % missed; a detector of that kind has few false boxes.
RECALL, PRECISION = 0.88, 0.95
SEED = 5


def trials() -> Any:
    """Boxes, made-up errors and IDF1 of the tracker's tests."""
    path = Path(__file__).parents[1] / "tracking" / "tracking_trials.py"
    spec = importlib.util.spec_from_file_location("tracking_trials", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def truth_of(film: Film, bench: Any) -> Any:
    """True boxes by frame at 25 frames a second."""
    boxes = film.boxes
    boxes = boxes[(boxes.visible_share >= SEEN) & (boxes.y1 - boxes.y0 > TALL_PX)]
    boxes = boxes.sort_values(["time", "customer"])
    return bench.Boxes(
        frame_numbers(boxes.time, film),
        boxes.customer.to_numpy(),
        boxes[CORNERS].to_numpy(float),
        np.ones(len(boxes)),
    )


def frame_numbers(times: pd.Series, film: Film) -> np.ndarray:
    """Number of the frame since the first one with anybody in it."""
    since_s = (times - film.boxes.time.min()).dt.total_seconds()
    return np.rint(since_s * 25).astype(int).to_numpy()


def found_by(film: Film, detector: Any, bench: Any) -> Any:
    """What the detector finds in every frame."""
    times, corners, scores = [], [], []
    for at, picture in film.pictures():
        boxes, score = detector.people([picture])[0]
        times += [at] * len(boxes)
        corners.append(boxes)
        scores.append(score)
    frame = frame_numbers(pd.Series(times), film)
    both = np.vstack(corners).astype(float), np.concatenate(scores).astype(float)
    return bench.Boxes(frame, np.full(len(frame), -1), *both)


def identity_f1(pairs: list[tuple[Any, Any]], bench: Any) -> dict[int, float]:
    """IDF1 by frame rate over several cameras' (truth, detections)."""
    figures = {}
    for rate, every in RATES.items():
        results = []
        for truth, boxes in pairs:
            thin = boxes.every(every)
            results.append((truth.every(every), thin, _tracks(thin, every, 25 / every)))
        figures[rate] = round(float(bench.identity_f1(results)), 3)
    return figures


def _tracks(boxes: Any, every: int, frames_per_s: float) -> np.ndarray:
    """The library's ByteTrack: a second of lost buffer, two frames to confirm, activation 0.5."""
    import supervision
    import trackers

    tracker = trackers.ByteTrackTracker(
        lost_track_buffer=30,
        frame_rate=frames_per_s,
        track_activation_threshold=0.5,
        minimum_consecutive_frames=2,
    )
    tracks = np.full(len(boxes.frame), -1)
    if not len(boxes.frame):
        return tracks
    for frame in range(boxes.frame.min(), boxes.frame.max() + 1, every):
        first, last = np.searchsorted(boxes.frame, (frame, frame + 1))
        found = supervision.Detections.empty()
        if last > first:
            found = supervision.Detections(
                xyxy=boxes.corners_px[first:last],
                confidence=boxes.score[first:last],
                data={"row": np.arange(first, last)},
            )
        result = tracker.update(found)
        if len(result):
            tracks[result.data["row"]] = result.tracker_id
    return tracks
