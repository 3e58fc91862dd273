"""Zebra IoT Connector messages, of fixed readers and handhelds."""

import datetime as dt
import json
import math

import pytest

from storeday.manifest import Antenna, Reader, ReaderLog
from storeday.reader_logs import parse_log

TAG = "E2801170000002142AAD6E0C"
FULL = {
    "data": {
        "CRC": "5b1f",
        "PC": "3000",
        "TID": "e2801170200014142aad0a0c",
        "antenna": 2,
        "channel": 918.70000000000005,
        "eventNum": 9413,
        "format": "epc",
        "hostName": "FX9600EF2C26",
        "idHex": TAG.lower(),
        "peakRssi": -56,
        "phase": 148.039794921875,
        "reads": 1,
    },
    "timestamp": "2024-11-21T13:20:53.319-0600",
    "type": "CUSTOM",
}


def message(drop=(), **changes):
    data = FULL["data"] | changes
    return FULL | {"data": {key: one for key, one in data.items() if key not in drop}}


def parse(tmp_path, values, ports=()):
    path = tmp_path / "x.json"
    path.write_text("\n".join(json.dumps(value) for value in values))
    antennas = [Antenna(port=port) for port in ports]
    reader = Reader(id="dock", log=ReaderLog(format="zebra_iot"), antennas=antennas)
    batches = list(parse_log(path, reader, "rfid/dock/x.json"))
    reads = [row for batch in batches for row in batch.reads.to_pylist()]
    rejects = [row for batch in batches for row in batch.rejects.to_pylist()]
    return batches, reads, rejects


def test_a_message_in_its_units(tmp_path):
    (batch,), (read,), rejects = parse(tmp_path, [FULL])
    assert rejects == []
    assert read["epc"] == TAG
    # The offset has no colon.
    assert read["device_time"] == dt.datetime(2024, 11, 21, 19, 20, 53, 319000, dt.UTC)
    assert (read["antenna"], read["rssi_dbm"], read["read_count"]) == (2, -56.0, 1)
    assert read["phase_rad"] == pytest.approx(math.radians(148.039794921875))
    assert read["phase_period"] == "2pi"
    assert read["frequency_mhz"] == pytest.approx(918.7)
    assert batch.has_own_time.tolist() == [True]


def test_a_signed_angle_is_the_same_angle(tmp_path):
    angles = [-180, -90.5, -0.0, 179.99, 270, 360]
    _, reads, _ = parse(
        tmp_path, [message(phase=angle, antenna=n) for n, angle in enumerate(angles)]
    )
    found = [read["phase_rad"] for read in reads]
    assert found == pytest.approx([math.radians(angle % 360) for angle in angles])
    _, reads, (low, high) = parse(tmp_path, [message(phase=-181), message(phase=361)])
    assert reads == []
    assert "phase: expected -180 to 360 deg, found -181.0" in low["reason"]
    assert "found 361.0" in high["reason"]


@pytest.mark.parametrize("name", ["seenCount", "reads"])
def test_a_merged_report_counts_its_reads_and_has_no_phase(tmp_path, name):
    drop = ["phase", "channel", "reads"]
    merged = message(drop=drop)
    merged["data"][name] = 7
    (batch,), (read,), _ = parse(tmp_path, [merged])
    assert read["read_count"] == 7
    assert read["phase_rad"] is read["phase_period"] is read["frequency_mhz"] is None
    assert batch.has_own_time.tolist() == [False]


def test_arrays_of_messages_and_gaps_between_them(tmp_path):
    values = [[message(antenna=1), message(antenna=2)], message(antenna=3), []]
    _, reads, rejects = parse(tmp_path, values)
    assert rejects == []
    assert [(read["antenna"], read["source_line"], read["source_item"]) for read in reads] == [
        (1, 1, 1),
        (2, 1, 2),
        (3, 2, 1),
    ]


def handheld(*tags, **data):
    return {
        "type": "INVENTORY",
        "timestamp": "2024-11-21T13:20:53.319-0600",
        "data": {"hostName": "RFD40", "tagData": list(tags), **data},
    }


def test_a_handheld_s_message_holds_several_tags(tmp_path):
    first = handheld(
        {"EPCid": "3034F4A2C800000000000001", "peakRssi": -41, "seenCount": 2},
        {"EPC": "3034f4a2c800000000000002", "peakRssi": "-47"},
    )
    values = [first, message(antenna=4), handheld({"EPCid": "3034", "rssi": -50})]
    (batch,), reads, rejects = parse(tmp_path, values, ports=[9])
    assert rejects == []
    found = [
        (
            read["source_line"],
            read["source_item"],
            read["epc"][-2:],
            read["antenna"],
            read["rssi_dbm"],
        )
        for read in reads
    ]
    assert found == [
        (1, 1, "01", 9, -41.0),
        (1, 2, "02", 9, -47.0),
        (2, 1, "0C", 4, -56.0),
        (3, 1, "34", 9, -50.0),
    ]
    assert [read["read_count"] for read in reads] == [2, 1, 1, 1]
    assert batch.passed_over == 0


def test_a_handheld_without_a_port_needs_a_reader_with_one_antenna(tmp_path):
    _, reads, (reject,) = parse(tmp_path, [handheld({"EPCid": "3034", "peakRssi": -50})], [1, 2])
    assert reads == []
    assert reject["reason"].startswith("antenna: expected a whole number")


def test_a_bad_tag_of_a_message_is_refused_alone(tmp_path):
    tags = [{"EPCid": "30", "peakRssi": -50}, {"EPCid": "x", "peakRssi": -50}, {"EPCid": "31"}]
    _, reads, rejects = parse(tmp_path, [handheld(*tags)], [1])
    assert [read["epc"] for read in reads] == ["30"]
    assert [row["reason"].split(":")[0] for row in rejects] == ["epc", "rssi"]
    assert {row["source_line"] for row in rejects} == {1}


def test_messages_without_tags_are_passed_over(tmp_path):
    heartbeat = {"type": "heartbeat", "timestamp": "2024-11-21T13:20:53.319-0600"}
    (batch,), reads, rejects = parse(tmp_path, [heartbeat, FULL, handheld()])
    assert len(reads) == 1
    assert rejects == []
    assert batch.passed_over == 2


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (message(peakRssi=12), "rssi: expected -110 to 0 dBm, found 12.0"),
        (message(peakRssi=None), "rssi: expected -110 to 0 dBm, found nothing"),
        (message(idHex="Zebra"), "epc: expected 1 to 124 hexadecimal digits, found 'Zebra'"),
        (message(drop=["idHex"]), "epc: expected 1 to 124 hexadecimal digits, found nothing"),
        (message(antenna=-1), "antenna: expected a whole number"),
        (message(channel=-1), "frequency: expected a number of MHz above 0"),
        (message(reads=0), "read_count: expected a whole number from 1"),
        (FULL | {"timestamp": "2024-11-21T13:20:53.319"}, "time: expected an ISO 8601 time with"),
        (FULL | {"timestamp": None}, "time: expected an ISO 8601 time with a zone"),
        (FULL | {"data": [1]}, "data: expected an object, found [1]"),
        (FULL | {"data": {"tagData": "x"}}, "tagData: expected an array, found"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(tmp_path, value, reason):
    _, reads, (reject,) = parse(tmp_path, [FULL, value])
    assert len(reads) == 1
    assert reject["source_line"] == 2
    assert reason in reject["reason"]
