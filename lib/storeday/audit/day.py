"""A store-day as an audit sees it: the lake's rows, the truth, and what both mean.

`prepare` puts the truth into store time and, where positions are known, says whom each predicted
customer stands for. People of the truth are texts here, whatever their type in the files.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from storeday.audit.correspondence import Correspondence, Places, correspond
from storeday.audit.store_time import StoreTime, store_time
from storeday.audit.truth import Truth
from storeday.contracts import empty, load_contract
from storeday.contracts.columns import (
    STAMP,
    US_PER_S,
    Floats,
    Ints,
    floats,
    moment_us,
    position_in,
    texts,
    times_us,
)
from storeday.floor.calendar import LocalHour, business_day, local_hours
from storeday.floor.zones import inside
from storeday.manifest import StoreLayout
from storeday.measures import MeasureSettings

LAKE_TABLES = (
    "bronze.products",
    "silver.positions",
    "silver.visits",
    "silver.rummage_windows",
    "silver.rummage_hours",
    "silver.rummage_events",
    "silver.action_events",
    "silver.match_candidates",
    "silver.clock_offsets",
    "gold.interactions",
    "gold.zone_hourly",
    "gold.heatmap_hourly",
    "gold.zone_flows",
    "gold.traffic_hourly",
    "gold.coverage",
)


@dataclass(frozen=True)
class DayInputs:
    """What an audit of one store-day starts from.

    Attributes:
        store_id: Store.
        business_date: Date.
        tables: The lake's rows of the store-day by table; tables that are left out are empty.
        truth: What is known to be true.
        layout: The store's layout on the date; None leaves figures about zones unmeasured.
        measures: The store's settings of zone visits and cells.
    """

    store_id: str
    business_date: dt.date
    tables: Mapping[str, pa.Table]
    truth: Truth
    layout: StoreLayout | None = None
    measures: MeasureSettings = field(default_factory=MeasureSettings)

    def table(self, name: str) -> pa.Table:
        """The lake's rows of a table."""
        return self.tables[name] if name in self.tables else empty(load_contract(name))


@dataclass(frozen=True)
class Crowd:
    """Everybody's places, predicted and true, second by second in store time.

    Attributes:
        predicted_names: Customers of the lake.
        true_names: People of the truth.
        predicted: Places of the lake's customers.
        truth: Places of the true people.
        found: Whom each predicted customer stands for.
    """

    predicted_names: pa.Array
    true_names: pa.Array
    predicted: Places
    truth: Places
    found: Correspondence

    def stands_for(self, customers: pa.Array) -> Ints:
        """The true person, by position in `true_names`, of each customer; -1 for none."""
        row = position_in(customers, self.predicted_names)
        return np.append(self.found.true_person, -1)[row]

    def seconds_in(self, polygon_m: Floats) -> Ints:
        """The second of every true place inside a polygon: one entry per person and second."""
        places_m = np.column_stack([self.truth.x_m, self.truth.y_m])
        return self.truth.time_s[inside(places_m, polygon_m)]


@dataclass(frozen=True)
class AuditDay:
    """A store-day, prepared.

    Attributes:
        inputs: Where it came from.
        time: Ways into store time.
        hours: Local hours of the business date; empty without a layout.
        crowd: Who was where; None where the truth says nothing of it.
    """

    inputs: DayInputs
    time: StoreTime
    hours: tuple[LocalHour, ...]
    crowd: Crowd | None


def prepare(inputs: DayInputs) -> AuditDay:
    """Puts a store-day's truth and rows side by side."""
    day_starts_us = moment_us(dt.datetime.combine(inputs.business_date, dt.time(), tzinfo=dt.UTC))
    hours: tuple[LocalHour, ...] = ()
    if inputs.layout is not None:
        layout = inputs.layout
        day = business_day(inputs.business_date, layout.timezone, layout.day_starts_at)
        hours = tuple(local_hours(day, layout.timezone))
        day_starts_us = moment_us(day.start)
    time = store_time(
        inputs.truth.clock_offsets, inputs.table("silver.clock_offsets"), day_starts_us
    )
    crowd = None if inputs.truth.positions is None else _crowd(inputs, time)
    return AuditDay(inputs, time, hours, crowd)


def true_places(positions: pa.Table, time: StoreTime) -> tuple[pa.Array, Places]:
    """Names, and mean place of each person in each whole second of store time."""
    people = texts(positions["customer"])
    names = people.unique().sort()
    person = position_in(people, names)
    second = time.of_truth(times_us(positions["time"])) // US_PER_S
    # One number for person and second; the order of rows decides nothing but rounding.
    first = int(second.min()) if len(second) else 0
    span = int(second.max()) - first + 1 if len(second) else 1
    cells, cell = np.unique(person * span + (second - first), return_inverse=True)
    count = np.maximum(np.bincount(cell, minlength=len(cells)), 1)
    x, y = (
        np.bincount(cell, floats(positions[name]), minlength=len(cells)) / count
        for name in ("x", "y")
    )
    return names, Places(cells // span, cells % span + first, x, y)


def stamps(second: Ints) -> pa.Array:
    """Seconds since 1970 as timestamps."""
    return pa.array(second * US_PER_S).cast(STAMP)


def _crowd(inputs: DayInputs, time: StoreTime) -> Crowd:
    true_names, truth = true_places(inputs.truth.positions, time)
    rows = inputs.table("silver.positions")
    customers = texts(rows["customer_id"])
    names = customers.unique().sort()
    predicted = Places(
        position_in(customers, names),
        times_us(rows["time"]) // US_PER_S,
        floats(rows["floor_x_m"]),
        floats(rows["floor_y_m"]),
    )
    return Crowd(names, true_names, predicted, truth, correspond(predicted, truth, len(names)))
