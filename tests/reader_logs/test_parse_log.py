"""What holds for every format: counts, lines, memory, damage."""

import gzip
import random
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest

from storeday.manifest import Reader, ReaderLog
from storeday.reader_logs import ReaderLogError, formats, parse_log, repeats
from storeday.reader_logs.lines import MAX_LINE_BYTES, read_lines
from storeday.reader_logs.repeats import WINDOW_READS, RecentReads

SEED = 20261121
READER = Reader(id="gate", log=ReaderLog(format="itemtest_csv"))
ROW = "2023-01-06T17:01:31.2429680+01:00;AD38;;1;-63,5;865,7;h;;"
LATER = ROW.replace("17:01", "17:02")
FORMATS = (
    "generic_csv",
    "impinj_iot",
    "impinj_iot_ndjson",
    "itemtest_csv",
    "sllurp_csv",
    "zebra_iot",
)


def row_at(number):
    """A sound row; each number has a time of its own."""
    return ROW.replace("31.2429680", f"{number % 60:02d}.{number // 60:06d}0")


def parse(path, batch_rows=65_536):
    return list(parse_log(path, READER, "rfid/gate/run.csv", batch_rows))


def test_formats_are_named():
    assert formats() == FORMATS


def test_an_unknown_format_names_those_there_are(tmp_path):
    reader = Reader(id="gate", log=ReaderLog(format="alien"))
    with pytest.raises(ReaderLogError, match="'alien'; formats are generic_csv, impinj_iot, "):
        parse_log(tmp_path / "x.csv", reader, "rfid/gate/x.csv")


@pytest.mark.parametrize("batch_rows", [1, 7, 100, 65_536])
def test_every_line_is_a_read_or_a_reject_and_keeps_its_number(tmp_path, batch_rows):
    rng = random.Random(SEED)
    kinds = {
        "read": ROW.encode(),
        "quoted": LATER.replace("AD38", '"AD38"').encode(),
        "loud": ROW.replace("-63,5", "3").encode(),
        "short": b"a;b",
        "open quote": ROW.replace("AD38", '"AD38').encode(),
        "odd quotes": ROW.replace("AD38", 'A"D";"38').encode(),
        "bytes": b"\xff\xfe" + ROW.encode(),
        "return": ROW.replace("AD38", "AD\r38").encode(),
        "long": b"x" * (MAX_LINE_BYTES + rng.randrange(1, 40_000)),
        "blank": b"  ",
        "comment": b"// anything; at all",
    }
    lines = rng.choices(list(kinds), k=400)
    path = tmp_path / "x.csv"
    path.write_bytes(
        b"\r\n".join(
            kinds[kind].replace(b"31.2429680", b"31.%07d" % (10 * number))
            for number, kind in enumerate(lines)
        )
    )
    batches = parse(path, batch_rows)
    numbered = list(enumerate(lines, start=1))
    expected_reads = [number for number, kind in numbered if kind in ("read", "quoted")]
    nothing = ("read", "quoted", "blank", "comment")
    expected_rejects = [number for number, kind in numbered if kind not in nothing]
    reads = [line for batch in batches for line in batch.reads["source_line"].to_pylist()]
    rejects = [row for batch in batches for row in batch.rejects.to_pylist()]
    assert reads == expected_reads, f"seed {SEED}"
    assert [row["source_line"] for row in rejects] == expected_rejects, f"seed {SEED}"
    for row in rejects:
        assert "expected" in row["reason"]
        assert "found" in row["reason"]
        assert len(row["content"]) <= 200
    assert max(batch.reads.num_rows + batch.rejects.num_rows for batch in batches) <= batch_rows


def test_a_file_of_junk_gives_only_rejects(tmp_path):
    rng = random.Random(SEED)
    path = tmp_path / "junk"
    path.write_bytes(bytes(rng.randrange(256) for _ in range(20_000)).replace(b"\x1f\x8b", b"xx"))
    lines = sum(len(batch.texts) for batch in read_lines(path, 1000, b"//"))
    batches = parse(path)
    assert sum(batch.reads.num_rows for batch in batches) == 0
    assert sum(batch.rejects.num_rows for batch in batches) == lines > 20


def test_an_empty_file_gives_nothing(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"")
    assert parse(path) == []
    path.write_bytes(b"// only a comment\r\n\r\n")
    assert parse(path) == []


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbf" + ROW.encode())
    assert parse(path)[0].reads.num_rows == 1


def test_a_line_of_ten_megabytes_takes_no_memory(tmp_path):
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.write(ROW.encode() + b"\n")
        for _ in range(100):
            file.write(b"A" * 100_000)
        file.write(b"\n" + LATER.encode())
    tracemalloc.start()
    (batch,) = parse(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert batch.reads["source_line"].to_pylist() == [1, 3]
    assert batch.rejects["source_line"].to_pylist() == [2]
    assert "longer one" in batch.rejects["reason"][0].as_py()
    assert peak < 8_000_000


def test_memory_is_bounded_by_a_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(repeats, "WINDOW_READS", 10_000)
    monkeypatch.setattr(repeats, "PART_READS", 5_000)
    path = tmp_path / "x.csv"
    peaks = []
    for rows in (20_000, 100_000):
        path.write_text("".join(row_at(number) + "\n" for number in range(rows)))
        tracemalloc.start()
        found = sum(batch.reads.num_rows for batch in parse_log(path, READER, "x.csv", 5_000))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert found == rows
    assert peaks[1] < 1.5 * peaks[0]


@pytest.mark.parametrize("cut", [10, 30, 200])
def test_a_damaged_gzip_file_is_a_clear_error(tmp_path, cut):
    path = tmp_path / "run.csv.gz"
    rng = random.Random(SEED)
    rows = "".join(ROW.replace("AD38", f"{rng.getrandbits(96):024X}") + "\n" for _ in range(100))
    path.write_bytes(gzip.compress(rows.encode())[:-cut])
    with pytest.raises(ReaderLogError, match="damaged gzip"):
        parse(path)


def test_what_stands_before_the_damage_is_kept(tmp_path):
    path = tmp_path / "run.csv.gz"
    rng = random.Random(SEED)
    rows = [row_at(number).replace("AD38", f"{rng.getrandbits(96):024X}") for number in range(999)]
    path.write_bytes(gzip.compress("\n".join(rows).encode())[:-5_000])
    found = []

    def collect():
        for batch in parse_log(path, READER, "rfid/gate/run.csv.gz"):
            found.extend(batch.reads["source_line"].to_pylist())

    with pytest.raises(ReaderLogError, match="damaged gzip"):
        collect()
    assert found == list(range(1, len(found) + 1))
    assert len(found) > 500


@pytest.mark.parametrize("batch_rows", [1, 3, 65_536])
def test_a_repeated_read_is_left_out_and_counted(tmp_path, batch_rows):
    path = tmp_path / "x.csv"
    others = [ROW.replace(";1;", ";2;"), ROW.replace("-63,5", "-64"), ROW.replace("AD38", "AD39")]
    path.write_text("\n".join([ROW, *others, LATER, ROW, LATER, ROW, "junk"]))
    batches = parse(path, batch_rows)
    lines = [line for batch in batches for line in batch.reads["source_line"].to_pylist()]
    # The same moment with another strength is another read: clocks may count whole seconds.
    assert lines == [1, 2, 3, 4, 5]
    assert sum(batch.repeats for batch in batches) == 3
    assert sum(batch.rejects.num_rows for batch in batches) == 1


def test_repeats_are_remembered_for_a_while_only():
    recent = RecentReads()
    number = WINDOW_READS // 2
    for start in (0, number, 2 * number, 3 * number, 0):
        micros = np.arange(start, start + number)
        reads = pa.table(
            {
                "antenna": np.ones(number, np.int32),
                "epc": pa.repeat("AD38", number),
                "device_time": pa.array(micros).cast(pa.timestamp("us", tz="UTC")),
                "rssi_dbm": np.full(number, -60.0, np.float32),
                "phase_rad": pa.nulls(number, pa.float64()),
                "frequency_mhz": pa.nulls(number, pa.float64()),
            }
        )
        assert not recent.repeated(reads, np.ones(number, bool)).any()
        assert recent.repeated(reads, np.ones(number, bool)).all()
