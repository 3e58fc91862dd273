"""One dated layout of a store: floor, zones, devices, hours, privacy."""

import datetime as dt
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from storeday.manifest.devices import Camera, Checkout, Name, Part, Polygon, Reader

ZoneKind = Literal[
    "entrance", "front", "display", "fitting_room", "queue", "checkout", "staff_only", "other"
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# What flows call coming in, leaving, and a visit that began or ended out of sight.
FLOW_ENDS = frozenset({"entrance", "exit", "unseen"})
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class FloorPlan(Part):
    """The floor: origin at the lower left corner, metres to the right and up.

    Attributes:
        width_m: Extent to the right.
        height_m: Extent upwards.
        image: A picture of it.
        obstacles_m: What nobody walks through: racks, counters, walls. Nobody is taken for the same
            person where the way round them is too long; without any, ways are straight.
    """

    width_m: Annotated[float, Field(gt=0)]
    height_m: Annotated[float, Field(gt=0)]
    image: str | None = None
    obstacles_m: list[Polygon] = []


class Zone(Part):
    """A named part of the floor."""

    id: Name
    name: str = ""
    category: str = ""
    kind: ZoneKind
    polygon_m: Polygon


class OpeningHours(Part):
    """Local opening hours, by weekday; days not named are closed.

    Attributes:
        days: For each weekday the opening and closing time, `HH:MM`. A closing time that is not
            later than the opening one belongs to the next calendar day.
    """

    days: dict[Weekday, tuple[dt.time, dt.time]]

    def on(self, date: dt.date) -> tuple[dt.time, dt.time] | None:
        """Opening and closing time of a date; None where the store is closed."""
        return self.days.get(WEEKDAYS[date.weekday()])


class Privacy(Part):
    """What may be done beyond counting, and how long what could tell people apart is kept.

    Everything beyond counting is off unless the manifest says so.

    Attributes:
        demographics: Whether counts by attributes are made; a model of attributes is needed too.
        snapshots: Whether small pictures of interactions may be kept, everybody pixelated.
        snapshots_per_day: Most pictures of a store-day.
        snapshot_retention_days: Days after which they are destroyed. AuraVision keeps its own for
            two weeks at most.
        k: Smallest number of customers of which paths, pairs of products and attributes are told.
        unpaid_items_purpose: What a list of goods that were handled, not put back and not sold is
            made for, in words; without one there is none.
        label_export_purpose: What pictures of people may be taken out of the lake for, unhidden, to
            be labelled by hand, in words; without one none are.
        label_export_days: Days after which such pictures are destroyed.
        embedding_retention_days: Days after which appearance embeddings are destroyed; frames have
            their camera's `retention_days`.
        salt_retention_days: Days after which a store-day's salt is destroyed. From then on nobody
            can tell whose the pseudonyms were, and a new run of that day gives other ones.
    """

    demographics: bool = False
    snapshots: bool = False
    snapshots_per_day: Annotated[int, Field(ge=1, le=500)] = 60
    snapshot_retention_days: Annotated[int, Field(ge=0, le=30)] = 14
    k: Annotated[int, Field(ge=5)] = 5
    unpaid_items_purpose: Annotated[str, Field(min_length=10)] | None = None
    label_export_purpose: Annotated[str, Field(min_length=10)] | None = None
    label_export_days: Annotated[int, Field(ge=1, le=90)] = 30
    embedding_retention_days: Annotated[int, Field(ge=0)] = 1
    salt_retention_days: Annotated[int, Field(ge=0)] = 30


class Limits(Part):
    """Limits whose passing becomes a row of `gold.alerts`; those left out raise none.

    Attributes:
        queue_length: Customers waiting in one queue.
        queue_length_s: How long a queue has to be longer before it counts.
        queue_wait_s: Wait that is aimed at; `gold.queue_hourly` is measured against it, too.
        queue_wait_share: Share of an hour's customers that may wait longer than that.
        occupancy: Customers in the store.
        zone_occupancy: Customers in a zone, by zone.
        observed_share: Least share of an hour that a camera, reader or till has to observe.
        threshold_drift: Largest drift of the rummage threshold against the days before, either way.
    """

    queue_length: Annotated[int, Field(ge=1)] | None = None
    queue_length_s: Annotated[float, Field(ge=0)] = 60.0
    queue_wait_s: Annotated[float, Field(gt=0)] = 180.0
    queue_wait_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    occupancy: Annotated[int, Field(ge=1)] | None = None
    zone_occupancy: dict[Name, Annotated[int, Field(ge=1)]] = {}
    observed_share: Annotated[float, Field(gt=0, le=1)] | None = None
    threshold_drift: Annotated[float, Field(gt=0)] | None = None


class StoreLayout(Part):
    """The store as it stands from `valid_from` on, until the next version.

    Attributes:
        store_id: Name of the store.
        valid_from: First business date of this layout.
        timezone: IANA name of the store's time zone.
        day_starts_at: Local time at which a business date begins.
        opening_hours: When the store is open.
        floor_plan: Size of the floor.
        zones: Parts of the floor.
        cameras: Cameras.
        readers: RFID readers.
        checkouts: Tills.
        privacy: What is allowed beyond counting.
        limits: What is told of as an alert.
        thresholds: Settings that differ from the defaults, by package and name.
        is_simulated: Whether the store exists in a simulation only; models that know nothing but
            simulated pictures may be used on it.
    """

    store_id: Name
    valid_from: dt.date
    timezone: str
    day_starts_at: dt.time = dt.time(4)
    opening_hours: OpeningHours
    floor_plan: FloorPlan
    zones: list[Zone] = []
    cameras: list[Camera] = []
    readers: list[Reader] = []
    checkouts: list[Checkout] = []
    privacy: Privacy = Privacy()
    limits: Limits = Limits()
    thresholds: dict[str, dict[str, float | int | bool | str]] = {}
    is_simulated: bool = False

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"{value!r} is no time zone; expected a name like Europe/Paris"
            ) from error
        return value

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (
            ("zones", [zone.id for zone in self.zones]),
            ("cameras", [camera.id for camera in self.cameras]),
            ("readers", [reader.id for reader in self.readers]),
            ("checkouts", [checkout.register_id for checkout in self.checkouts]),
            ("sentinel_epcs", [epc for reader in self.readers for epc in reader.sentinel_epcs]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} has {twice[0]!r} more than once; ids must differ")
        return self

    @model_validator(mode="after")
    def _names_mean_one_thing(self) -> Self:
        devices = [
            *[camera.id for camera in self.cameras],
            *[reader.id for reader in self.readers],
            *[checkout.register_id for checkout in self.checkouts],
        ]
        twice = sorted({name for name in devices if devices.count(name) > 1})
        if twice:
            raise ValueError(
                f"{twice[0]!r} names two devices; cameras, readers and checkouts need different ids"
            )
        for zone in self.zones:
            if zone.id in FLOW_ENDS and zone.kind != "entrance":
                raise ValueError(
                    f"zone {zone.id!r} is of kind {zone.kind}; in flows that name stands for "
                    "coming, leaving or not being seen, so only an entrance may have it"
                )
        return self

    @model_validator(mode="after")
    def _zones_are_known(self) -> Self:
        known = {zone.id for zone in self.zones}
        used = [
            (f"reader {reader.id!r} antenna {antenna.port}", zone)
            for reader in self.readers
            for antenna in reader.antennas
            for zone in antenna.zones
        ]
        used += [
            (f"checkout {till.register_id!r}", till.zone) for till in self.checkouts if till.zone
        ]
        used += [("limits.zone_occupancy", zone) for zone in self.limits.zone_occupancy]
        for where, zone in used:
            if zone not in known:
                raise ValueError(
                    f"{where} names zone {zone!r}; zones are {', '.join(sorted(known)) or 'none'}"
                )
        return self
