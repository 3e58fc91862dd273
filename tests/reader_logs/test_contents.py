"""The account of a log, and what a log lacks."""

import datetime as dt
import random

import pyarrow as pa
import pytest

from storeday.contracts import check, conform, load_contract
from storeday.manifest import Antenna, Reader, ReaderLog
from storeday.reader_logs import LogContents, parse_log, what_readers_lack, without_foreign_tags
from storeday.rfid import FOREIGN, KEPT, SOLD, Goods, goods_of, verdicts

SEED = 20261124
CONTRACT = load_contract("bronze.reader_logs")
COLUMNS = {"time": 0, "epc": 1, "antenna": 2, "rssi": 3, "phase": 4, "frequency": 5}
GOODS = "3074257BF7194E4000001A85"
STRANGER = "E28011606000020A6681F23F"
NO_GOODS = Goods(frozenset(), frozenset())


def account(tmp_path, text, goods=None, batch_rows=65_536, columns=COLUMNS, **log):
    path = tmp_path / "x.csv"
    path.write_text(text)
    log = {"format": "generic_csv", "header": False, "columns": columns} | log
    reader = Reader(id="r", log=ReaderLog(**log), antennas=[Antenna(port=1)])
    contents = LogContents("r", log["format"], "rfid/r/x.csv")
    reads = []
    for batch in parse_log(path, reader, "rfid/r/x.csv", batch_rows):
        reads += contents.add(batch, verdicts(batch.reads["epc"], goods)).to_pylist()
    table = contents.row()
    stamped = conform(table, CONTRACT, {"store_id": "s", "business_date": dt.date(2026, 1, 5)})
    check(stamped, CONTRACT)
    return table.to_pylist()[0], reads


def line(second, epc="30AA", phase="", frequency="", rssi="-60"):
    return f"2026-01-05T09:00:{second:09.6f}Z,{epc},1,{rssi},{phase},{frequency}\n"


@pytest.mark.parametrize("batch_rows", [1, 2, 65_536])
def test_every_record_is_accounted_for(tmp_path, batch_rows):
    text = "".join(
        [
            line(1, GOODS, "1.5", "865.7"),
            line(2, STRANGER),
            line(3, STRANGER),
            line(1, GOODS, "1.5", "865.7"),
            line(4, "30BB"),
            line(5, GOODS, rssi="12"),
            "junk\n",
            line(0.5, "30740000001D884000000001", "1.5"),
        ]
    )
    listed = {"epc": [GOODS, "30BB", "30740000001D884000000001"], "gtin": [None] * 3}
    goods = goods_of(pa.table(listed), sold=["30BB"])
    row, reads = account(tmp_path, text, goods, batch_rows)
    assert {read["epc"] for read in reads} == {GOODS, "30740000001D884000000001"}
    expected = {
        "records": 8, "reads": 2, "rejects": 2, "repeats": 1, "records_without_read": 0,
        "foreign_reads": 2, "foreign_tags": 1, "sold_reads": 1, "sold_tags": 1,
        "tags": 2, "sgtin_tags": 2, "dummy_tags": 1,
        "reads_with_phase": 2, "reads_with_channel": 1, "reads_with_own_time": 2,
        "reads_before_2001": 0, "steps_back": 1, "is_complete": True,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert (row["largest_step_back_s"], row["largest_step_ahead_s"]) == (3.5, 1.0)
    assert row["first_time"] == dt.datetime(2026, 1, 5, 9, 0, 0, 500_000, dt.UTC)
    assert row["last_time"] == dt.datetime(2026, 1, 5, 9, 0, 4, tzinfo=dt.UTC)


def test_a_clock_that_was_set_during_the_day_is_told_and_left_alone(tmp_path):
    text = "2000-01-01T00:01:14Z,30AA,1,-60,,\n" + line(1)
    row, reads = account(tmp_path, text)
    assert [read["device_time"].year for read in reads] == [2000, 2026]
    assert row["reads_before_2001"] == 1
    assert row["largest_step_ahead_s"] > 26 * 365 * 86_400


def test_an_empty_log_has_an_account(tmp_path):
    row, _ = account(tmp_path, "")
    assert row["records"] == row["tags"] == 0
    assert row["first_time"] is row["last_time"] is None


def test_what_a_log_lacks_and_what_that_turns_off(tmp_path):
    merged = {"time": 0, "epc": 1, "antenna": 2, "rssi": 3, "read_count": 4}
    text = "".join(line(second, phase="3").rstrip("\n,") + "\n" for second in range(4))
    row, _ = account(tmp_path, text, columns=merged)
    words = what_readers_lack(pa.Table.from_pylist([row]))["r"].split("; ")
    assert [word.split(":")[0] for word in words] == ["phase", "channel", "a time of each read"]
    assert all("phase_spread_rad is off" in word for word in words[:2])
    full = row | dict.fromkeys(["reads_with_phase", "reads_with_channel", "reads_with_own_time"], 3)
    # Three of four reads have it all; over both files of the reader three of eight.
    assert what_readers_lack(pa.Table.from_pylist([full])) == {}
    assert set(what_readers_lack(pa.Table.from_pylist([full, row]))) == {"r"}
    assert what_readers_lack(pa.Table.from_pylist([row]).slice(0, 0)) == {}


def test_scores_that_are_said_to_be_off_are_columns_of_the_windows(tmp_path):
    names = {column.name for column in load_contract("silver.rummage_windows").columns}
    row, _ = account(tmp_path, line(1), columns=COLUMNS | {"phase": 4})
    words = what_readers_lack(pa.Table.from_pylist([row | {"reads_with_own_time": 0}]))["r"]
    scores = {word.strip(",;") for word in words.split() if "_" in word}
    assert scores
    assert scores <= names


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"1,{STRANGER},2", "1,(tag),2"),
        (f"1,{STRANGER.lower()},2", "1,(tag),2"),
        ("E280 1160 6000 020A 6681 F23F;", "(tag);"),
        ("b'e28011606000020a6681f23f'", "b'(tag)'"),
        (f"1,{GOODS},2", f"1,{GOODS},2"),
        ("3074 257B F719 4E40 0000 1A85;", "3074 257B F719 4E40 0000 1A85;"),
        (
            '{"tagInventoryEvent":{"epc":"4oARYGAAAgpmgfI_"}}',
            '{"tagInventoryEvent":{"epc":"(tag)"}}',
        ),
        (
            '{"tagInventoryEvent" : {"epc":"4oARYGAAAgpmgfI"',
            '{"tagInventoryEvent" : {"epc":"4oARYGAAAgpmgfI"',
        ),
        ("E2801160", "E2801160"),
        ("E28011606000020A66", "(tag)"),
        ("300000000000000000000017", "(tag)"),
        ("2026-04-09T19:24:20.255123Z,-63.5,865.7", "2026-04-09T19:24:20.255123Z,-63.5,865.7"),
        ("epc: expected 1 to 124 hexadecimal digits", "epc: expected 1 to 124 hexadecimal digits"),
    ],
)
def test_rejects_name_no_stranger(text, shown):
    rejects = pa.table({"source_line": [3], "reason": [text], "content": [text]})
    goods = goods_of(pa.table({"epc": [GOODS], "gtin": [None]}))
    (row,) = without_foreign_tags(rejects, goods).to_pylist()
    assert row == {"source_line": 3, "reason": shown, "content": shown}
    assert without_foreign_tags(rejects, None) is rejects


def test_random_logs_come_out_even(tmp_path):
    """Records in = reads out + rejects + all that was left out, whatever the log."""
    rng = random.Random(SEED)
    tags = [GOODS, STRANGER, "30BB", "30CC"]
    listed = pa.table({"epc": [GOODS, "30BB"], "gtin": [None, None]})
    goods = goods_of(listed, sentinels=["30CC"], sold=["30BB"])
    for trial in range(20):
        lines = [
            rng.choice(
                [line(rng.randrange(60), rng.choice(tags)), "junk\n", line(1, rssi="9"), "\n"]
            )
            for _ in range(rng.randrange(200))
        ]
        row, reads = account(tmp_path, "".join(lines), goods, rng.randrange(1, 50))
        what = f"seed {SEED}, trial {trial}"
        assert row["records"] == sum(text != "\n" for text in lines), what
        assert row["reads"] == len(reads), what
        assert {read["epc"] for read in reads} <= {GOODS, "30CC"}, what


def test_verdicts_count_the_sets_of_tags():
    assert sorted([KEPT, FOREIGN, SOLD]) == [0, 1, 2]
    assert NO_GOODS.verdict("AA") == FOREIGN
