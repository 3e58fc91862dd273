"""Our tracker beside roboflow/trackers' ByteTrack on the same detections of a real scene.

What corresponds is set equal: scores, the gate of the first pass, frames to confirm, and for how
long a track may go unseen. The library has one gate for all passes.
"""

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest

from storeday.tracking import NO_TRACK, TrackingSettings, associate_frames, track_frames

pytestmark = pytest.mark.real

SETTINGS = TrackingSettings()
SEEDS = (1, 2, 3)
# Every so many-th frame, frames a second, seconds of the clip.
RATES = ((1, 30, 30.0), (6, 5, 120.0), (15, 2, 183.0))


@pytest.fixture(scope="module")
def trials():
    path = Path(__file__).parents[1] / "tracking" / "tracking_trials.py"
    spec = importlib.util.spec_from_file_location("tracking_trials", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cameras(trials, real):
    """Truth and detections of each camera at full rate."""
    pairs = []
    for number, (camera, (precision, recall)) in enumerate(trials.CAMERAS.items()):
        truth = trials.load_truth(real, camera)
        for seed in SEEDS:
            boxes = trials.detect(truth, precision, recall, 10 * seed + number)
            pairs.append((truth, boxes))
    return pairs


def library_tracks(boxes, every, frames_per_s):
    """Tracks by the library, at a fixed rate, empty frames included."""
    library = pytest.importorskip("trackers")
    import supervision

    # A track that the library keeps for k missed frames may be matched in the frame after them.
    missed = SETTINGS.lost_s * frames_per_s - 1
    tracker = library.ByteTrackTracker(
        lost_track_buffer=int(30 * missed / frames_per_s),
        frame_rate=frames_per_s,
        track_activation_threshold=SETTINGS.activation_score,
        minimum_consecutive_frames=SETTINGS.confirmations,
        minimum_iou_threshold=SETTINGS.high_gate,
        high_conf_det_threshold=SETTINGS.high_score,
    )
    tracks = np.full(len(boxes.frame), NO_TRACK)
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


def our_tracks(boxes, every, frames_per_s):
    return associate_frames(boxes.times_s, boxes.corners_px, boxes.score, SETTINGS)


def stitched_tracks(boxes, every, frames_per_s):
    return track_frames(boxes.times_s, boxes.corners_px, boxes.score, SETTINGS)


@pytest.mark.parametrize(("every", "frames_per_s", "seconds"), RATES)
def test_identity_and_speed_beside_the_library(trials, cameras, every, frames_per_s, seconds):
    pytest.importorskip("trackers")
    print("seeds", SEEDS)
    figures, speeds = {}, {}
    ways = (("library", library_tracks), ("ours", our_tracks), ("stitched", stitched_tracks))
    for name, tracker in ways:
        results, boxes_seen, spent_s = [], 0, 0.0
        for whole_truth, whole_boxes in cameras:
            truth = whole_truth.first(seconds).every(every)
            boxes = whole_boxes.first(seconds).every(every)
            began = time.process_time()
            tracks = tracker(boxes, every, frames_per_s)
            spent_s += time.process_time() - began
            boxes_seen += len(boxes.frame)
            results.append((truth, boxes, tracks))
        figures[name], speeds[name] = trials.identity_f1(results), boxes_seen / spent_s
        print(f"{frames_per_s} fps {name}: IDF1 {figures[name]:.3f}, {speeds[name]:.0f} boxes/s")
        for camera, number in zip(trials.CAMERAS, range(0, len(results), len(SEEDS)), strict=True):
            print(f"  {camera} {trials.identity_f1(results[number : number + len(SEEDS)]):.3f}")
    assert speeds["ours"] > speeds["library"]
    if frames_per_s >= 5:
        assert figures["ours"] >= figures["library"] - 0.005
    else:
        # Here the library is ahead: its filter expects people to stand, as they do in this scene.
        # A tenth of our noise of the velocity closes the gap and costs walkers a third of theirs.
        assert figures["ours"] >= figures["library"] - 0.04
