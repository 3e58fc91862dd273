import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from storeday.tracking import TrackingSettings, associate_frames, track_frames

SEEDS = tuple(range(6))
STRICT = TrackingSettings()
WAYS = {
    "strict": (associate_frames, STRICT),
    "loose": (associate_frames, replace(STRICT, loose_deviations=1.0)),
    "stitched": (track_frames, STRICT),
}


@pytest.fixture(scope="module")
def trials():
    path = Path(__file__).with_name("tracking_trials.py")
    spec = importlib.util.spec_from_file_location("tracking_trials", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("frames", [6, 15])
def test_stitching_holds_walkers_at_low_frame_rates(trials, frames):
    """Like the tracker's loose pass, which mixes more people (DECISIONS.md)."""
    print("seeds", SEEDS)
    figures = {}
    for name, (tracker, settings) in WAYS.items():
        days = []
        for seed in SEEDS:
            truth = trials.walkers(people=5, seconds=180, seed=seed)
            boxes = trials.detect(truth, precision=0.9, recall=0.85, seed=seed).every(frames)
            tracks = tracker(boxes.times_s, boxes.corners_px, boxes.score, settings)
            days.append((truth.every(frames), boxes, tracks))
        figures[name] = trials.identity_f1(days)
    print(f"every {frames}th frame: IDF1 {figures}")
    assert figures["loose"] > figures["strict"] + 0.01
    assert figures["stitched"] > figures["strict"] + 0.03
