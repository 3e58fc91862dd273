"""What changed between two states of a store-day, and why; without Spark."""

import datetime as dt
import json

import pyarrow as pa
from rich.console import Console

from storeday.commands.diff import CAUSES, explain_changes, show, write_changes
from storeday.contracts import conform, empty, load_contract, table_from_columns
from storeday.contracts.changes import row_changes

T0 = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
DAY = {"store_id": "s", "business_date": dt.date(2026, 11, 20)}
VISITS, TRAFFIC = "silver.visits", "gold.traffic_hourly"


def rows(table, columns, run_id="r"):
    contract = load_contract(table)
    names = {column.name for column in contract.columns}
    stamps = {**DAY, "run_id": run_id, "method_version": "1"}
    given = table_from_columns(contract, columns)
    return conform(given, contract, {key: stamps[key] for key in stamps if key in names})


def visits(*hours):
    return rows(
        VISITS,
        {
            "customer_id": [f"c{number}" for number in range(len(hours))],
            "entered_at": [T0 + dt.timedelta(hours=hour) for hour in hours],
            "left_at": [T0 + dt.timedelta(hours=hour, minutes=5) for hour in hours],
            "is_censored_start": [False] * len(hours),
            "is_censored_end": [False] * len(hours),
        },
    )


def traffic(*entries, run_id="r"):
    starts = [T0 + dt.timedelta(hours=hour) for hour in range(len(entries))]
    columns = {
        "hour_start": starts,
        "local_hour": [start.hour + 1 for start in starts],
        "entries": list(entries),
        "exits": list(entries),
        "observed_share": [1.0] * len(entries),
    }
    return rows(TRAFFIC, columns, run_id)


def reader(tables):
    return lambda name: tables[name] if name in tables else empty(load_contract(name))


def test_added_removed_changed_and_nothing_else():
    contract = load_contract(VISITS)
    assert row_changes(visits(0, 1), visits(0, 1), contract) == []
    (added,) = row_changes(visits(0), visits(0, 1), contract)
    assert (added.kind, added.key[-1]) == ("added", T0 + dt.timedelta(hours=1))
    (removed,) = row_changes(visits(0, 1), visits(0), contract)
    assert (removed.kind, removed.row["customer_id"]) == ("removed", "c1")
    (changed,) = row_changes(traffic(1), traffic(3), load_contract(TRAFFIC))
    assert (changed.kind, changed.columns) == ("changed", ("entries", "exits"))
    assert (changed.old["entries"], changed.new["entries"]) == (1, 3)


def test_who_wrote_a_row_and_not_a_number_are_no_change():
    contract = load_contract(TRAFFIC)
    assert row_changes(traffic(1), traffic(1, run_id="other"), contract) == []
    nan = pa.array([float("nan")])
    place = traffic(1).schema.get_field_index("occupancy_mean")
    with_nan = traffic(1).set_column(place, "occupancy_mean", nan)
    assert row_changes(with_nan, with_nan, contract) == []


def test_a_figure_is_explained_by_the_rows_of_its_hour(tmp_path):
    old = reader({VISITS: visits(0, 1, 1), TRAFFIC: traffic(1, 2)})
    new = reader({VISITS: visits(0, 1), TRAFFIC: traffic(1, 1)})
    (found,) = explain_changes(old, new)
    assert found.change.columns == ("entries", "exits")
    (cause,) = found.causes[VISITS]
    assert (cause.kind, cause.row["customer_id"]) == ("removed", "c2")
    console = Console(file=(tmp_path / "told").open("w"), width=200)
    show([found], console, 20)
    console.file.close()
    told = (tmp_path / "told").read_text()
    assert "gold.traffic_hourly: 1 rows changed" in told
    assert "entries 2 -> 1" in told
    assert "from 1 rows of silver.visits" in told
    write_changes([found], tmp_path / "all.json")
    (item,) = json.loads((tmp_path / "all.json").read_text())
    assert item["columns"]["entries"] == [2, 1]
    assert len(item["causes"][VISITS]) == 1


def test_where_nothing_it_is_made_of_differs_the_method_does(tmp_path):
    same = {VISITS: visits(0)}
    found = list(
        explain_changes(
            reader({**same, TRAFFIC: traffic(1)}), reader({**same, TRAFFIC: traffic(2)})
        )
    )
    console = Console(file=(tmp_path / "told").open("w"), width=200)
    show(found, console, 20)
    show([], console, 20)
    console.file.close()
    told = (tmp_path / "told").read_text()
    assert "the method does" in told
    assert "no figure differs" in told


def test_every_cause_is_a_table_and_its_columns_are_there():
    for table, sources in CAUSES.items():
        assert load_contract(table)
        for source, _ in sources:
            assert load_contract(source)
