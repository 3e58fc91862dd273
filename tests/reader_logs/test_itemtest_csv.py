"""Impinj ItemTest exports in every locale that was seen."""

import datetime as dt
import gzip

import pytest

from storeday.contracts import check, check_key, conform, load_contract
from storeday.manifest import Reader, ReaderLog
from storeday.reader_logs import ReaderLogError, parse_log

READER = Reader(id="gate", log=ReaderLog(format="itemtest_csv"))
NAMES = "// Timestamp, EPC, TID, Antenna, RSSI, Frequency, Hostname, PhaseAngle, DopplerFrequency"
HEAD = f"// 06/01/2023 16:25:36\r\n// ReaderName=169.254.1.1, AntennaIDs=1,2\r\n{NAMES}\r\n"
TIME = "2023-01-06T17:01:31.2429680+01:00"
EXPECTED = {
    "reader_id": "gate",
    "antenna": 1,
    "epc": "AD3830770CCDD0AD383004B1",
    "device_time": dt.datetime(2023, 1, 6, 16, 1, 31, 242968, dt.UTC),
    "rssi_dbm": -63.5,
    "phase_rad": 2.5,
    "phase_period": "2pi",
    "frequency_mhz": 865.7,
    "doppler_hz": -1.25,
    "read_count": 1,
    "source_format": "itemtest_csv",
    "source_file": "rfid/gate/run.csv",
    "source_line": 4,
    "source_item": 1,
}


def parse(path, text, **options):
    path.write_bytes(text.encode())
    return list(parse_log(path, READER, "rfid/gate/run.csv", **options))


def reads(batches):
    return [row for batch in batches for row in batch.reads.to_pylist()]


def rejects(batches):
    return [row for batch in batches for row in batch.rejects.to_pylist()]


@pytest.mark.parametrize(
    "row",
    [
        f"{TIME},AD3830770CCDD0AD383004B1,,1,-63.5,865.7,169.254.1.1,2.5,-1.25",
        f'{TIME},AD3830770CCDD0AD383004B1,,1,"-63,5","865,7",169.254.1.1,"2,5","-1,25"',
        f"{TIME};AD3830770CCDD0AD383004B1;;1;-63,5;865,7;169.254.1.1;2,5;-1,25",
        f"{TIME};ad38 3077 0ccd d0ad 3830 04b1; ;1; -63,5 ;865,7;169.254.1.1;2,5;-1,25",
    ],
    ids=["points", "quoted", "semicolons", "spaces"],
)
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_every_locale_gives_the_same_read(tmp_path, row, end):
    batches = parse(tmp_path / "x.csv", HEAD.replace("\r\n", end) + row + end)
    assert reads(batches) == [EXPECTED]
    assert rejects(batches) == []


def test_rows_keep_their_contract(tmp_path):
    rows = "".join(f"{TIME};AD38;;{port};-63,5;865,7;h;;\r\n" for port in range(1, 9))
    (batch,) = parse(tmp_path / "x.csv", HEAD + rows)
    contract = load_contract("bronze.rfid_reads")
    stamps = {"store_id": "s1", "business_date": dt.date(2023, 1, 6)}
    table = conform(batch.reads, contract, stamps)
    check(table, contract)
    check_key(table, contract)
    assert batch.reads["phase_rad"].null_count == batch.reads["phase_period"].null_count == 8
    assert batch.reads["doppler_hz"].null_count == 8


def test_a_handle_column_is_allowed(tmp_path):
    head = HEAD.replace("DopplerFrequency", "DopplerFrequency, CRHandle")
    row = f"{TIME},AD38,,1,-63.5,865.7,h,,,77\n"
    assert len(reads(parse(tmp_path / "named.csv", head + row))) == 1
    assert len(reads(parse(tmp_path / "bare.csv", row))) == 1


def test_an_export_that_lost_its_comments_has_the_usual_columns(tmp_path):
    row = f"{TIME};AD38;;1;-63,5;865,7;h;;\n"
    assert reads(parse(tmp_path / "x.csv", row))[0]["source_line"] == 1


def test_an_address_in_place_of_a_tag_is_refused(tmp_path):
    row = f"{TIME},169.254.1.1,,1,-63.5,865.7,h,,\n"
    (reject,) = rejects(parse(tmp_path / "x.csv", HEAD + row))
    assert reject == {
        "source_line": 4,
        "reason": "epc: expected 1 to 124 hexadecimal digits, found '169.254.1.1'",
        "content": row.strip(),
    }


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{TIME};AD38;;1;12;865,7;h;;", "rssi: expected -110 to 0 dBm, found '12'"),
        (f"{TIME};AD38;;1;-111;865,7;h;;", "rssi: expected -110 to 0 dBm, found '-111'"),
        (f"{TIME};AD38;;1;;865,7;h;;", "rssi: expected -110 to 0 dBm, found nothing"),
        (f"{TIME};AD38;;1;nan;865,7;h;;", "rssi: expected -110 to 0 dBm, found 'nan'"),
        (f"{TIME};AD38;;1;-60;-865,7;h;;", "frequency: expected a number of MHz above 0"),
        (f"{TIME};AD38;;1;-60;865,7;h;6,4;", "phase: expected 0 to 6.28319 rad, found '6,4'"),
        (f"{TIME};AD38;;1;-60;865,7;h;x;", "phase: expected 0 to 6.28319 rad, found 'x'"),
        (f"{TIME};AD38;;1,5;-60;865,7;h;;", "antenna: expected a whole number"),
        (f"{TIME};;;1;-60;865,7;h;;", "epc: expected 1 to 124 hexadecimal digits, found nothing"),
        (f"{TIME};{'A' * 126};;1;-60;865,7;h;;", "epc: expected 1 to 124 hexadecimal digits"),
        (
            "2023-01-06T17:01:31;AD38;;1;-60;865,7;h;;",
            "time: expected an ISO 8601 time with a zone",
        ),
        ("2023-02-30T17:01:31Z;AD38;;1;-60;865,7;h;;", "time: expected"),
        ("1969-02-03T17:01:31Z;AD38;;1;-60;865,7;h;;", "between 1990 and 2100"),
        (f"{TIME};AD38;;1;-60;865,7;h;", "expected 9 fields, found 8"),
        (f"{TIME};AD38;;1;-60;865,7;h;;;;", "expected 9 fields, found 11"),
        ("nothing of the kind", "expected 9 fields, found 1"),
    ],
)
def test_what_breaks_its_unit_is_refused_with_line_and_reason(tmp_path, row, reason):
    good = f"{TIME};AD38;;1;-60;865,7;h;;"
    later = good.replace("31.24", "32.24")
    batches = parse(tmp_path / "x.csv", f"{HEAD}{good}\r\n\r\n{row}\r\n{later}\r\n")
    (reject,) = rejects(batches)
    assert reason in reject["reason"]
    assert reject["source_line"] == 6
    assert reject["content"] == row[:200]
    assert [read["source_line"] for read in reads(batches)] == [4, 7]


def test_phase_at_the_end_of_its_period_wraps(tmp_path):
    row = f"{TIME},AD38,,1,-63.5,865.7,h,6.2832,\n"
    assert reads(parse(tmp_path / "x.csv", HEAD + row))[0]["phase_rad"] == pytest.approx(
        0, abs=2e-5
    )


def test_zones_and_clocks_become_utc(tmp_path):
    times = [
        "2026-04-09T14:24:20.255-05:00",
        "2026-04-09T19:24:20.255Z",
        "2026-04-09 21:24:20.255+0200",
    ]
    rows = "".join(f"{time},AD38,,1,-60,865.7,h,,\n" for time in times)
    found = {read["device_time"] for read in reads(parse(tmp_path / "x.csv", rows))}
    assert found == {dt.datetime(2026, 4, 9, 19, 24, 20, 255000, dt.UTC)}


def test_a_clock_that_was_never_set_is_kept(tmp_path):
    row = "2000-01-01T00:01:14Z,AD38,,1,-60,865.7,h,,\n"
    assert len(reads(parse(tmp_path / "x.csv", row))) == 1


def test_column_names_without_a_needed_one_stop_the_file(tmp_path):
    with pytest.raises(ReaderLogError, match="RSSI is missing"):
        parse(tmp_path / "x.csv", "// Timestamp, EPC, Antenna\n")


def test_gzip_is_told_by_its_content(tmp_path):
    path = tmp_path / "copy-without-ending"
    path.write_bytes(gzip.compress(f"{HEAD}{TIME};AD38;;1;-60;865,7;h;;\r\n".encode()))
    assert len(reads(parse_log(path, READER, "rfid/gate/run.csv.gz"))) == 1
