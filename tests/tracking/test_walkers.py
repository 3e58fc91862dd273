import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from storeday.tracking import TrackingSettings, associate_frames

SEEDS = tuple(range(6))


@pytest.fixture(scope="module")
def trials():
    path = Path(__file__).with_name("tracking_trials.py")
    spec = importlib.util.spec_from_file_location("tracking_trials", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("frames", "gain"), [(6, 0.03), (15, 0.02)])
def test_loose_gate_holds_walkers_at_low_frame_rates(trials, frames, gain):
    print("seeds", SEEDS)
    settings = TrackingSettings()
    figures = {}
    for name, one in (("loose", settings), ("strict", replace(settings, loose_deviations=0.0))):
        days = []
        for seed in SEEDS:
            truth = trials.walkers(people=5, seconds=180, seed=seed)
            boxes = trials.detect(truth, precision=0.9, recall=0.85, seed=seed).every(frames)
            tracks = associate_frames(boxes.times_s, boxes.corners_px, boxes.score, one)
            days.append((truth.every(frames), boxes, tracks))
        figures[name] = trials.identity_f1(days)
    print(f"every {frames}th frame: IDF1 {figures}")
    assert figures["loose"] > figures["strict"] + gain
