"""What yesterday's clocks are worth where today says little: the error of readers' clocks, s.

A day's last half hour is taken for a whole quiet day, and the day before its last hour for
yesterday: its clocks are measured, and then put back by 24 hours, by which each true clock has
drifted on. The figure is the 95th percentile over readers of the error of the half hour's clocks
with these as the prior; beside it without, and how many errors lie within 1.96 stated ones.
Simulated.
"""

import dataclasses
import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from match_days import US_PER_S, MatchDay, own_day, shop_of
from measure import Result

DAYS = (
    ("busy_saturday", 311),
    ("busy_saturday", 312),
    ("crowded_rack", 311),
    ("crowded_rack", 312),
)
QUIET_S, GAP_S, AGE_S = 1800.0, 1800.0, 86_400.0


def run() -> Result:
    rows = [row for scenario, seed in DAYS for row in errors(own_day(scenario, seed))]
    known, plain = (np.array([row[at] for row in rows]) for at in (0, 1))
    return Result(
        figure=_p95(known),
        aim="less than without",
        unit="s",
        detail={
            "simulated": True,
            "without_s": _p95(plain),
            "median_s": round(float(np.median(np.abs(known[:, 0]))), 3),
            "median_without_s": round(float(np.median(np.abs(plain[:, 0]))), 3),
            "coverage": _coverage(known),
            "coverage_without": _coverage(plain),
            "readers": len(rows),
        },
    )


def _p95(found: np.ndarray) -> float:
    return round(float(np.quantile(np.abs(found[:, 0]), 0.95)), 3)


def _coverage(found: np.ndarray) -> float:
    return round(float(np.mean(np.abs(found[:, 0]) <= 1.96 * found[:, 1])), 3)


def errors(day: MatchDay) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Error and standard error of each reader, with yesterday's clocks and without."""
    from storeday.association import KnownClocks

    last_us = pc.max(day.tables["rummage_events"]["peak_time"]).cast(pa.int64()).as_py()
    begin_us = last_us - round(QUIET_S * US_PER_S)
    before = part(day, 0, begin_us - round(GAP_S * US_PER_S))
    yesterday = aged(measured(before, day), day)
    quiet = part(day, begin_us, 2**62)
    known = measured(quiet, day, KnownClocks(yesterday, dt.date(2026, 1, 1)))
    middle_us = last_us - round(QUIET_S / 2 * US_PER_S)
    with_prior = reader_errors(known, day, middle_us)
    without = reader_errors(measured(quiet, day), day, middle_us)
    return list(zip(with_prior, without, strict=True))


def part(day: MatchDay, begin_us: int, end_us: int) -> MatchDay:
    """The part of a day between two moments of the devices' clocks."""
    tables = dict(day.tables)
    for name, column in (
        ("rummage_events", "peak_time"),
        ("action_events", "peak_time"),
        ("handling_trace", "device_time"),
        ("tracklets", "started_at"),
    ):
        moment = tables[name][column].cast(pa.int64())
        within = pc.and_(pc.greater_equal(moment, begin_us), pc.less(moment, end_us))
        tables[name] = tables[name].filter(within)
    return dataclasses.replace(day, tables=tables)


def measured(some: MatchDay, day: MatchDay, known=None) -> pa.Table:
    from storeday.association import AssociationSettings, ClockQuestion, DayTables, measure_clocks

    tables = DayTables(
        some.tables["rummage_events"],
        some.tables["action_events"],
        some.tables["handling_trace"],
        tracklets=some.tables["tracklets"],
    )
    middle = dt.datetime.fromtimestamp(day.middle_us / US_PER_S, dt.UTC)
    question = ClockQuestion(day.devices, None, middle, known)
    return measure_clocks(tables, shop_of(day), question, AssociationSettings())


def aged(offsets: pa.Table, day: MatchDay) -> pa.Table:
    """The rows as they would have been measured a day earlier, on clocks that drift as truly."""
    rows = offsets.to_pylist()
    for row in rows:
        drift = day.true_drift_ppm[row["device_id"]] - day.true_drift_ppm[row["reference_id"]]
        row["valid_from"] -= dt.timedelta(seconds=AGE_S)
        row["offset_s"] -= drift * 1e-6 * AGE_S
    return pa.Table.from_pylist(rows, offsets.schema)


def reader_errors(offsets: pa.Table, day: MatchDay, moment_us: int) -> list[tuple[float, float]]:
    since_s = (moment_us - day.middle_us) / US_PER_S
    found = []
    for row in offsets.to_pylist():
        device, reference = row["device_id"], row["reference_id"]
        if device.startswith("reader"):
            true = day.true_offset_s[device] - day.true_offset_s[reference]
            true += (day.true_drift_ppm[device] - day.true_drift_ppm[reference]) * 1e-6 * since_s
            found.append(
                (row["offset_s"] + row["drift_ppm"] * 1e-6 * since_s - true, row["std_error_s"])
            )
    return found
