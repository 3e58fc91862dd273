"""How well people were followed, second by second, on the floor.

IDF1 (Ristani et al., ECCV Workshops 2016) and HOTA (Luiten et al., IJCV 129, 2021), by the
established implementation, TrackEval.
"""

import contextlib
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.audit.correspondence import Places

# Similarity falls from 1 at no distance to 0 at this one; half of it counts as a match in IDF1.
ZERO_DISTANCE_M = 2.0


@dataclass(frozen=True)
class IdentityScores:
    """Scores between 0 and 1; NaN where there is neither truth nor prediction."""

    idf1: float
    hota: float


def identity_scores(predicted: Places, truth: Places) -> IdentityScores:
    """IDF1 and HOTA of predicted against true places.

    Args:
        predicted: Predicted places, persons numbered from 0.
        truth: True places, persons numbered from 0.

    Raises:
        ImportError: TrackEval is not installed.
    """
    try:
        # It prints what else could be installed for benchmarks that are not run here.
        with contextlib.redirect_stdout(io.StringIO()):
            from trackeval.metrics import HOTA, Identity  # noqa: PLC0415
    except ImportError as error:
        raise ImportError("pip install --no-deps trackeval, for IDF1 and HOTA") from error
    if not len(truth.person) and not len(predicted.person):
        return IdentityScores(float("nan"), float("nan"))
    data = _sequence(predicted, truth)
    identity = Identity({"PRINT_CONFIG": False}).eval_sequence(data)
    return IdentityScores(
        float(identity["IDF1"]), float(np.mean(HOTA().eval_sequence(data)["HOTA"]))
    )


def _sequence(predicted: Places, truth: Places) -> dict[str, object]:
    """One time step per second in which anybody is, in the form the metrics take."""
    seconds = np.union1d(predicted.time_s, truth.time_s)
    true_rows, predicted_rows = _by_second(truth, seconds), _by_second(predicted, seconds)
    similarity = [
        _similarity(truth, ours, predicted, theirs)
        for ours, theirs in zip(true_rows, predicted_rows, strict=True)
    ]
    true_names, true_person = np.unique(truth.person, return_inverse=True)
    names, person = np.unique(predicted.person, return_inverse=True)
    return {
        "num_timesteps": len(seconds),
        "num_gt_ids": len(true_names),
        "num_tracker_ids": len(names),
        "num_gt_dets": len(truth.person),
        "num_tracker_dets": len(predicted.person),
        "gt_ids": [true_person[rows] for rows in true_rows],
        "tracker_ids": [person[rows] for rows in predicted_rows],
        "similarity_scores": similarity,
    }


def _by_second(places: Places, seconds: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    order = np.argsort(places.time_s, kind="stable")
    starts = np.searchsorted(places.time_s[order], seconds)
    ends = np.searchsorted(places.time_s[order], seconds, side="right")
    return [order[start:end] for start, end in zip(starts, ends, strict=True)]


def _similarity(
    truth: Places, ours: NDArray[np.int64], predicted: Places, theirs: NDArray[np.int64]
) -> NDArray[np.float64]:
    away = np.hypot(
        truth.x_m[ours][:, None] - predicted.x_m[theirs][None],
        truth.y_m[ours][:, None] - predicted.y_m[theirs][None],
    )
    return np.maximum(0.0, 1.0 - away / ZERO_DISTANCE_M)
