"""Made-up reads in any number, for speed alone: tags at rest, in order of reporting."""

import numpy as np
import pyarrow as pa

START_US = 1_772_524_800_000_000  # 2026-03-03 08:00 UTC, a Tuesday
ETSI_MHZ = np.array([865.7, 866.3, 866.9, 867.5])


def many_reads(tags: int, antennas: int, rows: int, span_s: float, seed: int) -> pa.Table:
    """Rows of `bronze.rfid_reads` of reader `rack`, without file names.

    Each tag is read mostly by one antenna, and now and then by two others.
    """
    rng = np.random.default_rng(seed)
    tag = rng.integers(0, tags, rows)
    main = rng.integers(0, antennas, tags)
    shift = rng.choice([0, 1, 3], rows, p=[0.6, 0.25, 0.15])
    antenna = (main[tag] + shift) % antennas
    time_us = START_US + np.sort(rng.integers(0, round(span_s * 1e6), rows))
    # Reports stand up to five rows behind their place, 14.6 % of them behind an earlier one.
    order = np.argsort(np.arange(rows) + (rng.random(rows) < 0.17) * rng.uniform(1, 6, rows))
    tag, antenna, time_us = tag[order], antenna[order], time_us[order]
    level = rng.normal(-62, 4, (tags, antennas))[tag, antenna] + rng.normal(0, 1, rows)
    channel = (time_us // 4_000_000) % 4
    phase = rng.uniform(0, 2 * np.pi, (tags, antennas, 4))[tag, antenna, channel]
    phase = np.mod(phase + rng.normal(0, 0.135, rows), 2 * np.pi)
    names = pa.array(
        [f"{0x303400000000000000000000 + 7919 * number:024X}" for number in range(tags)]
    )
    return pa.table(
        {
            "reader_id": pa.repeat("rack", rows),
            "antenna": pa.array(antenna + 1, pa.int32()),
            "epc": names.take(pa.array(tag)),
            "device_time": pa.array(time_us).cast(pa.timestamp("us", tz="UTC")),
            "rssi_dbm": pa.array(np.clip(np.round(level * 2) / 2, -85, -30), pa.float32()),
            "phase_rad": pa.array(phase),
            "phase_period": pa.repeat("2pi", rows),
            "frequency_mhz": pa.array(ETSI_MHZ[channel]),
            "read_count": pa.repeat(pa.scalar(1, pa.int32()), rows),
        }
    )
