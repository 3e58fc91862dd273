"""The score: what stays still, what is handled, and what has too few reads."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from radio_cases import START, random_reads, reads_table, shop

from storeday.contracts import check, check_key, conform, load_contract, sort_rows
from storeday.rfid import (
    RfidSettings,
    fused_score,
    judge_windows,
    score_reader,
    still_scales,
    window_parts,
)

SEED = 20261121
CONTRACT = load_contract("silver.rummage_windows")
STAMPS = {"store_id": "s1", "business_date": dt.date(2026, 1, 5)}


def handle(columns, epc, begin_s, end_s, rng):
    """Moves one tag: its level swings by several dB and its phase turns."""
    chosen = (columns["epc"] == epc) & (columns["time_s"] >= begin_s) & (columns["time_s"] < end_s)
    columns["rssi_dbm"][chosen] += np.round(rng.uniform(-14, 4, chosen.sum()))
    columns["rssi_dbm"] = np.clip(columns["rssi_dbm"], -90, -30)
    if columns["phase_rad"] is not None:
        turn = rng.uniform(0, np.pi, chosen.sum())
        columns["phase_rad"][chosen] = (columns["phase_rad"][chosen] + turn) % (2 * np.pi)
    return columns


@pytest.mark.parametrize("hops", [False, True])
def test_tags_at_rest_stay_still_and_the_moved_one_is_handled(hops):
    rng = np.random.default_rng(SEED)
    columns = handle(shop(rng, hops=hops), "AD07", 96, 112, rng)
    windows = score_reader(reads_table(**columns), RfidSettings())
    assert set(windows["window_s"].to_pylist()) == {8.0}
    handled = windows.filter(pc.equal(windows["verdict"], "handled"))
    starts = [(time - START).total_seconds() for time in handled["window_start"].to_pylist()]
    moved = {s for s, epc in zip(starts, handled["epc"].to_pylist(), strict=True) if epc == "AD07"}
    assert moved >= {96, 104}
    assert moved <= {88, 96, 104, 112}
    others = sum(epc != "AD07" for epc in handled["epc"].to_pylist())
    assert others <= 0.01 * windows.num_rows, f"{others} of {windows.num_rows}, seed {SEED}"
    if hops:
        known = windows["phase_spread_rad"].drop_null().to_numpy()
        assert np.median(known) == pytest.approx(0.135, abs=0.04)
    else:
        assert windows["phase_spread_rad"].null_count == windows.num_rows


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rows_keep_the_contract_and_stand_in_its_order(seed):
    table = random_reads(np.random.default_rng(seed), 1500)
    windows = score_reader(table, RfidSettings())
    rows = conform(windows, CONTRACT, STAMPS)
    check(rows, CONTRACT)
    check_key(rows, CONTRACT)
    assert sort_rows(rows, CONTRACT).equals(rows)


@pytest.mark.parametrize("seed", [4, 5])
def test_the_order_of_rows_decides_nothing(seed):
    rng = np.random.default_rng(seed)
    table = random_reads(rng, 3000, tags=20)
    expected = score_reader(table, RfidSettings())
    for _ in range(3):
        shuffled = table.take(pa.array(rng.permutation(table.num_rows)))
        assert score_reader(shuffled, RfidSettings()).equals(expected), f"seed {seed}"


def test_too_few_reads_have_no_score():
    time_s = [0, 1, 2, 10, 11, 12, 13]
    table = reads_table(time_s, ["A1"] * 7, [1] * 7, [-60, -70, -50, -60, -61, -60, -60])
    windows = score_reader(table, RfidSettings(window_lengths_s=(8.0,))).to_pylist()
    few, enough = windows
    assert few["verdict"] == "too_few_reads"
    assert few["reads"] == 3
    assert few["rssi_mean_dbm"] == pytest.approx(-60)
    assert {few[name] for name in ("score", "rssi_spread_db", "js_divergence", "js_flag")} == {None}
    assert enough["verdict"] == "still"
    assert enough["rssi_spread_db"] == pytest.approx(0.5)


def test_reports_that_merge_reads_are_counted_by_their_number():
    table = reads_table(range(5), ["A1"] * 5, [1] * 5, [-60.0] * 5, read_count=[1, 2, 3, 1, 1])
    windows = score_reader(table, RfidSettings(window_lengths_s=(8.0,)))
    assert windows["reads"].to_pylist() == [8]


def test_no_reads_give_no_windows():
    windows = score_reader(reads_table([], [], [], []), RfidSettings())
    assert windows.num_rows == 0
    check(conform(windows, CONTRACT, STAMPS), CONTRACT)


def test_two_readers_at_once_are_refused():
    table = reads_table([0, 1], ["A1"] * 2, [1, 1], [-60, -60])
    mixed = table.set_column(0, "reader_id", pa.array(["r1", "r2"]))
    with pytest.raises(ValueError, match="reads of 2 readers"):
        score_reader(mixed, RfidSettings())


def test_the_verdict_is_that_of_all_antennas_and_the_score_the_antennas_own():
    rng = np.random.default_rng(SEED)
    one = handle(shop(rng, still=20), "AD03", 80, 88, rng)
    two = shop(rng, still=20) | {"antenna": np.full(len(one["time_s"]), 2)}
    both = [reads_table(**one), reads_table(**two)]
    windows = score_reader(pa.concat_tables(both), RfidSettings())
    score = windows["score"].to_numpy()
    fused = fused_score(windows, score)
    rows = windows.to_pylist()
    at = [
        i
        for i, r in enumerate(rows)
        if r["epc"] == "AD03" and (r["window_start"] - START).seconds == 80
    ]
    assert len(at) == 2
    assert fused[at[0]] == fused[at[1]] == pytest.approx(score[at].mean())
    assert score[at[0]] > score[at[1]] + 2
    assert rows[at[0]]["verdict"] == rows[at[1]]["verdict"]
    for row, value in zip(rows, fused, strict=True):
        if row["verdict"] != "too_few_reads":
            assert (row["verdict"] == "handled") == (value > RfidSettings().handled_score)


def test_scores_are_the_arithmetic_of_their_parts():
    rng = np.random.default_rng(SEED)
    settings = RfidSettings()
    windows = score_reader(reads_table(**shop(rng, hops=True)), settings)
    rows = windows.to_pylist()
    change = []
    for row, after in zip(rows, [*rows[1:], {"epc": None}], strict=True):
        both = [row["js_histogram"], after["js_histogram"] if after["epc"] == row["epc"] else None]
        known = [value for value in both if value is not None]
        change.append(np.mean(known) if known else np.nan)
    floors = (settings.spread_floor_db, settings.histogram_floor_bits, settings.phase_floor_rad)
    total, count = np.zeros(len(rows)), np.zeros(len(rows))
    parts = (
        windows["rssi_spread_db"].to_numpy(),
        np.array(change),
        windows["phase_spread_rad"].to_numpy(),
    )
    for values, floor in zip(parts, floors, strict=True):
        centre = np.nanmedian(values)
        scale = max(1.4826 * np.nanmedian(np.abs(values - centre)), floor)
        deviation = (values - centre) / scale
        total += np.nan_to_num(deviation)
        count += ~np.isnan(deviation)
    expected = np.where(np.isnan(parts[0]), np.nan, total / np.sqrt(np.maximum(count, 1)))
    assert np.allclose(windows["score"].to_numpy(), expected, atol=1e-9, equal_nan=True)


def test_scales_of_a_quiet_hour_serve_a_busy_one():
    rng = np.random.default_rng(SEED)
    settings = RfidSettings()
    still = still_scales(window_parts(reads_table(**shop(rng)), settings), settings)
    busy = shop(rng)
    for tag in range(25):
        busy = handle(busy, f"AD{tag:02X}", 0, 240, rng)
    parts = window_parts(reads_table(**busy), settings)
    verdicts = judge_windows(parts, settings, still)
    own = judge_windows(parts, settings, still_scales(parts, settings))
    moved = np.array([int(epc[2:], 16) < 25 for epc in parts["epc"].to_pylist()])
    found = np.asarray(pc.equal(verdicts["verdict"], "handled"))
    assert found[moved].mean() > 0.9
    assert found[~moved].mean() < 0.02
    assert np.asarray(pc.equal(own["verdict"], "handled"))[moved].mean() < 0.1


def test_without_noise_a_scale_has_a_floor():
    time_s = np.arange(0, 1200, 0.5)
    rssi = np.full(len(time_s), -60.0)
    rssi[1000] = -60.5
    table = reads_table(time_s, ["A1"] * len(time_s), [1] * len(time_s), rssi)
    windows = score_reader(table, RfidSettings())
    assert set(windows["verdict"].to_pylist()) == {"still"}
    assert max(windows["score"].to_pylist()) < 2
    assert not any(windows["js_flag"].to_pylist())
