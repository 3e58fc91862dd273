"""Trials for the tracker: true boxes, real or simulated, what a detector makes of them, and IDF1.

Real truth is the CAMPUS auditorium (Xu et al., CVPR 2016), which has boxes and no video. So
detections are the true boxes with the errors of a real detector: a person is missed for runs of
frames, part of the misses come as boxes of low score, boxes jitter by 4 % of their size, and false
boxes stand for a few frames.
"""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

FRAMES_PER_S = 29.97
WIDTH_PX, HEIGHT_PX = 1920, 1080
# Precision and recall at IoU 0.5 of a detector run on this scene, per camera.
CAMERAS = {"HC3": (0.85, 0.71), "HC4": (0.59, 0.71), "IP2": (0.88, 0.72), "IP5": (0.92, 0.52)}
MEAN_MISS_S = 0.5
MEAN_FALSE_S = 0.2
JITTER = 0.04
LOW_SCORED_MISSES = 0.4
HIGH_SCORES, LOW_SCORES = (0.6, 0.95), (0.1, 0.5)


@dataclass(frozen=True)
class Boxes:
    """Boxes of one camera, by frame. `person` is -1 for false boxes."""

    frame: np.ndarray
    person: np.ndarray
    corners_px: np.ndarray
    score: np.ndarray

    @property
    def times_s(self):
        return self.frame / FRAMES_PER_S

    def rows(self, rows):
        return Boxes(self.frame[rows], self.person[rows], self.corners_px[rows], self.score[rows])

    def every(self, frames):
        """Only every so many-th frame."""
        return self.rows(self.frame % frames == 0)

    def first(self, seconds):
        """Only the first seconds."""
        return self.rows(self.times_s < seconds)


def load_truth(real: Path, camera: str) -> Boxes:
    path = real / "tracking" / "campus-auditorium" / f"view-{camera}.txt.gz"
    with gzip.open(path, "rt") as lines:
        table = np.array([line.split()[:7] for line in lines], dtype=float)
    table = table[table[:, 6] == 0]
    table = table[np.lexsort((table[:, 0], table[:, 5]))]
    return Boxes(
        table[:, 5].astype(int), table[:, 0].astype(int), table[:, 1:5], np.ones(len(table))
    )


def detect(truth: Boxes, precision: float, recall: float, seed: int) -> Boxes:
    """What a detector of that precision and recall (at high scores) makes of the truth."""
    random = np.random.default_rng(seed)
    missed = _missed(truth, recall, random)
    low = missed & (random.random(len(missed)) < LOW_SCORED_MISSES)
    found = truth.rows(~missed | low)
    low = low[~missed | low]
    sides = found.corners_px[:, 2:] - found.corners_px[:, :2]
    centres = (found.corners_px[:, :2] + found.corners_px[:, 2:]) / 2
    centres = centres + random.normal(0, JITTER, sides.shape) * sides
    sides = sides * np.exp(random.normal(0, JITTER, sides.shape))
    score = _scores(low, random)
    corners = np.concatenate((centres - sides / 2, centres + sides / 2), axis=1)
    false = _false_boxes(truth, (1 / precision - 1) * (~low).sum(), random)
    both = Boxes(
        np.concatenate((found.frame, false.frame)),
        np.concatenate((found.person, false.person)),
        np.concatenate((corners, false.corners_px)),
        np.concatenate((score, false.score)),
    )
    return both.rows(np.argsort(both.frame, kind="stable"))


def _missed(truth: Boxes, recall: float, random: np.random.Generator) -> np.ndarray:
    """Per person a chain of two states, seen and missed, at its long-run share of `recall`."""
    end_miss = 1 / (MEAN_MISS_S * FRAMES_PER_S)
    begin_miss = end_miss * (1 - recall) / recall
    missed = np.zeros(len(truth.frame), bool)
    for person in np.unique(truth.person):
        rows = np.flatnonzero(truth.person == person)
        draws = random.random(len(rows))
        state = draws[0] > recall
        for row, draw in zip(rows, draws, strict=True):
            state = draw >= end_miss if state else draw < begin_miss
            missed[row] = state
    return missed


def _false_boxes(truth: Boxes, boxes: float, random: np.random.Generator) -> Boxes:
    """About so many boxes without a person, of people's sizes, standing for a few frames each."""
    mean_frames = MEAN_FALSE_S * FRAMES_PER_S
    runs = round(boxes / mean_frames)
    lengths = random.geometric(1 / mean_frames, runs)
    first = random.integers(truth.frame.min(), truth.frame.max(), runs)
    like = truth.corners_px[random.integers(0, len(truth.frame), runs)]
    sides = like[:, 2:] - like[:, :2]
    centres = random.uniform((0, 0), (WIDTH_PX, HEIGHT_PX), (runs, 2))
    run = np.repeat(np.arange(runs), lengths)
    frame = first[run] + np.arange(len(run)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    centre = centres[run] + random.normal(0, JITTER, (len(run), 2)) * sides[run]
    corners = np.concatenate((centre - sides[run] / 2, centre + sides[run] / 2), axis=1)
    score = _scores(random.random(len(run)) < LOW_SCORED_MISSES, random)
    inside = frame <= truth.frame.max()
    return Boxes(frame, np.full(len(run), -1), corners, score).rows(inside)


def _scores(low: np.ndarray, random: np.random.Generator) -> np.ndarray:
    rows = len(low)
    return np.where(low, random.uniform(*LOW_SCORES, rows), random.uniform(*HIGH_SCORES, rows))


def walkers(people: int, seconds: float, seed: int) -> Boxes:
    """People who walk between random places of a 12 x 9 m floor and stand there for a while.

    The camera hangs 3 m high, 2 m before the floor, and looks down by 20 degrees. Nobody hides
    anybody.
    """
    random = np.random.default_rng(seed)
    frames = int(seconds * FRAMES_PER_S)
    parts = []
    for person in range(people):
        floor_m = _walk(frames, random)
        corners = _project(floor_m, random.normal(1.7, 0.09))
        seen = (corners[:, 2] > 0) & (corners[:, 0] < WIDTH_PX) & (corners[:, 1] < HEIGHT_PX)
        frame = np.flatnonzero(seen)
        parts.append((frame, np.full(len(frame), person), corners[seen]))
    frame, owner, corners = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Boxes(frame, owner, corners, np.ones(len(frame))).rows(np.lexsort((owner, frame)))


def _walk(frames: int, random: np.random.Generator) -> np.ndarray:
    place, legs, length = random.uniform((0, 0), (12, 9)), [], 0
    while length < frames:
        goal = random.uniform((0, 0), (12, 9))
        walk_s = np.linalg.norm(goal - place) / random.uniform(0.7, 1.4)
        share = np.linspace(0, 1, max(1, int(walk_s * FRAMES_PER_S)))[:, None]
        stand = np.tile(place, (int(random.uniform(2, 20) * FRAMES_PER_S), 1))
        legs += [stand, place + share * (goal - place)]
        length += len(stand) + len(share)
        place = goal
    return np.concatenate(legs)[:frames]


def _project(floor_m: np.ndarray, height_m: float) -> np.ndarray:
    """Box of a person who stands at (n, 2) floor places."""
    pitch, focal_px = np.deg2rad(20), 1100
    ahead = floor_m[:, 1] + 2.0
    rows, columns = [], []
    for above in (height_m - 3.0, -3.0):
        depth = ahead * np.cos(pitch) - above * np.sin(pitch)
        up = ahead * np.sin(pitch) + above * np.cos(pitch)
        rows.append(HEIGHT_PX / 2 - focal_px * up / depth)
        columns.append(WIDTH_PX / 2 + focal_px * (floor_m[:, 0] - 6.0) / depth)
    half = 0.41 / 2 * (rows[1] - rows[0])
    return np.stack((columns[1] - half, rows[0], columns[1] + half, rows[1]), axis=1)


def identity_f1(trials) -> float:
    """IDF1 at IoU 0.5 (Ristani et al., 2016) over several (truth, detections, tracks)."""
    identity = pytest.importorskip("trackers.eval.identity")
    figures = [
        identity.compute_identity_metrics(*_by_frame(truth, boxes.rows(tracks >= 0), tracks))
        for truth, boxes, tracks in trials
    ]
    return identity.aggregate_identity_metrics(figures)["IDF1"]


def _by_frame(truth: Boxes, boxes: Boxes, tracks: np.ndarray):
    numbers = tracks[tracks >= 0]
    true_ids, found_ids, overlaps = [], [], []
    for frame in np.union1d(truth.frame, boxes.frame):
        true = slice(*np.searchsorted(truth.frame, (frame, frame + 1)))
        found = slice(*np.searchsorted(boxes.frame, (frame, frame + 1)))
        true_ids.append(truth.person[true])
        found_ids.append(numbers[found])
        overlaps.append(overlap(truth.corners_px[true], boxes.corners_px[found]))
    return true_ids, found_ids, overlaps


def overlap(one_px: np.ndarray, other_px: np.ndarray) -> np.ndarray:
    """IoU of every pair, (n, m)."""
    one, other = one_px[:, None], other_px[None]
    sides = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    shared = np.prod(np.maximum(sides, 0), axis=-1)
    areas = [np.prod(boxes[..., 2:] - boxes[..., :2], axis=-1) for boxes in (one, other)]
    return shared / (areas[0] + areas[1] - shared)
