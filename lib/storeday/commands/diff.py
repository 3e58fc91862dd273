"""`storeday diff`: every figure of a store-day that changed, down to the rows that caused it.

Compares two kept lakes, or a lake with what it was at an earlier moment (as long as VACUUM has not
removed it). Each gold row that differs is shown with those rows of the tables it is made of that
differ, too, and concern it: same hour, same zone, same tag.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console

from storeday.contracts import load_contract
from storeday.contracts.changes import Change, Row, row_changes
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay

# Reads a table's rows of the store-day.
Reader = Callable[[str], pa.Table]
Concerns = Callable[[Row, Row], bool]
HOUR = dt.timedelta(hours=1)
SHOWN_CAUSES = 3


def _in_hour(*columns: str) -> Concerns:
    def concerns(figure: Row, row: Row) -> bool:
        start = figure["hour_start"]
        return any(row[name] and start <= row[name] < start + HOUR for name in columns)

    return concerns


def _zone_in_hour(figure: Row, row: Row) -> bool:
    return bool(figure["zone_id"] == row["zone_id"] and _in_hour("time")(figure, row))


def _of_flow(figure: Row, row: Row) -> bool:
    return row["zone_id"] in (figure["from_zone_id"], figure["to_zone_id"])


def _of_rummage(figure: Row, row: Row) -> bool:
    return row["rummage_id"] in figure["rummage_ids"]


def _of_action(figure: Row, row: Row) -> bool:
    return bool(figure["action_id"] and figure["action_id"] == row["action_id"])


def _of_device(column: str) -> Concerns:
    return lambda figure, row: figure["subject_id"] == row[column]


# What each gold table is made of, and which of those rows concern one of its rows.
CAUSES: Mapping[str, tuple[tuple[str, Concerns], ...]] = {
    "gold.interactions": (
        ("silver.match_candidates", _of_rummage),
        ("silver.rummage_events", _of_rummage),
        ("silver.action_events", _of_action),
    ),
    "gold.traffic_hourly": (("silver.visits", _in_hour("entered_at", "left_at")),),
    "gold.zone_hourly": (
        ("silver.positions", _zone_in_hour),
        ("gold.interactions", _zone_in_hour),
    ),
    "gold.heatmap_hourly": (
        ("silver.positions", _in_hour("time")),
        ("gold.interactions", _in_hour("time")),
    ),
    "gold.zone_flows": (("silver.positions", _of_flow),),
    "gold.coverage": (
        ("bronze.decode_outcomes", _of_device("camera_id")),
        ("bronze.reader_logs", _of_device("reader_id")),
    ),
}


@dataclass(frozen=True)
class Explained:
    """A gold row that differs.

    Attributes:
        table: Its table.
        change: How it differs.
        causes: Rows of the tables it is made of that differ and concern it, by table.
    """

    table: str
    change: Change
    causes: Mapping[str, list[Change]]


def explain_changes(old: Reader, new: Reader) -> Iterator[Explained]:
    """Every gold row that differs between two states of a store-day, with its causes.

    Args:
        old: Reads the tables as they were.
        new: Reads them as they are.
    """
    known: dict[str, list[Change]] = {}

    def changes(table: str) -> list[Change]:
        if table not in known:
            known[table] = row_changes(old(table), new(table), load_contract(table))
        return known[table]

    for table, sources in CAUSES.items():
        for change in changes(table):
            causes = {
                source: [cause for cause in changes(source) if concerns(change.row, cause.row)]
                for source, concerns in sources
            }
            yield Explained(table, change, {name: rows for name, rows in causes.items() if rows})


def reader(lake: Lake, day: StoreDay, before: str = "") -> Reader:
    """Reads a store-day's tables as they are, or as they were at a moment.

    Args:
        lake: The lake.
        day: The store-day.
        before: Moment that Delta's time travel understands; empty for now.
    """
    if not before:
        return lambda table: lake.read(table, [day]).toArrow()
    return lambda table: lake.read_as_of(table, [day], before).toArrow()


def show(found: list[Explained], console: Console, limit: int) -> None:
    """Prints counts by table, then the first changes with their causes."""
    counts = Counter((item.table, item.change.kind) for item in found)
    for (table, kind), count in sorted(counts.items()):
        console.print(f"{table}: {count} rows {kind}", markup=False)
    for item in found[:limit]:
        console.print(f"\n{item.table} {_key(item.change)}: {_words(item.change)}", markup=False)
        for source, causes in item.causes.items():
            console.print(f"  from {len(causes)} rows of {source}", markup=False)
            for cause in causes[:SHOWN_CAUSES]:
                console.print(f"    {_key(cause)}: {_words(cause)}", markup=False)
        if not item.causes:
            console.print("  no row that it is made of differs: the method does", markup=False)
    if not found:
        console.print("no figure differs")
    elif len(found) > limit:
        console.print(f"\nand {len(found) - limit} more", markup=False)


def write_changes(found: list[Explained], path: Path) -> None:
    """Writes all changes with all causes as JSON."""
    items = [
        {
            "table": item.table,
            **_as_json(item.change),
            "causes": {name: [_as_json(row) for row in rows] for name, rows in item.causes.items()},
        }
        for item in found
    ]
    path.write_text(json.dumps(items, indent=1, default=str), "utf-8")


def _as_json(change: Change) -> dict[str, Any]:
    values = {name: [change.old.get(name), change.new.get(name)] for name in change.columns}
    return {"kind": change.kind, "key": list(change.key), "columns": values}


def _key(change: Change) -> str:
    # Store and date are the same for all.
    return " ".join(str(part) for part in change.key[2:]) or "the day"


def _words(change: Change) -> str:
    if change.kind != "changed":
        return change.kind
    pairs = (f"{name} {change.old[name]} -> {change.new[name]}" for name in change.columns)
    return ", ".join(pairs)
