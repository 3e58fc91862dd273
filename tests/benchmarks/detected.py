"""A detector's hits and misses on simulated footage.

Detections are matched to true boxes one to one, the greatest overlaps together first (Hungarian),
at IoU >= 0.5, and count from a score of 0.3 on. A person counts for `recall` when over 60 px high
and at least 70 % seen, for `recall_all` when more than a tenth is seen.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from rendered import CORNERS, Film, overlaps
from scipy.optimize import linear_sum_assignment

LEAST_SCORE, LEAST_IOU = 0.3, 0.5
TALL_PX, MOSTLY, BARELY = 60, 0.7, 0.1


def detect(film: Film, detector: Any, every: int) -> Iterator[tuple[pd.DataFrame, Any, Any]]:
    """True boxes, found boxes and scores, frame by frame."""
    by_time = dict(iter(film.boxes.groupby("time")))
    none = film.boxes.iloc[:0]
    for at, picture in film.pictures(every):
        found, scores = detector.people([picture])[0]
        yield by_time.get(at, none), found, scores


def tally(film: Film, detector: Any, every: int) -> pd.DataFrame:
    """One row per true box (`is_true`) and per false one: `is_hit, is_clear, is_seen, score`."""
    rows = []
    for true, every_box, every_score in detect(film, detector, every):
        sure = every_score >= LEAST_SCORE
        found, scores = every_box[sure], every_score[sure]
        overlap = overlaps(true[CORNERS].to_numpy(float), found.astype(float))
        here, there = linear_sum_assignment(-overlap)
        good = overlap[here, there] >= LEAST_IOU
        hit = dict(zip(here[good], there[good], strict=True))
        tall = (true.y1 - true.y0 > TALL_PX).to_numpy()
        seen = true.visible_share.to_numpy()
        for row in range(len(true)):
            score = scores[hit[row]] if row in hit else np.nan
            clear = tall[row] and seen[row] >= MOSTLY
            rows.append((True, row in hit, clear, seen[row] > BARELY, score))
        rows += [(False, False, False, False, np.nan)] * (len(found) - len(hit))
    names = ["is_true", "is_hit", "is_clear", "is_seen", "score"]
    return pd.DataFrame(rows, columns=names).assign(scenario=film.scenario, camera=film.camera)


def figures(rows: pd.DataFrame) -> dict[str, float]:
    """Recall of clear people, recall and precision over all, median score of clear ones found."""
    clear, seen = rows[rows.is_clear], rows[rows.is_seen]
    hits = int(rows.is_hit.sum())
    return {
        "recall": round(float(clear.is_hit.mean()), 3),
        "boxes": len(clear),
        "recall_all": round(float(seen.is_hit.mean()), 3),
        "precision_all": round(hits / max(hits + int((~rows.is_true).sum()), 1), 3),
        "median_score": round(float(clear.score.median()), 3),
    }
