"""How far off measured clocks are, on simulated days: the 95th percentile over devices.

Error: the estimated difference of a device's clock from the reference's, less the true one, in the
middle of the day, for devices with at least 100 events. Beside it the share of all measured devices
whose error lies within 1.96 stated standard errors. Simulated.
"""

import json

import numpy as np
from match_days import MatchDay, measured_clocks, own_day
from measure import Result

# Whole days, as they are to be matched; scenario and seeds.
DAYS = (
    ("busy_saturday", (301, 302, 303)),
    ("drifting_clocks", (301, 302, 303)),
    ("crowded_rack", (301, 302)),
)
# Moments that are off by 10 s at random: no clock can be told as well by them. Told beside.
JITTERY = ("jittery_clocks", (301, 302))
FEWEST_EVENTS = 100
WITHIN = 1.96


def run() -> Result:
    rows = [row for scenario, seeds in DAYS for row in _rows(scenario, seeds)]
    jittery = _rows(*JITTERY)
    many = [row for row in rows if row["events"] >= FEWEST_EVENTS]
    error = np.abs([row["error_s"] for row in many])
    measured = rows + jittery
    inside = [abs(row["error_s"]) <= WITHIN * row["std_error_s"] for row in measured]
    by_kind = {
        kind: [
            bool(within)
            for row, within in zip(measured, inside, strict=True)
            if row["kind"] == kind
        ]
        for kind in ("cam", "reader")
    }
    inside_many = [abs(row["error_s"]) <= WITHIN * row["std_error_s"] for row in many]
    return Result(
        figure=round(float(np.quantile(error, 0.95)), 3),
        aim="<= 0.5",
        unit="s",
        detail={
            "simulated": True,
            "median_s": round(float(np.median(error)), 3),
            "devices": len(many),
            "coverage": round(float(np.mean(inside)), 3),
            "coverage_devices": len(measured),
            "coverage_by_kind": {
                kind: (round(float(np.mean(held)), 3), len(held)) for kind, held in by_kind.items()
            },
            "p95_readers_s": _p95(many, "reader"),
            "coverage_of_many_events": round(float(np.mean(inside_many)), 3),
            "days": [f"{scenario} {seeds}" for scenario, seeds in DAYS],
            "jittery": [
                {key: round(value, 2) for key, value in row.items() if key != "kind"}
                for row in jittery
                if row["events"] >= FEWEST_EVENTS
            ],
        },
    )


def _p95(rows: list[dict], kind: str) -> float:
    return round(
        float(np.quantile([abs(r["error_s"]) for r in rows if r["kind"] == kind], 0.95)), 3
    )


def _rows(scenario: str, seeds: tuple[int, ...]) -> list[dict]:
    return [row for seed in seeds for row in errors(own_day(scenario, seed), f"{scenario} {seed}")]


def errors(day: MatchDay, name: str) -> list[dict]:
    """Errors of the devices that the day spoke of."""
    rows = []
    for row in measured_clocks(day).to_pylist():
        evidence = json.loads(row["evidence"])
        device, reference = row["device_id"], row["reference_id"]
        if device == reference or "events" not in evidence:
            continue
        true_s = day.true_offset_s[device] - day.true_offset_s[reference]
        rows.append(
            {
                "kind": device.partition("-")[0],
                "events": evidence["events"],
                "error_s": row["offset_s"] - true_s,
                "std_error_s": row["std_error_s"],
            }
        )
        told = {key: round(value, 2) for key, value in rows[-1].items() if key != "kind"}
        print(name, device, told, flush=True)
    return rows
