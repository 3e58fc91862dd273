"""A store-day made by hand and by a seeded draw, with every table a report reads. Nothing of it
comes from a store or from the simulator; it is for looking at the page, not for measuring."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts import conform, load_contract, table_from_columns
from storeday.manifest import StoreLayout, manifest_from_text
from storeday.report import DayRows, ReportInputs

DATE = dt.date(2026, 11, 20)
OPEN_HOURS = range(9, 19)
UTC = dt.UTC
MANIFEST = """\
store_id: rue_haute
versions:
  - valid_from: 2026-01-01
    timezone: Europe/Paris
    opening_hours:
      days: {fri: ["09:00", "19:00"]}
    floor_plan: {width_m: 14, height_m: 9}
    zones:
      - {id: door, name: Door, kind: entrance, polygon_m: [[1, 0], [3, 0], [3, 1.2], [1, 1.2]]}
      - {id: coats, name: Coats, kind: display, category: coats,
         polygon_m: [[1, 3], [5, 3], [5, 5], [1, 5]]}
      - {id: knit, name: Knitwear, kind: display, category: knitwear,
         polygon_m: [[6, 3], [10, 3], [10, 5], [6, 5]]}
      - {id: denim, name: Denim, kind: display, category: denim,
         polygon_m: [[1, 6], [5, 6], [5, 8], [1, 8]]}
      - {id: fitting, name: Fitting rooms, kind: fitting_room,
         polygon_m: [[11, 6], [14, 6], [14, 9], [11, 9]]}
      - {id: queue, name: Queue, kind: queue, polygon_m: [[7, 0], [11, 0], [11, 2], [7, 2]]}
      - {id: till, name: Till, kind: checkout, polygon_m: [[11, 0], [14, 0], [14, 2], [11, 2]]}
    cameras:
      - {id: front, width_px: 1000, height_px: 1000, purpose: counting,
         homography: [[0.009, 0, 0], [0, -0.009, 9], [0, 0, 1]]}
      - {id: back, width_px: 1000, height_px: 1000, purpose: counting,
         masks: [[[655, 0], [1000, 0], [1000, 345], [655, 345]]],
         homography: [[0.009, 0, 5], [0, -0.009, 9], [0, 0, 1]]}
    readers:
      - id: rack
        log: {format: itemtest_csv}
        antennas: [{port: 1, x_m: 3, y_m: 4, zones: [coats]}]
    checkouts: [{register_id: till1, zone: till}]
"""
SKUS = (
    "trench",
    "parka",
    "duffel",
    "cardigan",
    "rollneck",
    "slim_jeans",
    "wide_jeans",
    "overshirt",
)


def layout() -> StoreLayout:
    return manifest_from_text(MANIFEST, "rue_haute.yaml", DATE, "rue_haute")


def utc(hour: int, minute: int = 0, date: dt.date = DATE) -> dt.datetime:
    """A local time in Paris in winter."""
    return dt.datetime.combine(date, dt.time(hour - 1, minute), UTC)


def made(name: str, rows: list[dict], date: dt.date = DATE) -> pa.Table:
    """Rows under contract; columns that no row has are null."""
    contract = load_contract(name)
    names = dict.fromkeys(key for row in rows for key in row)
    columns = {key: [row.get(key) for row in rows] for key in names}
    stamps = {
        "store_id": "rue_haute",
        "business_date": date,
        "run_id": "r1",
        "method_version": "0.1.0",
    }
    return conform(table_from_columns(contract, columns), contract, stamps)


def hour_keys(hour: int, date: dt.date) -> dict:
    return {"hour_start": utc(hour, date=date), "local_hour": hour, "observed_share": 1.0}


@dataclass(frozen=True)
class Change:
    """What differs from the full day.

    Attributes:
        lost_camera_hour: Hour of which no camera gave footage; None for none.
        has_rfid: Whether the reader was heard.
        visitors: Scale of all counts.
    """

    lost_camera_hour: int | None = None
    has_rfid: bool = True
    visitors: float = 1.0


def made_inputs(change: Change = Change(), weeks: int = 2) -> ReportInputs:
    """A full day, with some weeks of the same weekday before it."""
    earlier = [
        made_day(Change(visitors=0.9 + 0.05 * week), DATE - dt.timedelta(weeks=week))
        for week in range(1, weeks + 1)
    ]
    return ReportInputs(made_day(change), tuple(earlier))


def made_day(change: Change = Change(), date: dt.date = DATE) -> DayRows:
    """All tables of a day."""
    draw = np.random.default_rng([7, date.toordinal()])
    tables = {
        "gold.traffic_hourly": made("gold.traffic_hourly", _traffic(change, date), date),
        "gold.coverage": made("gold.coverage", _coverage(change, date), date),
        "gold.heatmap_hourly": made("gold.heatmap_hourly", _heatmap(draw, change, date), date),
        "gold.zone_hourly": made("gold.zone_hourly", _zones(change, date), date),
        "gold.zone_flows": made("gold.zone_flows", _flows(), date),
        "gold.zone_flows_hourly": made(
            "gold.zone_flows_hourly", _flows_by_hour(change, date), date
        ),
        "gold.product_engagement": made("gold.product_engagement", _products(change), date),
        "gold.product_pairs": made("gold.product_pairs", _pairs(), date),
        "gold.queue_hourly": made("gold.queue_hourly", _queue(change, date), date),
        "gold.funnel_daily": made("gold.funnel_daily", _funnel(change), date),
        "gold.alerts": made("gold.alerts", _alerts(date), date),
        "gold.interactions": made("gold.interactions", _interactions(change, date), date),
        "ops.quarantine": made("ops.quarantine", _quarantine(), date),
        "ops.runs": made("ops.runs", _runs(date), date),
        "ops.published_days": made(
            "ops.published_days",
            [
                {
                    "published_at": dt.datetime(2026, 11, 21, 4, tzinfo=UTC),
                    "is_partial": change.lost_camera_hour is not None or not change.has_rfid,
                }
            ],
            date,
        ),
    }
    return DayRows(layout(), date, tables)


def empty_day() -> DayRows:
    """A day that is published and holds nothing but coverage of nothing."""
    coverage = [
        {
            "subject_kind": kind,
            "subject_id": name,
            "hour_start": utc(hour),
            "local_hour": hour,
            "expected_s": 3600.0,
            "observed_s": 0.0,
            "reason": "no files",
        }
        for kind, name in (("camera", "front"), ("camera", "back"), ("reader", "rack"))
        for hour in OPEN_HOURS
    ]
    published = [{"published_at": utc(20), "is_partial": True, "notes": "camera front: no files"}]
    return DayRows(
        layout(),
        DATE,
        {
            "gold.coverage": made("gold.coverage", coverage),
            "ops.published_days": made("ops.published_days", published),
        },
    )


def _is_lost(change: Change, hour: int) -> bool:
    return change.lost_camera_hour == hour


def _entries(hour: int, change: Change) -> int:
    return round(change.visitors * (12 + 30 * np.exp(-((hour - 15.5) ** 2) / 8)))


def _traffic(change: Change, date: dt.date) -> list[dict]:
    rows = []
    for hour in OPEN_HOURS:
        n = _entries(hour, change)
        row = hour_keys(hour, date)
        if _is_lost(change, hour):
            rows.append({**row, "observed_share": 0.0})
            continue
        rows.append(
            {
                **row,
                "entries": n,
                "entries_low": n * 0.94,
                "entries_high": n * 1.07,
                "exits": n - 1,
                "groups": round(0.7 * n),
                "re_entries": 1,
                "occupancy_mean": n / 4,
                "occupancy_mean_low": n / 4.4,
                "occupancy_mean_high": n / 3.7,
                "occupancy_peak": n // 2,
            }
        )
    return rows


def _coverage(change: Change, date: dt.date) -> list[dict]:
    rows = []
    for kind, name in (
        ("camera", "front"),
        ("camera", "back"),
        ("reader", "rack"),
        ("till", "till1"),
        *(("zone", zone.id) for zone in layout().zones),
    ):
        for hour in OPEN_HOURS:
            lost = kind in ("camera", "zone") and _is_lost(change, hour)
            lost |= kind == "reader" and not change.has_rfid
            partly = (kind, name, hour) == ("camera", "back", 12)
            rows.append(
                {
                    "subject_kind": kind,
                    "subject_id": name,
                    "hour_start": utc(hour, date=date),
                    "local_hour": hour,
                    "expected_s": 3600.0,
                    "observed_s": 0.0 if lost else (2340.0 if partly else 3600.0),
                    "reason": "no files"
                    if lost
                    else ("footage for 39 of 60 minutes" if partly else None),
                }
            )
    return rows


def _heatmap(draw: np.random.Generator, change: Change, date: dt.date) -> list[dict]:
    rows = []
    spots = ((2, 0.6, 3), (3, 4.6, 3), (8, 4.6, 2), (3, 7, 1.5), (9, 1, 2.5))
    for hour in OPEN_HOURS:
        if _is_lost(change, hour):
            continue
        for x in range(28):
            for y in range(18):
                crowd = sum(
                    each * np.exp(-((x / 2 - cx) ** 2 + (y / 2 - cy) ** 2) / 1.6)
                    for cx, cy, each in spots
                )
                visits = int(draw.poisson(crowd * _entries(hour, change) / 9))
                if visits:
                    picked = (
                        int(draw.binomial(visits, 0.2)) if change.has_rfid and 5 < y < 11 else 0
                    )
                    rows.append(
                        {
                            **hour_keys(hour, date),
                            "cell_x": x,
                            "cell_y": y,
                            "cell_x_m": x / 2,
                            "cell_y_m": y / 2,
                            "visits": visits,
                            "stay_s": visits * 9.0,
                            "pick_ups": picked,
                        }
                    )
    return rows


def _zones(change: Change, date: dt.date) -> list[dict]:
    rows = []
    for place, zone in enumerate(layout().zones):
        for hour in OPEN_HOURS:
            keys = {"zone_id": zone.id, **hour_keys(hour, date)}
            if _is_lost(change, hour):
                rows.append({**keys, "observed_share": 0.0})
                continue
            n = max(0, _entries(hour, change) - 4 * place)
            heard = change.has_rfid and zone.id == "coats"
            rows.append(
                {
                    **keys,
                    "visitors": n,
                    "entries": n,
                    "dwell_p50_s": 30.0 + 9 * place if n else None,
                    "dwell_p90_s": 110.0 + 20 * place if n else None,
                    "occupancy_mean": n / 20,
                    "occupancy_peak": n // 5,
                    "engaged": n // 3,
                    "handled": n // 2 if heard else None,
                    "handled_expected": n / 2.2 if heard else None,
                    "handled_expected_low": n / 2.5 if heard else None,
                    "handled_expected_high": n / 1.9 if heard else None,
                }
            )
    return rows


def _flows_by_hour(change: Change, date: dt.date) -> list[dict]:
    """A tenth of the day's moves in every hour but the last, of which nobody is seen to move."""
    return [
        {**row, "moves": row["moves"] / 10, "moves_low": None, "moves_high": None,
         "moves_seen": int(row["moves"] / 10), **hour_keys(hour, date)}
        for hour in OPEN_HOURS[:-1]
        if not _is_lost(change, hour)
        for row in _flows()
    ]  # fmt: skip


def _flows() -> list[dict]:
    pairs = {
        ("entrance", "coats"): 120.0,
        ("entrance", "knit"): 60.0,
        ("coats", "knit"): 70.0,
        ("coats", "denim"): 30.0,
        ("knit", "queue"): 48.0,
        ("knit", "coats"): 25.0,
        ("denim", "fitting"): 18.0,
        ("fitting", "queue"): 12.0,
        ("queue", "till"): 55.0,
        ("till", "exit"): 54.0,
        ("coats", "exit"): 40.0,
        ("knit", "exit"): 50.0,
        ("denim", "unseen"): 9.0,
    }
    out, into = {}, {}
    for (source, target), moves in pairs.items():
        out[source] = out.get(source, 0) + moves
        into[target] = into.get(target, 0) + moves
    return [
        {
            "from_zone_id": source,
            "to_zone_id": target,
            "moves": moves,
            "moves_low": moves * 0.9,
            "moves_high": moves * 1.1,
            "moves_seen": int(moves),
            "observed_share": 1.0,
            "outflow_share": moves / out[source],
            "inflow_share": moves / into[target],
        }
        for (source, target), moves in pairs.items()
    ]


def _products(change: Change) -> list[dict]:
    rows = []
    bought = [9, 1, 4, 12, 2, 7, 0, 3]
    for place, (sku, pieces) in enumerate(zip(SKUS, bought, strict=True)):
        handled = 44.0 - 5 * place
        heard = change.has_rfid
        left = handled - pieces
        rows.append(
            {
                "level": "sku",
                "product_id": sku,
                "product_name": sku.replace("_", " ").capitalize(),
                "category": "coats" if place < 3 else "knitwear",
                "home_zone_id": "coats",
                "handled_seen": int(handled) if heard else None,
                "handled": handled if heard else None,
                "handled_low": handled - 5 if heard else None,
                "handled_high": handled + 6 if heard else None,
                "customers": handled * 0.7 if heard else None,
                "customers_low": handled * 0.6 if heard else None,
                "customers_high": handled * 0.8 if heard else None,
                "tried_on": None,
                "bought": pieces,
                "conversion": pieces / handled if heard else None,
                "conversion_low": pieces / (handled + 6) if heard else None,
                "conversion_high": pieces / (handled - 5) if heard else None,
                "handled_not_bought": left if heard else None,
                "observed_share": 1.0 if heard else 0.0,
            }
        )
    order = sorted(range(len(rows)), key=lambda row: -(rows[row]["handled_not_bought"] or 0))
    for rank, row in enumerate(order, 1):
        rows[row]["handled_not_bought_rank"] = rank if change.has_rfid else None
    return rows


def _pairs() -> list[dict]:
    return [
        {
            "level": "sku",
            "product_a_id": "parka",
            "product_b_id": "trench",
            "customers_both": 14,
            "customers_a": 27,
            "customers_b": 31,
            "customers_any": 120,
            "lift": 2.01,
            "lift_low": 1.4,
            "lift_high": 2.7,
            "p_value": 0.0004,
            "is_significant": True,
            "observed_share": 1.0,
        }
    ]


def _queue(change: Change, date: dt.date) -> list[dict]:
    rows = []
    for hour in OPEN_HOURS:
        keys = {"zone_id": "queue", **hour_keys(hour, date), "target_s": 180.0}
        if _is_lost(change, hour):
            rows.append({**keys, "observed_share": 0.0})
            continue
        wait = 40.0 + 8 * _entries(hour, change)
        rows.append(
            {
                **keys,
                "length_mean": wait / 200,
                "length_mean_low": wait / 230,
                "length_mean_high": wait / 170,
                "length_max": 4,
                "joined": _entries(hour, change) // 3,
                "wait_mean_s": wait,
                "wait_mean_low_s": wait * 0.8,
                "wait_mean_high_s": wait * 1.2,
                "wait_p50_s": wait * 0.8,
                "wait_p90_s": wait * 2.1,
                "over_target_share": wait / 900,
                "over_target_share_low": wait / 1200,
                "over_target_share_high": wait / 700,
                "abandoned": 1,
                "abandonment_rate": 0.05,
                "abandonment_rate_low": 0.01,
                "abandonment_rate_high": 0.2,
                "receipts": 6,
            }
        )
    return rows


def _funnel(change: Change) -> list[dict]:
    steps = (
        ("pass_by", None),
        ("enter", 268.0),
        ("visit_zone", 251.0),
        ("stop", 190.0),
        ("handle", 88.0 if change.has_rfid else None),
        ("try_on", None),
        ("queue", 71.0),
        ("buy", 62.0),
    )
    rows, before = [], None
    for number, (step, customers) in enumerate(steps, 1):
        known = customers is not None
        rows.append(
            {
                "scope": "store",
                "category": "all",
                "step": step,
                "step_number": number,
                "customers": customers,
                "customers_low": customers * 0.95 if known else None,
                "customers_high": customers * 1.06 if known else None,
                "share_of_entered": customers / 268 if known else None,
                "share_of_previous": customers / before if known and before else None,
                "basis": "receipts" if step == "buy" else "cameras",
                "observed_share": 1.0,
            }
        )
        before = customers if known else before
    return rows


def _alerts(date: dt.date) -> list[dict]:
    return [
        {
            "alert": "queue_length",
            "subject_id": "queue",
            "started_at": utc(15, 20, date),
            "ended_at": utc(15, 44, date),
            "duration_s": 1440.0,
            "limit_value": 4.0,
            "worst_value": 7.0,
            "unit": "1",
            "note": "more than 4 waited, 7 at most",
            "observed_share": 1.0,
        }
    ]


def _interactions(change: Change, date: dt.date) -> list[dict]:
    if not change.has_rfid:
        return []
    rows = []
    for number in range(40):
        start = utc(9 + number % 10, (7 * number) % 60, date)
        known = number % 4 != 0
        rows.append(
            {
                "interaction_id": f"i{number:02d}",
                "time": start + dt.timedelta(seconds=3),
                "started_at": start,
                "ended_at": start + dt.timedelta(seconds=6 + number % 9),
                "zone_id": "coats",
                "epc": f"30{number:022X}",
                "sku": SKUS[number % len(SKUS)],
                "customer_id": f"customer-{number % 11}" if known else None,
                "best_customer_id": f"customer-{number % 11}",
                "probability": 0.55 + 0.01 * number if known else 0.3,
                "rummage_ids": [f"r{number}"],
                "unmatched_reason": None
                if known
                else ("handled_by_staff" if number % 8 == 0 else "nobody_likely_enough"),
                "calibrated_on": "simulated",
            }
        )
    return rows


def _quarantine() -> list[dict]:
    return [
        {
            "stage": "parse",
            "source_file": "rfid/rack/a.csv",
            "source_line": line,
            "reason": "expected 7 columns, found 3",
            "content": "12;;",
        }
        for line in (12, 19, 44)
    ]


def _runs(date: dt.date) -> list[dict]:
    start = dt.datetime.combine(date, dt.time(23, 5), UTC)
    return [
        {
            "attempt_id": "a1",
            "stage": stage,
            "status": "done",
            "started_at": start + dt.timedelta(minutes=5 * place),
            "wall_s": 61.5,
            "cpu_s": 50.0,
            "peak_memory_mb": 800.0,
            "rows_in": 10,
            "rows_out": 100 * place + 3,
            "store_days": 1,
            "code_version": "0.1.0",
            "settings_sha256": "ab12",
            "models": "[]",
        }
        for place, stage in enumerate(("index", "parse", "score", "publish"))
    ]
