"""The highest share of its perfect score that any figure keeps when its input is spoilt."""

import math

import numpy as np
from audit_days import audit_days
from broken_lake import CORRUPTIONS
from measure import Result

from storeday.audit.day import DayInputs, prepare
from storeday.audit.scorecard import day_figures

SEED = 5


def scores(inputs: DayInputs) -> dict[str, float]:
    return {figure.name: figure.score for figure in day_figures(prepare(inputs))}


def kept_shares(inputs: DayInputs) -> dict[str, float]:
    """Share of its perfect score that each figure keeps under the corruption aimed at it."""
    perfect = scores(inputs)
    kept = {}
    for corrupt, figures in CORRUPTIONS.values():
        spoilt = scores(corrupt(inputs, np.random.default_rng(SEED)))
        for figure in figures:
            if perfect[figure] > 0:
                # A figure that can no longer be measured says nothing at all.
                left = spoilt[figure]
                kept[figure] = 0.0 if math.isnan(left) else left / perfect[figure]
    return kept


def run() -> Result:
    kept = {name: kept_shares(inputs) for name, inputs in audit_days().items()}
    worst = max(
        (share, day, figure) for day, all_ in kept.items() for figure, share in all_.items()
    )
    figures = sorted({figure for all_ in kept.values() for figure in all_})
    detail = {
        "simulated": True,
        "worst_on": f"{worst[1]}: {worst[2]}",
        "kept_at_most": {
            figure: round(max(all_.get(figure, 0.0) for all_ in kept.values()), 3)
            for figure in figures
        },
        "seed": SEED,
    }
    return Result(round(worst[0], 4), "<= 0.6", "share", detail)
