"""How many came in and left: crossings of the door, and people of whom one crossing was missed.

A crossing is missed now and then, and counting crossings alone counts too few. But whoever was seen
to cross once, in either direction, crossed twice: a walker with any crossing came in and left. Only
who was missed both times is lost. Where crossings are missed one time in eight, as on simulated
Saturdays, that is one person in sixty, instead of one in eight.

A walker without any crossing is taken for a piece of somebody else and counts nowhere.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import norm

from storeday.contracts.columns import Bools, Floats, Ints, position_in, texts, times_us
from storeday.measures.hours import HourTable
from storeday.measures.intervals import TAIL

IN, OUT = "in", "out"


@dataclass(frozen=True)
class Comings:
    """Times of coming in and of leaving; arrays of one entry per coming, or leaving.

    Attributes:
        entered_us: When somebody came in, us since 1970, shape (n,).
        left_us: When somebody left, shape (n,).
        entry_was_seen: The crossing was counted, and not only the other one's, shape (n,).
        exit_was_seen: The same of leaving, shape (n,).
    """

    entered_us: Ints
    left_us: Ints
    entry_was_seen: Bools
    exit_was_seen: Bools

    def entries(self, table: HourTable) -> tuple[Ints, Floats, Floats]:
        """Entries of each hour, and their interval."""
        return self._counted(self.entered_us, self.entry_was_seen, table)

    def exits(self, table: HourTable) -> tuple[Ints, Floats, Floats]:
        """Exits of each hour, and their interval."""
        return self._counted(self.left_us, self.exit_was_seen, table)

    def _counted(self, times: Ints, seen: Bools, table: HourTable) -> tuple[Ints, Floats, Floats]:
        hour = table.of(times)
        count, unsure = (
            np.bincount(hour[rows & (hour >= 0)], minlength=len(table))
            for rows in (np.ones(len(hour), bool), ~(self.entry_was_seen & self.exit_was_seen))
        )
        lost = self.lost_share() * count
        # One crossing without the other is a person, or a piece of one: a coin's variance at worst.
        half = float(norm.ppf(1 - TAIL)) * np.sqrt(0.25 * unsure + lost)
        return count, np.maximum(count - half, 0.0), count + half + lost

    def lost_share(self) -> float:
        """Share of people of whom both crossings were missed, if these are missed independently."""
        missed = (
            1 - np.array([self.entry_was_seen.mean(), self.exit_was_seen.mean()])
            if len(self.entered_us)
            else np.zeros(2)
        )
        return float(np.prod(missed))


def comings(visits: pa.Table, crossings: pa.Table) -> Comings:
    """Comings and leavings of walkers.

    Args:
        visits: Rows of `silver.visits` of walkers, in any order.
        crossings: Rows of `silver.door_crossings` with walkers as customers, in any order. Where
            there are none at all, visits that were seen to begin, or end, at an entrance stand for
            them, and where there are none of these either, every visit is a coming and a leaving.

    Returns:
        As many comings as leavings: for each walker the larger number of its crossings in one
        direction. What was not seen is put at the start, or the end, of the walker's visits.

    Example:
        >>> import datetime as dt
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> at = [nine, nine + dt.timedelta(seconds=90)]
        >>> found = comings(
        ...     pa.table({"customer_id": ["a", "b"], "entered_at": [nine] * 2,
        ...               "left_at": at[1:] * 2}),
        ...     pa.table({"customer_id": ["a"], "time": at[1:], "direction": ["out"]}))
        >>> len(found.entered_us), found.entry_was_seen.tolist(), found.exit_was_seen.tolist()
        (1, [False], [True])
    """
    names = texts(visits["customer_id"]).unique()
    if not len(crossings):
        crossings = _ends_at_doors(visits)
    who = position_in(texts(crossings["customer_id"]), names)
    way = np.array(crossings["direction"].to_pylist(), object)
    time = times_us(crossings["time"])
    customer = position_in(texts(visits["customer_id"]), names)
    first = np.full(len(names), np.iinfo(np.int64).max)
    last = np.full(len(names), np.iinfo(np.int64).min)
    np.minimum.at(first, customer, times_us(visits["entered_at"]))
    np.maximum.at(last, customer, times_us(visits["left_at"]))
    came, left = ((who >= 0) & (way == side) for side in (IN, OUT))
    counts = [np.bincount(who[side], minlength=len(names)) for side in (came, left)]
    lacking = [np.maximum(counts[1 - side] - counts[side], 0) for side in (0, 1)]
    entered = np.concatenate([time[came], np.repeat(first, lacking[0])])
    gone = np.concatenate([time[left], np.repeat(last, lacking[1])])
    return Comings(
        entered,
        gone,
        np.arange(len(entered)) < came.sum(),
        np.arange(len(gone)) < left.sum(),
    )


def _ends_at_doors(visits: pa.Table) -> pa.Table:
    """Starts and ends of visits that were seen at an entrance, as crossings."""
    parts = []
    for name, flag, way in (
        ("entered_at", "is_censored_start", IN),
        ("left_at", "is_censored_end", OUT),
    ):
        rows = visits
        if flag in visits.column_names and not pc.all(visits[flag]).as_py():
            rows = visits.filter(pc.invert(visits[flag]))
        parts.append(
            pa.table(
                {
                    "customer_id": texts(rows["customer_id"]),
                    "time": rows[name].combine_chunks(),
                    "direction": pa.repeat(way, len(rows)),
                }
            )
        )
    return pa.concat_tables(parts)
