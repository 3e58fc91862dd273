"""Every zone of the store over the day, as a table."""

from collections.abc import Sequence
from typing import Any

from storeday.report.blocks import (
    NUMBER,
    TEXT,
    Cell,
    Grid,
    Section,
    count_cell,
    expected_cell,
    greatest,
    length_cell,
    seen_cell,
    share_cell,
    total,
    weighted,
    words_cell,
)
from storeday.report.day_rows import DayRows
from storeday.report.words import count, listed

ZONES = "gold.zone_hourly"
# A zone of these kinds draws people to something; the others are ways, doors and tills.
DRAWING_KINDS = frozenset({"display", "fitting_room"})


def zone_section(day: DayRows) -> Section:
    """The section with the zones."""
    section = Section("zones", "Zone by zone")
    totals = zone_totals(day)
    if not totals:
        missing = "The tables have no zones for this day."
        if not day.layout.zones:
            missing = "The manifest names no zones."
        return Section(section.id, section.title, missing=missing)
    context = {"grid": _grid(totals)}
    return Section(section.id, section.title, _lead(totals), "grid.html.j2", context)


def zone_totals(day: DayRows) -> list[dict[str, Any]]:
    """One row per zone: sums over the hours that were seen, medians weighed by visits."""
    by_zone: dict[str, list[dict[str, Any]]] = {}
    for row in day.rows(ZONES):
        by_zone.setdefault(row["zone_id"], []).append(row)
    kinds = {zone.id: zone for zone in day.layout.zones}
    covered = {
        zone for reader in day.layout.readers for each in reader.antennas for zone in each.zones
    }
    totals = []
    for zone_id, rows in by_zone.items():
        zone = kinds.get(zone_id)
        entries, engaged = total(rows, "entries"), total(rows, "engaged")
        handled = total(rows, "handled_expected")
        totals.append(
            {
                "zone_id": zone_id,
                "name": day.zone_names().get(zone_id, zone_id),
                "kind": zone.kind if zone else "other",
                "category": zone.category if zone else "",
                "entries": entries,
                "dwell_s": weighted(rows, "dwell_p50_s", "entries"),
                "dwell_p90_s": weighted(rows, "dwell_p90_s", "entries"),
                "engagement": engaged / entries if engaged is not None and entries else None,
                "peak": greatest(rows, "occupancy_peak"),
                "handled": handled if handled is not None else total(rows, "handled"),
                "handled_low": total(rows, "handled_expected_low"),
                "handled_high": total(rows, "handled_expected_high"),
                "has_reader": zone_id in covered,
                "seen": sum(row["observed_share"] for row in rows) / len(rows),
            }
        )
    return sorted(totals, key=lambda each: (-(each["entries"] or -1), each["zone_id"]))


def drawing_zones(totals: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Zones that draw people to something, as far as a camera sees them, most visits first."""
    return [
        each
        for each in totals
        if each["kind"] in DRAWING_KINDS and each["entries"] and each["seen"]
    ]


def _lead(totals: Sequence[dict[str, Any]]) -> str:
    drawing = drawing_zones(totals)
    unseen = [each["name"] for each in totals if not each["seen"]]
    lead = ""
    if drawing:
        best = drawing[0]
        lead = f"Most visits: {best['name']}, {count(best['entries'])}."
    if unseen:
        lead += f" Not seen all day: {listed(unseen)}."
    return lead.strip() or "Visits, stays and handling in each zone."


def _grid(totals: Sequence[dict[str, Any]]) -> Grid:
    most = max((each["entries"] or 0 for each in totals), default=0)
    most_handled = max((each["handled"] or 0 for each in totals), default=0)
    has_rate = any(each["engagement"] is not None for each in totals)
    columns = [
        ("Zone", TEXT),
        ("Visits", NUMBER),
        ("Typical stay", NUMBER),
        ("Long stay", NUMBER),
        *([("Engaged", NUMBER)] if has_rate else []),
        ("Peak", NUMBER),
        ("Handled", NUMBER),
        ("Seen", NUMBER),
    ]
    rows = []
    for each in totals:
        kind = each["category"] or each["kind"].replace("_", " ")
        interval = each["handled_low"], each["handled_high"]
        is_seen = bool(each["seen"])
        cells: list[Cell] = [
            words_cell(each["name"], "" if kind == each["name"] else kind),
            count_cell(each["entries"], most),
            length_cell(each["dwell_s"], "–" if is_seen else "not seen"),
            length_cell(each["dwell_p90_s"], "–" if is_seen else "not seen"),
        ]
        if has_rate:
            rate = each["engagement"]
            cells.append(words_cell("–") if rate is None and is_seen else share_cell(rate))
        cells += [
            count_cell(each["peak"]),
            expected_cell(each["handled"], most_handled, interval)
            if each["has_reader"] or each["handled"]
            else Cell("no reader", -1.0),
            seen_cell(each["seen"]),
        ]
        rows.append(tuple(cells))
    caption = (
        "Visits to zones, people who only walk through left out. Typical stay: median; long stay: "
        "one in ten stays longer; both are means over hours, weighed by visits."
    )
    return Grid(caption, tuple(columns), tuple(rows))
