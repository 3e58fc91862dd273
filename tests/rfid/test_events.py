"""Events from windows, against a loop and on planted handling."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from radio_cases import START, reads_table, shop

from storeday.contracts import check, check_key, conform, load_contract
from storeday.rfid import RfidSettings, rummage_events, score_reader

SEED = 20261121
CONTRACT = load_contract("silver.rummage_events")
STAMPS = {"store_id": "s1", "business_date": dt.date(2026, 1, 5)}
SETTINGS = RfidSettings()
ZONES = {1: "rack", 2: None}


def windows_table(rows):
    """Rows of epc, antenna, window number, score or None, js, reads; verdict by the mean score."""
    fused = {}
    for epc, _, number, score, _, _ in rows:
        fused.setdefault((epc, number), []).append(score)
    verdicts = []
    for epc, _, number, score, _, _ in rows:
        known = [value for value in fused[(epc, number)] if value is not None]
        mean = np.mean(known) if known else 0
        verdicts.append("too_few_reads" if score is None else "handled" if mean > 4 else "still")
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 6
    return pa.table(
        {
            "reader_id": pa.repeat("r1", len(rows)),
            "antenna": pa.array(columns[1], pa.int32()),
            "epc": pa.array(columns[0], pa.string()),
            "window_start": pa.array(
                [START + dt.timedelta(seconds=8 * number) for number in columns[2]],
                pa.timestamp("us", tz="UTC"),
            ),
            "window_s": pa.array([8.0] * len(rows), pa.float64()),
            "reads": pa.array(columns[5], pa.int64()),
            "score": pa.array(columns[3], pa.float64()),
            "js_divergence": pa.array(columns[4], pa.float64()),
            "js_flag": pa.array(
                [None if js is None else js > 0.5 for js in columns[4]], pa.bool_()
            ),
            "verdict": pa.array(verdicts, pa.string()),
        }
    )


def loop_events(windows):
    spans = {}
    for row in windows.to_pylist():
        key = (row["epc"], row["window_start"])
        spans.setdefault(key, []).append(row)
    events = []
    for (epc, start), rows in sorted(spans.items()):
        if not any(row["verdict"] == "handled" for row in rows):
            continue
        last = events[-1] if events else None
        if last and last["epc"] == epc and start - last["ended_at"] <= dt.timedelta(seconds=8):
            last["ended_at"] = start + dt.timedelta(seconds=8)
        else:
            events.append(
                {"epc": epc, "started_at": start, "ended_at": start + dt.timedelta(seconds=8)}
            )
    for event in events:
        inside = {
            key: rows
            for key, rows in spans.items()
            if key[0] == event["epc"] and event["started_at"] <= key[1] < event["ended_at"]
        }
        every = [row for rows in inside.values() for row in rows]
        handled = {
            k: rows for k, rows in inside.items() if any(r["verdict"] == "handled" for r in rows)
        }

        def fused(rows):
            return np.mean([row["score"] for row in rows if row["score"] is not None])

        best = min(handled, key=lambda key: (-fused(handled[key]), key))
        js = [row["js_divergence"] for row in every if row["js_divergence"] is not None]
        event["score"] = fused(handled[best])
        event["antenna"] = min(
            (-row["score"], row["antenna"]) for row in handled[best] if row["score"] is not None
        )[1]
        event["peak_time"] = best[1] + dt.timedelta(seconds=4)
        event["js_divergence"] = max(js) if js else None
        event["js_flag"] = any(row["js_flag"] for row in every)
        event["reads"] = sum(row["reads"] for row in every)
        event["zone_id"] = ZONES.get(event["antenna"])
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
    events = rummage_events(shuffled, ZONES, SETTINGS, lambda text: "id-" + text)
    assert len(expected) > 3
    for found, wanted in zip(events.to_pylist(), expected, strict=True):
        for name, value in wanted.items():
            want = pytest.approx(value) if isinstance(value, float) else value
            assert found[name] == want, f"{name}, seed {seed}"
        assert found["reader_id"] == "r1"
        assert found["probability"] is None
    assert len(set(events["rummage_id"].to_pylist())) == len(expected)
    table = conform(events, CONTRACT, STAMPS)
    check(table, CONTRACT)
    check_key(table, CONTRACT)


def test_no_windows_and_no_handled_window_give_no_events():
    for rows in ([], [("A1", 1, 0, 1.0, 0.1, 9)]):
        events = rummage_events(windows_table(rows), ZONES, SETTINGS, str)
        assert events.num_rows == 0
        check(conform(events, CONTRACT, STAMPS), CONTRACT)


def test_one_still_window_between_does_not_part_an_event_and_two_do():
    rows = [("A1", 1, number, 9.0, 0.1, 5) for number in (0, 2, 5)]
    events = rummage_events(windows_table(rows), ZONES, SETTINGS, str)
    lengths = [(row["ended_at"] - row["started_at"]).total_seconds() for row in events.to_pylist()]
    assert lengths == [24.0, 8.0]


def planted(rng, rate_hz):
    """Thirty tags, one of them lifted and put back at a known time; reads and that time in s."""
    columns = shop(rng, still=30, rate_hz=rate_hz, length_s=600)
    middle_s = rng.uniform(200, 400)
    held = (columns["epc"] == "AD05") & (np.abs(columns["time_s"] - middle_s) < 5)
    columns["rssi_dbm"][held] += np.round(rng.uniform(-16, -6, held.sum()))
    return reads_table(**columns), middle_s


@pytest.mark.parametrize(("rate_hz", "limit_s"), [(2.0, 1.5), (0.5, 4.0)])
def test_the_peak_is_found_inside_its_window(rate_hz, limit_s):
    rng = np.random.default_rng(SEED)
    errors, middles = [], []
    for _ in range(20):
        reads, middle_s = planted(rng, rate_hz)
        windows = score_reader(reads, SETTINGS)
        for given, found in ((reads, errors), (None, middles)):
            events = rummage_events(windows, ZONES, SETTINGS, str, given).to_pylist()
            mine = [event for event in events if event["epc"] == "AD05"]
            if not mine:
                continue
            best = max(mine, key=lambda event: event["score"])
            assert best["started_at"] <= best["peak_time"] <= best["ended_at"]
            assert best["zone_id"] == "rack"
            found.append(abs((best["peak_time"] - START).total_seconds() - middle_s))
    print(
        f"rate {rate_hz}: found {len(errors)}, median {np.median(errors):.2f} s with reads, "
        f"{np.median(middles):.2f} s without, seed {SEED}"
    )
    assert len(errors) >= 18
    assert np.median(errors) < limit_s
    assert np.median(errors) < np.median(middles)


def test_peaks_do_not_hang_on_the_order_of_reads():
    rng = np.random.default_rng(SEED)
    reads, _ = planted(rng, 2.0)
    windows = score_reader(reads, SETTINGS)
    expected = rummage_events(windows, ZONES, SETTINGS, str, reads)
    shuffled = reads.take(pa.array(rng.permutation(reads.num_rows)))
    assert rummage_events(windows, ZONES, SETTINGS, str, shuffled).equals(expected)
