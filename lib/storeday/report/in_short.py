"""The day in a few sentences: what a manager with two minutes should know, worst first."""

from storeday.report.alert_section import alerts_of
from storeday.report.blocks import FULLY_SEEN, weighted
from storeday.report.coverage_section import silent_devices
from storeday.report.day_rows import DayRows
from storeday.report.product_section import handled_not_bought, product_name
from storeday.report.words import clock, count, hour_span, length, listed, share
from storeday.report.zone_section import drawing_zones, zone_totals

TRAFFIC, QUEUES, COVERAGE = "gold.traffic_hourly", "gold.queue_hourly", "gold.coverage"


def in_short(day: DayRows) -> list[tuple[str, str]]:
    """Sentences on the day, each with the section that tells more."""
    told = [
        ("coverage", _missing(day)),
        ("alerts", _alerts(day)),
        ("traffic", _busiest(day)),
        ("zones", _zones(day)),
        ("products", _products(day)),
        ("queue", _queue(day)),
    ]
    return [(section, f"{words[0].upper()}{words[1:]}") for section, words in told if words]


def _missing(day: DayRows) -> str:
    rows = day.rows(COVERAGE)
    silent = [f"{kind} {name}" for kind, name in silent_devices(rows)]
    if silent:
        return f"{listed(silent).capitalize()} gave nothing all day."
    gaps: dict[str, float] = {}
    for row in rows:
        lost = row["expected_s"] - row["observed_s"]
        if row["subject_kind"] != "zone" and lost > (1 - FULLY_SEEN) * row["expected_s"]:
            name = f"{row['subject_kind']} {row['subject_id']}"
            gaps[name] = gaps.get(name, 0.0) + lost
    if not gaps:
        return ""
    worst = max(gaps, key=lambda name: (gaps[name], name))
    more = len(gaps) - 1
    others = f"; {more} more {'has' if more == 1 else 'have'} gaps" if more else ""
    return f"{worst.capitalize()} missed {length(gaps[worst])} of the opening hours{others}."


def _alerts(day: DayRows) -> str:
    rows = alerts_of(day)
    if not rows:
        return ""
    worst = rows[0]
    more = f" ({count(len(rows) - 1)} more)" if len(rows) > 1 else ""
    start = clock(worst["started_at"], day.layout.timezone)[:5]
    note = worst["note"].rstrip(".")
    return f"{note[:1].upper()}{note[1:]}, for {length(worst['duration_s'])} from {start}{more}."


def _busiest(day: DayRows) -> str:
    rows = [row for row in day.rows(TRAFFIC) if row["entries"]]
    if not rows:
        return ""
    best = max(rows, key=lambda row: row["entries"])
    every = sum(row["entries"] for row in rows)
    return (
        f"Busiest from {hour_span(best['local_hour'])}: {count(best['entries'])} came in, "
        f"{share(best['entries'] / every)} of the day."
    )


def _zones(day: DayRows) -> str:
    zones = drawing_zones(zone_totals(day))
    if not zones:
        return ""
    longest = max(zones, key=lambda each: each["dwell_s"] or 0)
    words = f"{zones[0]['name']} drew the most visits ({count(zones[0]['entries'])})"
    if longest["dwell_s"]:
        words += f"; customers stayed longest at {longest['name']} ({length(longest['dwell_s'])})"
    return f"{words}."


def _products(day: DayRows) -> str:
    rows = handled_not_bought(day)
    if not rows:
        return ""
    names = [f"{product_name(row)} ({count(row['handled_not_bought'])})" for row in rows]
    return f"Handled most often without being bought: {listed(names)}."


def _queue(day: DayRows) -> str:
    rows = [row for row in day.rows(QUEUES) if row["wait_mean_s"] is not None and row["joined"]]
    mean = weighted(rows, "wait_mean_s", "joined")
    if mean is None:
        return ""
    worst = max(rows, key=lambda row: row["wait_mean_s"])
    return (
        f"Waiting took {length(mean)} on average, longest from {hour_span(worst['local_hour'])} "
        f"({length(worst['wait_mean_s'])})."
    )
