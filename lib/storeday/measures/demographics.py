"""Who came, as far as their bodies tell: rows of `gold.demographics_hourly`.

No model of attributes ships: this counts what one of a store's own says (head
`pedestrian_attributes`), where `privacy.demographics` is on. Counts below `privacy.k` are not
shown, zero included: "nobody of that kind" tells something of everybody else. The number who came
is public (`gold.traffic_hourly`), so that a single hidden count could be worked out from the
others; further ones are therefore hidden, the smallest first, until two or more are hidden that
hold `privacy.k` customers together (complementary suppression). Those whose value is not known are
a count of their own, hidden like any other. A share would tell the sum that it is a part of, so
there is none where a count is hidden.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import Bools, Ints, position_in, texts, times_us
from storeday.floor.calendar import LocalHour
from storeday.measures.hours import hour_table
from storeday.measures.seen_share import camera_hours
from storeday.measures.settings import MeasureSettings


def demographics_hourly(
    visits: pa.Table,
    attributes: pa.Table,
    least: int,
    hours: Sequence[LocalHour],
    coverage: pa.Table,
) -> pa.Table:
    """Counts of attributes by hour of coming.

    Args:
        visits: Columns `customer_id, entered_at`, in any order; customers only.
        attributes: Columns `customer_id, attribute, value`: what is known of customers, each
            attribute of a customer once.
        least: Smallest count that is shown (`privacy.k`).
        hours: All local hours of the business day. What lies outside them counts nowhere.
        coverage: Rows of `gold.coverage`, in any order.

    Returns:
        Rows of `gold.demographics_hourly` by hour, attribute and value: all values that the day
        knows, for hours in which somebody came.
    """
    table = hour_table(hours)
    share = camera_hours(coverage, table).pooled_share()
    hour = table.of(times_us(visits["entered_at"]))
    names = texts(visits["customer_id"])
    rows = []
    for attribute in sorted(set(attributes["attribute"].to_pylist())):
        known = attributes.filter(pc.equal(attributes["attribute"], attribute))
        values = texts(known["value"]).unique().sort()
        row = position_in(names, texts(known["customer_id"]))
        value = np.where(row >= 0, position_in(texts(known["value"]), values)[row], len(values))
        for number in np.unique(hour[hour >= 0]).tolist():
            counts = np.bincount(value[hour == number], minlength=len(values) + 1)
            hidden = hidden_counts(counts, least)
            rows += [
                (
                    number,
                    attribute,
                    name,
                    int(counts[place]),
                    int(counts[-1]),
                    bool(hidden[place]),
                    bool(hidden[-1]),
                    bool(hidden.any()),
                )
                for place, name in enumerate(values.to_pylist())
            ]
    rows.sort()
    total = {
        key: sum(row[3] for row in rows if row[:2] == key) for key in {row[:2] for row in rows}
    }
    number = np.array([row[0] for row in rows], np.int64)
    return table_from_columns(
        load_contract("gold.demographics_hourly"),
        {
            "hour_start": table.starts(number),
            "local_hour": table.local_hour[number],
            "attribute": [row[1] for row in rows],
            "value": [row[2] for row in rows],
            "visitors": pa.array([None if row[5] else row[3] for row in rows], pa.int64()),
            "share": pa.array(
                [None if row[7] else row[3] / max(total[row[:2]], 1) for row in rows], pa.float64()
            ),
            "unknown": pa.array([None if row[6] else row[4] for row in rows], pa.int64()),
            "is_suppressed": pa.array([row[5] for row in rows], pa.bool_()),
            "observed_share": share[number],
        },
    )


def sure_attributes(attributes: pa.Table, settings: MeasureSettings) -> pa.Table:
    """One row for each customer and attribute that is sure enough to be counted.

    Args:
        attributes: Columns `customer_id, attribute, value, probability, detections`, in any order;
            a customer put together from several has several rows, of which the one that rests on
            most detections counts.
        settings: From which probability and number of detections on a value counts as known.

    Returns:
        Columns `customer_id, attribute, value`.
    """
    keys = ["customer_id", "attribute"]
    ordered = attributes.select([*keys, "value", "probability", "detections"]).sort_by(
        [
            *[(name, "ascending") for name in keys],
            ("detections", "descending"),
            ("probability", "descending"),
            ("value", "ascending"),
        ]
    )
    first = ordered.group_by(keys, use_threads=False).aggregate(
        [(name, "first") for name in ("value", "probability", "detections")]
    )
    is_sure = pc.and_(
        pc.greater_equal(first["probability_first"], settings.attribute_probability),
        pc.greater_equal(first["detections_first"], settings.attribute_detections),
    )
    kept = first.filter(is_sure)
    return pa.table({**{name: kept[name] for name in keys}, "value": kept["value_first"]})


def hidden_counts(counts: Ints, least: int) -> Bools:
    """Which of the counts of a known total are not shown.

    Args:
        counts: Counts, shape (n,), whose sum is known to everybody.
        least: Smallest count that may be shown.

    Example:
        >>> hidden_counts(np.array([2, 7, 20]), 5).tolist()
        [True, True, False]
    """
    hidden = counts < least
    for place in np.argsort(counts, kind="stable").tolist():
        if not hidden.any() or (hidden.sum() >= 2 and counts[hidden].sum() >= least):
            break
        hidden[place] = True
    return np.asarray(hidden)
