import csv
import datetime as dt
import io
import random
import time

import pytest

from storeday.contracts import check, check_key, conform, load_contract
from storeday.shop_files import ShopFileError, parse_sales

HEADER = "time,register_id,receipt_id,epc,gtin,quantity,price\n"
SOUND = "2026-01-05T17:30:00+01:00,till1,R1,3034abcd,4006381333931,1,2.50"
STAMPS = {"store_id": "s", "business_date": dt.date(2026, 1, 5)}


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "sales.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return parse_sales(path, "sales/sales.csv", "Europe/Paris", ["till1", "till2"])

    return read


def reasons(parsed):
    return [(row["source_line"], row["reason"]) for row in parsed.rejects.to_pylist()]


def line(**changes):
    fields = {
        "time": "2026-01-05T17:30:00+01:00",
        "register_id": "till1",
        "receipt_id": "R1",
        "epc": "",
        "gtin": "4006381333931",
        "quantity": "1",
        "price": "2.50",
    }
    return ",".join({**fields, **changes}.values())


def test_a_sound_line_is_read(read):
    parsed = read(HEADER + SOUND)
    assert parsed.rows.to_pylist() == [
        {
            "register_id": "till1",
            "receipt_id": "R1",
            "device_time": dt.datetime(2026, 1, 5, 16, 30, tzinfo=dt.UTC),
            "epc": "3034ABCD",
            "gtin": "04006381333931",
            "quantity": 1,
            "price": 2.5,
            "source_file": "sales/sales.csv",
            "source_line": 2,
        }
    ]
    assert (parsed.rejects.num_rows, parsed.not_valid, parsed.records) == (0, 0, 1)
    contract = load_contract("bronze.sales")
    stamped = conform(parsed.rows, contract, STAMPS)
    check(stamped, contract)
    check_key(stamped, contract)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-05T17:30:00Z", (1, 5, 17, 30)),
        ("2026-01-05 17:30", (1, 5, 16, 30)),
        ("2026-07-05 17:30", (7, 5, 15, 30)),
        ("20260105T173000+0200", (1, 5, 15, 30)),
        # The clock shows 02:30 twice on 25 October, and skips it on 29 March.
        ("2026-10-25T02:30", (10, 25, 0, 30)),
        ("2026-03-29T02:30", (3, 29, 1, 30)),
    ],
)
def test_times_come_with_offset_or_in_local_time(read, text, expected):
    (found,) = read(HEADER + line(time=text)).rows["device_time"].to_pylist()
    assert found == dt.datetime(2026, *expected, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"time": ""}, "time is missing"),
        ({"time": "05/01/2026 17:30"}, "time is '05/01/2026 17:30'; expected a time like"),
        ({"time": "2026-01-05"}, "time is '2026-01-05'; expected a time like"),
        ({"time": "2026-02-30T10:00"}, "time is '2026-02-30T10:00'; expected a time like"),
        ({"time": "0001-01-01T00:00"}, "time is '0001-01-01T00:00'; expected a time like"),
        ({"register_id": "till9"}, "register_id is 'till9'; the manifest's checkouts are till1, "),
        ({"register_id": ""}, "register_id is missing"),
        ({"receipt_id": " "}, "receipt_id is missing"),
        ({"gtin": ""}, "epc and gtin are missing; expected at least one"),
        ({"gtin": "4006381333932"}, "gtin is '4006381333932'; its check digit should be 1"),
        ({"gtin": "4.00638E+12"}, "gtin is '4.00638E+12'; expected 8, 12, 13 or 14 digits"),
        ({"gtin": "400638133"}, "gtin is '400638133'; expected 8, 12, 13 or 14 digits"),
        ({"gtin": "४००६३८१३३३९३१"}, "expected 8, 12, 13 or 14 digits"),
        ({"epc": "3.03E+23"}, "epc is '3.03E+23'; expected hexadecimal digits"),
        ({"quantity": ""}, "quantity is missing"),
        ({"quantity": "1.5"}, "quantity is '1.5'; expected a whole number"),
        ({"quantity": "3000000000"}, "quantity is '3000000000'; expected a whole number"),
        ({"price": "abc"}, "price is 'abc'; expected a number like 12.50"),
        ({"price": "nan"}, "price is 'nan'; expected a number"),
        ({"price": "1_000"}, "price is '1_000'; expected a number"),
        ({"price": '"2,50"'}, "price is '2,50'; expected a number like 12.50"),
        ({"price": "2.50,7"}, "8 fields; the header has 7"),
        ({"price": '"2.50"0'}, "not readable as CSV"),
    ],
)
def test_a_bad_line_is_rejected_with_its_reason(read, changes, reason):
    bad = line(**changes)
    parsed = read(HEADER + "\n".join([SOUND, bad, SOUND]))
    assert parsed.rows["source_line"].to_pylist() == [2, 4]
    ((number, found),) = reasons(parsed)
    assert number == 3
    assert reason in found
    assert parsed.rejects["content"].to_pylist() == [bad]


def test_what_may_be_missing_is_null(read):
    parsed = read(HEADER + line(price="", quantity="-2", epc="AB", gtin=""))
    (row,) = parsed.rows.to_pylist()
    assert (row["price"], row["gtin"], row["epc"], row["quantity"]) == (None, None, "AB", -2)
    without = read(
        "Quantity , time,receipt_id,Register_ID,note,EPC\n1,2026-01-05T10:00,R,till1,x,ab"
    )
    (row,) = without.rows.to_pylist()
    assert (row["epc"], row["gtin"], row["price"]) == ("AB", None, None)


def test_semicolons_bring_decimal_commas_and_windows_line_ends(read):
    text = "\ufefftime;register_id;receipt_id;gtin;quantity;price\r\n"
    text += "2026-01-05T17:30;till1;R1;4006381333931;1;2,50\r\n"
    text += "2026-01-05T17:30;till1;R1;4006381333931;2,0;1.75\r\n"
    text += "2026-01-05T17:30;till1;R1;4006381333931;1;1.234,50\r\n"
    parsed = read(text)
    assert parsed.rows["price"].to_pylist() == [2.5, 1.75]
    assert parsed.rows["quantity"].to_pylist() == [1, 2]
    assert reasons(parsed) == [
        (4, "price is '1.234,50'; expected a number like 12.50 or 12,50"),
    ]


def test_quoted_fields_hold_delimiters_quotes_and_line_ends(read):
    text = HEADER + SOUND.replace("R1", '"R ""1"",\r\n2"') + "\n" + SOUND + "\n"
    parsed = read(text)
    assert parsed.rows["receipt_id"].to_pylist() == ['R "1",\n2', "R1"]
    assert parsed.rows["source_line"].to_pylist() == [2, 4]


def test_formulas_stay_text(read):
    parsed = read(HEADER + line(receipt_id="=CMD|' /C calc'!A0"))
    assert parsed.rows["receipt_id"].to_pylist() == ["=CMD|' /C calc'!A0"]


def test_a_forgotten_quote_costs_one_line(read):
    bad = SOUND.replace("R1", '"R1')
    parsed = read(HEADER + "\n".join([SOUND, bad, *[SOUND] * 50]))
    assert parsed.rows.num_rows == 51
    assert reasons(parsed) == [(3, "a quoted field is not closed")]
    # Also where a later line happens to close it.
    twice = read(HEADER + "\n".join([bad, SOUND, bad, SOUND]))
    assert twice.rows["source_line"].to_pylist() == [3, 5]
    assert [number for number, _ in reasons(twice)] == [2, 4]


def test_bytes_that_are_not_utf8_cost_one_line(read):
    text = (HEADER + SOUND + "\n").encode() + SOUND.replace("R1", "Rü").encode("latin-1")
    parsed = read(text + b"\n" + SOUND.encode())
    assert parsed.rows["source_line"].to_pylist() == [2, 4]
    ((number, reason),) = reasons(parsed)
    assert (number, reason[:14]) == (3, "not UTF-8 text")
    assert "R\ufffd" in parsed.rejects["content"][0].as_py()


def test_content_is_cut_at_two_hundred_characters(read):
    parsed = read(HEADER + "ü" * 5000)
    assert parsed.rejects["content"].to_pylist() == ["ü" * 200]


def test_blank_lines_are_no_records(read):
    parsed = read("\n" + HEADER + "\n,,,,,,\n" + SOUND + ",,\n   \n\n")
    assert parsed.records == 1
    assert parsed.rows["source_line"].to_pylist() == [5]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\n", HEADER.encode()])
def test_an_empty_file_has_no_rows(read, content):
    parsed = read(content)
    assert parsed.records == 0
    contract = load_contract("bronze.sales")
    check(conform(parsed.rows, contract, STAMPS), contract)
    assert parsed.rejects.schema.names == ["source_line", "reason", "content"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"time,receipt_id,price\n",
            r"sales.csv:1: the header lacks register_id, quantity, epc or",
        ),
        (
            b"time,time,register_id,receipt_id,gtin,quantity\n",
            "column 'time' stands more than once",
        ),
        (HEADER.encode("utf-16"), "UTF-16 text; expected UTF-8"),
        (b"t\xfcme,register_id\n", "expected a header line in UTF-8"),
        (b"\x00\x01\x02", "the header lacks time"),
    ],
)
def test_a_file_without_its_header_is_refused(read, content, message):
    with pytest.raises(ShopFileError, match=message):
        read(content)


@pytest.mark.parametrize("seed", range(8))
def test_no_record_is_lost(read, seed):
    # Against Python's own csv reader on files that it can read: same records, same first lines.
    print("seed", seed)
    chance = random.Random(seed)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator=chance.choice(["\n", "\r\n"]))
    writer.writerow(HEADER.strip().split(","))
    sound = 0
    for number in range(200):
        fields = SOUND.split(",")
        fields[2] = chance.choice(["R1", 'R"1"', "R,1", "R\n1", f"ü{number}", "=1+1", "'"])
        if chance.random() < 0.3:
            fields[chance.choice([0, 1, 4, 5])] = chance.choice(["", "x", "9,9", '"'])
        sound += fields[0] == SOUND.split(",", maxsplit=1)[0]
        writer.writerow(fields)
    text = buffer.getvalue()
    parsed = read(text)
    assert parsed.records == 200
    reader = csv.reader(io.StringIO(text, newline=""))
    next(reader)
    starts, before = {}, reader.line_num
    for fields in reader:
        starts[before + 1] = fields
        before = reader.line_num
    assert {
        *parsed.rows["source_line"].to_pylist(),
        *parsed.rejects["source_line"].to_pylist(),
    } == {*starts}
    for row in parsed.rows.to_pylist():
        assert starts[row["source_line"]][2].replace("\r\n", "\n") == row["receipt_id"]


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_lose_nothing_and_break_nothing(read, seed):
    print("seed", seed)
    chance = random.Random(seed)
    data = bytearray((HEADER + (SOUND + "\n") * 100).encode())
    for _ in range(40):
        data[chance.randrange(len(HEADER), len(data))] = chance.choice(b'",;\n\xff\x00 a\r')
    parsed = read(bytes(data))
    seen = [*parsed.rows["source_line"].to_pylist(), *parsed.rejects["source_line"].to_pylist()]
    assert len(seen) == len(set(seen))
    lines = bytes(data).split(b"\n")
    filled = {n for n, text in enumerate(lines, 1) if n > 1 and text.strip(b", \r\x00")}
    # A line that is no record of its own is the rest of one in quotes.
    assert len(filled - set(seen)) <= data.count(b'"')
    assert parsed.rows.num_rows > 40


def test_a_hundred_thousand_lines_take_seconds(read):
    text = HEADER + (SOUND + "\n") * 100_000
    began = time.process_time()
    parsed = read(text)
    took = time.process_time() - began
    print(f"{parsed.rows.num_rows} lines, {took:.1f} s")
    assert parsed.rows.num_rows == 100_000
    assert took < 15
