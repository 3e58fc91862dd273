"""Logs of sllurp, plain and patched."""

import datetime as dt
import math

import pytest

from storeday.manifest import Antenna, Reader, ReaderLog
from storeday.reader_logs import ReaderLogError, parse_log

PLAIN = "timestamp,reader,antenna,rssi,epc\n"
PATCHED = PLAIN.strip() + ",phase_angle,channel_index,doppler_frequency\n"
TAG = "303435FC8803D056D15B963F"
HOPS = [902.75 + 0.5 * index for index in range(50)]


def parse(tmp_path, text, antennas=(), hops=(), **log):
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode())
    reader = Reader(
        id="r",
        log=ReaderLog(format="sllurp_csv", **log),
        antennas=list(antennas),
        hop_table_mhz=list(hops),
    )
    batches = list(parse_log(path, reader, "rfid/r/x.csv"))
    reads = [row for batch in batches for row in batch.reads.to_pylist()]
    rejects = [row for batch in batches for row in batch.rejects.to_pylist()]
    return reads, rejects


def test_a_plain_log(tmp_path):
    text = f"{PLAIN}1745881649.932476,192.168.1.5:5084,1,-68,{TAG.lower()}\r\n"
    (read,), rejects = parse(tmp_path, text)
    assert rejects == []
    at = dt.datetime(2025, 4, 28, 23, 7, 29, 932476, dt.UTC)
    assert (read["device_time"], read["antenna"], read["epc"]) == (at, 1, TAG)
    assert (read["rssi_dbm"], read["source_line"]) == (-68.0, 2)
    assert read["phase_rad"] is read["frequency_mhz"] is read["doppler_hz"] is None


def test_a_patched_log(tmp_path):
    text = f"{PATCHED}1745881649.932476,r:5084,1,-68,b'{TAG.lower()}',1024,41,-3984\n"
    (read,), rejects = parse(tmp_path, text, hops=HOPS)
    assert rejects == []
    assert read["epc"] == TAG
    assert read["phase_rad"] == pytest.approx(math.pi / 2)
    assert read["phase_period"] == "2pi"
    # Channel indices count from 1.
    assert read["frequency_mhz"] == pytest.approx(922.75)
    assert read["doppler_hz"] == pytest.approx(-249)


def test_the_antenna_s_hop_table_goes_before_the_reader_s(tmp_path):
    antennas = [Antenna(port=1), Antenna(port=2, hop_table_mhz=[865.7, 866.3])]
    rows = "".join(f"1745881649.{port},r,{port},-68,AD38,0,2,0\n" for port in (1, 2, 3))
    reads, _ = parse(tmp_path, PATCHED + rows, antennas, [902.75, 903.25])
    assert [read["frequency_mhz"] for read in reads] == [903.25, 866.3, 903.25]


def test_without_a_hop_table_the_frequency_is_unknown(tmp_path):
    (read,), _ = parse(tmp_path, f"{PATCHED}1745881649.1,r,1,-68,AD38,7,41,0\n")
    assert read["frequency_mhz"] is None
    assert read["phase_rad"] > 0


@pytest.mark.parametrize("index", ["0", "51", "-1", "1.5", "x", "nan"])
def test_an_index_that_the_hop_table_lacks_is_refused(tmp_path, index):
    reads, (reject,) = parse(
        tmp_path, f"{PATCHED}1745881649.1,r,1,-68,AD38,7,{index},0\n", hops=HOPS
    )
    assert reads == []
    assert reject["reason"].startswith("channel: expected ")


def test_columns_as_llrp_names_them(tmp_path):
    text = (
        "AntennaID,ChannelIndex,EPC-96,ImpinjPeakRSSI,ImpinjRFPhaseAngle,LastSeenTimestampUTC,"
        "PeakRSSI,TagSeenCount\n"
        f"1,41,b'{TAG.lower()}',-6850,2624,1745881649932476,-68,8\n"
    )
    (read,), rejects = parse(tmp_path, text, hops=HOPS)
    assert rejects == []
    assert (read["rssi_dbm"], read["read_count"]) == (-68.5, 8)
    assert read["device_time"].microsecond == 932476
    assert read["phase_rad"] == pytest.approx(2624 / 4096 * 2 * math.pi)


def test_the_unit_of_a_column_rssi_is_as_declared(tmp_path):
    text = f"{PLAIN}1745881649.1,r,1,-5300,AD38\n"
    assert parse(tmp_path, text)[0] == []
    (read,), _ = parse(tmp_path, text, units={"rssi": "cdBm"})
    assert read["rssi_dbm"] == -53.0


@pytest.mark.parametrize("phase", ["-1", "4097", "x"])
def test_a_phase_outside_its_turn_is_refused(tmp_path, phase):
    reads, (reject,) = parse(tmp_path, f"{PATCHED}1745881649.1,r,1,-68,AD38,{phase},1,0\n")
    assert reads == []
    assert "phase: expected 0 to 4096 turn4096" in reject["reason"]


def test_a_clock_that_was_never_set_is_kept(tmp_path):
    text = "LastSeenTimestampUTC,antenna,rssi,epc\n946694475207562,1,-50,AD38\n"
    (read,), _ = parse(tmp_path, text)
    assert read["device_time"].year == 2000


def test_a_log_without_a_needed_column_is_refused(tmp_path):
    with pytest.raises(ReaderLogError, match="there is none for rssi, expected one of ImpinjPeak"):
        parse(tmp_path, "timestamp,reader,antenna,epc\n1,r,1,AD38\n")


@pytest.mark.parametrize("text", ["", "\n\n", PLAIN])
def test_a_log_without_rows_gives_nothing(tmp_path, text):
    assert parse(tmp_path, text) == ([], [])
