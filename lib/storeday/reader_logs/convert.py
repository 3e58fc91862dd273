"""Fields as written to reads in the units of `bronze.rfid_reads`, by what is declared of a log.

A value that its declared unit does not allow makes the row a reject. A row's first fault, in the
order of `convert`, is the one reported. Fields are text, or numbers where the format gives numbers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.reader_logs.declared import (
    DBM,
    HERTZ,
    MEGAHERTZ,
    MICROSECONDS,
    PERIODS,
    RADIANS,
    Declared,
)

Bools = NDArray[np.bool_]

UTC_NS = pa.timestamp("ns", tz="UTC")
# Bounds of the contract. A passive tag answers with less than the reader's own power, and no reader
# hears below -110 dBm.
RSSI_DBM = (-110.0, 0.0)
# Antenna ids have 16 bits in LLRP 1.1, section 13.2.
LAST_ANTENNA = 65_535
# The tag's length field counts at most 31 words of 16 bits (Gen2 protocol control word).
LAST_HEX_DIGIT = 124
# Earlier than any reader of today and later than its clock's end; 2000 is a clock never set, and
# stays: the day's clocks are calibrated later.
EARLIEST_US, LATEST_US = 631_152_000_000_000, 4_102_444_800_000_000
# A phase printed with four decimals may lie this much past its period.
PHASE_SLACK_RAD = 1e-4


@dataclass(frozen=True)
class Converted:
    """Rows in the units of the contract, and what is wrong with some of them.

    Attributes:
        columns: Columns of `bronze.rfid_reads`; in faulty rows the values mean nothing.
        faults: Reason by row.
    """

    columns: dict[str, pa.Array]
    faults: dict[int, str]


def convert(columns: Mapping[str, pa.Array], rows: int, declared: Declared) -> Converted:
    """Turns text fields into the columns of a read and finds the rows that break a declared unit.

    Args:
        columns: Text of the fields that the log has, or numbers (double); null where empty.
        rows: Length of the columns.
        declared: Units and constants.

    Example:
        >>> text = {"time": "2023-01-06T17:01:31Z", "epc": "ad 38", "antenna": "1", "rssi": "-63,5"}
        >>> columns = {name: pa.array([value]) for name, value in text.items()}
        >>> converted = convert(columns, 1, Declared(decimal=","))
        >>> converted.columns["epc"][0].as_py(), converted.columns["rssi_dbm"][0].as_py()
        ('AD38', -63.5)
    """
    check = _Check({name: _trim(values) for name, values in columns.items()}, rows, declared)
    return Converted(
        {
            "device_time": _times(check),
            "epc": _epcs(check),
            "antenna": (antenna := _antennas(check)),
            "rssi_dbm": _rssi(check),
            "phase_rad": (phase := _phases(check)),
            "phase_period": pc.if_else(phase.is_valid(), declared.phase_period, None),
            "frequency_mhz": _frequencies(check, antenna.to_numpy()),
            "doppler_hz": _optional(
                check, "doppler", "a number of Hz", np.isfinite, HERTZ[declared.doppler]
            ),
            "read_count": _counts(check),
        },
        check.faults,
    )


class _Check:
    """Text fields of a batch, and the first fault of each row."""

    def __init__(self, columns: dict[str, pa.Array], rows: int, declared: Declared) -> None:
        self.columns = columns
        self.rows = rows
        self.declared = declared
        self.faults: dict[int, str] = {}

    def text(self, name: str) -> pa.Array:
        if name in self.columns:
            return self.columns[name]
        return pa.nulls(self.rows, pa.string())

    def number(self, name: str) -> NDArray[np.float64]:
        """Values of a field as written; NaN where it is empty or no number."""
        text = self.text(name)
        if text.null_count == len(text):
            return np.full(self.rows, np.nan)
        if not pa.types.is_string(text.type):
            return np.asarray(text.to_numpy(zero_copy_only=False), np.float64)
        sign = self.declared.decimal
        if sign == ",":
            # A point would then group thousands or be a slip; either way it is no number.
            text = pc.replace_substring(pc.replace_substring(text, ".", "?"), ",", ".")
        elif sign is None:
            text = pc.replace_substring(text, ",", ".")
        values = _cast(text, pa.float64()).to_numpy(zero_copy_only=False)
        return np.asarray(values, np.float64)

    def refuse(self, bad: Bools, name: str, expected: str) -> None:
        for row in np.flatnonzero(bad).tolist():
            if row not in self.faults:
                found = self.text(name)[row].as_py()
                shown = "nothing" if found is None else repr(found)[:62]
                self.faults[row] = f"{name}: expected {expected}, found {shown}"


def _times(check: _Check) -> pa.Array:
    declared = check.declared
    if declared.time == "iso8601":
        text = check.text("time")
        nanoseconds = _cast(text, UTC_NS).cast(pa.int64())
        time_us = pc.fill_null(nanoseconds, 0).to_numpy() // 1000
        expected = "an ISO 8601 time with a zone offset, between 1990 and 2100"
        bad = np.asarray(nanoseconds.is_null())
    else:
        count = check.number("time")
        exact = count * MICROSECONDS[declared.time] + float(declared.origin_us or 0)
        bad = ~((exact >= EARLIEST_US) & (exact < LATEST_US))
        steps = np.rint(np.where(bad, 0.0, count) * MICROSECONDS[declared.time])
        time_us = steps.astype(np.int64) + (declared.origin_us or 0)
        expected = f"a count of {declared.time} that ends between 1990 and 2100"
    bad = bad | (time_us < EARLIEST_US) | (time_us >= LATEST_US)
    check.refuse(bad, "time", expected)
    return pa.array(time_us).cast(pa.timestamp("us", tz="UTC"))


def _epcs(check: _Check) -> pa.Array:
    if check.declared.epc is not None:
        return pa.repeat(check.declared.epc, check.rows)
    # A log has few distinct tags: each is looked at once.
    coded = check.text("epc").dictionary_encode()
    names = pc.replace_substring(pc.ascii_upper(coded.dictionary), " ", "")
    is_hex = pc.match_substring_regex(names, "^[0-9A-F]+$")
    good = pc.and_(is_hex, pc.less_equal(pc.binary_length(names), LAST_HEX_DIGIT))
    known = pc.fill_null(good.take(coded.indices), False)
    check.refuse(~np.asarray(known), "epc", f"1 to {LAST_HEX_DIGIT} hexadecimal digits")
    return names.take(coded.indices)


def _antennas(check: _Check) -> pa.Array:
    if check.declared.antenna is not None:
        return pa.repeat(pa.scalar(check.declared.antenna, pa.int32()), check.rows)
    values = check.number("antenna")
    bad = ~((values >= 0) & (values <= LAST_ANTENNA) & (values == np.floor(values)))
    check.refuse(bad, "antenna", f"a whole number from 0 to {LAST_ANTENNA}")
    return pa.array(np.where(bad, 0, values).astype(np.int32))


def _rssi(check: _Check) -> pa.Array:
    unit = check.declared.rssi
    values = check.number("rssi") * DBM[unit]
    low, high = RSSI_DBM
    bad = ~((values >= low) & (values <= high))
    span = f"{low / DBM[unit]:.0f} to {high:.0f} {unit}"
    check.refuse(bad, "rssi", span)
    return pa.array(values.astype(np.float32))


def _phases(check: _Check) -> pa.Array:
    unit, period = check.declared.phase, PERIODS[check.declared.phase_period]
    values = check.number("phase") * RADIANS[unit]
    low = -period / 2 if check.declared.is_phase_signed else 0.0
    given = np.asarray(check.text("phase").is_valid())
    bad = given & ~(values >= low - PHASE_SLACK_RAD * (low < 0))
    bad |= given & ~(values <= period + PHASE_SLACK_RAD)
    span = f"{low / RADIANS[unit]:.6g} to {period / RADIANS[unit]:.6g} {unit}"
    check.refuse(bad, "phase", span)
    values = np.where(values >= period, values - period, values)
    values = np.where(values < 0, values + period, values)
    return pa.array(np.maximum(values, 0.0), pa.float64(), from_pandas=True)


def _frequencies(check: _Check, antenna: NDArray[np.int32]) -> pa.Array:
    if "channel" in check.columns and "frequency" not in check.columns:
        return _frequencies_of_channels(check, antenna)
    unit = check.declared.frequency
    return _optional(
        check,
        "frequency",
        f"a number of {unit} above 0",
        lambda values: np.isfinite(values) & (values > 0),
        MEGAHERTZ[unit],
    )


def _frequencies_of_channels(check: _Check, antenna: NDArray[np.int32]) -> pa.Array:
    """Frequency of each row's channel index by its antenna's hop table; null without a table."""
    declared = check.declared
    index = check.number("channel")
    given = np.asarray(check.text("channel").is_valid())
    check.refuse(given & ~((index >= 1) & (index == np.floor(index))), "channel", "a whole number")
    frequency = np.full(check.rows, np.nan)
    for port in np.unique(antenna).tolist():
        table = declared.hop_tables_mhz.get(port, declared.hop_table_mhz)
        if not table:
            continue
        mine = given & (antenna == port)
        known = mine & (index >= 1) & (index <= len(table))
        check.refuse(mine & ~known, "channel", f"1 to {len(table)}, as in the hop table")
        frequency[known] = np.array(table)[index[known].astype(np.int64) - 1]
    return pa.array(frequency, pa.float64(), from_pandas=True)


def _counts(check: _Check) -> pa.Array:
    values = check.number("read_count")
    given = np.asarray(check.text("read_count").is_valid())
    bad = given & ~((values >= 1) & (values < 2**31) & (values == np.floor(values)))
    check.refuse(bad, "read_count", "a whole number from 1")
    return pa.array(np.where(bad | ~given, 1, values).astype(np.int32))


def _optional(
    check: _Check,
    name: str,
    expected: str,
    allows: Callable[[NDArray[np.float64]], Bools],
    factor: float = 1.0,
) -> pa.Array:
    values = check.number(name)
    given = np.asarray(check.text(name).is_valid())
    check.refuse(given & ~allows(values), name, expected)
    return pa.array(values * factor, pa.float64(), from_pandas=True)


def _trim(text: pa.Array) -> pa.Array:
    """Text without spaces around it; null where nothing is left."""
    if not pa.types.is_string(text.type):
        return text
    trimmed = pc.utf8_trim_whitespace(text)
    blank = pc.equal(trimmed, "")
    if not pc.any(blank).as_py():
        return trimmed
    return pc.if_else(blank, None, trimmed)


def _cast(text: pa.Array, kind: pa.DataType) -> pa.Array:
    """Text cast to a type, null where it does not fit.

    Arrow's cast is all or nothing: the column is halved until the values that do not fit stand
    alone. Cost: one cast where all fit, about 2 log2(n) more for each that does not.
    """
    try:
        return text.cast(kind)
    except pa.ArrowInvalid:
        if len(text) == 1:
            return pa.nulls(1, kind)
    half = len(text) // 2
    return pa.concat_arrays([_cast(text[:half], kind), _cast(text[half:], kind)])
