"""Delimited logs by the manifest's declaration."""

import datetime as dt
import math

import pytest

from storeday.manifest import Antenna, LogFile, Reader, ReaderLog
from storeday.reader_logs import ReaderLogError, parse_log

ORIGIN = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
COLUMNS = {"time": 0, "epc": 1, "antenna": 2, "rssi": 3}


def parse(tmp_path, text, antennas=(), **log):
    path = tmp_path / "x.csv"
    path.write_text(text, newline="")
    ports = [Antenna(port=port) for port in antennas]
    reader = Reader(id="r", log=ReaderLog(format="generic_csv", **log), antennas=ports)
    batches = list(parse_log(path, reader, "rfid/r/day.csv"))
    found = [row for batch in batches for row in batch.reads.to_pylist()]
    refused = [row for batch in batches for row in batch.rejects.to_pylist()]
    return found, refused


def test_positions_units_and_signs_are_taken_as_declared(tmp_path):
    found, refused = parse(
        tmp_path,
        "7|-6350|90|921625|ad38|1500,25|3|-0,5\n",
        delimiter="|",
        decimal=",",
        header=False,
        columns={
            "antenna": 0,
            "rssi": 1,
            "phase": 2,
            "frequency": 3,
            "epc": 4,
            "time": 5,
            "read_count": 6,
            "doppler": 7,
        },
        units={
            "time": "ms",
            "rssi": "cdBm",
            "phase": "deg",
            "frequency": "kHz",
            "phase_period": "pi",
        },
        files={"day.csv": LogFile(time_origin=ORIGIN)},
    )
    (read,) = found
    assert refused == []
    assert read["device_time"] == ORIGIN + dt.timedelta(microseconds=1_500_250)
    assert (read["antenna"], read["epc"], read["read_count"]) == (7, "AD38", 3)
    assert read["rssi_dbm"] == pytest.approx(-63.5)
    assert read["phase_rad"] == pytest.approx(math.pi / 2)
    assert read["phase_period"] == "pi"
    assert read["frequency_mhz"] == pytest.approx(921.625)
    assert read["doppler_hz"] == pytest.approx(-0.5)
    assert (read["source_format"], read["source_line"]) == ("generic_csv", 1)


def test_columns_by_header_name_and_a_turn_of_4096_steps(tmp_path):
    text = "epc,more,when,port,power,angle\nAD38,,2026-01-05T09:00:00+01:00,1,-40,1024\n"
    names = {"time": "when", "epc": "epc", "antenna": "port", "rssi": "power", "phase": "angle"}
    (read,), refused = parse(tmp_path, text, columns=names, units={"phase": "turn4096"})
    assert refused == []
    assert read["phase_rad"] == pytest.approx(math.pi / 2)
    assert read["device_time"] == ORIGIN - dt.timedelta(hours=1)
    assert read["source_line"] == 2


def test_the_files_tag_and_the_only_antenna_stand_in(tmp_path):
    files = {"day.csv": LogFile(time_origin=dt.datetime(2026, 1, 5, 9), epc="AB12")}
    (read,), _ = parse(
        tmp_path,
        "0.025,-63\n",
        antennas=[5],
        header=False,
        columns={"time": 0, "rssi": 1},
        units={"time": "s"},
        files=files,
    )
    assert (read["epc"], read["antenna"]) == ("AB12", 5)
    assert read["device_time"] == ORIGIN + dt.timedelta(milliseconds=25)


def test_a_star_stands_for_all_other_files(tmp_path):
    files = {"*": LogFile(time_origin=dt.datetime(1970, 1, 1)), "other.csv": LogFile(epc="AA")}
    (read,), _ = parse(
        tmp_path,
        "time,epc,antenna,rssi\n1767603600000000,AD38,1,-63\n",
        columns={name: name for name in COLUMNS},
        units={"time": "us"},
        files=files,
    )
    assert read["device_time"] == ORIGIN


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ({"columns": COLUMNS, "units": {"time": "s"}}, "gives no time_origin for this file"),
        ({"columns": {"time": 0, "rssi": 3, "antenna": 2}}, "for epc and files gives none"),
        (
            {"columns": {"time": 0, "rssi": 3, "epc": 1}},
            "for antenna and the reader has 0 antennas",
        ),
        ({"columns": {"epc": 0}}, "no column is declared for time"),
        ({"columns": COLUMNS | {"colour": 4}}, "column 'colour' is declared"),
        ({"columns": COLUMNS | {"rssi": -1}}, "positions count from 0"),
        ({"columns": COLUMNS | {"rssi": "power"}}, "'power'; found time, epc, antenna, rssi"),
        ({"columns": COLUMNS | {"rssi": "rssi"}, "header": False}, "found no header"),
        ({"columns": COLUMNS, "delimiter": '"'}, "delimiter is"),
    ],
)
def test_a_declaration_that_does_not_hold_stops_the_file(tmp_path, log, message):
    with pytest.raises(ReaderLogError, match=message):
        parse(tmp_path, "time,epc,antenna,rssi\n0,AD38,1,-60\n", **log)


def test_no_other_decimal_sign_than_the_declared(tmp_path):
    text = "2026-01-05T09:00:00Z;AD38;1;-63.5\n2026-01-05T09:00:00Z;AD38;1;-63,5\n"
    found, refused = parse(
        tmp_path, text, delimiter=";", decimal=",", header=False, columns=COLUMNS
    )
    assert [read["source_line"] for read in found] == [2]
    assert [row["source_line"] for row in refused] == [1]


def test_relative_times_that_are_no_time_are_refused(tmp_path):
    rows = ["nan", "inf", "1e30", "x", "", "-1e12", "5"]
    text = "".join(f"{row},AD38,1,-60\n" for row in rows)
    found, refused = parse(
        tmp_path,
        text,
        header=False,
        columns=COLUMNS,
        units={"time": "s"},
        files={"day.csv": LogFile(time_origin=ORIGIN)},
    )
    assert [read["source_line"] for read in found] == [7]
    assert [row["source_line"] for row in refused] == [1, 2, 3, 4, 5, 6]
    assert all(row["reason"].startswith("time: expected a count of s") for row in refused)


def test_most_lines_say_how_many_fields_there_are(tmp_path):
    rows = [f"2026-01-05T09:00:0{second}Z,AD38,1,-63,junk\n" for second in range(5)]
    text = "".join(rows) + "2026-01-05T09:00:00Z,AD38,1,-63\n"
    found, refused = parse(tmp_path, text, header=False, columns=COLUMNS)
    assert len(found) == 5
    assert refused[0]["reason"] == "expected 5 fields, found 4"


def test_an_rf_collector_log(tmp_path):
    """Microseconds, cdBm, 4096 steps and channel indices; what is not ASCII is GBK."""
    path = tmp_path / "x.csv"
    head = "time,id,channel,phase,rssi,antenna,备注\n".encode("gbk")
    path.write_bytes(head + b"1767603600000250,e28011606000020a6681f23f,2,1024,-5300,1,\n")
    log = ReaderLog(
        format="generic_csv",
        columns={name: name for name in ("time", "channel", "phase", "rssi", "antenna")}
        | {"epc": "id"},
        units={"time": "us", "phase": "turn4096", "rssi": "cdBm"},
        files={"*": LogFile(time_origin=dt.datetime(1970, 1, 1))},
    )
    reader = Reader(id="r", log=log, hop_table_mhz=[920.625, 920.875])
    (batch,) = parse_log(path, reader, "rfid/r/x.csv")
    (read,) = batch.reads.to_pylist()
    assert read["device_time"] == ORIGIN + dt.timedelta(microseconds=250)
    assert (read["epc"], read["rssi_dbm"]) == ("E28011606000020A6681F23F", -53.0)
    assert read["phase_rad"] == pytest.approx(math.pi / 2)
    assert read["frequency_mhz"] == 920.875


def test_an_octane_log(tmp_path):
    """A program's own export of the Octane SDK's fields; EPCs come in words of four digits."""
    text = (
        "EPC,Timestamp,ChannelInMhz,PeakRssiInDbm,PhaseAngleInRadians,AntennaPortNumber,Doppler\n"
        "3034 35FC 8803 D056 D15B 963F,1767603600000250,920.625,-53.5,3.14159,2,-16\n"
    )
    names = {
        "epc": "EPC",
        "time": "Timestamp",
        "frequency": "ChannelInMhz",
        "rssi": "PeakRssiInDbm",
        "phase": "PhaseAngleInRadians",
        "antenna": "AntennaPortNumber",
        "doppler": "Doppler",
    }
    files = {"*": LogFile(time_origin=dt.datetime(1970, 1, 1))}
    units = {"time": "us", "doppler": "sixteenth_Hz"}
    (read,), refused = parse(tmp_path, text, columns=names, units=units, files=files)
    assert refused == []
    assert read["epc"] == "303435FC8803D056D15B963F"
    assert (read["frequency_mhz"], read["rssi_dbm"], read["doppler_hz"]) == (920.625, -53.5, -1.0)
