"""Runs one case of the corpus through the stage's own functions, without Spark."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from bad_inputs import MANIFEST, PRODUCTS, Case

from storeday.lake.store_day import StoreDay
from storeday.stages.index import index_file
from storeday.stages.parse import PRODUCTS_ITEM, parse_reader_log, parse_shop_file
from storeday.stages.plan import Places, plan_days

SCENARIO = Path(__file__).resolve().parents[1] / "benchmarks" / "scenarios" / "empty_day.yaml"
DAY = StoreDay("s", dt.date(2026, 11, 20))
LISTS = ("bronze.sales", "bronze.rfid_reads", "bronze.products", "bronze.footage_segments")


@dataclass(frozen=True)
class Found:
    """What became of a case: counts and all that was said."""

    rows: int
    rejected: int
    left_out: int
    said: str


def run_case(case: Case, root: Path) -> Found:
    """Writes a case's files below a folder and runs what reads them."""
    manifest = SCENARIO.read_text("utf-8").replace("store_id: empty", "store_id: s")
    if case.path == MANIFEST:
        old, new = case.content
        assert old in manifest, old
        manifest = manifest.replace(old, new, 1)
    (root / "stores").mkdir()
    (root / "stores" / "s.yaml").write_text(manifest, "utf-8")
    inbox = root / "inbox" / "s" / "2026-11-20"
    if case.path == PRODUCTS:
        (root / "stores" / "s.products.csv").write_bytes(case.content)
    elif case.path != MANIFEST:
        for path, content in {**case.also, case.path: case.content}.items():
            (inbox / path).parent.mkdir(parents=True, exist_ok=True)
            (inbox / path).write_bytes(content)
    places = Places(str(root / "inbox"), str(root / "stores"), str(root / "lake"))
    planned = plan_days(places, [DAY], None)
    if planned.faults:
        return Found(0, 0, 0, planned.faults[DAY])
    (plan,) = planned.plans
    return _found(_read(plan, case.path), case)


def _read(plan, path):
    top = path.split("/")[0]
    if path == PRODUCTS:
        return parse_shop_file(plan, PRODUCTS_ITEM)
    if path == MANIFEST:
        return []
    if top == "rfid":
        return parse_reader_log(plan, path, {})
    return index_file(plan, path) if top == "footage" else parse_shop_file(plan, path)


def _found(given, case):
    rows, rejected, left_out, said = 0, 0, 0, []
    for tables in given:
        for name, table in tables.items():
            if name in LISTS:
                rows += table.num_rows
            if name == "bronze.footage_segments":
                said += [f"{row['status']}: {row['reason']}" for row in table.to_pylist()]
            if name == "ops.quarantine":
                rejected += table.num_rows
                said += table["reason"].to_pylist()
            if name == "bronze.reader_logs":
                (log,) = table.to_pylist()
                left_out += log["repeats"] + log["foreign_reads"] + log["records_without_read"]
    if case.path == PRODUCTS and case.records is not None:
        # Products that are not valid on the date are no rows of that date.
        left_out = case.records - rows - rejected
    return Found(rows, rejected, left_out, "\n".join(said))


def faults(case: Case, found: Found) -> list[str]:
    """In what a case did not end as its table says; empty if it did."""
    wrong = [
        f"{name}: expected {wanted}, found {got}"
        for name, wanted, got in (
            ("rows", case.rows, found.rows),
            ("rejected", case.rejected, found.rejected),
            ("left out", case.left_out, found.left_out),
        )
        if wanted != got
    ]
    if case.reason not in found.said:
        wrong.append(f"{case.reason!r} is not in {found.said[:300]!r}")
    total = found.rows + found.rejected + found.left_out
    if case.records is not None and total != case.records:
        wrong.append(f"{case.records} records came in, {total} are accounted for")
    return wrong
