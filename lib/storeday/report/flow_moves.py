"""Moves between zones, ready to be drawn: named, sorted, the small ones summed up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storeday.report.blocks import interval_words
from storeday.report.day_rows import DayRows
from storeday.report.words import count, share

ENTRANCE, EXIT, UNSEEN = "entrance", "exit", "unseen"
# All zones that are told together; no zone may have a name of that kind.
REST = "*"
OF_SOURCE = {ENTRANCE: "of those who came in", UNSEEN: "of what began out of sight"}
OF_TARGET = {EXIT: "of those who left", UNSEEN: "of what ended out of sight"}
END_NAMES = {ENTRANCE: "Coming in", EXIT: "Leaving", UNSEEN: "Out of sight"}


@dataclass(frozen=True)
class Move:
    """Moves from one zone to another.

    Attributes:
        source: Zone left, or `entrance` or `unseen`.
        target: Zone visited next, or `exit` or `unseen`.
        source_name: What the source is called.
        target_name: What the target is called.
        moves: How many, may be an expected number.
        interval: 95 % interval in words; empty where there is none.
        outflow_share: Share of all moves out of the source.
        inflow_share: Share of all moves into the target.
    """

    source: str
    target: str
    source_name: str
    target_name: str
    moves: float
    interval: str
    outflow_share: float
    inflow_share: float

    @property
    def _of_source(self) -> str:
        return f"of what left {self.source_name}"

    @property
    def _of_target(self) -> str:
        return f"of what reached {self.target_name}"

    @property
    def tip(self) -> str:
        """Its numbers, in lines."""
        uncertain = f" ({self.interval})" if self.interval else ""
        return (
            f"{self.source_name} → {self.target_name}\n"
            f"{count(self.moves)} moves{uncertain}\n"
            f"{share(self.outflow_share)} {OF_SOURCE.get(self.source, self._of_source)}\n"
            f"{share(self.inflow_share)} {OF_TARGET.get(self.target, self._of_target)}"
        )


def moves_of(day: DayRows) -> list[Move]:
    """A store-day's moves, largest first."""
    return _moves(day.rows("gold.zone_flows"), day.zone_names())


def moves_by_hour(day: DayRows) -> list[tuple[int, list[Move]]]:
    """Local hour and moves, largest first, of each hour that the page shows; empty without any."""
    rows = day.rows("gold.zone_flows_hourly")
    if not rows:
        return []
    names = day.zone_names()
    return [
        (
            hour.local_hour,
            _moves([row for row in rows if row["hour_start"] == hour.interval.start], names),
        )
        for hour in day.hours
    ]


def _moves(rows: Sequence[Mapping[str, Any]], names: dict[str, str]) -> list[Move]:
    moves = [
        Move(
            source=row["from_zone_id"],
            target=row["to_zone_id"],
            source_name=_name(row["from_zone_id"], names),
            target_name=_name(row["to_zone_id"], names),
            moves=row["moves"],
            interval=interval_words(row.get("moves_low"), row.get("moves_high")),
            outflow_share=row["outflow_share"],
            inflow_share=row["inflow_share"],
        )
        for row in rows
        if row["moves"] > 0
    ]
    return sorted(moves, key=lambda move: (-move.moves, move.source, move.target))


def ends_of(moves: Sequence[Move]) -> tuple[list[str], list[str]]:
    """Sources and targets of moves, those with most moves first; ends of visits at the rims."""
    out: dict[str, float] = {}
    into: dict[str, float] = {}
    for move in moves:
        out[move.source] = out.get(move.source, 0.0) + move.moves
        into[move.target] = into.get(move.target, 0.0) + move.moves
    return _ordered(out), _ordered(into)


def with_rest(moves: Sequence[Move], most: int) -> list[Move]:
    """Moves between the zones with most moves; all other zones are one.

    Args:
        moves: Moves.
        most: How many zones keep their names; ends of visits keep theirs beside them.
    """
    amounts: dict[str, float] = {}
    for move in moves:
        for zone in {move.source, move.target} - set(END_NAMES):
            amounts[zone] = amounts.get(zone, 0.0) + move.moves
    kept = sorted(amounts, key=lambda zone: (-amounts[zone], zone))[:most]
    if len(kept) == len(amounts):
        return list(moves)
    named = {*kept, *END_NAMES}
    rest_name = f"{len(amounts) - len(kept)} others"
    sums: dict[tuple[str, str], float] = {}
    names = {move.source: move.source_name for move in moves}
    names |= {move.target: move.target_name for move in moves} | {REST: rest_name}
    for move in moves:
        key = (
            move.source if move.source in named else REST,
            move.target if move.target in named else REST,
        )
        sums[key] = sums.get(key, 0.0) + move.moves
    out = {zone: sum(n for (a, _), n in sums.items() if a == zone) for zone in names}
    into = {zone: sum(n for (_, b), n in sums.items() if b == zone) for zone in names}
    merged = [
        Move(a, b, names[a], names[b], n, "", n / out[a], n / into[b]) for (a, b), n in sums.items()
    ]
    return sorted(merged, key=lambda move: (-move.moves, move.source, move.target))


def _ordered(amounts: dict[str, float]) -> list[str]:
    rank = {ENTRANCE: -1, REST: 1, EXIT: 2, UNSEEN: 3}
    return sorted(amounts, key=lambda name: (rank.get(name, 0), -amounts[name], name))


def _name(zone_id: str, names: dict[str, str]) -> str:
    return END_NAMES.get(zone_id) or names.get(zone_id, zone_id)
