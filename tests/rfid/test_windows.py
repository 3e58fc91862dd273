"""Sorting reads, choosing window lengths, cutting windows."""

import numpy as np
import pytest
from radio_cases import START_US, random_reads, reads_table

from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import tag_reads
from storeday.rfid.windows import choose_lengths, cut_windows

SEED = 20261121


def steady(rate_hz, length_s=600.0, epc="A1", antenna=1):
    time_s = np.arange(0, length_s, 1 / rate_hz)
    rows = len(time_s)
    return reads_table(time_s, [epc] * rows, [antenna] * rows, np.full(rows, -60.0))


@pytest.mark.parametrize(
    ("rate_hz", "expected_s"), [(5.0, 8), (0.6, 8), (0.4, 30), (0.15, 30), (0.1, 60), (0.01, 60)]
)
def test_the_rate_chooses_the_length(rate_hz, expected_s):
    lengths = choose_lengths(tag_reads(steady(rate_hz)), RfidSettings())
    assert lengths.tolist() == [expected_s * 1_000_000]


def test_hours_without_the_tag_do_not_lengthen_its_windows():
    hour = np.arange(0, 120, 0.5)
    time_s = np.concatenate([hour, hour + 6 * 3600])
    rows = len(time_s)
    reads = tag_reads(reads_table(time_s, ["A1"] * rows, [1] * rows, np.full(rows, -60.0)))
    assert choose_lengths(reads, RfidSettings()).tolist() == [8_000_000]


def test_windows_are_those_of_a_dictionary():
    table = random_reads(np.random.default_rng(SEED), 2000)
    settings = RfidSettings(window_lengths_s=(8.0,))
    reads = tag_reads(table)
    windows = cut_windows(reads, settings)
    expected = {}
    distinct = {tuple(row.values()) for row in table.to_pylist()}
    for _, antenna, epc, time, *_ in distinct:
        start = int(time.timestamp() * 1e6) // 8_000_000 * 8_000_000
        expected[(epc, antenna, start)] = expected.get((epc, antenna, start), 0) + 1
    ports = len(reads.antennas)
    found = {
        (reads.tags[series // ports], reads.antennas[series % ports], start): rows
        for series, start, rows in zip(
            windows.series.tolist(), windows.start_us.tolist(), windows.rows.tolist(), strict=True
        )
    }
    assert found == expected
    assert np.array_equal(windows.totals(np.ones(len(reads.series))), windows.rows)


def test_a_report_that_stands_twice_counts_once_and_a_read_at_the_same_time_stays():
    table = reads_table(
        [1, 1, 1, 1, 1],
        ["A1"] * 5,
        [1] * 5,
        [-60, -60, -61, -60, -60],
        [1.0, 1.0, 1.0, np.nan, np.nan],
        [865.7] * 5,
    )
    reads = tag_reads(table)
    assert sorted(reads.rssi_dbm) == [-61, -60, -60]


def test_a_clock_that_jumps_by_decades_is_sorted_too():
    table = reads_table([0.0, -8e8, 5.0], ["A1", "B2", "A1"], [1, 1, 1], [-60, -61, -62])
    reads = tag_reads(table)
    assert (reads.time_us - START_US).tolist() == [0, 5_000_000, -800_000_000_000_000]


def test_printed_frequencies_are_one_channel():
    table = reads_table(
        [1, 2, 3], ["A1"] * 3, [1] * 3, [-60] * 3, None, [918.7, 918.70000000000005, np.nan]
    )
    assert tag_reads(table).channel.tolist() == [0, 0, -1]


def test_no_reads_no_windows():
    reads = tag_reads(reads_table([], [], [], []))
    windows = cut_windows(reads, RfidSettings())
    assert len(windows.first) == 0
    assert windows.totals(np.zeros(0)).tolist() == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"window_lengths_s": ()}, "window_lengths_s"),
        ({"min_reads": 1}, "min_reads is 1"),
        ({"filled_share": 1.5}, "filled_share is 1.5"),
        ({"histogram_bin_db": 0.0}, "histogram_bin_db is 0.0"),
    ],
)
def test_settings_that_cannot_be(values, message):
    with pytest.raises(ValueError, match=message):
        RfidSettings(**values)
