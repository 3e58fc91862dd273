"""Store days and local hours.

A business date runs from the local time `day_starts_at` to the same time of the next date, which is
23 or 25 hours on the days the clocks change. Hours are local hours, named by their start in UTC.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Interval:
    """A stretch of time, start included, end excluded, both in UTC."""

    start: dt.datetime
    end: dt.datetime

    @property
    def length_s(self) -> float:
        """Length in seconds, never negative."""
        return max(0.0, (self.end - self.start).total_seconds())

    def overlap_s(self, other: "Interval") -> float:
        """Seconds the two stretches share."""
        return Interval(max(self.start, other.start), min(self.end, other.end)).length_s


@dataclass(frozen=True)
class LocalHour:
    """One hour of the local clock: its stretch in UTC, and what the clock shows at its start."""

    interval: Interval
    local_hour: int


def business_day(date: dt.date, timezone: str, day_starts_at: dt.time) -> Interval:
    """The stretch of time that belongs to a business date.

    Args:
        date: The business date.
        timezone: IANA name of the store's zone.
        day_starts_at: Local time at which the date begins.

    Example:
        >>> day = business_day(dt.date(2026, 3, 29), "Europe/Paris", dt.time(0))
        >>> day.length_s / 3600
        23.0
    """
    return Interval(
        local_moment(date, day_starts_at, timezone),
        local_moment(date + dt.timedelta(days=1), day_starts_at, timezone),
    )


def local_moment(date: dt.date, time: dt.time, timezone: str) -> dt.datetime:
    """The UTC moment at which a local clock shows a date and time.

    A time that the clock skips is taken as if the clock had not been changed yet; of a time that it
    shows twice, the first is taken.
    """
    local = dt.datetime.combine(date, time, ZoneInfo(timezone))
    return local.astimezone(dt.UTC)


def opening_interval(
    date: dt.date, hours: tuple[dt.time, dt.time] | None, timezone: str
) -> Interval | None:
    """The stretch in which a store is open.

    Args:
        date: The business date.
        hours: Local opening and closing time; None where the store is closed.
        timezone: IANA name of the store's zone.

    Returns:
        The stretch; None where the store is closed. A closing time that is not later than the
        opening time belongs to the next calendar day.
    """
    if hours is None:
        return None
    opens, closes = hours
    last = date if closes > opens else date + dt.timedelta(days=1)
    return Interval(local_moment(date, opens, timezone), local_moment(last, closes, timezone))


def local_hours(span: Interval, timezone: str) -> Iterator[LocalHour]:
    """The local hours that a stretch of time touches, in order.

    Local hours begin where the local clock shows minute zero, also in zones that are off UTC by
    half an hour. An hour that the clock shows twice is two hours.
    """
    zone = ZoneInfo(timezone)
    local = span.start.astimezone(zone)
    start = span.start - dt.timedelta(
        minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )
    while start < span.end:
        end = start + dt.timedelta(hours=1)
        yield LocalHour(Interval(start, end), start.astimezone(zone).hour)
        start = end
