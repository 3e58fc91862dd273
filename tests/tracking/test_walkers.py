import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
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


def purity(days):
    """Share of tracked boxes that are of their track's main person."""
    right = total = 0
    for _, boxes, tracks in days:
        for number in range(tracks.max() + 1):
            people = boxes.person[(tracks == number) & (boxes.person >= 0)]
            if len(people):
                right += np.bincount(people).max()
                total += len(people)
    return right / total


@pytest.mark.parametrize("frames", [6, 15])
def test_stitched_tracks_mix_fewer_people_than_the_loose_pass(trials, frames):
    """Identity can join what tracking left apart, and never part what it mixed (DECISIONS.md)."""
    print("seeds", SEEDS)
    mixed = {}
    for name, (tracker, settings) in WAYS.items():
        days = []
        for seed in SEEDS:
            truth = trials.walkers(people=5, seconds=180, seed=seed)
            boxes = trials.detect(truth, precision=0.9, recall=0.85, seed=seed).every(frames)
            tracks = tracker(boxes.times_s, boxes.corners_px, boxes.score, settings)
            days.append((truth.every(frames), boxes, tracks))
        mixed[name] = purity(days)
        print(f"every {frames}th frame, {name}: IDF1 {trials.identity_f1(days):.3f}")
    print(f"purity {mixed}")
    assert mixed["stitched"] > mixed["loose"] + 0.01
