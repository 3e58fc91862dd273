"""The knobs of a scenario, their units, their defaults and where those come from.

"Study" in a description means the generator of the association study, whose figures are listed in
this folder's README; "assumed" means that no source was found.

Conventions: seconds, metres, pixels, shares from 0 to 1; all times true store time.
"""

import datetime as dt
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


class Knobs(BaseModel):
    """A group of knobs: unknown ones are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _require_at_least(value: Any, info: ValidationInfo, other: str, or_equal: bool = True) -> None:
    """Refuses a value below that of a knob that stands before it.

    Fields are compared as they are read, so that this fault is told together with all others.
    """
    least = info.data.get(other)
    if least is not None and (value < least or (value == least and not or_equal)):
        words = "no less than" if or_equal else "a time after"
        raise ValueError(f"expected {words} {other}, which is {least}")


class StoreKnobs(Knobs):
    """The room, its furniture and its hours."""

    store_id: str = Field(default="sim", description="Name of the store in all files.")
    business_date: dt.date = Field(
        default=dt.date(2026, 3, 14),
        description="Date that is simulated; 2026-03-14 is a Saturday.",
    )
    timezone: str = Field(default="Europe/Paris", description="IANA name of the store's time zone.")
    opens: dt.time = Field(default=dt.time(10), description="Local opening time.")
    closes: dt.time = Field(
        default=dt.time(20), description="Local closing time, later than opens."
    )
    closed_before_s: NotNegative = Field(
        default=600.0, description="Seconds simulated before opening: devices run, nobody is there."
    )
    width_m: Annotated[float, Field(ge=8)] = Field(
        default=16.0, description="Extent of the floor along the front."
    )
    depth_m: Annotated[float, Field(ge=7)] = Field(
        default=12.0, description="Extent of the floor from the front to the back."
    )
    racks: Annotated[int, Field(ge=1)] = Field(
        default=15, description="Racks wanted; refused where the floor does not hold them."
    )
    fitting_rooms: Count = Field(default=2, description="Fitting-room cabins along the back wall.")
    tills: Annotated[int, Field(ge=1, le=3)] = Field(
        default=1, description="Tills behind one queue."
    )

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("expected the name of a time zone, like Europe/Paris") from error
        return value

    @field_validator("closes")
    @classmethod
    def _closes_after_opening(cls, value: dt.time, info: ValidationInfo) -> dt.time:
        _require_at_least(value, info, "opens", or_equal=False)
        return value


class CustomerKnobs(Knobs):
    """Who comes, with whom, and what they do."""

    per_hour: NotNegative = Field(default=30.0, description="Customers coming in per hour, mean.")
    hour_weights: tuple[NotNegative, ...] = Field(
        default=(0.5, 0.7, 0.9, 1.3, 1.2, 0.9, 0.8, 1.1, 1.5, 1.1),
        description="Arrivals over the opening time, in equal parts; any scale (study).",
    )
    group_share: Share = Field(
        default=0.35, description="Share of customers who come in a group; assumed, no source."
    )
    group_size_max: Annotated[int, Field(ge=2, le=6)] = Field(
        default=3, description="Largest group; sizes fall off by half for each further member."
    )
    lookalike_share: Share = Field(
        default=0.3,
        description="Share of customers dressed like others of their family of lookalikes.",
    )
    lookalike_family: Annotated[int, Field(ge=2)] = Field(
        default=6, description="People per family of lookalikes (identity study)."
    )
    stops_mean: Annotated[float, Field(ge=1)] = Field(
        default=4.0, description="Racks a customer stops at, mean: 1 + Poisson (study)."
    )
    dwell_median_s: Positive = Field(
        default=49.4, description="Median time at a rack; log-normal, exp(3.9) (study)."
    )
    dwell_sigma: NotNegative = Field(
        default=0.7, description="Spread of the logarithm of that time; cut to 8-400 s (study)."
    )
    popularity_exponent: NotNegative = Field(
        default=0.6,
        description="Crowding: racks draw customers as 1 / rank ** exponent; 0 spreads evenly, "
        "above 2 nearly all stand at one rack. 0.6 is the study's.",
    )
    walking_speed_m_s: Annotated[float, Field(ge=0.5, le=1.6)] = Field(
        default=1.1,
        description="Mean walking speed of a person; people differ by 0.1 (shoppers stroll).",
    )
    fitting_share: Share = Field(
        default=0.3, description="Share of those who carry something and then try it on; assumed."
    )
    keeps_tried_share: Share = Field(default=0.5, description="Share of tried items kept; assumed.")
    abandons_share: Share = Field(
        default=0.15,
        description="Share of carriers who put everything back instead of queueing; assumed.",
    )
    patience_s: Positive = Field(
        default=480.0,
        description="Waiting time after which a customer leaves the queue, mean; assumed.",
    )
    service_s: Positive = Field(
        default=55.0,
        description="Time at the till with one item, mean; 8 s more per further item; assumed.",
    )

    @field_validator("hour_weights")
    @classmethod
    def _somebody_comes(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not sum(value) > 0:
            raise ValueError("expected at least one weight above 0")
        return value


class HandlingKnobs(Knobs):
    """How products are handled."""

    per_minute: NotNegative = Field(
        default=0.9,
        description="Handlings per minute of a customer's stay at a rack, mean (study).",
    )
    hold_min_s: Positive = Field(default=2.0, description="Shortest time in the hand (study).")
    hold_mean_extra_s: NotNegative = Field(
        default=2.5, description="Mean of the exponential time on top (study)."
    )
    hold_max_s: Positive = Field(default=12.0, description="Longest time in the hand (study).")
    take_share: Share = Field(
        default=0.12,
        description="Share of handlings after which the product is carried on; assumed.",
    )
    misplace_share: Share = Field(
        default=0.2, description="Share of put-backs that end at another place than home; assumed."
    )

    @field_validator("hold_max_s")
    @classmethod
    def _longest_is_longest(cls, value: float, info: ValidationInfo) -> float:
        _require_at_least(value, info, "hold_min_s")
        return value


class StaffKnobs(Knobs):
    """Who works there."""

    count: Annotated[int, Field(ge=1)] = Field(
        default=3, description="Staff, all day; one stands by each till, the others on the floor."
    )
    handling_share: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.2,
        description="Share of all handlings done by staff (tidying, restocking); assumed.",
    )


class TagKnobs(Knobs):
    """Products and their tags."""

    per_rack: Annotated[int, Field(ge=1)] = Field(
        default=40, description="Tagged items on each rack."
    )
    skus_per_rack: Annotated[int, Field(ge=1)] = Field(
        default=8, description="Different products (stock keeping units) on each rack."
    )
    sentinels: Count = Field(
        default=8, description="Tags above the racks that nobody can reach, to count false alarms."
    )
    place_known_share: Share = Field(
        default=0.8,
        description="Share of products whose place stands in the products file (study).",
    )
    place_error_m: NotNegative = Field(
        default=0.3, description="Error of that place along each axis, standard deviation (study)."
    )


class ReaderKnobs(Knobs):
    """RFID readers."""

    count: Count = Field(default=2, description="Readers.")
    antennas: Annotated[int, Field(ge=1, le=8)] = Field(
        default=4, description="Antennas of each reader, hung over the racks in equal parts."
    )
    antenna_height_m: Positive = Field(default=2.6, description="Height of the antennas.")
    fitting_antenna: bool = Field(
        default=True, description="Whether the last antenna hangs over the fitting rooms instead."
    )
    log_format: Literal["impinj_iot_ndjson", "itemtest_csv"] = Field(
        default="impinj_iot_ndjson", description="Format of the readers' logs."
    )
    region: Literal["fcc50", "etsi4"] = Field(
        default="etsi4", description="Channel plan: 50 hopping FCC channels or 4 ETSI ones."
    )
    tag_quiet_s: NotNegative = Field(
        default=1.6,
        description="Mean time a tag stays quiet after a read (Gen2 session 1); fitted to the gaps "
        "of a crate of 170 tags. 0 reads each tag in every round.",
    )
    has_phase: bool = Field(default=True, description="Whether the logs hold the phase.")
    out_of_order_share: Share = Field(
        default=0.146, description="Share of rows that go back in time; 14.6 % were measured."
    )


class CameraKnobs(Knobs):
    """Cameras."""

    count: Annotated[int, Field(ge=1)] = Field(
        default=4, description="Cameras, one per part of the floor."
    )
    height_m: Annotated[float, Field(gt=2)] = Field(default=2.9, description="Mounting height.")
    tilt_deg: Annotated[float, Field(ge=15, le=75)] | None = Field(
        default=None,
        description="Angle of the optical axis below the horizon; null: heads at the far edge of "
        "the camera's part are just in the picture.",
    )
    overlap: Annotated[float, Field(ge=0, le=2)] = Field(
        default=0.2, description="Widening of each view beyond its part of the floor."
    )
    facing: Literal["front", "alternate"] = Field(
        default="front",
        description="front: all look from the back to the front; alternate: every second one "
        "looks the other way, so that neighbours see the same people from both sides.",
    )
    width_px: Annotated[int, Field(ge=64, multiple_of=2)] = Field(
        default=640, description="Frame width."
    )
    height_px: Annotated[int, Field(ge=64, multiple_of=2)] = Field(
        default=360, description="Frame height."
    )
    frames_per_s: Positive = Field(default=5.0, description="Frame rate of the footage.")
    gop_s: Positive = Field(default=2.0, description="Seconds between key frames.")
    segment_s: Positive = Field(default=300.0, description="Longest footage file.")


class ClockKnobs(Knobs):
    """Clocks of the devices: what they show less true time."""

    camera_offset_s: NotNegative = Field(
        default=1.0, description="Cameras: standard deviation of the offset (study)."
    )
    reader_offset_low_s: NotNegative = Field(
        default=5.0, description="Readers: least size of the offset, either sign (source article)."
    )
    reader_offset_high_s: NotNegative = Field(
        default=15.0, description="Readers: greatest size of the offset (source article)."
    )
    till_offset_s: NotNegative = Field(
        default=10.0, description="Tills: standard deviation of the offset; assumed."
    )
    drift_ppm: NotNegative = Field(
        default=10.0,
        description="All devices: standard deviation of the drift; 9 ppm are the study's 0.1 s "
        "over 3 hours.",
    )

    @field_validator("reader_offset_high_s")
    @classmethod
    def _greatest_is_greatest(cls, value: float, info: ValidationInfo) -> float:
        _require_at_least(value, info, "reader_offset_low_s")
        return value
