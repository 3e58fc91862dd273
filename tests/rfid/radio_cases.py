"""Made-up reads of a reader, for tests: times, tags and signal strengths by plain arithmetic."""

import datetime as dt

import numpy as np
import pyarrow as pa

START = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
START_US = int(START.timestamp()) * 1_000_000


def reads_table(  # noqa: PLR0917 - one argument per column
    time_s, epc, antenna, rssi_dbm, phase_rad=None, frequency_mhz=None, read_count=None
):
    """Rows of bronze.rfid_reads of reader r1; times count from START."""
    rows = len(time_s)
    time_us = START_US + np.rint(np.asarray(time_s) * 1e6).astype(np.int64)
    return pa.table(
        {
            "reader_id": pa.repeat("r1", rows),
            "antenna": pa.array(np.asarray(antenna, np.int32)),
            "epc": pa.array(list(epc), pa.string()),
            "device_time": pa.array(time_us).cast(pa.timestamp("us", tz="UTC")),
            "rssi_dbm": pa.array(np.asarray(rssi_dbm, np.float32)),
            "phase_rad": optional(phase_rad, rows),
            "frequency_mhz": optional(frequency_mhz, rows),
            "read_count": pa.array(
                np.asarray(np.ones(rows) if read_count is None else read_count, np.int32)
            ),
        }
    )


def optional(values, rows):
    if values is None:
        return pa.nulls(rows, pa.float64())
    return pa.array(np.asarray(values, np.float64), from_pandas=True)


def random_reads(rng, rows, tags=5, antennas=2, length_s=200.0):
    """Reads at random, a tenth of them at the same time as another, on a grid of half a dB."""
    time_s = np.round(rng.uniform(0, length_s, rows), 3)
    again = rng.random(rows) < 0.1
    time_s[again] = rng.choice(time_s, again.sum())
    return reads_table(
        time_s,
        [f"AD{index:02X}" for index in rng.integers(0, tags, rows)],
        rng.integers(1, antennas + 1, rows),
        np.round(rng.normal(-60, 4, rows) * 2) / 2,
        rng.uniform(0, 2 * np.pi, rows),
        rng.choice([865.7, 866.3, 866.9, 867.5], rows),
    )


def shop(rng, still=30, rate_hz=2.0, length_s=240.0, hops=False):
    """Reads of tags at rest: 1 dB of noise in steps of half a dB, phase noise 0.135 rad."""
    rows = round(rate_hz * length_s) * still
    time_s = rng.uniform(0, length_s, rows)
    tag = rng.integers(0, still, rows)
    channel = rng.integers(0, 4, rows)
    offset = rng.uniform(0, 2 * np.pi, (still, 4))
    phase = (offset[tag, channel] + rng.normal(0, 0.135, rows)) % (2 * np.pi)
    level = rng.uniform(-68, -55, still)
    return {
        "time_s": time_s,
        "epc": np.array([f"AD{index:02X}" for index in range(still)])[tag],
        "antenna": np.ones(rows, int),
        "rssi_dbm": np.round((level[tag] + rng.normal(0, 1, rows)) * 2) / 2,
        "phase_rad": phase if hops else None,
        "frequency_mhz": np.array([865.7, 866.3, 866.9, 867.5])[channel] if hops else None,
    }
