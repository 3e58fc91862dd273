"""From judgements of single detections to counts nobody can be found in: one day by hand."""

import datetime as dt
import json

import pyarrow as pa
import pytest

from storeday.contracts import load_contract, table_from_columns
from storeday.identity import customer_attributes
from storeday.lake.groups import Group
from storeday.lake.store_day import StoreDay
from storeday.manifest import manifest_from_text
from storeday.measures import MeasureSettings, sure_attributes
from storeday.stages.plan import DayPlan
from storeday.stages.publish import publish
from storeday.stages.settings import settings_of

DATE = dt.date(2026, 11, 20)
NINE = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
MANIFEST = """\
store_id: s
versions:
  - valid_from: 2026-01-01
    timezone: UTC
    opening_hours: {days: {fri: ["09:00", "10:00"]}}
    floor_plan: {width_m: 9, height_m: 9}
    privacy: {PRIVACY}
"""
# Adults, seniors and customers whose value is not sure enough, each with six detections.
ADULTS, SENIORS, UNSURE = 12, 2, 7
PEOPLE = [("adult", 0.9)] * ADULTS + [("senior", 0.8)] * SENIORS + [("adult", 0.6)] * UNSURE


def rows(name, **columns):
    return table_from_columns(load_contract(name), columns)


def at(second):
    return NINE + dt.timedelta(seconds=second)


def judged():
    """Detections, points and identities of these people."""
    seen = [(who, look) for who in range(len(PEOPLE)) for look in range(6)]
    words = []
    for who, _ in seen:
        value, probability = PEOPLE[who]
        other = "senior" if value == "adult" else "adult"
        told = {"age": {value: probability, other: round(1 - probability, 3)}}
        words.append(json.dumps(told, sort_keys=True))
    names = [f"d{who}.{look}" for who, look in seen]
    points = {"tracklet_id": [f"t{who}" for who, _ in seen], "detection_id": names}
    people = range(len(PEOPLE))
    return (
        pa.table({"detection_id": names, "attributes": words}),
        pa.table(points),
        pa.table(
            {"tracklet_id": [f"t{n}" for n in people], "customer_id": [f"c{n:02d}" for n in people]}
        ),
    )


def published(privacy):
    layout = manifest_from_text(MANIFEST.replace("{PRIVACY}", privacy), "s.yaml", DATE)
    plan = DayPlan(
        StoreDay("s", DATE), "", layout, settings_of(layout), (), {}, None, "r", bytes(32)
    )
    names = [f"c{number:02d}" for number in range(len(PEOPLE))]
    tables = {
        # All at once, so that no two of them can be one person.
        "silver.positions": rows(
            "silver.positions",
            customer_id=[name for name in names for _ in range(60)],
            time=[at(second) for _ in names for second in range(600, 660)],
            floor_x_m=[1.0 + 0.3 * place for place, _ in enumerate(names) for _ in range(60)],
            floor_y_m=[4.0] * 60 * len(names),
        ),
        "silver.visits": rows(
            "silver.visits", customer_id=names, entered_at=[at(600)] * len(names),
            left_at=[at(659)] * len(names), staff_probability=[0.0] * len(names),
            is_censored_start=[False] * len(names), is_censored_end=[False] * len(names),
        ),
        "silver.customer_attributes": customer_attributes(*judged()),
    }  # fmt: skip
    return publish(Group(plan.day, "", tables), plan, NINE)["gold.demographics_hourly"].to_pylist()


def test_counts_are_made_of_what_a_model_said_of_bodies():
    found = {row["value"]: row for row in published("{demographics: true}")}
    assert set(found) == {"adult", "senior"}
    # Two seniors are fewer than five, and with the seven unknown, the next smallest, seven and two
    # cannot be told apart.
    assert (found["adult"]["visitors"], found["senior"]["visitors"]) == (ADULTS, None)
    assert found["senior"]["is_suppressed"]
    assert found["adult"]["unknown"] is None
    # Twelve and a share of 12/14 would give the two seniors away.
    assert found["adult"]["share"] is None


def test_nothing_is_counted_unless_the_manifest_allows_it():
    assert published("{}") == []


def test_a_customer_is_judged_by_the_mean_of_all_detections():
    detections, points, identities = judged()
    found = customer_attributes(detections, points, identities).to_pylist()
    assert len(found) == len(PEOPLE)
    assert [(row["value"], row["probability"], row["detections"]) for row in found] == [
        (value, pytest.approx(probability), 6) for value, probability in PEOPLE
    ]
    backwards = customer_attributes(
        detections.take(list(range(len(detections)))[::-1]), points, identities
    )
    assert backwards.to_pylist() == found
    nothing = detections.set_column(1, "attributes", pa.nulls(len(detections), pa.string()))
    assert customer_attributes(nothing, points, identities).num_rows == 0


def test_what_is_not_sure_or_rests_on_little_is_not_known():
    table = pa.table(
        {
            "customer_id": ["a", "a", "b", "c"],
            "attribute": ["age"] * 4,
            "value": ["adult", "child", "adult", "adult"],
            "probability": [0.9, 0.99, 0.9, 0.7],
            "detections": [9, 6, 4, 9],
        }
    )
    found = sure_attributes(table, MeasureSettings())
    # Of one person in two pieces the one that was seen more often counts.
    assert found.to_pylist() == [{"customer_id": "a", "attribute": "age", "value": "adult"}]
