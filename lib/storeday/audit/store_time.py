"""All moments of an audit in one clock: the lake's store time.

Store time is what the lake's reference device shows (contract of `silver.clock_offsets`). Truth is
in true time, events of silver in the time of their own device. Where the true clocks are known,
both are moved to store time exactly, so that whether an event was found does not depend on how well
clocks were estimated; where they are not, the lake's own estimates serve.

Conventions: moments in us since 1970 UTC, int64.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.association import store_times_us
from storeday.contracts.columns import US_PER_S, Ints, floats, texts, times_us


@dataclass(frozen=True)
class Clock:
    """A true clock: device time = true time + offset + drift x time since `valid_from_us`."""

    offset_s: float
    drift_ppm: float
    valid_from_us: int

    def shows(self, true_us: Ints) -> Ints:
        """What the clock shows at true moments."""
        drift_us = self.drift_ppm * 1e-6 * (true_us - self.valid_from_us)
        shift_us = np.rint(self.offset_s * US_PER_S + drift_us)
        return np.asarray(true_us + shift_us, np.int64)

    def true(self, shown_us: Ints) -> Ints:
        """True moments at which the clock showed something."""
        since = shown_us - self.valid_from_us - self.offset_s * US_PER_S
        true_since = np.rint(since / (1 + self.drift_ppm * 1e-6))
        return np.asarray(true_since + self.valid_from_us, np.int64)


@dataclass(frozen=True)
class StoreTime:
    """Ways into store time.

    Attributes:
        clocks: True clocks by device; empty where they are not known.
        reference: The lake's reference device; None where the lake names none.
        estimated: Rows of `silver.clock_offsets`.
    """

    clocks: Mapping[str, Clock]
    reference: str | None
    estimated: pa.Table

    @property
    def is_exact(self) -> bool:
        """Whether true clocks are known."""
        return self.reference in self.clocks

    def of_truth(self, true_us: Ints) -> Ints:
        """Store time of true moments; they are taken as they stand without a known reference."""
        clock = self.clocks.get(self.reference or "")
        return true_us if clock is None else clock.shows(true_us)

    def of_devices(self, shown_us: Ints, devices: pa.Array) -> Ints:
        """Store time of moments by devices' clocks.

        Args:
            shown_us: Device times, shape (n,).
            devices: Device of each, shape (n,).
        """
        result = shown_us.copy()
        names = devices.to_numpy(zero_copy_only=False)
        known = set(self.estimated["device_id"].to_pylist())
        for device in sorted(set(names.tolist())):
            rows = np.flatnonzero(names == device)
            if self.is_exact and device in self.clocks:
                result[rows] = self.of_truth(self.clocks[device].true(shown_us[rows]))
            elif device in known:
                result[rows] = store_times_us(
                    shown_us[rows], devices.take(pa.array(rows)), self.estimated
                )
        return result


def store_time(true_offsets: pa.Table | None, estimated: pa.Table, day_starts_us: int) -> StoreTime:
    """Sets the ways into store time up.

    Args:
        true_offsets: Truth's `clock_offsets`; None where nothing is known.
        estimated: Rows of `silver.clock_offsets`; may be empty.
        day_starts_us: When true offsets hold that do not say `valid_from`.
    """
    clocks = {}
    if true_offsets is not None:
        starts = np.full(true_offsets.num_rows, day_starts_us)
        if "valid_from" in true_offsets.column_names:
            starts = times_us(true_offsets["valid_from"])
        columns = (
            texts(true_offsets["device"]).to_pylist(),
            floats(true_offsets["offset_s"]).tolist(),
            floats(true_offsets["drift_ppm"]).tolist(),
            starts.tolist(),
        )
        clocks = {
            device: Clock(offset, drift, start)
            for device, offset, drift, start in zip(*columns, strict=True)
        }
    references = sorted(set(estimated["reference_id"].to_pylist()))
    return StoreTime(clocks, references[0] if references else None, estimated)
