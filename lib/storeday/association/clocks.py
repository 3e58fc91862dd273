"""The devices' clocks: what is assumed of them, and device time to store time.

Store time is the reference device's: device time = store time + offset + drift (contract of
`silver.clock_offsets`).
"""

import datetime as dt
import json
import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from storeday.association.settings import AssociationSettings
from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import (
    US_PER_S,
    Ints,
    floats,
    order_of,
    position_in,
    texts,
    times_us,
)


def assumed_offsets(
    devices: Sequence[str], reference: str, valid_from: dt.datetime, settings: AssociationSettings
) -> pa.Table:
    """Clock offsets of zero, with the standard error that not having measured them deserves.

    Of clocks the source article says only that image and RFID events of one action lie 5 to 15 s
    apart. An offset is therefore taken to lie evenly within `clock_spread_s` on either side of
    zero, a standard deviation of `clock_spread_s` / sqrt(3) = 8.7 s. The reference is exact by
    definition.

    Args:
        devices: Cameras, readers and tills, in any order; named once where several share a name.
        reference: The device whose clock is store time.
        valid_from: Start of validity, UTC.
        settings: Settings.

    Returns:
        Rows of `silver.clock_offsets` by device.

    Raises:
        ValueError: The reference is not one of the devices.

    Example:
        >>> rows = assumed_offsets(
        ...     ["reader1", "cam1"], "cam1", dt.datetime(2026, 1, 5, tzinfo=dt.UTC),
        ...     AssociationSettings())
        >>> [round(error, 2) for error in rows["std_error_s"].to_pylist()]
        [0.0, 8.66]
    """
    names = sorted(set(devices))
    if reference not in names:
        raise ValueError(
            f"reference {reference!r} is not among the devices: {', '.join(names) or 'none'}"
        )
    error_s = settings.clock_spread_s / math.sqrt(3)
    return table_from_columns(
        load_contract("silver.clock_offsets"),
        {
            "device_id": names,
            "reference_id": [reference] * len(names),
            "valid_from": [valid_from] * len(names),
            "offset_s": np.zeros(len(names)),
            "drift_ppm": np.zeros(len(names)),
            "std_error_s": [0.0 if name == reference else error_s for name in names],
            "evidence": [json.dumps({"method": "assumed"})] * len(names),
        },
    )


def store_times_us(times: Ints, devices: pa.Array, clock_offsets: pa.Table) -> Ints:
    """Device times moved to store time.

    Of several rows of a device the latest that was valid at the device's time holds; before the
    first one, the first.

    Args:
        times: Device times in us since 1970 UTC, shape (n,); may be empty.
        devices: Device of each time, shape (n,).
        clock_offsets: Rows of `silver.clock_offsets`, in any order.

    Returns:
        Store times in us since 1970 UTC, shape (n,).

    Raises:
        ValueError: A device has no offset; names the first such device.

    Example:
        >>> offsets = pa.table({"device_id": ["r1"], "offset_s": [7.0], "drift_ppm": [0.0],
        ...                     "valid_from": [dt.datetime(1970, 1, 1, tzinfo=dt.UTC)]})
        >>> store_times_us(np.array([10_000_000]), pa.array(["r1"]), offsets)
        array([3000000])
    """
    known = texts(clock_offsets["device_id"])
    valid_us = times_us(clock_offsets["valid_from"])
    rows = order_of(known, valid_us)
    names = known.take(pa.array(rows)).unique()
    device = position_in(devices, names)
    if (device < 0).any():
        name = devices[int(np.argmin(device))].as_py()
        raise ValueError(
            f"device {name!r} has no row in silver.clock_offsets; "
            f"there are rows for {', '.join(names.to_pylist()) or 'none'}"
        )
    if not len(times):
        return times
    row = rows[_latest(device, times, position_in(known, names)[rows], valid_us[rows])]
    drift = floats(clock_offsets["drift_ppm"])[row] * 1e-6 * (times - valid_us[row])
    shift = floats(clock_offsets["offset_s"])[row] * US_PER_S + drift
    return times - np.rint(shift).astype(np.int64)


def _latest(device: Ints, times: Ints, row_device: Ints, row_us: Ints) -> Ints:
    """For each time its device's latest row before it, else the first. Rows by device and time."""
    # Both sides go through one sort: at equal device and time, rows come before what they hold for.
    is_time = np.repeat([0, 1], [len(row_us), len(times)])
    order = np.lexsort((is_time, np.r_[row_us, times], np.r_[row_device, device]))
    before = np.cumsum(is_time[order] == 0) - 1
    found = np.empty(len(order), np.int64)
    found[order] = before
    first = np.searchsorted(row_device, device)
    return np.maximum(found[len(row_us) :], first)
