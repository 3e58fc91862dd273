"""Ways to spoil a perfect lake. Each is aimed at some figures, which must then fall.

`CORRUPTIONS` maps a name to what is spoilt and to the figures that it is aimed at. Every figure of
the audit is aimed at by at least one; a test says so.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.audit.day import DayInputs

Corruption = Callable[[DayInputs, np.random.Generator], DayInputs]
STAMP = pa.timestamp("us", tz="UTC")


def shuffled_customers(inputs, rng):
    """Everybody's handlings are somebody else's."""
    names = sorted(set(inputs.table("silver.positions")["customer_id"].to_pylist()))
    order = rng.permutation(len(names))
    other = {names[order[row]]: names[order[row - 1]] for row in range(len(names))}
    tables = {
        "gold.interactions": ("customer_id", "best_customer_id"),
        "silver.match_candidates": ("customer_id",),
        "silver.action_events": ("customer_id",),
    }
    for table, columns in tables.items():
        for column in columns:
            inputs = _mapped(inputs, table, column, other)
    return inputs


def random_probabilities(inputs, rng):
    """Each candidate's probability is drawn, whoever it is."""
    rows = inputs.table("silver.match_candidates").num_rows
    return _set(inputs, "silver.match_candidates", "probability", rng.random(rows))


def shuffled_scores(inputs, rng):
    """Windows' scores change places."""
    score = inputs.table("silver.rummage_windows")["tag_score"].to_numpy()
    return _set(inputs, "silver.rummage_windows", "tag_score", rng.permutation(score))


def shuffled_tags(inputs, rng):
    """Rummage events, and interactions with them, happen to other tags."""
    tags = sorted(set(inputs.table("silver.rummage_events")["epc"].to_pylist()))
    order = rng.permutation(len(tags))
    other = {tags[order[row]]: tags[order[row - 1]] for row in range(len(tags))}
    inputs = _mapped(inputs, "silver.rummage_events", "epc", other)
    return _mapped(inputs, "gold.interactions", "epc", other)


def shifted_clocks(inputs, rng):
    """Every estimated clock but the reference's is off by 5 to 15 s."""
    offsets = inputs.table("silver.clock_offsets")
    error = rng.uniform(5, 15, offsets.num_rows) * rng.choice([-1, 1], offsets.num_rows)
    return _set(inputs, "silver.clock_offsets", "offset_s", offsets["offset_s"].to_numpy() + error)


def split_people(inputs, rng):
    """Everybody is somebody else each second, and is counted twice."""
    rows = inputs.table("silver.positions")
    customer = np.array(rows["customer_id"].to_pylist(), dtype=object)
    time = rows["time"].cast(pa.int64()).to_numpy()
    order = np.argsort(time, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(time[order])) + 1):
        customer[part] = rng.permutation(customer[part])
    inputs = _set(inputs, "silver.positions", "customer_id", customer.tolist())
    # Who is alone in the store stays: new names for every quarter of a minute.
    names = [f"{name}:{at // 15_000_000}" for name, at in zip(customer, time, strict=True)]
    inputs = _set(inputs, "silver.positions", "customer_id", names)
    entries = inputs.table("gold.traffic_hourly")["entries"].to_numpy(zero_copy_only=False)
    return _set(inputs, "gold.traffic_hourly", "entries", pa.array(2 * entries, from_pandas=True))


def swapped_staff(inputs, rng):
    """Staff are customers and customers staff."""
    del rng
    flag = inputs.table("silver.visits")["staff_probability"].to_numpy()
    return _set(inputs, "silver.visits", "staff_probability", 1.0 - flag)


def reversed_places(inputs, rng):
    """Busy places are empty and empty ones busy."""
    del rng
    inputs = _reversed(inputs, "gold.zone_hourly", "occupancy_mean")
    return _reversed(inputs, "gold.heatmap_hourly", "stay_s")


def shuffled_targets(inputs, rng):
    """Moves end in other zones than they did."""
    targets = sorted(set(inputs.table("gold.zone_flows")["to_zone_id"].to_pylist()))
    order = rng.permutation(len(targets))
    other = {targets[order[row]]: targets[order[row - 1]] for row in range(len(targets))}
    return _mapped(inputs, "gold.zone_flows", "to_zone_id", other)


def minutes_for_seconds(inputs, rng):
    """A slip of units: stays are sixty times shorter."""
    del rng
    for column in ("dwell_p50_s", "occupancy_mean"):
        values = inputs.table("gold.zone_hourly")[column].to_numpy(zero_copy_only=False) / 60
        inputs = _set(inputs, "gold.zone_hourly", column, pa.array(values, from_pandas=True))
    return inputs


CORRUPTIONS: dict[str, tuple[Corruption, tuple[str, ...]]] = {
    "shuffled_customers": (
        shuffled_customers,
        (
            "matching_accuracy",
            "published_precision",
            "published_recall",
            "calibration_error",
            "action_precision",
            "action_recall",
        ),
    ),
    "random_probabilities": (random_probabilities, ("brier_skill", "log_loss")),
    "shuffled_scores": (shuffled_scores, ("rummage_auc",)),
    "shuffled_tags": (shuffled_tags, ("rummage_precision", "rummage_recall")),
    "shifted_clocks": (shifted_clocks, ("clock_error_median_s", "clock_error_p95_s")),
    "split_people": (split_people, ("idf1", "hota", "visitor_error")),
    "swapped_staff": (swapped_staff, ("staff_recall", "staff_false_share")),
    "reversed_places": (
        reversed_places,
        ("heatmap_zone_hour_tv", "heatmap_cell_tv", "heatmap_emd_m"),
    ),
    "shuffled_targets": (shuffled_targets, ("flow_tv",)),
    "minutes_for_seconds": (minutes_for_seconds, ("dwell_error", "queue_stay_error")),
}


def _set(inputs: DayInputs, table: str, column: str, values) -> DayInputs:
    rows = inputs.table(table)
    place = rows.column_names.index(column)
    array = values if isinstance(values, pa.Array) else pa.array(values)
    changed = rows.set_column(place, column, array.cast(rows.schema.field(column).type))
    return dataclasses.replace(inputs, tables={**inputs.tables, table: changed})


def _mapped(inputs: DayInputs, table: str, column: str, other: dict[str, str]) -> DayInputs:
    names = inputs.table(table)[column].to_pylist()
    return _set(
        inputs, table, column, pa.array([other.get(name, name) for name in names], pa.string())
    )


def _reversed(inputs: DayInputs, table: str, column: str) -> DayInputs:
    """The highest value goes to the row of the lowest, and so on."""
    values = pc.fill_null(inputs.table(table)[column], 0.0).to_numpy()
    order = np.argsort(values, kind="stable")
    reversed_values = np.empty_like(values)
    reversed_values[order] = values[order[::-1]]
    return _set(inputs, table, column, reversed_values)
