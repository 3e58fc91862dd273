"""The tracker on a real scene: 21 people, four cameras, three minutes."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from storeday.tracking import TrackingSettings, associate_frames, track_frames

pytestmark = pytest.mark.real

SETTINGS = TrackingSettings()
SEED = 1


@pytest.fixture(scope="module")
def trials():
    path = Path(__file__).parents[1] / "tracking" / "tracking_trials.py"
    spec = importlib.util.spec_from_file_location("tracking_trials", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def track(boxes):
    return track_frames(boxes.times_s, boxes.corners_px, boxes.score, SETTINGS)


@pytest.mark.parametrize(("every", "least"), [(6, 0.95), (15, 0.92)])
def test_without_a_detectors_errors_people_stay_themselves(trials, real, every, least):
    results = []
    for camera in trials.CAMERAS:
        truth = trials.load_truth(real, camera).every(every)
        results.append((truth, truth, track(truth)))
    figure = trials.identity_f1(results)
    print(f"every {every}th frame: IDF1 {figure:.3f}")
    assert figure > least


def test_mixed_frame_rates_lose_little(trials, real):
    # A frame a second, and five a second for the middle minute.
    print("seed", SEED)
    results = []
    for number, (camera, (precision, recall)) in enumerate(trials.CAMERAS.items()):
        truth = trials.load_truth(real, camera)
        boxes = trials.detect(truth, precision, recall, SEED + number)
        pair = []
        for one in (truth, boxes):
            dense = (one.times_s >= 60) & (one.times_s < 120) & (one.frame % 6 == 0)
            pair.append(one.rows(dense | (one.frame % 30 == 0)))
        boxes = pair[1]
        tracks = associate_frames(boxes.times_s, boxes.corners_px, boxes.score, SETTINGS)
        results.append((*pair, tracks))
    figure = trials.identity_f1(results)
    print(f"mixed: IDF1 {figure:.3f}")
    assert figure > 0.7


def test_tracks_are_mostly_of_one_person(trials, real):
    print("seed", SEED)
    truth = trials.load_truth(real, "IP2")
    boxes = trials.detect(truth, *trials.CAMERAS["IP2"], SEED).every(6)
    tracks = track(boxes)
    right = total = 0
    for number in range(tracks.max() + 1):
        people = boxes.person[tracks == number]
        people = people[people >= 0]
        if len(people):
            right += np.bincount(people).max()
            total += len(people)
    print(f"{tracks.max() + 1} tracks, purity {right / total:.3f}")
    assert right / total > 0.93
