"""The table of bad inputs: what comes in, and what becomes of it.

It drives the test, the benchmark `corpus`, and the page README.md beside it. Broken footage and the junk
that each reader format may hold have tables of their own (tests/footage, tests/reader_logs).
"""

import gzip
from dataclasses import dataclass, field

GTIN = "4006381333931"
SALES_HEADER = "time,register_id,receipt_id,epc,gtin,quantity,price\n"
LOG_HEADER = (
    "// Timestamp, EPC, TID, Antenna, RSSI, Frequency, Hostname, PhaseAngle, DopplerFrequency\n"
)
PRODUCTS_HEADER = "epc,gtin,sku,name,category,home_zone,home_x_m,home_y_m,valid_from,valid_to\n"
MANIFEST, PRODUCTS = "MANIFEST", "PRODUCTS"


def sale(
    time="2026-11-20T15:00:00+01:00",
    till="till1",
    receipt="r1",
    gtin=GTIN,
    quantity="1",
    price="9.95",
):
    return f"{time},{till},{receipt},,{gtin},{quantity},{price}\n"


def read(time="2026-11-20T09:00:00+00:00", epc="3034F4A2C800000000000001", antenna="1", rssi="-60"):
    return f"{time},{epc},,{antenna},{rssi},865.7,r,,\n"


def product(epc="3034F4A2C800000000000001", sku="S1", name="Coat", first="", last=""):
    return f"{epc},,{sku},{name},,,,,{first},{last}\n"


@dataclass(frozen=True)
class Case:
    """One bad input.

    Attributes:
        name: What comes in, in words.
        path: File below the store-day's inbox folder, or MANIFEST or PRODUCTS.
        content: Its bytes; for MANIFEST a pair of texts, the second of which replaces the first.
        outcome: What becomes of it, in words.
        rows: Rows that are read, or footage segments that are listed.
        rejected: Rows in quarantine; 1 at line 0 for a whole file.
        left_out: Records left out and counted (repeats, strangers' tags).
        records: Records that come in; None where the file as a whole is rejected.
        reason: Words that the reason holds.
        also: Further files of the inbox.
    """

    name: str
    path: str
    content: bytes | tuple[str, str]
    outcome: str
    rows: int = 0
    rejected: int = 0
    left_out: int = 0
    records: int | None = None
    reason: str = ""
    also: dict[str, bytes] = field(default_factory=dict)


def _sales(name, body, outcome, **expected):
    text = body if isinstance(body, bytes) else (SALES_HEADER + body).encode()
    return Case(name, "sales/till.csv", text, outcome, **expected)


def _log(name, body, outcome, path="rfid/rack/log.csv", **expected):
    text = body if isinstance(body, bytes) else (LOG_HEADER + body).encode()
    return Case(name, path, text, outcome, **expected)


def _products(name, body, outcome, **expected):
    text = body if isinstance(body, bytes) else (PRODUCTS_HEADER + body).encode()
    return Case(name, PRODUCTS, text, outcome, **expected)


def _refused(name, old, new, reason):
    outcome = "the store-day does not run (exit code 2); the others do"
    return Case(name, MANIFEST, (old, new), outcome, reason=reason)


def _file(name, path, reason, content=b"?"):
    return Case(name, path, content, "the file is in quarantine", rejected=1, reason=reason)


LINE, FILE = "the line is in quarantine", "the file is in quarantine"
KEPT = "kept as the device said it; calibrate compares clocks"

SALES_CASES = (
    _sales("a line of 10 MB", "x" * 10_000_000 + "\n" + sale(), LINE, rows=1, rejected=1, records=2,
           reason="larger than field limit"),
    _sales("bytes that are not UTF-8", (SALES_HEADER + sale(receipt="caf\xe9") + sale()).encode("latin-1"),
           LINE, rows=1, rejected=1, records=2, reason="not UTF-8"),
    _sales("UTF-16, as a spreadsheet saves it", (SALES_HEADER + sale()).encode("utf-16"), FILE, rejected=1,
           reason="UTF-16"),
    _sales("a gzip file under a plain name", gzip.compress((SALES_HEADER + sale()).encode()), FILE,
           rejected=1, reason="expected a header line"),
    _sales("a spreadsheet named .csv", b"PK\x03\x04" + b"\0" * 100, FILE, rejected=1,
           reason="the header lacks"),
    _sales("JSON named .csv", b'[{"time": 1}]', FILE, rejected=1, reason="the header lacks"),
    _sales("a header with a column twice", b"time,time,register_id,receipt_id,gtin,quantity\n", FILE,
           rejected=1, reason="more than once"),
    _sales("an empty file", b"", "no rows, no fault", records=0),
    _sales("a header alone", "", "no rows, no fault", records=0),
    _sales("formula text", sale(receipt='"=HYPERLINK(""x"")"'), "kept as text", rows=1, records=1),
    _sales("a NUL byte within a field", sale(receipt="a\0b"), "kept as it is", rows=1, records=1),
    _sales("the same line twice", sale() + sale(), "both kept: a till may say so", rows=2, records=2),
    _sales("a till that the manifest does not know", sale(till="till9"), LINE, rejected=1, records=1,
           reason="checkouts are till1"),
    _sales("a wrong check digit", sale(gtin="4006381333932"), LINE, rejected=1, records=1,
           reason="check digit"),
    _sales("a number that a spreadsheet shortened", sale(gtin="4.00638E+12"), LINE, rejected=1, records=1,
           reason="expected 8, 12, 13 or 14 digits"),
    _sales("half a piece", sale(quantity="0.5"), LINE, rejected=1, records=1, reason="whole number"),
    _sales("a price of not-a-number", sale(price="nan"), LINE, rejected=1, records=1, reason="price"),
    _sales("a date of another country", sale(time="20/11/2026 15:00"), LINE, rejected=1, records=1,
           reason="expected a time like"),
    _sales("30 February", sale(time="2026-02-30T10:00"), LINE, rejected=1, records=1,
           reason="expected a time like"),
    _sales("an hour that the clocks skip", sale(time="2026-03-29T02:30"), "read as an hour later", rows=1,
           records=1),
    _sales("an hour that the clocks show twice", sale(time="2026-10-25T02:30"), "read as the first of the two",
           rows=1, records=1),
    _sales("a sale after midnight", sale(time="2026-11-21T01:30"), "kept: the day ends when the manifest says",
           rows=1, records=1),
    _sales("a till set in the year 2000", sale(time="2000-01-01T00:00Z"), KEPT, rows=1, records=1),
    _sales("a till set in the far future", sale(time="2999-01-01T00:00Z"), KEPT, rows=1, records=1),
    Case("the same sales file under a second name", "sales/till2.csv", (SALES_HEADER + sale()).encode(),
         FILE, rejected=1, reason="a copy of sales/till.csv",
         also={"sales/till.csv": (SALES_HEADER + sale()).encode()}),
    Case("a file name that climbs", "sales/..%2f..%2fetc%2fpasswd.csv", (SALES_HEADER + sale()).encode(),
         "read under that very name", rows=1, records=1),
    Case("a file name with a line end", "sales/a\nb.csv", (SALES_HEADER + sale()).encode(),
         "read under that very name", rows=1, records=1),
    Case("a file name that is a command", "sales/a; rm -rf x.csv", (SALES_HEADER + sale()).encode(),
         "read under that very name", rows=1, records=1),
)  # fmt: skip

LOG_CASES = (
    _log("a line of 10 MB", "x" * 10_000_000 + "\n" + read(), LINE, rows=1, rejected=1, records=2,
         reason="at most 16384 bytes"),
    _log("bytes that are not UTF-8", (LOG_HEADER + read() + "\xe9\n").encode("latin-1"), LINE, rows=1,
         rejected=1, records=2, reason="UTF-8"),
    _log("UTF-16", (LOG_HEADER + read()).encode("utf-16"), "every line is in quarantine", rejected=3,
         records=3, reason="UTF-8"),
    _log("an empty log", b"", "no rows, no fault; coverage says no reads", records=0),
    _log("a header alone", "", "no rows, no fault; coverage says no reads", records=0),
    _log("a gzip file cut short", gzip.compress((LOG_HEADER + read()).encode())[:-9],
         "what stands before the damage is kept; the file is in quarantine, too", rows=1, rejected=1,
         reason="damaged gzip", path="rfid/rack/log.csv.gz"),
    _log("plain text named .gz", (LOG_HEADER + read()).encode(), "read as plain text", rows=1, records=1,
         path="rfid/rack/log.csv.gz"),
    _log("an archive", b"PK\x03\x04" + b"\0" * 100, LINE, rejected=1, records=1,
         path="rfid/rack/log.zip"),
    _log("a reader whose clock was set in the year 2000", read(time="2000-01-01T00:00:01+00:00"),
         KEPT + "; reader_logs counts such reads", rows=1, records=1),
    _log("a time in the far future", read(time="2999-01-01T00:00:01+00:00"), LINE, rejected=1, records=1,
         reason="between 1990 and 2100"),
    _log("a time without a zone", read(time="2026-11-20T09:00:00"), LINE, rejected=1, records=1,
         reason="zone offset"),
    _log("a clock that jumps back", read(time="2026-11-20T10:00:00+00:00") + read(),
         "kept in the file's order; reader_logs tells the step", rows=2, records=2),
    _log("reads after midnight", read(time="2026-11-21T00:30:00+00:00"), "kept with the day of the folder",
         rows=1, records=1),
    _log("the same read twice", read() + read(), "the second is left out and counted", rows=1, left_out=1,
         records=2),
    _log("a positive signal strength", read(rssi="+12"), LINE, rejected=1, records=1, reason="12"),
    _log("a tag that is no hexadecimal number", read(epc="=CMD()"), LINE, rejected=1, records=1),
    _log("an antenna that is a word", read(antenna="left"), LINE, rejected=1, records=1, reason="left"),
    _log("a line with too few fields", "2026-11-20T09:00:00+00:00\n", LINE, rejected=1, records=1,
         reason="expected 9 fields"),
    _file("a log of a reader that the manifest does not know", "rfid/door/log.csv", "readers are rack"),
    _file("a log one folder too deep", "rfid/rack/old/log.csv", "readers are rack"),
    Case("the same log under a second name", "rfid/rack/log2.csv", (LOG_HEADER + read()).encode(), FILE,
         rejected=1, reason="a copy of rfid/rack/log.csv",
         also={"rfid/rack/log.csv": (LOG_HEADER + read()).encode()}),
    Case("a file name that is SQL", "rfid/rack/a' OR 1=1 --.csv", (LOG_HEADER + read()).encode(),
         "read under that very name", rows=1, records=1),
)  # fmt: skip

FOOTAGE_CASES = (
    _file("footage of a camera that the manifest does not know", "footage/side/20261120T100000Z.mp4",
          "cameras are back, front"),
    _file("a name that gives no start", "footage/front/lunch.mp4", "gives no start"),
    _file("a thirteenth month", "footage/front/20261320T100000Z.mp4", "gives no start"),
    _file("an ending that is no footage", "footage/front/20261120T100000Z.txt", "ending in"),
    _file("footage one folder too deep", "footage/front/a/20261120T100000Z.mp4",
          "footage/<camera_id>/<file>"),
    Case("footage that is junk", "footage/front/20261120T100000Z.mp4", b"x" * 1000,
         "listed as unreadable; coverage has a gap", rows=1, reason="unreadable"),
    Case("an empty footage file", "footage/front/20261120T100000Z.mp4", b"",
         "listed as unreadable; coverage has a gap", rows=1, reason="unreadable"),
    Case("a camera set in the year 2000", "footage/front/20000101T000000Z.mp4", b"x" * 1000,
         "listed at the time it says", rows=1, reason="unreadable"),
    Case("the same footage under a second start", "footage/front/20261120T110000Z.mp4", b"y" * 1000, FILE,
         rejected=1, reason="a copy of footage/front/20261120T100000Z.mp4",
         also={"footage/front/20261120T100000Z.mp4": b"y" * 1000}),
    _file("a stray file", "notes.txt", "expected footage/, rfid/ or sales/"),
    _file("a stray folder", "backup/20261119/till.csv", "expected footage/, rfid/ or sales/"),
)  # fmt: skip

PRODUCTS_CASES = (
    _products("an empty products file", b"", "no goods are known; nothing is told apart by tag", records=0),
    _products("a products file without its header", b"a,b\n1,2\n", FILE, rejected=1,
              reason="the header lacks"),
    _products("a product without a stock-keeping unit", product(sku="") + product(), LINE, rows=1,
              rejected=1, records=2, reason="sku is missing"),
    _products("formula text as a name", product(name="=CMD()"), "kept as text", rows=1, records=1),
    _products("a validity that ends before it begins", product(first="2026-03-02", last="2026-03-01"), LINE,
              rejected=1, records=1, reason="is before valid_from"),
    _products("a product of another year", product(last="2020-01-01"), "left out: not valid on the date",
              left_out=1, records=1),
    _products("a tag that is no number", product(epc="3.03E+23"), LINE, rejected=1, records=1,
              reason="hexadecimal"),
)  # fmt: skip

MANIFEST_CASES = (
    _refused("a YAML bomb", "store_id: s", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\nstore_id: s",
             "aliases are not allowed"),
    _refused("YAML that runs code", "store_id: s", "store_id: !!python/object/apply:os.getcwd []",
             "could not determine a constructor"),
    _refused("YAML that is broken", "store_id: s", "store_id: [", "not valid YAML"),
    _refused("two cameras with one id", "- id: back", "- id: front", "more than once"),
    _refused("a camera and a reader with one id", "- id: rack", "- id: front", "names two devices"),
    _refused("a camera without a purpose", "        purpose: counting visitors\n", "", "purpose"),
    _refused("a time zone that is none", "Europe/Paris", "Europe/Pariss", "is no time zone"),
    _refused("a polygon of two points", "[[0, 0], [2, 0], [2, 1], [0, 1]]", "[[0, 0], [2, 0]]",
             "polygon_m"),
    _refused("a floor of no width", "width_m: 12", "width_m: 0", "width_m"),
    _refused("an antenna that covers an unknown zone", "zones: [coats]", "zones: [shoes]",
             "names zone 'shoes'"),
    _refused("another store's manifest", "store_id: s", "store_id: other", "the file's name says 's'"),
    _refused("a layout from tomorrow on", "valid_from: 2026-01-01", "valid_from: 2026-11-21",
             "no layout for 2026-11-20"),
    _refused("a threshold that is none", "floor_plan:", "thresholds: {tracking: {hi_score: 1}}\n    floor_plan:",
             "no such setting"),
    _refused("a misspelt key", "opening_hours:", "opening_hour:", "opening_hour"),
)  # fmt: skip

CASES = {
    "Sales": SALES_CASES,
    "Reader logs": LOG_CASES,
    "Footage and the inbox": FOOTAGE_CASES,
    "Products": PRODUCTS_CASES,
    "Manifests": MANIFEST_CASES,
}


def page() -> str:
    """The page README.md, rendered from the table."""
    lines = [
        "# What becomes of bad input",
        "",
        "Nothing is lost silently: what comes in is a row, or in `ops.quarantine` with file, line and",
        "reason, or left out and counted. Rendered from `bad_inputs.py`, which the tests run; render anew",
        "with `.venv/bin/python tests/corpus/bad_inputs.py > tests/corpus/README.md`. Broken footage:",
        "`lib/storeday/footage/README.md`; junk of each reader format: `tests/reader_logs`.",
    ]
    for group, cases in CASES.items():
        lines += [
            "",
            f"## {group}",
            "",
            "| what comes in | what becomes of it | said |",
            "|---|---|---|",
        ]
        lines += [f"| {case.name} | {case.outcome} | {case.reason} |" for case in cases]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
