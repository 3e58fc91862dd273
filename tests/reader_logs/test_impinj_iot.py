"""Impinj IoT Device Interface events, as streams, webhooks and files hold them."""

import base64
import datetime as dt
import json
import math

import pytest

from storeday.contracts import check, check_key, conform, load_contract
from storeday.manifest import Reader, ReaderLog
from storeday.reader_logs import parse_log

READER = Reader(id="gate", log=ReaderLog(format="impinj_iot"))
TAG = "E28011606000020A6681F23F"
EVENT = {
    "epc": "4oARYGAAAgpmgfI_",
    "epcHex": TAG,
    "tidHex": "E2801160200064F1D2B50AD5",
    "pc": "MAA=",
    "antennaPort": 2,
    "antennaName": "Antenna 2",
    "peakRssiCdbm": -6550,
    "frequency": 921625,
    "transmitPowerCdbm": 3000,
    "lastSeenTime": "2026-04-09T19:24:20.255123Z",
    "phaseAngle": 208.82,
}


def event(number=0, drop=(), **changes):
    """An event whose time is its number's; a change to None leaves its value null."""
    inner = EVENT | {"lastSeenTime": f"2026-04-09T19:24:{number % 60:02d}.{number:06d}Z"} | changes
    return {
        "timestamp": "2026-04-09T19:24:21.278427551Z",
        "hostname": "impinj-13-f8-f5",
        "eventType": "tagInventory",
        "tagInventoryEvent": {key: one for key, one in inner.items() if key not in drop},
    }


def parse(tmp_path, content, batch_rows=65_536):
    path = tmp_path / "x"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    batches = list(parse_log(path, READER, "rfid/gate/x.ndjson", batch_rows))
    reads = [row for batch in batches for row in batch.reads.to_pylist()]
    rejects = [row for batch in batches for row in batch.rejects.to_pylist()]
    return batches, reads, rejects


def one(tmp_path, value):
    return parse(tmp_path, json.dumps(value) + "\n")


def test_an_event_in_its_units(tmp_path):
    _, (read,), rejects = one(tmp_path, event(lastSeenTime=EVENT["lastSeenTime"]))
    assert rejects == []
    assert read == {
        "reader_id": "gate",
        "antenna": 2,
        "epc": TAG,
        "device_time": dt.datetime(2026, 4, 9, 19, 24, 20, 255123, dt.UTC),
        "rssi_dbm": -65.5,
        "phase_rad": pytest.approx(math.radians(208.82)),
        "phase_period": "2pi",
        "frequency_mhz": pytest.approx(921.625),
        "doppler_hz": None,
        "read_count": 1,
        "source_format": "impinj_iot",
        "source_file": "rfid/gate/x.ndjson",
        "source_line": 1,
        "source_item": 1,
    }


@pytest.mark.parametrize("missing", ["phaseAngle", "frequency", "antennaName", "tidHex", "epc"])
def test_fields_that_are_switched_off(tmp_path, missing):
    for value in (event(drop=[missing]), event(**{missing: None})):
        _, (read,), _ = one(tmp_path, value)
        assert read["epc"] == TAG
        assert (read["phase_rad"] is None) == (missing == "phaseAngle")
        assert (read["phase_period"] is None) == (missing == "phaseAngle")
        assert (read["frequency_mhz"] is None) == (missing == "frequency")


def test_the_tag_in_base64url_alone(tmp_path):
    _, (read,), _ = one(tmp_path, event(drop=["epcHex"]))
    assert read["epc"] == TAG
    tags = ["E28011606000020A6681F23F40", "FBEFBE" * 4, "FF" * 16]
    for tag in tags:
        for strip in ("", "="):
            text = base64.urlsafe_b64encode(bytes.fromhex(tag)).decode().rstrip(strip or None)
            _, (read,), _ = one(tmp_path, event(drop=["epcHex"], epc=text))
            assert read["epc"] == tag


@pytest.mark.parametrize("text", ["4oARYGAAAgpmgfI/", "4oAR YGAAAgpm", "4oARY", "!", "", "é"])
def test_what_is_no_base64url_is_refused(tmp_path, text):
    _, reads, (reject,) = one(tmp_path, event(drop=["epcHex"], epc=text))
    assert reads == []
    assert reject["reason"].startswith("epc: expected 1 to 124 hexadecimal digits, found ")


def test_two_forms_that_name_different_tags_are_refused(tmp_path):
    _, reads, (reject,) = one(tmp_path, event(epcHex="E28011606000020A6681F240"))
    assert reads == []
    assert "in epc and not E28011606" in reject["reason"]


def test_without_last_seen_the_report_s_time_stands_in_and_is_told(tmp_path):
    lines = [event(1), event(2, drop=["lastSeenTime"])]
    (batch,), reads, _ = parse(tmp_path, "\n".join(map(json.dumps, lines)))
    # Nanoseconds are cut, not rounded.
    assert reads[1]["device_time"] == dt.datetime(2026, 4, 9, 19, 24, 21, 278427, dt.UTC)
    assert batch.has_own_time.tolist() == [True, False]


def test_an_event_type_may_be_missing_and_other_events_are_passed_over(tmp_path):
    nameless = event(1)
    del nameless["eventType"]
    status = {
        "timestamp": "2026-04-09T19:24:21Z",
        "eventType": "inventoryStatus",
        "inventoryStatusEvent": {"inventoryStatus": "running"},
    }
    empty = {"timestamp": "2026-04-09T19:24:21Z", "hostname": "h"}
    content = "\n".join(map(json.dumps, [nameless, status, empty, {}]))
    (batch,), reads, rejects = parse(tmp_path, content)
    assert [read["source_line"] for read in reads] == [1]
    assert batch.passed_over == 1
    assert [row["source_line"] for row in rejects] == [3, 4]
    assert {row["reason"] for row in rejects} == {"expected a tagInventoryEvent, found none"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"peakRssiCdbm": -6}, None),
        ({"peakRssiCdbm": 100}, "rssi: expected -11000 to 0 cdBm, found 100.0"),
        ({"peakRssiCdbm": None}, "rssi: expected -11000 to 0 cdBm, found nothing"),
        ({"peakRssiCdbm": "-6550"}, None),
        ({"peakRssiCdbm": "strong"}, "peakRssiCdbm: expected a number, found 'strong'"),
        ({"peakRssiCdbm": True}, "peakRssiCdbm: expected a number, found true"),
        ({"phaseAngle": 361}, "phase: expected 0 to 360 deg, found 361.0"),
        ({"phaseAngle": -1}, "phase: expected 0 to 360 deg, found -1.0"),
        ({"phaseAngle": 360}, None),
        ({"frequency": 0}, "frequency: expected a number of kHz above 0"),
        ({"antennaPort": 1.5}, "antenna: expected a whole number"),
        ({"antennaPort": None}, "antenna: expected a whole number"),
        ({"epc": None, "epcHex": None}, "epc: expected 1 to 124 hexadecimal digits, found nothing"),
        ({"epc": None, "epcHex": "10.0.0.1"}, "epc: expected 1 to 124 hexadecimal digits"),
        ({"lastSeenTime": "yesterday"}, "time: expected an ISO 8601 time"),
        ({"lastSeenTime": 1775762660}, "lastSeenTime: expected a text, found 1775762660"),
        ({"lastSeenTime": "2000-01-01T00:01:14.207562Z"}, None),
        ({"lastSeenTime": "2026-04-09T19:24:20.255123456Z"}, None),
    ],
)
def test_what_breaks_its_unit_is_refused_alone(tmp_path, changes, reason):
    values = [event(1), event(2, **changes), event(3)]
    _, reads, rejects = parse(tmp_path, "\n".join(map(json.dumps, values)))
    if reason is None:
        assert [read["source_line"] for read in reads] == [1, 2, 3]
        assert rejects == []
    else:
        assert [read["source_line"] for read in reads] == [1, 3]
        assert rejects[0]["source_line"] == 2
        assert reason in rejects[0]["reason"]
        assert rejects[0]["content"] == json.dumps(values[1])[:200]


@pytest.mark.parametrize(
    "line",
    [
        '{"timestamp":"2026-04-09T19:24:21Z","tagInventoryEvent":{"epcHex":"E2',
        '{"timestamp":"2026-04-09T19:24:21Z","tagInventoryEvent":{"epcHex":"E2"}',
        '{"timestamp":"2026-04-09T19:24:21Z","tagInventoryEvent":[]}',
        '{"timestamp":"2026-04-09T19:24:21Z","tagInventoryEvent":{"peakRssiCdbm":NaN}}',
        '{"timestamp":"2026-04-09T19:24:21Z","tagInventoryEvent":{"epcHex":"\\ud800"}}',
        '{"tagInventoryEvent":{"antennaPort":' + "9" * 5000 + "}}",
        "{" + '"a":{' * 3000 + "}" * 3000 + "}",
        "not JSON at all",
        '"a text"',
        "17",
        '{"a":1} and more}',
        "{]}",
        "\x00\x01\x02",
    ],
)
def test_a_broken_line_costs_itself(tmp_path, line):
    content = "\n".join([json.dumps(event(1)), line, json.dumps(event(3)), ""])
    _, reads, rejects = parse(tmp_path, content)
    assert [read["source_line"] for read in reads] == [1, 3]
    assert [row["source_line"] for row in rejects] == [2]
    assert "expected" in rejects[0]["reason"]


def test_bytes_that_are_no_text_cost_their_line(tmp_path):
    good = json.dumps(event(1)).encode()
    bad = json.dumps(event(2)).encode().replace(b"impinj-13", b"impinj-\xff")
    _, reads, (reject,) = parse(tmp_path, b"\n".join([good, bad]))
    assert len(reads) == 1
    assert reject["source_line"] == 2


def layouts():
    events = [event(number) for number in range(5)]
    texts = [json.dumps(one) for one in events]
    return {
        "lines": "\n".join(texts),
        "one array": json.dumps(events),
        "array by lines": "[\n" + ",\n".join(texts) + "\n]\n",
        "lines of arrays": json.dumps(events[:3]) + "\n" + json.dumps(events[3:]) + "\n",
        "indented array": json.dumps(events, indent=2),
        "indented objects": "\n".join(json.dumps(one, indent=2) for one in events),
        "array cut off": json.dumps(events)[:-1],
        "windows": "\r\n".join(texts) + "\r\n",
        "blank lines": "\n\n  \n".join(texts),
        "mark": "\ufeff" + "\n".join(texts),
        "two on a line": texts[0] + texts[1] + "\n" + ",".join(texts[2:]),
    }


@pytest.mark.parametrize("layout", layouts())
@pytest.mark.parametrize("batch_rows", [1, 2, 65_536])
def test_every_layout_gives_the_same_reads(tmp_path, layout, batch_rows):
    _, reads, rejects = parse(tmp_path, layouts()[layout], batch_rows)
    assert rejects == []
    assert [read["device_time"].second for read in reads] == [0, 1, 2, 3, 4]
    places = [(read["source_line"], read["source_item"]) for read in reads]
    assert places == sorted(set(places))
    if layout == "one array":
        assert places == [(1, item) for item in range(1, 6)]
    if layout == "lines of arrays":
        assert places == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]
    if layout == "blank lines":
        assert [line for line, _ in places] == [1, 4, 7, 10, 13]


def test_rows_keep_their_contract(tmp_path):
    (batch,), _, _ = parse(tmp_path, json.dumps([event(0, antennaPort=p) for p in range(1, 5)] * 2))
    contract = load_contract("bronze.rfid_reads")
    stamps = {"store_id": "s1", "business_date": dt.date(2026, 4, 9)}
    table = conform(batch.reads, contract, stamps)
    check(table, contract)
    check_key(table, contract)
    assert (table.num_rows, batch.repeats) == (4, 4)


def test_a_damaged_record_within_one_long_line_costs_itself(tmp_path):
    texts = [json.dumps(event(number)) for number in range(6)]
    texts[2] = texts[2][:-1]
    texts[4] = texts[4].replace("epcHex", 'epc"Hex')
    _, reads, rejects = parse(tmp_path, "[" + ",".join(texts) + "]")
    assert [read["device_time"].second for read in reads] == [0, 1, 3, 5]
    assert len(rejects) == 2
