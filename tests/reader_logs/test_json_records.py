"""JSON logs cut into records: layouts, damage, memory; the quick way and the slow one agree."""

import gzip
import json
import random
import tracemalloc

import pyarrow as pa
import pytest

from storeday.manifest import Reader, ReaderLog
from storeday.reader_logs import ReaderLogError, json_fields, parse_log
from storeday.reader_logs.json_fields import read_objects
from storeday.reader_logs.json_records import MAX_RECORD_BYTES, read_records
from storeday.reader_logs.lines import LineBatch

SEED = 20261124
READER = Reader(id="gate", log=ReaderLog(format="impinj_iot"))


def event(number, **changes):
    inner = {
        "epcHex": f"{number:024X}",
        "antennaPort": 1,
        "peakRssiCdbm": -6000,
        "tagMemoryData": [{"bank": "tid", "data": '}],{[\\"'}, {"bank": "user", "n": [1, 2.5e3]}],
        "lastSeenTime": "2026-04-09T19:24:20.255123Z",
    }
    return {"timestamp": "2026-04-09T19:24:20Z", "tagInventoryEvent": inner | changes}


def parse(path, batch_rows=65_536):
    batches = list(parse_log(path, READER, "rfid/gate/x", batch_rows))
    tags = [int(tag, 16) for batch in batches for tag in batch.reads["epc"].to_pylist()]
    rejects = [line for batch in batches for line in batch.rejects["source_line"].to_pylist()]
    return tags, rejects


def damaged(rng, text):
    """A line with something wrong; it begins and ends in any way, but holds no whole record."""
    kind = rng.randrange(6)
    cut = rng.randrange(1, len(text) - 1)
    if kind == 0:
        return text[:cut]
    if kind == 1:
        return "x" + text[cut:]
    if kind == 2:
        return text[:cut] + rng.choice(['"', "{", "[", "\\", "\x01", "}"]) + text[cut:]
    if kind == 3:
        return text.replace('"peakRssiCdbm": -6000', '"peakRssiCdbm": "?"')
    if kind == 4:
        return rng.choice(["null", "17", '"a"', "{}", "]junk", "{[}"])
    return text[:-1] + ", " + text[1:]


@pytest.mark.parametrize("batch_rows", [10, 65_536])
def test_random_damage_costs_its_own_line(tmp_path, batch_rows):
    """Lines in = reads out + rejects; a line that is not damaged is always read."""
    rng = random.Random(SEED)
    path = tmp_path / "x"
    lines, good = [], []
    for number in range(600):
        text = json.dumps(event(number))
        if rng.random() < 0.4:
            lines.append(damaged(rng, text))
        else:
            lines.append(text)
            good.append(number)
    path.write_text("\n".join(lines))
    tags, rejects = parse(path, batch_rows)
    # An insertion may leave a record sound, for instance within a text.
    assert set(good) <= set(tags), f"seed {SEED}"
    assert set(tags) | {line - 1 for line in rejects} == set(range(600)), f"seed {SEED}"
    assert len(tags) + len(rejects) == 600, f"seed {SEED}"


def test_random_bytes_never_stop_the_parser(tmp_path):
    rng = random.Random(SEED)
    path = tmp_path / "x"
    text = json.dumps([event(number) for number in range(40)], indent=1).encode()
    for trial in range(40):
        content = bytearray(text)
        for _ in range(rng.randrange(1, 60)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content)
        tags, rejects = parse(path, rng.choice([30, 1000]))
        assert len(tags) + len(rejects) >= 1, f"seed {SEED}, trial {trial}"


@pytest.mark.parametrize("is_quick", [True, False])
def test_the_quick_way_and_the_slow_one_read_the_same(tmp_path, monkeypatch, is_quick):
    if not is_quick:
        monkeypatch.setattr(json_fields, "_by_arrow", lambda texts, schema: None)
    schema = pa.schema(
        [("a", pa.float64()), ("b", pa.struct([("c", pa.string())])), ("d", pa.list_(pa.float64()))]
    )
    values = [
        {"a": 1, "b": {"c": "é\n\\"}, "d": [1, 2.5], "e": {"f": []}},
        {"a": -1e-3},
        {"a": None, "b": None, "d": []},
        {"b": {}, "x": True},
        {"a": 12345678901234567890},
    ]
    texts = [
        json.dumps(value, indent=1 if place % 2 else None).encode()
        for place, value in enumerate(values)
    ]
    rows = read_objects(LineBatch(list(range(5)), texts), schema)
    assert rows.faults == []
    assert rows.table.to_pylist() == [
        {"a": 1.0, "b": {"c": "é\n\\"}, "d": [1.0, 2.5]},
        {"a": -0.001, "b": None, "d": None},
        {"a": None, "b": None, "d": []},
        {"a": None, "b": {"c": None}, "d": None},
        {"a": 12345678901234567890.0, "b": None, "d": None},
    ]


def test_lines_that_make_up_for_each_other_are_not_taken_for_rows(tmp_path):
    """Two objects on one line and one broken over two others: as many objects as lines."""
    path = tmp_path / "x"
    texts = [json.dumps(event(number)) for number in range(3)]
    half = texts[2].index("Hex")
    path.write_text("\n".join([texts[0] + texts[1], texts[2][:half], texts[2][half:]]))
    tags, rejects = parse(path)
    assert tags == [0, 1]
    assert rejects == [2, 3]


@pytest.mark.parametrize("layout", ["line", "array"])
def test_ten_megabytes_on_a_line_take_no_memory(tmp_path, layout):
    path = tmp_path / "x"
    with path.open("w") as file:
        file.write(json.dumps(event(0)) + "\n")
        if layout == "line":
            file.write('{"timestamp": "' + "A" * 10_000_000 + '"}\n')
        else:
            file.write(
                "["
                + ",".join(json.dumps(event(n) | {"note": "x" * 900}) for n in range(1, 9_001))
                + "]\n"
            )
        file.write(json.dumps(event(9_001)) + "\n")
    assert path.stat().st_size > 10_000_000
    tracemalloc.start()
    tags, rejects = parse(path, 1_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    expected = [0, 9_001] if layout == "line" else list(range(9_002))
    assert tags == expected
    assert rejects == ([2] if layout == "line" else [])
    assert peak < 12_000_000


def test_junk_of_any_kind_is_rejected_in_time(tmp_path):
    path = tmp_path / "x"
    for junk in (
        b'{"a":' * 200_000,
        b"{" * 1_000_000,
        b'{"a":[{}' + b",{}" * 300_000,
        b"[[" * 400_000,
    ):
        path.write_bytes(junk + b"\n" + json.dumps(event(1)).encode())
        tags, _ = parse(path)
        assert tags == [1]


def test_a_record_of_many_lines_may_be_no_longer_than_the_limit(tmp_path):
    path = tmp_path / "x"
    long = json.dumps(event(1) | {"more": ["x" * 100] * (MAX_RECORD_BYTES // 90)}, indent=1)
    path.write_text(f"[{long},\n{json.dumps(event(2))}]")
    tags, rejects = parse(path)
    assert tags == [2]
    assert rejects


def test_a_cut_gzip_file_keeps_what_stands_before(tmp_path):
    path = tmp_path / "x.gz"
    rng = random.Random(SEED)
    lines = [json.dumps(event(rng.getrandbits(90))) for _ in range(2_000)]
    path.write_bytes(gzip.compress("\n".join(lines).encode())[:-4_000])
    found = []

    def collect():
        for batch in read_records(path, 100):
            found.extend(batch.texts)

    with pytest.raises(ReaderLogError, match="damaged gzip"):
        collect()
    assert len(found) > 1_500
    assert [text.decode() for text in found[:-1]] == lines[: len(found) - 1]
