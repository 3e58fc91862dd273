"""Accuracy of a handling classifier at its threshold, simulated.

That of `with_handling.yaml`, or of the manifest that STOREDAY_MODELS names.

Crops are cut at the boxes that the detector found (scores from 0.3 on), as they are at
night, on scenarios that neither model saw: other people, racks and cameras. A person handles while
a hand is out to goods or holds them before the body. People of whom less than 40 % is seen are told
apart in `all_found`.
"""

from typing import Any

import numpy as np
import pandas as pd
from measure import Result
from own_models import WITH_HANDLING, corners, handling_at, held_out, opened, true_people
from rendered import overlaps
from scipy.optimize import linear_sum_assignment

LEAST_SCORE, LEAST_IOU, LEAST_SEEN = 0.3, 0.5, 0.4


def run() -> Result:
    models = opened(str(WITH_HANDLING), score_threshold=LEAST_SCORE)
    if models.handling is None:
        raise FileNotFoundError("no handling model in the manifest that STOREDAY_MODELS names")
    rows = pd.concat([tally(film, world, models) for film, world in held_out()])
    clear = rows[rows.seen >= LEAST_SEEN]
    figures = judged(clear)
    return Result(
        figure=figures["accuracy"],
        aim=">= 0.9",
        unit="share",
        detail={
            "level": "footage, simulated",
            "handling_recall": figures["recall"],
            "handling_recall_aim": ">= 0.9",
            **figures,
            "all_found": judged(rows),
            "scenarios": {str(name): judged(part) for name, part in clear.groupby("scenario")},
        },
    )


def tally(film: Any, world: Any, models: Any) -> pd.DataFrame:
    """One row per true person found: `is_true, is_told, seen, scenario`."""
    parts = []
    for at, picture, true in true_people(film):
        found, _ = models.detector.people([picture])[0]
        logits = models.handling.logits([(picture, found)])[0]
        overlap = overlaps(corners(true), found.astype(float))
        here, there = linear_sum_assignment(-overlap)
        good = overlap[here, there] >= LEAST_IOU
        matched = true.iloc[here[good]]
        told = logits[there[good]] >= 0
        parts.append(
            pd.DataFrame(
                {"at": at, "person": matched.customer, "seen": matched.visible_share, "told": told}
            )
        )
    rows = pd.concat(parts, ignore_index=True)
    truth = handling_at(world, pd.DatetimeIndex(sorted(rows["at"].unique())))
    keys = pd.MultiIndex.from_arrays([rows["at"], rows.person])
    rows["is_true"] = truth.reindex(keys).to_numpy(bool)
    return rows.assign(scenario=film.scenario)


def judged(rows: pd.DataFrame) -> dict[str, float]:
    """Accuracy, recall, precision, and how many there were."""
    right, told, true = rows.told == rows.is_true, rows.told, rows.is_true
    return {
        "accuracy": round(float(right.mean()), 3),
        "recall": round(float(told[true].mean()), 3),
        "false_share": round(float(told[~true].mean()), 3),
        "precision": round(float(true[told].mean()), 3),
        "people": len(rows),
        "handling_share": round(float(np.mean(true)), 3),
    }
