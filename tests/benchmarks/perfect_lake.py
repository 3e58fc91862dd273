"""A lake as perfect detectors would have made it: built from a simulated day's truth, in memory.

Written apart from `storeday.audit`, with plain loops where that is quick enough, so that both would
have to err alike for an error to go unseen. Gold tables come from the product's own measures on
true positions, as they are meant to.
"""

import datetime as dt

import numpy as np
import pyarrow as pa

from storeday.audit.day import DayInputs
from storeday.audit.truth import COLUMNS, Truth
from storeday.contracts import load_contract, table_from_columns
from storeday.floor.calendar import business_day, local_hours
from storeday.floor.zones import zone_index
from storeday.measures import (
    MeasureSettings,
    heatmap_hourly,
    journeys,
    traffic_hourly,
    zone_flows,
    zone_hourly,
)
from storeday.simulate.truth import truth_tables
from storeday.simulate.world import World

STAMP = pa.timestamp("us", tz="UTC")
WINDOW_S = 60
UNSEEN = "try_on"
ACTION_S = 12.0


def perfect_inputs(world: World) -> DayInputs:
    """An audit's inputs in which the lake is the truth."""
    truth = {name: rows for name, rows in truth_tables(world).items() if name in COLUMNS}
    tables = _tables(world)
    return DayInputs(
        world.layout.store_id,
        world.business_date,
        tables,
        Truth(**truth, is_simulated=True),
        world.layout,
        MeasureSettings(),
    )


def _rows(table: str, **columns) -> pa.Table:
    return table_from_columns(load_contract(table), columns)


def _tables(world: World) -> dict[str, pa.Table]:
    layout = world.layout
    reference = layout.cameras[0].id
    start_us = round(world.starts_at.timestamp() * 1e6)

    def store_us(true_s):
        """Store time, which is the reference camera's, of true seconds since the start."""
        return start_us + np.rint(world.clocks[reference].reads(np.asarray(true_s)) * 1e6).astype(
            np.int64
        )

    def device_us(true_s, device):
        return start_us + np.rint(world.clocks[device].reads(np.asarray(true_s)) * 1e6).astype(
            np.int64
        )

    day = business_day(world.business_date, layout.timezone, layout.day_starts_at)
    hours = list(local_hours(day, layout.timezone))
    positions = _positions(world, store_us)
    visits = _visits(world, store_us)
    rummages = _rummages(world, device_us)
    interactions = _interactions(world, store_us)
    coverage = _coverage(world, hours)
    is_customer = np.array(
        [not world.people.is_staff[int(n)] for n in visits["customer_id"].to_pylist()]
    )
    customers = visits.filter(pa.array(is_customer))
    names = set(customers["customer_id"].to_pylist())
    of_customers = positions.filter(
        pa.array([name in names for name in positions["customer_id"].to_pylist()])
    )
    settings = MeasureSettings()
    stations = [zone.id for zone in layout.zones if zone.kind != "entrance"]
    whole = journeys(of_customers, customers, stations, settings)
    return {
        "silver.positions": positions,
        "silver.visits": visits,
        "silver.rummage_events": rummages,
        "silver.rummage_windows": _windows(world, device_us),
        "silver.action_events": _actions(world, device_us),
        "silver.match_candidates": _candidates(world),
        "silver.clock_offsets": _offsets(world, reference, start_us),
        "gold.interactions": interactions,
        "gold.coverage": coverage,
        "gold.zone_hourly": zone_hourly(
            of_customers,
            interactions,
            {zone.id: () for zone in layout.zones},
            hours,
            coverage,
            settings,
        ),
        "gold.heatmap_hourly": heatmap_hourly(
            of_customers, interactions, hours, coverage, layout.floor_plan, settings
        ),
        "gold.zone_flows": zone_flows(whole, whole, hours, coverage),
        "gold.traffic_hourly": traffic_hourly(customers, hours, coverage),
    }


def _positions(world, store_us):
    paths = world.paths
    cells: dict[tuple[int, int], list[float]] = {}
    seconds = store_us(paths.time_s) // 1_000_000
    for person, second, x, y in zip(
        paths.person.tolist(), seconds.tolist(), paths.x_m.tolist(), paths.y_m.tolist(), strict=True
    ):
        cell = cells.setdefault((person, second), [0.0, 0.0, 0.0])
        cell[0] += x
        cell[1] += y
        cell[2] += 1.0
    keys = sorted(cells)
    places = np.array([[cells[key][0], cells[key][1]] for key in keys]) / np.array(
        [[cells[key][2]] for key in keys]
    )
    zones = world.layout.zones
    index = zone_index(places, [np.asarray(zone.polygon_m, float) for zone in zones])
    ids = pa.array([zone.id for zone in zones], pa.string())
    return _rows(
        "silver.positions",
        customer_id=[str(person) for person, _ in keys],
        time=pa.array([second * 1_000_000 for _, second in keys], pa.int64()).cast(STAMP),
        floor_x_m=places[:, 0],
        floor_y_m=places[:, 1],
        zone_id=ids.take(pa.array(index, mask=index < 0)),
    )


def _visits(world, store_us):
    people = world.people
    count = len(people.entered_s)
    never = np.zeros(count, bool)
    return _rows(
        "silver.visits",
        customer_id=[str(person) for person in range(count)],
        entered_at=pa.array(store_us(people.entered_s)).cast(STAMP),
        left_at=pa.array(store_us(people.left_s)).cast(STAMP),
        staff_probability=people.is_staff.astype(float),
        is_censored_start=never,
        is_censored_end=never,
    )


def _reader(world):
    return world.layout.readers[0].id


def _rummages(world, device_us):
    held, reader = world.handlings, _reader(world)
    count = len(held.person)
    start, end = device_us(held.started_s, reader), device_us(held.ended_s, reader)
    return _rows(
        "silver.rummage_events",
        rummage_id=[f"r{row}" for row in range(count)],
        epc=[world.products.epc[product] for product in held.product],
        reader_id=[reader] * count,
        antenna=np.ones(count, int),
        peak_time=pa.array(start).cast(STAMP),
        started_at=pa.array(start).cast(STAMP),
        ended_at=pa.array(end).cast(STAMP),
        score=np.ones(count),
        js_flag=np.ones(count, bool),
        zone_id=pa.array(held.zone_id, pa.string()),
        reads=np.full(count, 9),
    )


def _windows(world, device_us):
    """Tumbling windows of a minute over tags that were handled, and as many others."""
    reader, held = _reader(world), world.handlings
    handled = sorted(set(held.product.tolist()))
    others = [tag for tag in range(len(world.products.epc)) if tag not in set(handled)]
    tags = handled + others[: len(handled)]
    first = int(device_us([0.0], reader)[0]) // (WINDOW_S * 1_000_000) - 1
    windows = int(world.duration_s) // WINDOW_S + 3
    touched = set()
    starts, ends = device_us(held.started_s, reader), device_us(held.ended_s, reader)
    for tag, start, end in zip(held.product.tolist(), starts.tolist(), ends.tolist(), strict=True):
        for window in range(start // (WINDOW_S * 1_000_000), end // (WINDOW_S * 1_000_000) + 1):
            touched.add((tag, window))
    rows = [(tag, first + number) for tag in tags for number in range(windows)]
    return _rows(
        "silver.rummage_windows",
        reader_id=[reader] * len(rows),
        antenna=np.ones(len(rows), int),
        epc=[world.products.epc[tag] for tag, _ in rows],
        window_start=pa.array([window * WINDOW_S * 1_000_000 for _, window in rows]).cast(STAMP),
        window_s=np.full(len(rows), float(WINDOW_S)),
        reads=np.full(len(rows), 9),
        tag_score=[float(row in touched) for row in rows],
        verdict=["handled" if row in touched else "still" for row in rows],
    )


def _actions(world, device_us):
    """What a perfect eye sees: handlings of a person, those without a break as one."""
    camera, held = world.layout.cameras[0].id, world.handlings
    merged: list[list[float]] = []
    rows = sorted(
        (person, start, min(end, start + ACTION_S))
        for person, start, end, action in zip(
            held.person.tolist(),
            held.started_s.tolist(),
            held.ended_s.tolist(),
            held.action,
            strict=True,
        )
        if action != UNSEEN
    )
    for person, start, end in rows:
        if merged and merged[-1][0] == person and start <= merged[-1][2]:
            merged[-1][2] = max(merged[-1][2], end)
        else:
            merged.append([person, start, end])
    start = pa.array(device_us([row[1] for row in merged], camera)).cast(STAMP)
    end = pa.array(device_us([row[2] for row in merged], camera)).cast(STAMP)
    return _rows(
        "silver.action_events",
        action_id=[f"a{row}" for row in range(len(merged))],
        camera_id=[camera] * len(merged),
        tracklet_id=["t"] * len(merged),
        customer_id=[str(int(row[0])) for row in merged],
        peak_time=start,
        started_at=start,
        ended_at=end,
        probability=np.ones(len(merged)),
    )


def _candidates(world):
    count = len(world.handlings.person)
    people = [str(person) for person in world.handlings.person]
    return _rows(
        "silver.match_candidates",
        rummage_id=[f"r{row}" for row in range(count)] * 2,
        customer_id=pa.array(people + [None] * count, pa.string()),
        log_likelihood_ratio=np.repeat([9.0, 0.0], count),
        probability=np.repeat([1.0, 0.0], count),
        is_chosen=np.repeat([True, False], count),
        component_id=[f"r{row}" for row in range(count)] * 2,
    )


def _interactions(world, store_us):
    held = world.handlings
    count = len(held.person)
    people = [str(person) for person in held.person]
    start, end = store_us(held.started_s), store_us(held.ended_s)
    return _rows(
        "gold.interactions",
        interaction_id=[f"r{row}" for row in range(count)],
        time=pa.array(start).cast(STAMP),
        started_at=pa.array(start).cast(STAMP),
        ended_at=pa.array(end).cast(STAMP),
        zone_id=pa.array(held.zone_id, pa.string()),
        floor_x_m=held.x_m,
        floor_y_m=held.y_m,
        customer_id=people,
        best_customer_id=people,
        epc=[world.products.epc[product] for product in held.product],
        probability=np.ones(count),
        rummage_ids=[[f"r{row}"] for row in range(count)],
        calibrated_on=["simulated"] * count,
    )


def _offsets(world, reference, start_us):
    names = sorted(world.clocks)
    base = world.clocks[reference]
    starts_at = dt.datetime.fromtimestamp(start_us / 1e6, dt.UTC)
    return _rows(
        "silver.clock_offsets",
        device_id=names,
        reference_id=[reference] * len(names),
        valid_from=[starts_at] * len(names),
        offset_s=[world.clocks[name].offset_s - base.offset_s for name in names],
        drift_ppm=[world.clocks[name].drift_ppm - base.drift_ppm for name in names],
        std_error_s=np.zeros(len(names)),
        evidence=["{}"] * len(names),
    )


def _coverage(world, hours):
    subjects = [("camera", camera.id) for camera in world.layout.cameras]
    subjects += [("zone", zone.id) for zone in world.layout.zones]
    rows = [(kind, name, hour) for kind, name in subjects for hour in hours]
    return _rows(
        "gold.coverage",
        subject_kind=[kind for kind, _, _ in rows],
        subject_id=[name for _, name, _ in rows],
        hour_start=[hour.interval.start for _, _, hour in rows],
        local_hour=[hour.local_hour for _, _, hour in rows],
        expected_s=np.full(len(rows), 3600.0),
        observed_s=np.full(len(rows), 3600.0),
    )
