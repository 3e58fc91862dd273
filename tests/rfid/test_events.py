"""Events from windows, against a loop."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from radio_cases import START

from storeday.contracts import check, check_key, conform, load_contract
from storeday.rfid import judge, rummage_events
from storeday.rfid.calibrate import Calibration, Tail
from storeday.rfid.nulls import LEVELS, NOTHING

SEED = 20261121
CONTRACT = load_contract("silver.rummage_events")
STAMPS = {"store_id": "s1", "business_date": dt.date(2026, 1, 5)}
ZONES = {("r1", 1): "rack", ("r1", 2): None}
HIGH, LOW, LOWEST = 5.0, 3.0, 2.0
FOUND = Calibration(
    HIGH, LOW, LOWEST, {"closed": Tail(0 * LEVELS, 0.0, 1.0, 1.0)}, NOTHING, {"closed": 1.0}
)


def windows_table(rows):
    """Rows of epc, antenna, window, score or None, js, reads; the tag scores the mean."""
    fused = {}
    for epc, _, number, score, _, _ in rows:
        fused.setdefault((epc, number), []).append(score)

    def tag_score(epc, number):
        known = [value for value in fused[epc, number] if value is not None]
        return float(np.mean(known)) if known else None

    columns = list(zip(*rows, strict=True)) if rows else [[]] * 6
    times = pa.array(
        [START + dt.timedelta(seconds=8 * number) for number in columns[2]],
        pa.timestamp("us", tz="UTC"),
    )
    tag_scores = [tag_score(epc, number) for epc, _, number, *_ in rows]
    return pa.table(
        {
            "reader_id": pa.repeat("r1", len(rows)),
            "antenna": pa.array(columns[1], pa.int32()),
            "epc": pa.array(columns[0], pa.string()),
            "window_start": times,
            "window_s": pa.array([8.0] * len(rows), pa.float64()),
            "reads": pa.array(columns[5], pa.int64()),
            "score": pa.array(columns[3], pa.float64()),
            "tag_score": pa.array(tag_scores, pa.float64()),
            "moved_time": times,
            "js_divergence": pa.array(columns[4], pa.float64()),
            "js_flag": pa.array(
                [None if js is None else js > 0.5 for js in columns[4]], pa.bool_()
            ),
            "verdict": pa.array(
                ["too_few_reads" if value is None else "still" for value in tag_scores], pa.string()
            ),
        }
    )


def loop_events(windows):
    spans = {}
    for row in windows.to_pylist():
        spans.setdefault((row["epc"], row["window_start"]), []).append(row)
    stretches = []
    for (epc, start), rows in sorted(spans.items()):
        score = rows[0]["tag_score"]
        if score is None or score <= LOW:
            continue
        last = stretches[-1] if stretches else None
        if last and last["epc"] == epc and start - last["ended_at"] <= dt.timedelta(seconds=8):
            last["ended_at"] = start + dt.timedelta(seconds=8)
            last["inside"].append((score, start))
        else:
            end = start + dt.timedelta(seconds=8)
            inside = [(score, start)]
            stretches.append({"epc": epc, "started_at": start, "ended_at": end, "inside": inside})
    events = []
    for event in stretches:
        score, start = max(event.pop("inside"), key=lambda pair: (pair[0], -pair[1].timestamp()))
        if score <= HIGH:
            continue
        every = [
            row
            for (epc, at), rows in spans.items()
            for row in rows
            if epc == event["epc"] and event["started_at"] <= at < event["ended_at"]
        ]
        js = [row["js_divergence"] for row in every if row["js_divergence"] is not None]
        best = [row for row in spans[event["epc"], start] if row["score"] is not None]
        event |= {"score": score, "peak_time": start}
        event["antenna"] = min((-row["score"], row["antenna"]) for row in best)[1]
        event["js_divergence"] = max(js) if js else None
        event["js_flag"] = any(row["js_flag"] for row in every)
        event["reads"] = sum(row["reads"] for row in every)
        event["zone_id"] = ZONES.get(("r1", event["antenna"]))
        events.append(event)
    return events


@pytest.mark.parametrize("seed", range(SEED, SEED + 8))
def test_events_are_those_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    rows = []
    for epc in ("A1", "B2", "C3"):
        for antenna in (1, 2, 3):
            for number in range(30):
                if rng.random() < 0.3:
                    continue
                score = None if rng.random() < 0.2 else float(np.round(rng.normal(3, 3), 2))
                js = None if rng.random() < 0.3 else float(rng.random() * 0.6)
                rows.append((epc, antenna, number, score, js, int(rng.integers(1, 9))))
    windows = windows_table(rows)
    expected = loop_events(windows)
    shuffled = windows.take(pa.array(rng.permutation(len(rows))))
    events = rummage_events(shuffled, FOUND, ZONES, lambda text: "id-" + text)
    assert len(expected) > 3
    for found, wanted in zip(events.to_pylist(), expected, strict=True):
        for name, value in wanted.items():
            want = pytest.approx(value) if isinstance(value, float) else value
            assert found[name] == want, f"{name}, seed {seed}"
        assert found["reader_id"] == "r1"
    assert len(set(events["rummage_id"].to_pylist())) == len(expected)
    table = conform(events, CONTRACT, STAMPS)
    check(table, CONTRACT)
    check_key(table, CONTRACT)


def test_no_windows_no_high_window_and_no_calibration_give_no_events():
    for rows in ([], [("A1", 1, 0, 4.0, 0.1, 9)]):
        events = rummage_events(windows_table(rows), FOUND, ZONES, str)
        assert events.num_rows == 0
        check(conform(events, CONTRACT, STAMPS), CONTRACT)
    assert (
        rummage_events(windows_table([("A1", 1, 0, 9.0, 0.1, 9)]), None, ZONES, str).num_rows == 0
    )


def test_one_low_window_between_does_not_part_an_event_and_two_do():
    rows = [("A1", 1, number, 9.0, 0.1, 5) for number in (0, 2, 5)]
    events = rummage_events(windows_table(rows), FOUND, ZONES, str)
    lengths = [(row["ended_at"] - row["started_at"]).total_seconds() for row in events.to_pylist()]
    assert lengths == [24.0, 8.0]


def test_an_event_goes_on_above_the_lower_threshold():
    scores = [1.0, 4.0, 9.0, 3.5, 2.0, 2.0, 4.0]
    rows = [("A1", 1, number, score, 0.1, 5) for number, score in enumerate(scores)]
    (event,) = rummage_events(windows_table(rows), FOUND, ZONES, str).to_pylist()
    assert (event["started_at"] - START).total_seconds() == 8.0
    assert (event["ended_at"] - START).total_seconds() == 32.0
    verdicts = judge(windows_table(rows), FOUND)["verdict"].to_pylist()
    assert [v == "handled" for v in verdicts] == [score > LOWEST for score in scores]
    assert set(judge(windows_table(rows), None)["verdict"].to_pylist()) == {"still"}
