"""How well places and stays were measured: heatmap, flows, dwell, queues.

Truth goes through the same definitions of zone, visit and cell as the product (`measures`, tested
by days worked out by hand), on true positions of true customers: what is left is what detection,
tracking and identity did to the figures.

- *heatmap_zone_hour_tv*: total variation of customers' seconds over zones and hours.
- *heatmap_cell_tv*, *heatmap_emd_m*: of customers' seconds over cells of 2 m, and earth mover's
  distance.
- *flow_tv*: of moves between zones.
- *dwell_error*: relative error of the median stay by zone and hour, at most 1 (also where the lake
  has none), weighted by true visits.
- *queue_stay_error*: relative error of the mean stay in queue zones, by Little's law (seconds by
  entries). The wait from joining to being served, which truth that knows when somebody joined can
  tell apart from passing, is `make -s bench NAME=queue_error`.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.audit.day import AuditDay, Crowd, stamps
from storeday.audit.distributions import earth_movers_distance_m, total_variation
from storeday.audit.figure import Figure
from storeday.audit.people_figures import relative_error
from storeday.contracts import empty, load_contract, table_from_columns
from storeday.contracts.columns import Floats, floats, position_in, texts, times_us
from storeday.floor.zones import zone_index
from storeday.manifest import StoreLayout
from storeday.measures import journeys, zone_flows, zone_hourly

CELL_M = 2.0
UNMEASURED = (
    Figure("heatmap_zone_hour_tv", np.nan, is_error=True),
    Figure("heatmap_cell_tv", np.nan, is_error=True),
    Figure("heatmap_emd_m", np.nan, unit="m", is_error=True),
    Figure("flow_tv", np.nan, is_error=True),
    Figure("dwell_error", np.nan, is_error=True),
    Figure("queue_stay_error", np.nan, is_error=True),
)

ZoneHour = tuple[str, int]


def place_figures(day: AuditDay) -> list[Figure]:
    """Figures of places; NaN where the truth has no positions and people, or there is no layout."""
    layout, people, crowd = day.inputs.layout, day.inputs.truth.customers, day.crowd
    if layout is None or people is None or crowd is None:
        return list(UNMEASURED)
    positions, visits = true_tables(day, crowd, layout)
    truth = zone_hourly(
        positions,
        empty(load_contract("gold.interactions")),
        {zone.id: () for zone in layout.zones},
        day.hours,
        day.inputs.table("gold.coverage"),
        day.inputs.measures,
    )
    return [
        *_heat(day, truth, positions),
        _flows(day, layout, positions, visits),
        _dwell(day, truth),
        _queue(day, layout, truth),
    ]


def true_tables(day: AuditDay, crowd: Crowd, layout: StoreLayout) -> tuple[pa.Table, pa.Table]:
    """The truth as rows of `silver.positions` and `silver.visits`: customers, no staff."""
    people = day.inputs.truth.customers
    if people is None:
        raise ValueError("the truth names no customers; expected a table of them")
    people = people.filter(pc.invert(people["is_staff"]))
    is_customer = np.zeros(len(crowd.true_names), bool)
    listed = position_in(texts(people["customer"]), crowd.true_names)
    is_customer[listed[listed >= 0]] = True
    rows = is_customer[crowd.truth.person]
    x, y = crowd.truth.x_m[rows], crowd.truth.y_m[rows]
    polygons = [np.asarray(zone.polygon_m, float) for zone in layout.zones]
    index = zone_index(np.column_stack([x, y]), polygons)
    ids = pa.array([zone.id for zone in layout.zones], pa.string())
    positions = table_from_columns(
        load_contract("silver.positions"),
        {
            "customer_id": crowd.true_names.take(pa.array(crowd.truth.person[rows])),
            "time": stamps(crowd.truth.time_s[rows]),
            "floor_x_m": x,
            "floor_y_m": y,
            "zone_id": ids.take(pa.array(index, mask=index < 0)),
        },
    )
    return positions, _true_visits(day, people)


def _true_visits(day: AuditDay, people: pa.Table) -> pa.Table:
    moments = {
        lake: pa.array(day.time.of_truth(times_us(people[name]))).cast(pa.timestamp("us", tz="UTC"))
        for lake, name in (("entered_at", "entered"), ("left_at", "left"))
    }
    never = pa.array(np.zeros(people.num_rows, bool))
    return table_from_columns(
        load_contract("silver.visits"),
        {
            "customer_id": texts(people["customer"]),
            **moments,
            "is_censored_start": never,
            "is_censored_end": never,
        },
    )


def _heat(day: AuditDay, truth: pa.Table, positions: pa.Table) -> list[Figure]:
    observed = _observed_s(day.inputs.table("gold.coverage"))
    zones = [
        _zone_seconds(rows, observed) for rows in (day.inputs.table("gold.zone_hourly"), truth)
    ]
    heat = day.inputs.table("gold.heatmap_hourly")
    # Nothing was observed, by the lake's word: there is nothing to compare.
    zone_tv = total_variation(*zones) if sum(zones[1].values()) else float("nan")
    half = day.inputs.measures.cell_m / 2
    predicted = _cells(
        floats(heat["cell_x_m"]) + half, floats(heat["cell_y_m"]) + half, floats(heat["stay_s"])
    )
    true_x, true_y = floats(positions["floor_x_m"]), floats(positions["floor_y_m"])
    true_cells = _cells(true_x, true_y, np.ones(len(true_x)))
    seconds = positions.num_rows
    return [
        Figure(UNMEASURED[0].name, zone_tv, count=seconds, is_error=True),
        Figure(
            UNMEASURED[1].name,
            total_variation(predicted, true_cells),
            count=seconds,
            is_error=True,
        ),
        Figure(
            UNMEASURED[2].name,
            _moved_m(predicted, true_cells),
            count=seconds,
            unit="m",
            is_error=True,
        ),
    ]


def _observed_s(coverage: pa.Table) -> dict[ZoneHour, float]:
    rows = coverage.filter(pc.equal(coverage["subject_kind"], "zone"))
    keys = zip(rows["subject_id"].to_pylist(), times_us(rows["hour_start"]).tolist(), strict=True)
    return dict(zip(keys, floats(rows["observed_s"]).tolist(), strict=True))


def _zone_seconds(rows: pa.Table, observed: dict[ZoneHour, float]) -> dict[ZoneHour, float]:
    """Customers' seconds by zone and hour; an hour that was not seen adds nothing."""
    mean = np.nan_to_num(floats(rows["occupancy_mean"]))
    return {key: mean[row] * observed.get(key, 0.0) for row, key in enumerate(_zone_hours(rows))}


def _zone_hours(rows: pa.Table) -> list[ZoneHour]:
    return list(
        zip(rows["zone_id"].to_pylist(), times_us(rows["hour_start"]).tolist(), strict=True)
    )


def _cells(x_m: Floats, y_m: Floats, weight: Floats) -> dict[tuple[int, int], float]:
    pairs = np.column_stack([np.floor(x_m / CELL_M), np.floor(y_m / CELL_M)]).astype(np.int64)
    cells, cell = np.unique(pairs, axis=0, return_inverse=True)
    sums = np.bincount(cell.ravel(), weight, minlength=len(cells))
    return {(int(x), int(y)): float(s) for (x, y), s in zip(cells, sums, strict=True)}


def _moved_m(one: dict[tuple[int, int], float], other: dict[tuple[int, int], float]) -> float:
    sides = []
    for cells in (one, other):
        places = np.array(list(cells), float).reshape(-1, 2)
        sides += [(places + 0.5) * CELL_M, np.array(list(cells.values()))]
    return earth_movers_distance_m(*sides)


def _flows(day: AuditDay, layout: StoreLayout, positions: pa.Table, visits: pa.Table) -> Figure:
    stations = [zone.id for zone in layout.zones if zone.kind != "entrance"]
    coverage = day.inputs.table("gold.coverage")
    whole = journeys(positions, visits, stations, day.inputs.measures)
    truth = zone_flows(whole, whole, day.hours, coverage)
    sides = [_moves(rows) for rows in (day.inputs.table("gold.zone_flows"), truth)]
    count = int(sum(sides[1].values()))
    return Figure("flow_tv", total_variation(*sides), count=count, is_error=True)


def _moves(rows: pa.Table) -> dict[tuple[str, str], float]:
    pairs = zip(rows["from_zone_id"].to_pylist(), rows["to_zone_id"].to_pylist(), strict=True)
    return dict(zip(pairs, floats(rows["moves"]).tolist(), strict=True))


def _dwell(day: AuditDay, truth: pa.Table) -> Figure:
    rows = day.inputs.table("gold.zone_hourly")
    predicted = dict(zip(_zone_hours(rows), floats(rows["dwell_p50_s"]).tolist(), strict=True))
    median, entries = floats(truth["dwell_p50_s"]), np.nan_to_num(floats(truth["entries"]))
    ours = np.array([predicted.get(key, np.nan) for key in _zone_hours(truth)], float)
    known = (entries > 0) & (median > 0)
    if not known.any():
        return Figure("dwell_error", np.nan, is_error=True)
    error = np.abs(ours[known] - median[known]) / median[known]
    error = np.minimum(np.nan_to_num(error, nan=1.0), 1.0)
    return Figure(
        "dwell_error",
        float(np.average(error, weights=entries[known])),
        count=int(entries[known].sum()),
        is_error=True,
    )


def _queue(day: AuditDay, layout: StoreLayout, truth: pa.Table) -> Figure:
    zones = {zone.id for zone in layout.zones if zone.kind == "queue"}
    observed = _observed_s(day.inputs.table("gold.coverage"))
    stays = [
        _mean_stay_s(rows, zones, observed)
        for rows in (day.inputs.table("gold.zone_hourly"), truth)
    ]
    return relative_error("queue_stay_error", stays[0][0], stays[1][0], stays[1][1])


def _mean_stay_s(
    rows: pa.Table, zones: set[str], observed: dict[ZoneHour, float]
) -> tuple[float, int]:
    """Mean stay in some zones and the number of visits it rests on; NaN without any."""
    seconds = sum(
        value for (zone, _), value in _zone_seconds(rows, observed).items() if zone in zones
    )
    entries = np.nan_to_num(floats(rows["entries"]))
    is_queue = np.isin(np.asarray(rows["zone_id"].to_pylist(), dtype=str), sorted(zones))
    count = int(entries[is_queue].sum())
    return (seconds / count if count else float("nan")), count
