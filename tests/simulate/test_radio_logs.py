"""Logs: the reader's clock, the order of reporting, both formats, equal bytes."""

import base64
import datetime as dt
import gzip
import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from storeday.simulate.radio import RadioSettings, simulate_reads, write_reads
from storeday.simulate.radio_settings import ReportSettings
from storeday.simulate.radio_write import report_order
from storeday.simulate.world import Clock

_spec = importlib.util.spec_from_file_location(
    "radio_cases", Path(__file__).with_name("radio_cases.py")
)
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)

SMALL = cases.shop(7, tags=30, people=2, duration_s=240.0)
REPORT = ReportSettings(chunk_s=60.0, file_s=120.0)
CLOCK = Clock(offset_s=7.5, drift_ppm=200.0)


def truth(case, settings, seed=1):
    """Sorted (device time in us since the start, EPC, port, RSSI) of a case's reads."""
    world = cases.make(case)
    return sorted(
        (round(case.clock.offset_s * 1e6 + time_s * (1e6 + case.clock.drift_ppm)), *rest)
        for _, batch in simulate_reads(world, settings, seed)
        for time_s, *rest in zip(
            batch.time_s.tolist(),
            [world.products.epc[tag] for tag in batch.tag],
            batch.port.tolist(),
            batch.rssi_dbm.tolist(),
            strict=True,
        )
    )


def written(folder, case, report=REPORT, seed=1):
    """Lines of each file."""
    write_reads(cases.make(case), RadioSettings(report=report), folder, seed)
    files = sorted((folder / "rfid" / cases.READER).iterdir())
    contents = [file.read_bytes() for file in files]
    contents = [gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw for raw in contents]
    return [file.name for file in files], [raw.decode().splitlines() for raw in contents]


def since_start_us(text, case):
    moment = dt.datetime.fromisoformat(text)
    return (moment - case.starts_at) // dt.timedelta(microseconds=1)


def close(found, expected):
    """Same reads, times within the last digit."""
    assert len(found) == len(expected)
    assert sorted(row[1:] for row in found) == sorted(row[1:] for row in expected)
    times = np.array([row[0] for row in sorted(found)]), np.array([row[0] for row in expected])
    assert np.abs(times[0] - times[1]).max() <= 1


@pytest.mark.parametrize("log_format", ["impinj_iot", "impinj_iot_ndjson"])
def test_ndjson_holds_the_reads_by_the_readers_clock(tmp_path, log_format):
    case = replace(SMALL, clock=CLOCK, log_format=log_format)
    names, files = written(tmp_path, case)
    assert names == ["20251103T080007Z.ndjson.gz", "20251103T080207Z.ndjson.gz"]
    rows = [json.loads(line) for lines in files for line in lines]
    events = [row["tagInventoryEvent"] for row in rows]
    found = [
        (
            since_start_us(event["lastSeenTime"], case),
            event["epcHex"],
            event["antennaPort"],
            event["peakRssiCdbm"] / 100,
        )
        for event in events
    ]
    expected = truth(case, RadioSettings(report=REPORT))
    assert len(expected) > 500
    close(found, expected)
    for event in events:
        assert base64.urlsafe_b64decode(event["epc"]).hex().upper() == event["epcHex"]
        assert 0 <= event["phaseAngle"] <= 360
        assert 902_750 <= event["frequency"] <= 927_250
    assert {row["eventType"] for row in rows} == {"tagInventory"}
    assert {row["hostname"] for row in rows} == {cases.READER}


def test_rows_are_out_of_order_but_complete(tmp_path):
    _, mixed = written(tmp_path / "mixed", SMALL)
    _, sorted_ = written(tmp_path / "sorted", SMALL, replace(REPORT, shuffled_share=0.0))
    assert mixed != sorted_
    assert [sorted(lines) for lines in mixed] == [sorted(lines) for lines in sorted_]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.146, 0.25])
def test_share_of_rows_that_go_back_in_time(share):
    order = report_order(200_000, share, np.random.default_rng(3))
    back = np.mean(np.diff(order) < 0)
    print(f"asked {share}, found {back:.4f}")
    assert sorted(order) == list(range(200_000))
    assert back == pytest.approx(share, abs=0.015)


@pytest.mark.parametrize(
    ("style", "comma", "point"), [("en", ",", "."), ("fr", ";", ",")], ids=["en", "fr"]
)
def test_itemtest(tmp_path, style, comma, point):
    case = replace(SMALL, log_format="itemtest_csv", clock=Clock(-3.0, 0.0))
    report = replace(REPORT, itemtest_style=style, is_gzip=False, region="etsi")
    names, files = written(tmp_path, case, report)
    assert names == ["20251103T075957Z.csv", "20251103T080157Z.csv"]
    day = "03/11/2025" if style == "fr" else "11/03/2025"
    for lines in files:
        assert lines[0].startswith(f"// {day} 0")
        assert "AntennaIDs=1,2,3,4" in lines[1]
        assert lines[2].startswith("// Timestamp, EPC, TID, Antenna, RSSI, Frequency")
    rows = [line.split(comma) for lines in files for line in lines[3:]]
    assert {len(row) for row in rows} == {9}
    expected = truth(case, RadioSettings(report=report))
    found = sorted(
        (since_start_us(row[0], case), row[1], int(row[3]), float(row[4].replace(point, ".")))
        for row in rows
    )
    close(found, expected)
    assert all(row[0].endswith("0+01:00") for row in rows)
    assert {row[5].replace(point, ".") for row in rows} <= {"865.7", "866.3", "866.9", "867.5"}
    assert all(0 <= float(row[7].replace(point, ".")) < 6.2832 for row in rows)


def test_itemtest_local_times_on_the_night_the_clocks_go_back(tmp_path):
    start = dt.datetime(2025, 10, 26, 0, 58, tzinfo=dt.UTC)
    case = replace(SMALL, log_format="itemtest_csv", starts_at=start)
    _, files = written(tmp_path, case, replace(REPORT, is_gzip=False))
    moments = [line.split(",")[0] for lines in files for line in lines[3:]]
    assert {moment[-6:] for moment in moments} == {"+01:00", "+02:00"}
    assert all(0 <= since_start_us(moment, case) < 240e6 for moment in moments)


def test_logs_without_phase(tmp_path):
    report = replace(REPORT, has_phase=False, is_gzip=False)
    _, files = written(tmp_path / "json", SMALL, report)
    assert "phaseAngle" not in json.loads(files[0][0])["tagInventoryEvent"]
    _, files = written(tmp_path / "csv", replace(SMALL, log_format="itemtest_csv"), report)
    assert files[0][3].split(",")[7] == ""


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path):
    world, settings = cases.make(SMALL), RadioSettings(report=REPORT)
    contents = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_reads(world, settings, tmp_path / name, seed)
        files = sorted((tmp_path / name).rglob("*.gz"))
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


def test_summary_counts_what_was_written(tmp_path):
    summary = write_reads(cases.make(SMALL), RadioSettings(report=REPORT), tmp_path, 1)
    assert summary["antenna"].to_pylist() == [1, 2, 3, 4]
    reads = truth(SMALL, RadioSettings(report=REPORT))
    for row in summary.to_pylist():
        mine = [one for one in reads if one[2] == row["antenna"]]
        assert row["reads"] == len(mine)
        assert row["tags"] == len({one[1] for one in mine})
        assert row["mean_rssi_dbm"] == pytest.approx(np.mean([one[3] for one in mine]))


def test_a_silent_day_has_files_without_rows(tmp_path):
    names, files = written(tmp_path, replace(SMALL, tags=np.zeros((0, 3)), handlings=()))
    assert len(names) == 2
    assert files == [[], []]


def test_what_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(ValueError, match="log format 'generic_csv'; simulated are impinj_iot, "):
        written(tmp_path, replace(SMALL, log_format="generic_csv"))
    with pytest.raises(ValueError, match=r"file_s is 100.0; expected a multiple of chunk_s, 60.0"):
        written(tmp_path, SMALL, ReportSettings(chunk_s=60.0, file_s=100.0))
