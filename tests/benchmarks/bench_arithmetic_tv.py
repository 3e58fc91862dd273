"""Total variation of heatmap and flows from true positions against counting by plain loops.

What the measures make of true positions is compared with what a reader would count by hand: seconds
by cell and hour, seconds by zone and hour, and moves between zones, from rules written down here
again, second by second. The figure is the largest of the three.
"""

import itertools
from collections import Counter

import numpy as np
from measure import Result
from perfect_lake import perfect_inputs

from storeday.audit.distributions import total_variation
from storeday.simulate import load_scenario
from storeday.simulate.people import make_world

DAYS = (("demo", 11, 0.25), ("busy_saturday", 12, 0.5))
BRIDGE_S, VISIT_S, CELL_M = 10, 5, 0.5


def run() -> Result:
    parts = {}
    for name, seed, hours in DAYS:
        world, _, _ = make_world(load_scenario(name, hours=hours), seed, 1.0)
        parts[f"{name}/{seed}"] = compared(perfect_inputs(world))
    figure = max(max(values.values()) for values in parts.values())
    return Result(round(figure, 6), "<= 0.001", "1", {"simulated": True, "parts": parts})


def compared(inputs):
    staff = {
        row["customer_id"] for row in inputs.table("silver.visits").to_pylist()
        if row["staff_probability"] > 0.5
    }  # fmt: skip
    entrances = {zone.id for zone in inputs.layout.zones if zone.kind == "entrance"}
    by_customer: dict[str, list] = {}
    cells, zones = Counter(), Counter()
    for row in inputs.table("silver.positions").to_pylist():
        if row["customer_id"] in staff:
            continue
        second = int(row["time"].timestamp())
        hour = second // 3600
        cells[hour, int(row["floor_x_m"] // CELL_M), int(row["floor_y_m"] // CELL_M)] += 1
        by_customer.setdefault(row["customer_id"], []).append((second, row["zone_id"]))
    moves = Counter()
    for seconds in by_customer.values():
        runs = runs_of(sorted(seconds))
        for zone, first, last in runs:
            for second in range(first, last + 1):
                zones[zone, second // 3600] += 1
        moves.update(itertools.pairwise(["entrance", *stations_of(runs, entrances), "exit"]))
    return {
        "cells": difference(inputs, "gold.heatmap_hourly", cells),
        "zones": difference(inputs, "gold.zone_hourly", zones),
        "flows": difference(inputs, "gold.zone_flows", moves),
    }


def runs_of(seconds):
    """Presence in zones: holes of up to ten seconds without another zone are bridged."""
    runs = []
    for second, zone in seconds:
        if zone is None:
            continue
        if runs and runs[-1][0] == zone and second - runs[-1][2] <= BRIDGE_S + 1:
            runs[-1][2] = second
        else:
            runs.append([zone, second, second])
    return runs


def stations_of(runs, entrances):
    """Zones stayed in for five seconds or more, in order, without the entrance."""
    stations = []
    for zone, first, last in runs:
        long = last - first + 1 >= VISIT_S
        if long and zone not in entrances and (not stations or stations[-1] != zone):
            stations.append(zone)
    return stations


def difference(inputs, table, counted):
    found = Counter()
    for row in inputs.table(table).to_pylist():
        hour = int(row["hour_start"].timestamp()) // 3600 if "hour_start" in row else None
        if table == "gold.heatmap_hourly":
            found[hour, row["cell_x"], row["cell_y"]] += row["stay_s"]
        elif table == "gold.zone_hourly":
            found[row["zone_id"], hour] += row["stay_s"] or 0.0
        else:
            found[row["from_zone_id"], row["to_zone_id"]] += row["moves"]
    assert sum(counted.values()) > 0
    return round(float(np.round(total_variation(found, counted), 6)), 6)
