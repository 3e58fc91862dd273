"""A store-day as the gold tables see it: hours, coverage, customers, walkers, paths."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts.columns import US_PER_S, Bools, times_us
from storeday.floor.calendar import (
    Interval,
    LocalHour,
    business_day,
    local_hours,
    opening_interval,
)
from storeday.floor.camera_view import camera_view
from storeday.lake.groups import Group
from storeday.manifest import StoreLayout
from storeday.measures import (
    MeasureSettings,
    Records,
    Walkers,
    coverage,
    crossed_visits,
    read_stretches,
    renamed,
    walkers,
    whole_paths,
    zones_in_view,
)
from storeday.measures.hours import hour_table
from storeday.measures.seen_share import subject_hours
from storeday.measures.stretches import union
from storeday.stages.footage_seen import footage_faults, footage_seen
from storeday.stages.plan import DayPlan
from storeday.stages.publish_inputs import (
    CROSSINGS,
    HEARD,
    OUTCOMES,
    POSITIONS,
    READS,
    SEGMENTS,
    VISITS,
    zones_of_kind,
)

# Visits that begin so soon after a file of footage may have begun before it.
FOOTAGE_EDGE_S = 5
# A door seen for less of an hour says little of who did not cross it. Assumed.
DOOR_SEEN_SHARE = 0.9
# More likely staff than not: no customer.
STAFF_ABOVE = 0.5


@dataclass(frozen=True)
class Day:
    """A store-day as the gold tables see it.

    Attributes:
        group: Input tables.
        plan: The store-day's plan.
    """

    group: Group
    plan: DayPlan

    @property
    def layout(self) -> StoreLayout:
        """The layout of the date."""
        return self.plan.layout

    @property
    def settings(self) -> MeasureSettings:
        """Settings of the measures."""
        return self.plan.settings.measures

    @cached_property
    def hours(self) -> list[LocalHour]:
        """Local hours of the business day."""
        layout = self.layout
        day = business_day(self.plan.day.business_date, layout.timezone, layout.day_starts_at)
        return list(local_hours(day, layout.timezone))

    @cached_property
    def observed(self) -> pa.Table:
        """Rows of `gold.coverage`, without what readers' logs lack."""
        return coverage(self.records, self.hours, _opening(self.plan), self.settings)

    @cached_property
    def records(self) -> Records:
        """What was recorded when."""
        return _records(self)

    def reads(self, kind: str) -> pa.Table:
        """Packed reads of one kind."""
        rows = self.group.table(READS)
        return rows.filter(pc.equal(rows["source_format"], kind))

    @cached_property
    def staff(self) -> list[str]:
        """Ids of those who are more likely staff than not."""
        visits = self.group.table(VISITS)
        return sorted(set(visits.filter(_is_staff(visits))["customer_id"].to_pylist()))

    @cached_property
    def seen(self) -> tuple[pa.Table, pa.Table]:
        """Visits and positions of customers, as they were seen: no staff, nobody who passed by."""
        visits, positions = self.group.table(VISITS), self.group.table(POSITIONS)
        visits = visits.filter(pc.invert(_is_staff(visits)))
        front = pa.array(sorted(zones_of_kind(self.layout, "front")), pa.string())
        inside = positions.filter(pc.invert(pc.is_in(positions["zone_id"], front)))
        if len(front):
            visits = visits.filter(pc.is_in(visits["customer_id"], inside["customer_id"]))
        return visits, inside.filter(pc.is_in(inside["customer_id"], visits["customer_id"]))

    @cached_property
    def walkers(self) -> Walkers:
        """Customers as sums count them."""
        visits, positions = self.seen
        return walkers(positions, visits, self.settings)

    def by_walker(self, table: pa.Table) -> pa.Table:
        """A table with walkers in the place of customers."""
        return renamed(table, self.walkers.customers, self.walkers.walker)

    @cached_property
    def crossings(self) -> pa.Table | None:
        """Crossings of the door by walkers; None where the manifest has no entrance."""
        if not zones_of_kind(self.layout, "entrance"):
            return None
        rows = self.group.table(CROSSINGS)
        return self.by_walker(
            rows.filter(pc.is_in(rows["customer_id"], self.seen[0]["customer_id"]))
        )

    @cached_property
    def counted(self) -> pa.Table:
        """Walkers' visits that are counted: those with a crossing of the door.

        Who never crossed it is a piece of somebody else, or a piece of staff: on simulated
        Saturdays as many seconds of these are of the one as of the other. It takes a camera that
        sees the door to say so; without one, and where footage had just begun, or ended, all count.
        """
        visits = self.walkers.visits
        if self.crossings is None:
            return visits
        kept = crossed_visits(visits, self.crossings) | ~self._door_was_seen(visits)
        for name, side in (("entered_at", "start_us"), ("left_at", "end_us")):
            kept |= self._at_footage_edge(visits[name], side)
        return visits.filter(pa.array(kept))

    @cached_property
    def whole_visits(self) -> pa.Table:
        """The same, for flows: who crossed the door once came by it and left by it.

        Where footage of a camera had just begun, or ended just then, nothing is filled in.
        """
        visits = self.counted
        if self.crossings is None:
            return visits
        crossed = crossed_visits(visits, self.crossings)
        for flag, name, side in (
            ("is_censored_start", "entered_at", "start_us"),
            ("is_censored_end", "left_at", "end_us"),
        ):
            is_open = ~crossed | self._at_footage_edge(visits[name], side)
            kept = pc.and_(visits[flag], pa.array(is_open))
            visits = visits.set_column(visits.column_names.index(flag), flag, kept)
        return visits

    def _door_was_seen(self, visits: pa.Table) -> Bools:
        """Whether an entrance was observed when each visit began and when it ended."""
        table = hour_table(self.hours)
        doors = pa.array(sorted(zones_of_kind(self.layout, "entrance")), pa.string())
        seen = subject_hours(self.observed, "zone", doors, table)
        share = np.append(seen.share().min(axis=0, initial=1.0), 0.0)
        entered, left = (table.of(times_us(visits[name])) for name in ("entered_at", "left_at"))
        return np.asarray(np.minimum(share[entered], share[left]) >= DOOR_SEEN_SHARE)

    def _at_footage_edge(self, moments: pa.ChunkedArray, side: str) -> Bools:
        """Whether moments lie where footage of some camera begins, or ends."""
        films = [union(film, self.settings.footage_gap_s) for film in self.records.footage.values()]
        edges = np.unique(np.concatenate([np.zeros(0), *(getattr(film, side) for film in films)]))
        away_us = np.abs(times_us(moments)[:, None] - edges[None])
        return np.asarray((away_us <= FOOTAGE_EDGE_S * US_PER_S).any(axis=1))

    @cached_property
    def paths(self) -> pa.Table:
        """Paths of counted walkers without holes."""
        rows = self.by_walker(self.seen[1])
        rows = rows.filter(pc.is_in(rows["customer_id"], self.counted["customer_id"]))
        return whole_paths(rows, self.layout.zones, self.settings)


def readers_of(layout: StoreLayout, zone_id: str) -> set[str]:
    """Readers with an antenna that covers a zone."""
    return {
        reader.id
        for reader in layout.readers
        for antenna in reader.antennas
        if zone_id in antenna.zones
    }


def only(values: Iterable[str]) -> str | None:
    """The one of some values, None where there is none or several."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _is_staff(visits: pa.Table) -> pa.ChunkedArray:
    return pc.fill_null(pc.greater(visits["staff_probability"], STAFF_ABOVE), False)


def _records(day: Day) -> Records:
    layout, group = day.layout, day.group
    views = {camera.id: camera_view(camera) for camera in layout.cameras}
    heard = read_stretches(day.reads(HEARD), day.settings)
    segments, outcomes = group.table(SEGMENTS), group.table(OUTCOMES)
    footage = footage_seen(segments, outcomes)
    sold = bool(day.plan.files_in("sales"))
    polygons = {zone.id: np.array(zone.polygon_m) for zone in layout.zones}
    return Records(
        footage={camera.id: footage.get(camera.id, []) for camera in layout.cameras},
        reads={reader.id: heard.get(reader.id, []) for reader in layout.readers},
        tills={till.register_id: sold for till in layout.checkouts},
        zones=list(polygons),
        zones_seen=zones_in_view(views, polygons),
        faults=footage_faults(segments, outcomes),
    )


def _opening(plan: DayPlan) -> Interval | None:
    layout, date = plan.layout, plan.day.business_date
    return opening_interval(date, layout.opening_hours.on(date), layout.timezone)
