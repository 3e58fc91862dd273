"""Where customers went: the largest flows on the plan, all of them as a Sankey diagram.

Both for the whole day, and hour by hour: arrows of all hours are on one scale, so that hours can be
compared; a diagram fills its height whatever the hour.
"""

import math
from collections.abc import Sequence

from markupsafe import Markup

from storeday.manifest import StoreLayout
from storeday.report.blocks import NUMBER, TEXT, Cell, Grid, Section, count_cell, share_cell
from storeday.report.day_rows import DayRows
from storeday.report.floor_drawing import (
    FloorFrame,
    floor_ground,
    frame_of,
    middle,
    zone_labels,
    zone_outlines,
)
from storeday.report.flow_moves import (
    END_NAMES,
    ENTRANCE,
    EXIT,
    UNSEEN,
    Move,
    moves_by_hour,
    moves_of,
)
from storeday.report.sankey import sankey
from storeday.report.svg import drawing, mark, number, tag
from storeday.report.words import hour_span, share
from storeday.report.zone_section import DRAWING_KINDS

# More arrows than these on one plan are a ball of wool; the diagram and the table have the rest.
MOST_ARROWS = 30
# Width of the widest arrow and of the thinnest, in shares of the longer side of the floor.
WIDEST_SHARE, THINNEST_SHARE = 0.022, 0.0016
# How far an arrow bends aside, in shares of its length, so that there and back lie apart.
BEND = 0.18
# Zones that keep their names in the diagram of one hour: it has a tenth of the moves.
ZONES_OF_HOUR = 8
ARROWS_OF_HOUR = 15
FIRST_ROWS = 12

Places = dict[str, tuple[float, float]]


def flow_section(day: DayRows) -> Section:
    """The section with the flows."""
    section = Section("flows", "Ways through the store")
    moves = moves_of(day)
    if not moves:
        return Section(section.id, section.title, missing=_why_empty(day))
    hours = moves_by_hour(day)
    context = {
        "map": _map(moves, hours, day.layout),
        "sankeys": [("0", sankey(moves)), *_sankeys_by_hour(hours, day)],
        "hours": [hour_span(local_hour) for local_hour, _ in hours],
        "grid": _grid(moves),
        "zones": _zones(moves),
        "arrows": len(_on_map(moves, _places(day.layout))),
        "unseen": _unseen_words(moves),
    }
    return Section(section.id, section.title, _lead(moves, day.layout), "flows.html.j2", context)


def _lead(moves: Sequence[Move], layout: StoreLayout) -> str:
    """Where people went first and left from, places to walk through left out."""
    goals = {zone.id for zone in layout.zones if zone.kind in DRAWING_KINDS}
    first = next((move for move in moves if move.source == ENTRANCE and move.target in goals), None)
    last = next((move for move in moves if move.target == EXIT and move.source != ENTRANCE), None)
    parts = []
    if first:
        parts.append(f"The most frequent first stop was {first.target_name}")
    if last:
        parts.append(f"{share(last.inflow_share)} left from {last.source_name}")
    return f"{'; '.join(parts)}." if parts else "From zone to zone, over the whole day."


def _why_empty(day: DayRows) -> str:
    if not day.layout.zones:
        return "The manifest names no zones, so there is nothing to move between."
    return "No moves between zones were seen on this day."


def _unseen_words(moves: Sequence[Move]) -> str:
    """How many moves began or ended out of sight."""
    lost = sum(move.moves for move in moves if UNSEEN in (move.source, move.target))
    every = sum(move.moves for move in moves)
    if not lost:
        return ""
    return f"{share(lost / every)} of moves began or ended out of sight and are not on the plan."


def _zones(moves: Sequence[Move]) -> list[tuple[str, str]]:
    """Zones that something moved from or to, by name."""
    names = {move.source: move.source_name for move in moves}
    names |= {move.target: move.target_name for move in moves}
    return sorted(names.items(), key=lambda item: (item[0] in END_NAMES, item[1].casefold()))


def _on_map(moves: Sequence[Move], places: Places) -> list[Move]:
    """The largest moves between two places on the plan."""
    found = [
        move
        for move in moves
        if move.source in places and move.target in places and move.source != move.target
    ]
    return found[:MOST_ARROWS]


def _sankeys_by_hour(
    hours: Sequence[tuple[int, Sequence[Move]]], day: DayRows
) -> list[tuple[str, Markup]]:
    """A diagram for each hour, or why there is none."""
    dark = {
        row["local_hour"] for row in day.rows("gold.traffic_hourly") if not row["observed_share"]
    }
    found = []
    for place, (local_hour, moves) in enumerate(hours, 1):
        why = "Not seen in this hour." if local_hour in dark else "Nobody moved in this hour."
        drawn = sankey(moves, ZONES_OF_HOUR) if moves else tag("p", {"class": "aside"}, [why])
        found.append((str(place), drawn))
    return found


def _places(layout: StoreLayout) -> Places:
    """Where on the floor each zone, coming in and leaving are."""
    places = {zone.id: middle(zone) for zone in layout.zones}
    doors = [middle(zone) for zone in layout.zones if zone.kind == "entrance"]
    if doors:
        places.setdefault(ENTRANCE, doors[0])
        places.setdefault(EXIT, doors[0])
    return places


def _map(
    moves: Sequence[Move], hours: Sequence[tuple[int, Sequence[Move]]], layout: StoreLayout
) -> Markup:
    frame, places = frame_of(layout), _places(layout)
    day = _on_map(moves, places)
    of_hours = [_on_map(each, places)[:ARROWS_OF_HOUR] for _, each in hours]
    busiest = max((move.moves for each in of_hours for move in each), default=1.0)
    groups = [_arrows("0", day, max((move.moves for move in day), default=1.0), frame, places)]
    groups += [
        _arrows(str(place), each, busiest, frame, places) for place, each in enumerate(of_hours, 1)
    ]
    inner = [
        floor_ground(frame),
        zone_outlines(layout, frame),
        *groups,
        zone_labels(layout, frame),
    ]
    label = f"Floor plan with the {len(day)} largest flows between zones"
    return drawing(frame.size, label, inner, "plan flow-map", frame.letter_m)


def _arrows(
    hour: str, moves: Sequence[Move], most: float, frame: FloorFrame, places: Places
) -> Markup:
    """Arrows of one choice of the hour; those of single hours are hidden until they are chosen."""
    arrows = [_arrow(move, most, frame, places) for move in reversed(moves)]
    kind = "arrows of-hour" if hour == "0" else "arrows of-hour off"
    return tag("g", {"class": kind, "data-hour": hour}, arrows)


def _arrow(move: Move, most: float, frame: FloorFrame, places: Places) -> Markup:
    x0, y0 = frame.point(*places[move.source])
    x1, y1 = frame.point(*places[move.target])
    longer = max(frame.width_m, frame.height_m)
    width = longer * (THINNEST_SHARE + (WIDEST_SHARE - THINNEST_SHARE) * move.moves / most)
    attributes = {
        "d": _crescent((x0, y0), (x1, y1), width),
        "class": "flow",
        "data-from": move.source,
        "data-to": move.target,
    }
    return mark("path", attributes, move.tip)


def _crescent(start: tuple[float, float], end: tuple[float, float], width: float) -> str:
    """A bent arrow that starts thin and ends in a head, as path data."""
    (x0, y0), (x1, y1) = start, end
    span = math.hypot(x1 - x0, y1 - y0) or 1.0
    along = ((x1 - x0) / span, (y1 - y0) / span)
    aside = (along[1], -along[0])
    bend = BEND * span
    middle_x, middle_y = (x0 + x1) / 2 + aside[0] * bend, (y0 + y1) / 2 + aside[1] * bend
    head = min(2.2 * width, span / 3)
    neck = (
        x1 - _towards(middle_x, middle_y, x1, y1)[0] * head,
        y1 - _towards(middle_x, middle_y, x1, y1)[1] * head,
    )
    way = _towards(middle_x, middle_y, x1, y1)
    across = (way[1], -way[0])
    half, thin = width / 2, width / 5
    points = [
        (x0 + aside[0] * thin, y0 + aside[1] * thin),
        (middle_x + aside[0] * half * 0.8, middle_y + aside[1] * half * 0.8),
        (neck[0] + across[0] * half, neck[1] + across[1] * half),
        (neck[0] + across[0] * width, neck[1] + across[1] * width),
        (x1, y1),
        (neck[0] - across[0] * width, neck[1] - across[1] * width),
        (neck[0] - across[0] * half, neck[1] - across[1] * half),
        (middle_x - aside[0] * half * 0.8, middle_y - aside[1] * half * 0.8),
        (x0 - aside[0] * thin, y0 - aside[1] * thin),
    ]
    a, b, c, d, tip, e, f, g, h = (f"{number(x)} {number(y)}" for x, y in points)
    return f"M{a}Q{b} {c}L{d}L{tip}L{e}L{f}Q{g} {h}Z"


def _towards(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float]:
    span = math.hypot(x1 - x0, y1 - y0) or 1.0
    return (x1 - x0) / span, (y1 - y0) / span


def _grid(moves: Sequence[Move]) -> Grid:
    most = max(move.moves for move in moves)
    rows = tuple(
        (
            Cell(move.source_name),
            Cell(move.target_name),
            Cell(count_cell(move.moves, most).text, move.moves, move.moves / most, move.interval),
            share_cell(move.outflow_share),
            share_cell(move.inflow_share),
        )
        for move in moves
    )
    columns = (
        ("From", TEXT),
        ("To", TEXT),
        ("Moves", NUMBER),
        ("Share of what left", NUMBER),
        ("Share of what arrived", NUMBER),
    )
    return Grid("Moves between zones", columns, rows, first=FIRST_ROWS)
