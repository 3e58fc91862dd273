"""How often the truth lies in 95 % intervals of zones' hours, on simulated Saturdays.

Cells are zones and hours with a true second of stay; figures are the seconds stayed and the number
of visitors. Beside the share stands the intervals' width against that of the bootstrap of true
positions (customers drawn again, 400 times): about as wide is right, twice as wide is too much.
"""

import numpy as np
from gold_days import DETAIL, SEEDS, gold_day, true_day
from measure import Result

from storeday.contracts.columns import floats, position_in, texts, times_us
from storeday.measures.hour_seconds import hour_seconds
from storeday.measures.hours import hour_table
from storeday.measures.zone_stays import presence, zone_visits

DRAWS, SEED = 400, 0


def run() -> Result:
    inside, widths, parts = [], [], {}
    for seed in SEEDS:
        for name, (hits, width) in covered(seed).items():
            parts.setdefault(name, []).append((hits.mean(), float(np.nanmean(width))))
            inside.append(hits)
            widths.append(width)
    detail = {
        **DETAIL,
        "cells": int(sum(len(hits) for hits in inside)),
        "width_by_bootstrap_width": round(float(np.nanmean(np.concatenate(widths))), 3),
        "by_figure": {
            name: [round(float(value), 3) for value in np.mean(rows, axis=0)]
            for name, rows in parts.items()
        },
    }
    figure = round(float(np.concatenate(inside).mean()), 4)
    return Result(figure, "0.90 to 0.99, at most twice as wide as the bootstrap", "share", detail)


def covered(seed):
    """For each figure whether its intervals hold the truth, and their relative widths."""
    day, (positions, _) = gold_day(seed), true_day(seed)
    table, settings = hour_table(day.hours), day.inputs.measures
    rows = day.inputs.table("gold.zone_hourly")
    zones = texts(rows["zone_id"]).unique()
    customers = texts(positions["customer_id"]).unique()
    present = presence(positions, customers, zones, settings)
    shape = len(zones), len(table)
    cell = position_in(texts(rows["zone_id"]), zones), table.of(times_us(rows["hour_start"]))
    seconds = hour_seconds(present, table)
    visitors = hour_seconds(zone_visits(present, settings), table)
    rng = np.random.default_rng(SEED)
    draws = rng.multinomial(len(customers), np.full(len(customers), 1 / len(customers)), DRAWS)
    found = {}
    for name, parts, weight in (
        ("stay_s", seconds, seconds.seconds),
        ("visitors", visitors, np.ones(len(visitors.zone))),
    ):
        low_name, high_name = (
            (f"{name[:-2]}_{end}_s" if name.endswith("_s") else f"{name}_{end}")
            for end in ("low", "high")
        )
        true = parts.summed(weight, shape)[cell]
        again = np.stack(
            [parts.summed(weight * draw[parts.customer], shape)[cell] for draw in draws]
        )
        spread = np.subtract(*np.quantile(again, [0.975, 0.025], axis=0))
        low, high = floats(rows[low_name]), floats(rows[high_name])
        known = (true > 0) & np.isfinite(low)
        hits = (low <= true) & (true <= high)
        with np.errstate(divide="ignore", invalid="ignore"):
            width = np.where(spread > 0, (high - low) / spread, np.nan)
        found[name] = hits[known], width[known]
    return found
