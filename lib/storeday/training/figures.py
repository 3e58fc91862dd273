"""What trained models reach on held-out frames, run as they are shipped: by ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from storeday.inference import InferenceSettings
from storeday.inference.centre_grid import CLASSES, CentreGrid
from storeday.inference.crop_heads import CropEmbedding
from storeday.training.average_precision import Case, average_precision, match_boxes
from storeday.training.labelled_frames import Crop, Frame, picture_of
from storeday.training.unlisted_models import open_unlisted

# Whom a detector has to find: seen by a third, and not too small to be seen.
LEAST_SEEN, LEAST_HEIGHT_PX = 0.3, 24.0
# Boxes below count for nothing: hardly one in a hundred is right.
LEAST_SCORE = 0.05


def detector_figures(model: Path, frames: Sequence[Frame]) -> dict[str, float]:
    """Average precision at IoU 0.5 of a detector of the project's own kind."""
    cases = _cases(model, frames)
    return {
        "ap50": average_precision(cases),
        "ap75": average_precision(cases, 0.75),
        "frames": len(cases),
        "people": sum(int(asked.sum()) for *_, asked in cases),
    }


def score_scale(model: Path, frames: Sequence[Frame]) -> tuple[float, float]:
    """Slope and offset of a detector's logits that make a score the share of boxes that are right.

    The heat map is flat around people, so that its scores are far below those that trackers are
    tuned to. Logistic fit of hits on logits (Platt, 1999), over boxes from `LEAST_SCORE` on.
    """
    cases = _cases(model, frames)
    pairs = [(case[1], *match_boxes(*case, 0.5)) for case in cases]
    score = np.concatenate([scores[counts] for scores, _, counts in pairs]).astype(float)
    sign = 2.0 * np.concatenate([hit[counts] for _, hit, counts in pairs]) - 1
    logit = np.log(score / (1 - score))

    def loss(line: NDArray[np.float64]) -> float:
        return float(np.logaddexp(0, -sign * (line[0] * logit + line[1])).mean())

    slope, offset = minimize(loss, np.array([1.0, 0.0])).x
    return float(slope), float(offset)


def _cases(model: Path, frames: Sequence[Frame]) -> list[Case]:
    session, spec = open_unlisted(model, "person_detector", "centre_grid", CLASSES)
    settings = InferenceSettings(providers="cpu", score_threshold=LEAST_SCORE, batch=1)
    grid = CentreGrid(session, spec, settings)
    return [_case(grid, frame) for frame in frames]


def _case(grid: CentreGrid, frame: Frame) -> Case:
    found, scores = grid.people([picture_of(frame)])[0]
    true = np.array([one.box_px for one in frame.people], np.float32).reshape(-1, 4)
    seen = np.array([one.visible_share for one in frame.people])
    return found, scores, true, (seen >= LEAST_SEEN) & (true[:, 3] - true[:, 1] >= LEAST_HEIGHT_PX)


def appearance_figures(model: Path, crops: Sequence[Crop]) -> dict[str, float]:
    """How often the likest crop of the same shop shows the same person (rank 1)."""
    session, spec = open_unlisted(model, "appearance", "crop_embedding")
    embedder = CropEmbedding(session, spec, InferenceSettings(providers="cpu", batch=16))
    found = embedder.embed([(crop.picture, crop.box_px[None]) for crop in crops])
    vectors = np.concatenate(found)
    person = np.array([crop.person for crop in crops])
    shop = np.array([name.rsplit("-", 1)[0] for name in person])
    right = [_rank_one(vectors[shop == one], person[shop == one]) for one in np.unique(shop)]
    hits = np.concatenate(right)
    return {"rank1": float(hits.mean()), "crops": len(crops), "queries": len(hits)}


def _rank_one(vectors: NDArray[np.float32], person: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Hits of those of whom there is another crop."""
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -np.inf)
    same = person[:, None] == person[None]
    np.fill_diagonal(same, False)
    asked = same.any(axis=1)
    return np.asarray(person[alike.argmax(axis=1)][asked] == person[asked])
