"""What an explanation tells beside probabilities: moments by the store's clock, and actions."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from storeday.association.clocks import store_times_us
from storeday.contracts.columns import US_PER_S, texts, times_us

Row = Mapping[str, Any]


@dataclass(frozen=True)
class DayEvidence:
    """Tables of a store-day that explanations look up.

    Attributes:
        rummage_events: Rows of `silver.rummage_events`.
        action_events: Rows of `silver.action_events`.
        clock_offsets: Rows of `silver.clock_offsets`.
    """

    rummage_events: pa.Table
    action_events: pa.Table
    clock_offsets: pa.Table


@dataclass(frozen=True)
class Told:
    """Words for rummages, for actions beside a rummage, and for clocks.

    Attributes:
        rummages: Rows by id, with `store_time_us`.
        actions: Rows by id, with `store_time_us`.
        clocks: Rows of `silver.clock_offsets` by device; the last one of each.
    """

    rummages: Mapping[str, Row]
    actions: Mapping[str, Row]
    clocks: Mapping[str, Row]

    def rummage(self, rummage_id: str) -> str:
        """Where and when a rummage was, by the store's clock; empty where it is not known."""
        row = self.rummages.get(rummage_id)
        if row is None:
            return ""
        zone = f", zone {row['zone_id']}" if row.get("zone_id") else ""
        return f"{_clock(row)}, {row['reader_id']} antenna {row['antenna']}{zone}, tag {row['epc']}"

    def action(self, action_id: str, rummage_id: str) -> str:
        """What was seen, and how far from the rummage in time; empty where it is not known."""
        row, rummage = self.actions.get(action_id), self.rummages.get(rummage_id)
        if row is None:
            return ""
        words = f"{row['camera_id']}, probability {row['probability']:.2f}"
        if rummage is None:
            return words
        away_s = (row["store_time_us"] - rummage["store_time_us"]) / US_PER_S
        return f"{words}, {abs(away_s):.1f} s {'after' if away_s > 0 else 'before'} the tag moved"

    def clock_lines(self, rummage_ids: Iterable[str], action_ids: Iterable[str]) -> list[str]:
        """The clocks that the moments rest on, a line for each device."""
        rummages = [self.rummages[name] for name in rummage_ids if name in self.rummages]
        actions = [self.actions[name] for name in action_ids if name in self.actions]
        devices = {row["reader_id"] for row in rummages} | {row["camera_id"] for row in actions}
        return [_clock_line(self.clocks[name]) for name in sorted(devices & set(self.clocks))]


def told(day: DayEvidence | None) -> Told:
    """Looks up a day's evidence; without any, nothing is told.

    Raises:
        ValueError: A device has no clock offset.
    """
    if day is None:
        return Told({}, {}, {})
    rows = sorted(day.clock_offsets.to_pylist(), key=lambda row: row["valid_from"])
    return Told(
        _by_id(day.rummage_events, "rummage_id", "reader_id", day.clock_offsets),
        _by_id(day.action_events, "action_id", "camera_id", day.clock_offsets),
        {row["device_id"]: row for row in rows},
    )


def _by_id(events: pa.Table, key: str, device: str, clock_offsets: pa.Table) -> dict[str, Row]:
    if not events.num_rows:
        return {}
    moments = store_times_us(times_us(events["peak_time"]), texts(events[device]), clock_offsets)
    rows = events.to_pylist()
    return {
        row[key]: {**row, "store_time_us": int(moment)}
        for row, moment in zip(rows, np.asarray(moments), strict=True)
    }


def _clock_line(row: Row) -> str:
    method = json.loads(row["evidence"]).get("method", "unknown")
    offset = f"{row['offset_s']:+.2f} s, standard error {row['std_error_s']:.2f} s"
    return f"clock of {row['device_id']}: {offset} ({method})"


def _clock(row: Row) -> str:
    moment = dt.datetime.fromtimestamp(row["store_time_us"] / US_PER_S, dt.UTC)
    return f"{moment:%H:%M:%S} UTC"
