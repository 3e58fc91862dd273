"""The most walked paths through the store: zones in order, from coming to leaving."""

from collections.abc import Mapping, Sequence
from typing import Any

from storeday.report.blocks import (
    NUMBER,
    TEXT,
    Grid,
    Section,
    count_cell,
    seen_cell,
    share_cell,
    words_cell,
)
from storeday.report.day_rows import DayRows
from storeday.report.words import count, share

PATHS = "gold.zone_paths"
FIRST_ROWS = 10
ARROW = " → "
NO_ZONE = "no zone visited"


def path_section(day: DayRows) -> Section | None:
    """The section with the paths; None where no path was walked often enough to be shown."""
    rows = sorted(day.rows(PATHS), key=lambda row: (row["rank"], row["path"]))
    if not rows:
        return None
    names = day.zone_names()
    most = max(float(row["visits"]) for row in rows)
    body = tuple(
        (
            words_cell(_path_words(row, names)),
            count_cell(row["visits"], most),
            share_cell(row["share"]),
            seen_cell(row["observed_share"]),
        )
        for row in rows
    )
    columns = (("Path", TEXT), ("Visits", NUMBER), ("Share", NUMBER), ("Seen", NUMBER))
    caption = "Paths of visits seen from coming to leaving; rare ones are not shown"
    grid = Grid(caption, columns, body, first=FIRST_ROWS)
    return Section("paths", "Most walked paths", _lead(rows), "grid.html.j2", {"grid": grid})


def _lead(rows: Sequence[Mapping[str, Any]]) -> str:
    """How much of the day the paths tell of."""
    told = sum(float(row["share"]) for row in rows)
    paths = "One path" if len(rows) == 1 else f"{count(len(rows))} paths"
    return f"{paths} made up {share(told)} of the visits seen from coming to leaving."


def _path_words(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return ARROW.join(names.get(zone, zone) for zone in row["zones"]) or NO_ZONE
