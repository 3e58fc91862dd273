"""Total variation of moves between zones over the day, simulated Saturdays.

Beside it stands what chance alone does to the true moves: their total variation when the day's
customers are drawn again, 200 times. A day's moves say no more than that of the next day's.
"""

import numpy as np
from gold_days import SEEDS, audit_figure, gold_day, pooled, true_day
from measure import Result

from storeday.measures import journeys

DRAWS, SEED = 200, 0


def run() -> Result:
    figure, detail = pooled(audit_figure("flow_tv"))
    chance = {seed: round(drawn_again_tv(seed), 3) for seed in SEEDS}
    return Result(figure, "<= 0.10", "1", {**detail, "customers_drawn_again_tv": chance})


def drawn_again_tv(seed) -> float:
    """Mean total variation of the true moves of customers drawn again against all true moves."""
    inputs, (positions, visits) = gold_day(seed).inputs, true_day(seed)
    stations = [zone.id for zone in inputs.layout.zones if zone.kind != "entrance"]
    whole = journeys(positions, visits, stations, inputs.measures)
    source, target, _ = whole.moves()
    visit = whole.visit[1:][np.diff(whole.visit) == 0]
    _, cell = np.unique(source * len(whole.names) + target, return_inverse=True)
    count = int(visit.max()) + 1
    rng = np.random.default_rng(SEED)
    draws = rng.multinomial(count, np.full(count, 1 / count), DRAWS)
    true = np.bincount(cell) / len(cell)
    again = np.stack([np.bincount(cell, draw[visit]) for draw in draws])
    return float(0.5 * np.abs(again / again.sum(axis=1, keepdims=True) - true).sum(axis=1).mean())
