"""What a report is made from: the layout of a store-day and rows of its tables, as Arrow tables."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from storeday.contracts import empty, load_contract, sort_rows, table_names
from storeday.floor.calendar import LocalHour, business_day, local_hours, opening_interval
from storeday.manifest import StoreLayout

# Tables of a store-day that its report reads, as far as they are under contract.
WANTED = (
    "gold.alerts",
    "gold.coverage",
    "gold.demographics_hourly",
    "gold.funnel_daily",
    "gold.heatmap_hourly",
    "gold.interactions",
    "gold.product_engagement",
    "gold.product_pairs",
    "gold.queue_hourly",
    "gold.traffic_hourly",
    "gold.unpaid_items",
    "gold.zone_flows",
    "gold.zone_flows_hourly",
    "gold.zone_hourly",
    "gold.zone_paths",
    "ops.audit_figures",
    "ops.published_days",
    "ops.quarantine",
    "ops.runs",
    "silver.snapshots",
)
# What is read of the days that a day is compared with: all that the headline rests on.
COMPARED = (
    "gold.coverage",
    "gold.funnel_daily",
    "gold.product_engagement",
    "gold.queue_hourly",
    "gold.traffic_hourly",
    "ops.published_days",
    "ops.runs",
)


def tables_under_contract(wanted: tuple[str, ...] = WANTED) -> tuple[str, ...]:
    """Those of some tables that have a contract, in the order given."""
    known = set(table_names())
    return tuple(name for name in wanted if name in known)


@dataclass(frozen=True)
class DayRows:
    """A store-day as a report sees it.

    Attributes:
        layout: The store's layout on that date.
        date: Business date.
        tables: Rows of the store-day by table; a table that is not in it counts as empty.
    """

    layout: StoreLayout
    date: dt.date
    tables: Mapping[str, pa.Table] = field(repr=False)
    _rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def table(self, name: str) -> pa.Table:
        """Rows of a table in the order of its key; empty where there are none.

        Raises:
            KeyError: There is no such table under contract.
        """
        contract = load_contract(name)
        found = self.tables.get(name)
        return empty(contract) if found is None else sort_rows(found, contract)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Rows of a table as dictionaries, in the order of its key; not to be changed."""
        if name not in self._rows:
            self._rows[name] = self.table(name).to_pylist() if name in self.tables else []
        return self._rows[name]

    @property
    def is_published(self) -> bool:
        """Whether the store-day may be shown."""
        return bool(self.rows("ops.published_days"))

    @property
    def hours(self) -> list[LocalHour]:
        """Local hours in which the store was open or somebody was there, in order."""
        layout = self.layout
        day = business_day(self.date, layout.timezone, layout.day_starts_at)
        opening = opening_interval(self.date, layout.opening_hours.on(self.date), layout.timezone)
        busy = {
            row["hour_start"]
            for row in self.rows("gold.traffic_hourly")
            if row["entries"] or row["exits"] or row["occupancy_peak"]
        }
        return [
            hour
            for hour in local_hours(day, layout.timezone)
            if hour.interval.start in busy
            or (opening is not None and hour.interval.overlap_s(opening) > 0)
        ]

    def zone_names(self) -> dict[str, str]:
        """What to call each zone: its name, else its id."""
        return {zone.id: zone.name or zone.id for zone in self.layout.zones}


@dataclass(frozen=True)
class ReportInputs:
    """A store-day and the days that it is compared with.

    Attributes:
        today: The store-day.
        earlier: Published days of the same weekday, latest first; may be none.
        audits: Rows of `ops.audit_figures` of the store's days before.
    """

    today: DayRows
    earlier: tuple[DayRows, ...] = ()
    audits: tuple[Mapping[str, Any], ...] = ()
