"""The gold tables about people: heatmap, zones, flows, traffic, queues, funnel, alerts."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts.columns import US_PER_S, Ints, floats, position_in, texts, times_us
from storeday.manifest import StoreLayout
from storeday.measures import (
    STORE,
    Crowds,
    FunnelPeople,
    Passing,
    Stays,
    Tills,
    Waits,
    Watched,
    alerts,
    counted,
    demographics_hourly,
    funnel_daily,
    heatmap_hourly,
    journeys,
    not_measured,
    presence,
    queue_hourly,
    sure_attributes,
    total,
    traffic_hourly,
    waits,
    zone_flows,
    zone_flows_hourly,
    zone_hourly,
    zone_paths,
)
from storeday.measures.funnel import Count
from storeday.measures.hours import hour_table
from storeday.measures.seen_share import camera_hours, observed_share
from storeday.stages.publish_day import Day, readers_of
from storeday.stages.publish_goods import GoodsDay, empty_rows
from storeday.stages.publish_inputs import ATTRIBUTES, CALIBRATION, POSITIONS, zones_of_kind
from storeday.stages.stage import Tables

# Zones that are part of coming and going, and no stations of a journey.
NO_STATIONS = ("entrance", "front")


@dataclass(frozen=True)
class PeopleDay:
    """A store-day's people.

    Attributes:
        day: The store-day.
        goods: Its goods.
    """

    day: Day
    goods: GoodsDay

    @cached_property
    def queues(self) -> list[str]:
        """Queue zones."""
        return sorted(zones_of_kind(self.day.layout, "queue"))

    @cached_property
    def waits(self) -> Waits:
        """Who waited where."""
        tills = checkout_zones(self.day.layout)
        return waits(self.day.paths, self.queues, tills, self.day.settings)

    @cached_property
    def traffic(self) -> pa.Table:
        """Rows of `gold.traffic_hourly`."""
        day = self.day
        passing = Passing(day.crossings, day.seen[0], _passers_us(day))
        return traffic_hourly(day.counted, day.hours, day.observed, passing)

    @cached_property
    def queue_hourly(self) -> pa.Table:
        """Rows of `gold.queue_hourly`."""
        tills = Tills(self.day.layout.limits.queue_wait_s, self.goods.sold)
        return queue_hourly(self.waits, self.queues, tills, self.day.hours, self.day.observed)


def people_tables(people: PeopleDay) -> Tables:
    """All tables about people."""
    day = people.day
    hours, observed, settings = day.hours, day.observed, day.settings
    handled = people.goods.handled.rows
    zones = {zone.id: readers_of(day.layout, zone.id) for zone in day.layout.zones}
    stations = [zone.id for zone in day.layout.zones if zone.kind not in NO_STATIONS]
    filled = journeys(day.paths, day.whole_visits, stations, settings)
    followed = journeys(day.paths, day.counted, stations, settings)
    seen = journeys(day.seen[1], day.seen[0], stations, settings)
    return {
        "gold.heatmap_hourly": heatmap_hourly(
            day.paths, handled, hours, observed, day.layout.floor_plan, settings
        ),
        "gold.zone_hourly": zone_hourly(day.paths, handled, zones, hours, observed, settings),
        "gold.zone_flows": zone_flows(filled, seen, hours, observed),
        "gold.zone_flows_hourly": zone_flows_hourly(filled, seen, hours, observed),
        "gold.zone_paths": zone_paths(followed, day.layout.privacy.k, hours, observed),
        "gold.traffic_hourly": people.traffic,
        "gold.queue_hourly": people.queue_hourly,
        "gold.funnel_daily": funnel_daily(_funnel_people(people), people.goods.goods, settings),
        "gold.demographics_hourly": _demographics(day),
        "gold.alerts": alerts(_watched(people), day.layout.limits, hours),
    }


def _demographics(day: Day) -> pa.Table:
    """Counts by attributes; none unless the manifest allows them and a model judged."""
    privacy, rows = day.layout.privacy, day.group.table(ATTRIBUTES)
    if not privacy.demographics or not rows.num_rows:
        return empty_rows("gold.demographics_hourly")
    known = sure_attributes(day.by_walker(rows), day.settings)
    return demographics_hourly(day.counted, known, privacy.k, day.hours, day.observed)


def checkout_zones(layout: StoreLayout) -> list[str]:
    """Zones in which people pay: those that tills name, else those of kind checkout."""
    named = sorted({till.zone for till in layout.checkouts if till.zone})
    return named or sorted(zones_of_kind(layout, "checkout"))


def _passers_us(day: Day) -> Ints | None:
    """When each person was first seen in front; None where no camera sees a front zone."""
    front = zones_of_kind(day.layout, "front")
    rows = day.observed.filter(
        pc.is_in(day.observed["subject_id"], pa.array(sorted(front), pa.string()))
    )
    if not front or not floats(rows["observed_s"]).sum():
        return None
    positions = day.group.table(POSITIONS)
    there = positions.filter(
        pc.and_(
            pc.is_in(positions["zone_id"], pa.array(sorted(front), pa.string())),
            pc.invert(pc.is_in(positions["customer_id"], pa.array(day.staff, pa.string()))),
        )
    )
    first = there.group_by("customer_id").aggregate([("time", "min")])
    return np.sort(times_us(first["time_min"]))


def _funnel_people(people: PeopleDay) -> FunnelPeople:
    day, traffic = people.day, people.traffic
    share = day_share(day)
    seen = np.isfinite(total(traffic["entries"]))
    dark = not_measured("no camera observed anything")
    passing = not_measured("no camera sees a zone of kind front")
    if np.isfinite(total(traffic["passers_by"])):
        passing = counted(total(traffic["passers_by"]), "people seen in front")
    entering = dark
    if seen:
        low, high = (total(traffic[f"entries_{end}"]) for end in ("low", "high"))
        entering = Count(total(traffic["entries"]), low, high, "crossings of the door")
    queued = dark
    if seen:
        queued = not_measured("the manifest has no queue zone")
        if people.queues:
            queued = counted(len(np.unique(people.waits.customer)), "waits in queue zones")
    return FunnelPeople(day.paths, day.layout.zones, passing, entering, queued, seen, share)


def day_share(day: Day) -> float:
    """Observed share of all cameras over the day."""
    cameras = camera_hours(day.observed, hour_table(day.hours))
    expected = cameras.expected_s.sum()
    as_expected = np.minimum(cameras.expected_s, cameras.observed_s).sum()
    observed = as_expected if expected > 0 else cameras.observed_s.sum()
    return float(observed_share(np.array([expected]), np.array([observed]))[0])


def _watched(people: PeopleDay) -> Watched:
    day = people.day
    visits = day.counted
    names = texts(visits["customer_id"])
    inside = Stays(
        position_in(names, names.unique()),
        np.zeros(len(names), np.int64),
        times_us(visits["entered_at"]) // US_PER_S,
        times_us(visits["left_at"]) // US_PER_S + 1,
    )
    zones = sorted(zone.id for zone in day.layout.zones)
    customers = texts(day.paths["customer_id"]).unique()
    there = presence(day.paths, customers, pa.array(zones, pa.string()), day.settings)
    rows = day.group.table(CALIBRATION)
    drifts = rows.filter(rows["is_deciding"])["threshold_drift"].drop_null().to_pylist()
    return Watched(
        Crowds(people.waits.as_stays(), people.queues),
        Crowds(there, zones),
        Crowds(inside, [STORE]),
        people.queue_hourly,
        day.observed,
        drifts[0] if drifts else None,
        day_share(day),
    )
