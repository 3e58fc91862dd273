"""Which store-days are missing, stale, sealed or current; without Spark."""

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pytest

from storeday import __version__
from storeday.lake.store_day import StoreDay
from storeday.stages.backfill_plan import Item, Now, batches, plan_backfill
from storeday.stages.history import COLUMNS, day_records
from storeday.stages.plan import Places, look_at_days, plan_days, with_salts
from storeday.stages.sealed import losses

DATES = [dt.date(2026, 11, 20) + dt.timedelta(days=day) for day in range(3)]
MANIFEST = (
    Path(__file__).resolve().parents[1] / "benchmarks" / "scenarios" / "empty_day.yaml"
).read_text()
NOW = Now(__version__, {})
STAGES = ("index", "parse", "publish")


@pytest.fixture
def places(tmp_path):
    (tmp_path / "stores").mkdir()
    for store in ("a", "b"):
        text = MANIFEST.replace("store_id: empty", f"store_id: {store}")
        (tmp_path / "stores" / f"{store}.yaml").write_text(text)
    return Places(str(tmp_path / "inbox"), str(tmp_path / "stores"), str(tmp_path / "lake"))


def put(places, day, name, text):
    path = Path(places.inbox_of(day)) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def days(store):
    return [StoreDay(store, date) for date in DATES]


def runs(plans, status="done", version=__version__, models="[]", attempt="1"):
    """The ledger's rows of store-days that ran as they would now."""
    rows = [
        {
            "store_id": plan.day.store_id,
            "business_date": plan.day.business_date,
            "attempt_id": attempt,
            "stage": stage,
            "status": status,
            "started_at": dt.datetime(2026, 11, 25, hour, tzinfo=dt.UTC),
            "code_version": version,
            "settings_sha256": plan.settings.digest(),
            "layout_sha256": plan.layout_sha256,
            "products_state": plan.products_state,
            "models": models if stage != "publish" else "[]",
            "inputs": plan.inputs_json() if stage != "publish" else None,
        }
        for plan in plans
        for hour, stage in enumerate(STAGES)
    ]
    return pa.Table.from_pylist(rows) if rows else None


def verdicts(items):
    return [(str(item.day), item.verdict) for item in items]


def test_never_run_without_input_and_current(places):
    for store in ("a", "b"):
        put(places, StoreDay(store, DATES[0]), "sales/t.csv", "time\n")
        put(places, StoreDay(store, DATES[1]), "sales/t.csv", "time\n")
    done = plan_days(places, days("a")[:2], None).plans
    plans = look_at_days(places, [*days("a"), *days("b")], None).plans
    items = plan_backfill(plans, day_records(runs(done)), {plan.day for plan in done}, NOW)
    # Earlier dates first: what was sold before has to be known.
    assert verdicts(items) == [
        ("a/2026-11-20", "current"),
        ("b/2026-11-20", "run"),
        ("a/2026-11-21", "current"),
        ("b/2026-11-21", "run"),
        ("a/2026-11-22", "no input"),
        ("b/2026-11-22", "no input"),
    ]
    assert items[1].reasons == ("never ran",)
    assert list(batches(items, 1)) == [[days("b")[0]], [days("b")[1]]]
    assert list(batches(items, 9)) == [days("b")[:2]]
    with pytest.raises(ValueError, match="batch size 0"):
        list(batches(items, 0))


@pytest.fixture
def one(places):
    """A store-day that ran on two files."""
    day = StoreDay("a", DATES[0])
    put(places, day, "sales/t.csv", "time\n")
    put(places, day, "rfid/rack/log.csv", "reads\n")
    (plan,) = plan_days(places, [day], None).plans
    return plan


def planned(places, one, *, published=True, now=NOW, allow_loss=False, **recorded):
    (plan,) = look_at_days(places, [one.day], None).plans
    records = day_records(runs([one], **recorded))
    days_ = {one.day} if published else set()
    (item,) = plan_backfill([plan], records, days_, now, allow_loss)
    return item


def test_each_way_to_be_stale_is_told(places, one):
    assert planned(places, one).verdict == "current"
    assert planned(places, one, published=False).reasons == ("not published",)
    assert planned(places, one, status="failed").reasons == ("failed in index, parse, publish",)
    older = planned(places, one, version="0.0.9")
    assert older.reasons == (f"made by version 0.0.9, now {__version__}",)
    model = json.dumps([{"role": "person_detector", "sha256": "old"}])
    now = Now(__version__, {"person_detector": "new", "appearance": "x"})
    changed = planned(places, one, models=model, now=now)
    assert changed.reasons == ("model person_detector changed", "model appearance is new")
    # Without models nothing is said of them.
    assert planned(places, one, models=model).verdict == "current"
    put(places, one.day, "rfid/rack/late.csv", "more\n")
    assert planned(places, one).reasons == ("new or changed input: rfid/rack/late.csv",)


def test_changed_settings_are_stale(places, one):
    path = Path(places.manifest_of("a"))
    path.write_text(path.read_text() + "    thresholds: {measures: {cell_m: 1}}\n")
    assert planned(places, one).reasons == ("settings changed",)


def test_a_changed_layout_of_the_date_is_stale_and_a_later_one_is_not(places, one):
    path = Path(places.manifest_of("a"))
    text = path.read_text()
    later = text.partition("versions:\n")[2].replace("2026-01-01", "2026-12-01")
    path.write_text(text + later.replace("width_m: 12,", "width_m: 12.5,"))
    assert planned(places, one).verdict == "current"
    path.write_text(text.replace("width_m: 12,", "width_m: 12.5,"))
    assert planned(places, one).reasons == ("the store's layout of that date changed",)


def test_changed_products_of_the_date_are_stale_and_those_of_others_are_not(places, one):
    products = Path(places.products_of("a"))
    products.write_text("gtin,sku,valid_from\n4006381333931,S1,\n")
    assert planned(places, one).reasons == ("the products of that date changed",)
    (again,) = plan_days(places, [one.day], None).plans
    products.write_text("gtin,sku,valid_from\n4006381333948,S2,2026-11-21\n4006381333931,S1,\n")
    assert planned(places, again).verdict == "current"
    products.write_text("gtin,sku,valid_from\n4006381333948,S2,2026-11-20\n4006381333931,S1,\n")
    assert planned(places, again).reasons == ("the products of that date changed",)
    products.unlink()
    assert planned(places, again).reasons == ("the products of that date changed",)


def test_the_marker_of_a_complete_inbox_is_no_input(places, one):
    marker = put(places, one.day, "_COMPLETE", "")
    assert planned(places, one).verdict == "current"
    (again,) = plan_days(places, [one.day], None).plans
    marker.unlink()
    (now,) = look_at_days(places, [one.day], None).plans
    assert losses(day_records(runs([again]))[one.day], now) == []


def test_a_store_day_whose_input_is_gone_is_sealed(places, one):
    (Path(places.inbox_of(one.day)) / "rfid/rack/log.csv").unlink()
    item = planned(places, one)
    assert item.verdict == "sealed"
    assert "rfid/rack/log.csv is gone (6 bytes)" in item.reasons[0]
    assert "--allow-loss" in item.reasons[0]
    assert planned(places, one, allow_loss=True).verdict == "run"


def test_what_shrank_was_lost_and_what_moved_was_not(places, one):
    put(places, one.day, "sales/t.csv", "t\n")
    (plan,) = look_at_days(places, [one.day], None).plans
    record = day_records(runs([one]))[one.day]
    assert losses(record, plan) == ["sales/t.csv has shrunk from 5 to 2 bytes"]
    put(places, one.day, "sales/t.csv", "time\n")
    folder = Path(places.inbox_of(one.day)) / "rfid/rack"
    (folder / "log.csv").rename(folder / "renamed.csv")
    put(places, one.day, "sales/t.csv", "time\nand more\n")
    (plan,) = look_at_days(places, [one.day], None).plans
    assert losses(record, plan) == []


def test_a_destroyed_salt_seals(places, one):
    (Path(places.salts_or_default) / "a" / f"{DATES[0]}.salt").unlink()
    (plan,) = look_at_days(places, [one.day], None).plans
    assert losses(day_records(runs([one]))[one.day], plan) == [
        "the salt of its pseudonyms was destroyed"
    ]
    # Looking makes none; a store-day that never ran is not sealed for want of one.
    (plan,) = look_at_days(places, [one.day], None).plans
    assert not plan.salt
    assert losses(None, plan) == []
    assert with_salts(places, [plan])[0].salt


def test_the_last_good_row_of_a_stage_counts():
    assert day_records(pa.table({name: pa.array([], pa.string()) for name in COLUMNS})) == {}
    rows = [
        {"attempt_id": "2", "status": "failed", "code_version": "3", "stage": "parse", "hour": 3},
        {"attempt_id": "1", "status": "done", "code_version": "2", "stage": "parse", "hour": 2},
        {"attempt_id": "0", "status": "failed", "code_version": "1", "stage": "parse", "hour": 1},
        {"attempt_id": "1", "status": "done", "code_version": "2", "stage": "index", "hour": 2},
    ]
    common = {"store_id": "a", "business_date": DATES[0], "settings_sha256": "s"}
    common |= {"models": "[]", "inputs": None, "layout_sha256": None, "products_state": None}
    table = pa.Table.from_pylist(
        [
            common
            | {key: value for key, value in row.items() if key != "hour"}
            | {"started_at": dt.datetime(2026, 11, 25, row["hour"], tzinfo=dt.UTC)}
            for row in rows
        ]
    )
    record = day_records(table)[StoreDay("a", DATES[0])]
    assert record.stages["parse"].code_version == "2"
    assert record.failed == ("parse",)
    assert set(record.stages) == {"parse", "index"}


def test_a_chain_goes_date_by_date(places):
    listed = [
        Item(StoreDay(store, date), "run", ("never ran",)) for date in DATES for store in "abc"
    ]
    found = list(batches(listed, 2, one_date=True))
    assert [len(batch) for batch in found] == [2, 1] * 3
    assert all(len({day.business_date for day in batch}) == 1 for batch in found)
    assert [batch[0].business_date for batch in found[::2]] == DATES
