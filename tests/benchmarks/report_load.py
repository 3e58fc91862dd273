"""A large store's day, made up: what a report has to read and to draw at the upper end of size."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml
from deltalake import write_deltalake

from storeday.contracts import conform, load_contract, table_from_columns

STORE, DATE = "large", dt.date(2026, 11, 20)
WIDTH_M, HEIGHT_M, CELL_M = 60, 40, 0.5
HOURS = range(9, 19)
ZONES, PRODUCTS, INTERACTIONS, FLOWS = 60, 1_000, 4_000, 900
# So large a share of the cells has somebody in an hour.
USED_SHARE = 0.6
EARLIER_WEEKS = 4


def write_lake(folder: Path, seed: int) -> tuple[int, dt.date]:
    """Writes lake and manifest; gives the day's rows and its date."""
    draw = np.random.default_rng(seed)
    (folder / "stores").mkdir()
    (folder / "stores" / f"{STORE}.yaml").write_text(yaml.safe_dump(_manifest()))
    rows = 0
    for week in range(EARLIER_WEEKS + 1):
        date = DATE - dt.timedelta(weeks=week)
        tables = _tables(draw, date)
        for name, columns in tables.items():
            contract = load_contract(name)
            stamps = {
                "store_id": STORE,
                "business_date": date,
                "run_id": "r",
                "method_version": "0",
            }
            table = conform(table_from_columns(contract, columns), contract, stamps)
            rows += table.num_rows if week == 0 else 0
            path = str(folder / "lake" / contract.path)
            write_deltalake(path, table, mode="append", partition_by=list(contract.partition))
    return rows, DATE


def _manifest() -> dict:
    zones = [
        {
            "id": f"z{number}",
            "name": f"Zone {number}",
            "kind": "entrance" if number == 0 else "display",
            "polygon_m": [[x, y], [x + 5, y], [x + 5, y + 5], [x, y + 5]],
        }
        for number in range(ZONES)
        for x, y in [(6 * (number % 10), 6.5 * (number // 10))]
    ]
    cameras = [
        {
            "id": f"c{number}",
            "width_px": 1000,
            "height_px": 1000,
            "purpose": "counting",
            "homography": [
                [0.012, 0, 10 * (number % 6)],
                [0, -0.012, 13 * (number // 6) + 13],
                [0, 0, 1],
            ],
        }
        for number in range(16)
    ]
    version = {
        "valid_from": "2026-01-01",
        "timezone": "UTC",
        "opening_hours": {"days": {"fri": ["09:00", "19:00"]}},
        "floor_plan": {"width_m": WIDTH_M, "height_m": HEIGHT_M},
        "zones": zones,
        "cameras": cameras,
    }
    return {"store_id": STORE, "versions": [version]}


def _hours(date: dt.date, picks: np.ndarray) -> dict:
    starts = [dt.datetime.combine(date, dt.time(hour), dt.UTC) for hour in HOURS]
    return {
        "hour_start": pa.array([starts[pick] for pick in picks]),
        "local_hour": np.array(list(HOURS))[picks],
        "observed_share": np.ones(len(picks)),
    }


def _tables(draw: np.random.Generator, date: dt.date) -> dict:
    return {
        "gold.heatmap_hourly": _heatmap(draw, date),
        "gold.zone_hourly": _zones(draw, date),
        "gold.zone_flows": _flows(draw),
        "gold.traffic_hourly": _traffic(draw, date),
        "gold.product_engagement": _products(draw),
        "gold.interactions": _interactions(draw, date),
        "gold.coverage": _coverage(date),
        "gold.zone_flows_hourly": _flows_by_hour(draw, date),
        "ops.published_days": {
            "published_at": [dt.datetime.combine(date, dt.time(23), dt.UTC)],
            "is_partial": [False],
        },
    }


def _heatmap(draw: np.random.Generator, date: dt.date) -> dict:
    columns, rows = round(WIDTH_M / CELL_M), round(HEIGHT_M / CELL_M)
    hour, y, x = np.nonzero(draw.random((len(HOURS), rows, columns)) < USED_SHARE)
    visits = 1 + draw.geometric(0.2, len(x))
    return {
        **_hours(date, hour),
        "cell_x": x,
        "cell_y": y,
        "cell_x_m": x * CELL_M,
        "cell_y_m": y * CELL_M,
        "visits": visits,
        "stay_s": visits * 7.0,
        "pick_ups": draw.poisson(0.3, len(x)),
    }


def _zones(draw: np.random.Generator, date: dt.date) -> dict:
    zone, hour = np.divmod(np.arange(ZONES * len(HOURS)), len(HOURS))
    entries = draw.poisson(40, len(zone))
    return {
        **_hours(date, hour),
        "zone_id": [f"z{number}" for number in zone],
        "entries": entries,
        "visitors": entries,
        "dwell_p50_s": draw.uniform(10, 90, len(zone)),
        "dwell_p90_s": draw.uniform(90, 300, len(zone)),
        "occupancy_peak": entries // 4,
        "engaged": entries // 3,
    }


def _flows(draw: np.random.Generator) -> dict:
    pairs = draw.permutation(ZONES * ZONES)[:FLOWS]
    moves = draw.geometric(0.05, FLOWS).astype(float)
    return {
        "from_zone_id": [f"z{pair // ZONES}" for pair in pairs],
        "to_zone_id": [f"z{pair % ZONES}" for pair in pairs],
        "moves": moves,
        "moves_seen": moves.astype(int),
        "outflow_share": np.full(FLOWS, 0.1),
        "inflow_share": np.full(FLOWS, 0.1),
        "observed_share": np.ones(FLOWS),
    }


def _flows_by_hour(draw: np.random.Generator, date: dt.date) -> dict:
    """As many pairs of zones every hour as over the day, with a tenth of the moves."""
    hours = [_flows(draw) for _ in HOURS]
    columns = {
        name: np.concatenate([np.array(flows[name]) for flows in hours])
        for name in hours[0]
        if name != "observed_share"
    }
    columns["moves"] = columns["moves"] / len(HOURS)
    return {**columns, **_hours(date, np.repeat(np.arange(len(HOURS)), FLOWS))}


def _traffic(draw: np.random.Generator, date: dt.date) -> dict:
    entries = draw.poisson(300, len(HOURS))
    return {
        **_hours(date, np.arange(len(HOURS))),
        "entries": entries,
        "exits": entries,
        "occupancy_mean": entries / 4,
        "occupancy_peak": entries // 2,
    }


def _products(draw: np.random.Generator) -> dict:
    handled, bought = draw.gamma(2, 6, PRODUCTS), draw.poisson(2, PRODUCTS)
    left = np.maximum(0, handled - bought)
    return {
        "level": ["sku"] * PRODUCTS,
        "product_id": [f"sku-{number:04d}" for number in range(PRODUCTS)],
        "handled": handled,
        "customers": handled * 0.8,
        "bought": bought,
        "conversion": bought / handled,
        "handled_not_bought": left,
        "handled_not_bought_rank": np.argsort(np.argsort(-left)) + 1,
        "observed_share": np.ones(PRODUCTS),
    }


def _interactions(draw: np.random.Generator, date: dt.date) -> dict:
    second = np.sort(draw.integers(9 * 3600, 19 * 3600, INTERACTIONS))
    start = dt.datetime.combine(date, dt.time(0), dt.UTC)
    times = [start + dt.timedelta(seconds=int(each)) for each in second]
    names = [f"i{number}" for number in range(INTERACTIONS)]
    return {
        "interaction_id": names,
        "time": times,
        "started_at": times,
        "ended_at": [moment + dt.timedelta(seconds=9) for moment in times],
        "zone_id": [f"z{number}" for number in draw.integers(1, ZONES, INTERACTIONS)],
        "epc": [f"30{number:022X}" for number in range(INTERACTIONS)],
        "sku": [f"sku-{number:04d}" for number in draw.integers(0, PRODUCTS, INTERACTIONS)],
        "customer_id": names,
        "probability": draw.random(INTERACTIONS),
        "rummage_ids": [[name] for name in names],
        "calibrated_on": ["simulated"] * INTERACTIONS,
    }


def _coverage(date: dt.date) -> dict:
    camera, hour = np.divmod(np.arange(16 * len(HOURS)), len(HOURS))
    keys = _hours(date, hour)
    del keys["observed_share"]
    return {
        **keys,
        "subject_kind": ["camera"] * len(camera),
        "subject_id": [f"c{number}" for number in camera],
        "expected_s": np.full(len(camera), 3600.0),
        "observed_s": np.full(len(camera), 3600.0),
    }
