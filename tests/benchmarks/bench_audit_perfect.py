"""The lowest of all audit scores on lakes that were built from truth."""

import math

from audit_days import audit_days
from measure import Result

from storeday.audit.day import prepare
from storeday.audit.scorecard import day_figures


def run() -> Result:
    scores = {
        name: {figure.name: figure.score for figure in day_figures(prepare(inputs))}
        for name, inputs in audit_days().items()
    }
    lowest = min(
        (score, day, figure)
        for day, figures in scores.items()
        for figure, score in figures.items()
        if not math.isnan(score)
    )
    unmeasured = sorted(
        figure
        for figure in next(iter(scores.values()))
        if all(math.isnan(figures[figure]) for figures in scores.values())
    )
    detail = {
        "simulated": True,
        "days": sorted(scores),
        "lowest_on": f"{lowest[1]}: {lowest[2]}",
        "figures": len(next(iter(scores.values()))),
        "measured_on_no_day": unmeasured,
    }
    return Result(round(lowest[0], 6), ">= 0.999", "score", detail)
