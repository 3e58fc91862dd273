"""The local hours of a store-day as arrays, and which of them a moment lies in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts.columns import STAMP, US_PER_S, Ints, moment_us
from storeday.floor.calendar import LocalHour


@dataclass(frozen=True)
class HourTable:
    """Hours in order; all arrays have shape (hours,).

    Attributes:
        start_us: Starts.
        end_us: Ends, excluded.
        local_hour: What the local clock shows at the start.
    """

    start_us: Ints
    end_us: Ints
    local_hour: Ints

    def __len__(self) -> int:
        return len(self.start_us)

    def of(self, times: Ints) -> Ints:
        """The hour that holds each moment (us), -1 where none does."""
        if not len(self):
            return np.full(len(times), -1)
        hour = np.searchsorted(self.start_us, times, "right") - 1
        return np.where((hour >= 0) & (times < self.end_us[hour]), hour, -1)

    def starts(self, hour: Ints) -> pa.Array:
        """Starts of hours, as timestamps."""
        return pa.array(self.start_us[hour]).cast(STAMP)

    def occupancy(self, start_s: Ints, end_s: Ints, row: Ints, rows: int) -> tuple[Ints, Ints]:
        """How many are there, second by second, summed and at most in each hour.

        Args:
            start_s: First second of each presence, s since 1970, shape (n,).
            end_s: Second after the last, shape (n,).
            row: What each is present in, from 0, shape (n,).
            rows: Number of rows.

        Returns:
            Person-seconds and highest number in one second, both of shape (rows, hours).
        """
        if not len(self):
            return np.zeros((rows, 0), np.int64), np.zeros((rows, 0), np.int64)
        first, last = self.start_us // US_PER_S, self.end_us // US_PER_S
        seconds = int(last[-1] - first[0])
        change = np.zeros((rows, seconds + 1), np.int64)
        np.add.at(change, (row, np.clip(start_s - first[0], 0, seconds)), 1)
        np.add.at(change, (row, np.clip(end_s - first[0], 0, seconds)), -1)
        present = np.cumsum(change, axis=1)
        spans = list(zip((first - first[0]).tolist(), (last - first[0]).tolist(), strict=True))
        return (
            np.stack([present[:, begin:end].sum(axis=1) for begin, end in spans], axis=1),
            np.stack(
                [present[:, begin:end].max(axis=1, initial=0) for begin, end in spans], axis=1
            ),
        )


def hour_table(hours: Sequence[LocalHour]) -> HourTable:
    """Hours as arrays, in order.

    Args:
        hours: Hours, in any order, none twice; may be empty.

    Example:
        >>> import datetime as dt
        >>> from storeday.floor.calendar import business_day, local_hours
        >>> day = business_day(dt.date(2026, 10, 25), "Europe/Paris", dt.time(0))
        >>> table = hour_table(list(local_hours(day, "Europe/Paris")))
        >>> len(table), table.local_hour[:5].tolist()
        (25, [0, 1, 2, 2, 3])
    """
    ordered = sorted(hours, key=lambda hour: hour.interval.start)
    return HourTable(
        np.array([moment_us(hour.interval.start) for hour in ordered], np.int64),
        np.array([moment_us(hour.interval.end) for hour in ordered], np.int64),
        np.array([hour.local_hour for hour in ordered], np.int64),
    )
