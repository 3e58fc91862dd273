"""The score: what stays still, what is moved, passers-by, and what has too few reads."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from radio_cases import START_US, random_reads, reads_table, shop

from storeday.contracts import check, check_key, conform, load_contract, sort_rows
from storeday.rfid import (
    RfidSettings,
    hourly_quantiles,
    kept_windows,
    measure_reads,
    score_measured,
    score_reads,
    still_scales,
)

SEED = 20261121
STAMPS = {"store_id": "s1", "business_date": dt.date(2026, 1, 5)}
ALL = RfidSettings(kept_share=1.0)


def handle(columns, epcs, begin_s, end_s, rng):
    """Moves tags: their level swings by several dB and their phase turns."""
    chosen = np.isin(columns["epc"], epcs) & (columns["time_s"] >= begin_s)
    chosen &= columns["time_s"] < end_s
    columns["rssi_dbm"][chosen] += np.round(rng.uniform(-14, 4, chosen.sum()))
    columns["rssi_dbm"] = np.clip(columns["rssi_dbm"], -90, -30)
    if columns["phase_rad"] is not None:
        turn = rng.uniform(0, np.pi, chosen.sum())
        columns["phase_rad"][chosen] = (columns["phase_rad"][chosen] + turn) % (2 * np.pi)
    return columns


def by_name(scored):
    """Score by EPC and seconds since the start."""
    found = scored.by_tag()
    names = [scored.measured.reads.tags[tag] for tag in found.tag]
    seconds = ((found.start_us - START_US) / 1e6).tolist()
    return dict(zip(zip(names, seconds, strict=True), found.score.tolist(), strict=True))


@pytest.mark.parametrize("hops", [False, True])
def test_the_moved_tag_scores_above_all_at_rest(hops):
    rng = np.random.default_rng(SEED)
    columns = handle(shop(rng, hops=hops), ["AD07"], 96, 112, rng)
    scores = by_name(score_reads(reads_table(**columns), RfidSettings()))
    moved = [scores["AD07", 96.0], scores["AD07", 104.0]]
    others = [v for (epc, at), v in scores.items() if epc != "AD07" or not 88 <= at <= 112]
    assert min(moved) > 4
    assert np.quantile(others, 0.99) < 3.5
    assert min(moved) > np.quantile(others, 0.998)


def test_what_all_tags_do_is_taken_off_and_what_one_does_is_not():
    rng = np.random.default_rng(SEED)
    everyone = [f"AD{tag:02X}" for tag in range(30)]
    columns = handle(shop(rng, hops=True), everyone, 80, 88, rng)
    columns = handle(columns, ["AD07"], 160, 168, rng)
    reads = reads_table(**columns)
    with_it = by_name(score_reads(reads, RfidSettings()))
    without = by_name(score_reads(reads, RfidSettings(common_weight=0.0)))
    crowd = np.median([with_it[epc, 80.0] for epc in everyone])
    assert crowd < 0.3 * np.median([without[epc, 80.0] for epc in everyone])
    assert with_it["AD07", 160.0] > 0.9 * without["AD07", 160.0]


def test_too_few_reads_is_no_score():
    table = reads_table([1, 2, 3, 9, 10, 11, 12], ["A1"] * 7, [1, 1, 2, 1, 1, 2, 2], [-60] * 7)
    scored = score_reads(table, RfidSettings(window_lengths_s=(8.0,)))
    assert np.isnan(scored.by_tag().score).tolist() == [True, False]
    rows = kept_windows(scored, "r1", ALL)
    few = [row["verdict"] for row in rows.sort_by("window_start").to_pylist()]
    assert few == ["too_few_reads"] * 2 + ["still"] * 2


def test_an_antenna_with_two_reads_counts_with_its_tag():
    # Four reads in all, two on each antenna: a score, where each antenna alone has too few.
    rng = np.random.default_rng(SEED)
    time_s = np.arange(0, 1600, 2.0)
    antenna = 1 + (np.arange(800) // 2) % 2
    rssi = -60 + rng.normal(0, 0.5, 800)
    scored = score_reads(reads_table(time_s, ["A1"] * 800, antenna, rssi), RfidSettings())
    assert not np.isnan(scored.by_tag().score).any()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rows_keep_the_contracts_and_the_order_of_reads_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    table = random_reads(rng, 1500)
    scored = score_reads(table, RfidSettings())
    again = score_reads(table.take(pa.array(rng.permutation(table.num_rows))), RfidSettings())
    for name, rows, other in (
        ("rummage_windows", kept_windows(scored, "r1", ALL), kept_windows(again, "r1", ALL)),
        ("rummage_hours", hourly_quantiles(scored, "r1", 0), hourly_quantiles(again, "r1", 0)),
    ):
        contract = load_contract(f"silver.{name}")
        stamped = conform(rows, contract, STAMPS)
        check(stamped, contract)
        check_key(stamped, contract)
        assert sort_rows(stamped, contract).equals(stamped)
        assert stamped.equals(conform(other, contract, STAMPS))
        assert rows.num_rows > 0


def test_kept_are_the_highest_and_their_neighbours():
    rng = np.random.default_rng(SEED)
    columns = handle(shop(rng, hops=True), ["AD07"], 96, 104, rng)
    rows = kept_windows(score_reads(reads_table(**columns), RfidSettings()), "r1", RfidSettings())
    assert rows.num_rows < 0.16 * 30 * 30
    starts = {
        row["window_start"].timestamp() - START_US / 1e6
        for row in rows.to_pylist()
        if row["epc"] == "AD07"
    }
    assert {88.0, 96.0, 104.0} <= starts
    moved = next(
        row
        for row in rows.to_pylist()
        if row["epc"] == "AD07" and row["window_start"].timestamp() - START_US / 1e6 == 96.0
    )
    assert 96 < moved["moved_time"].timestamp() - START_US / 1e6 < 104


def test_scales_of_a_quiet_hour_serve_a_busy_one():
    rng = np.random.default_rng(SEED)
    settings = RfidSettings(common_weight=0.0)
    still = still_scales([(measure_reads(reads_table(**shop(rng)), settings), None)], settings)
    moving = [f"AD{tag:02X}" for tag in range(25)]
    busy = measure_reads(reads_table(**handle(shop(rng), moving, 0, 240, rng)), settings)
    given, own = (score_measured(busy, settings, scales) for scales in (still, None))
    for scored, least, most in ((given, 0.9, 1.0), (own, 0.0, 0.1)):
        scores = by_name(scored)
        found = np.mean([value > 4 for (epc, _), value in scores.items() if epc in moving])
        assert least <= found <= most


def test_no_reads_no_rows():
    scored = score_reads(reads_table([], [], [], []), RfidSettings())
    assert kept_windows(scored, "r1", RfidSettings()).num_rows == 0
    assert hourly_quantiles(scored, "r1", 0).num_rows == 0


def test_reads_of_two_readers_are_refused():
    one = reads_table([1.0], ["A1"], [1], [-60.0])
    other = one.set_column(0, "reader_id", pa.array(["r2"]))
    with pytest.raises(ValueError, match="reads of 2 readers"):
        score_reads(pa.concat_tables([one, other]), RfidSettings())


def test_without_noise_a_scale_has_a_floor():
    time_s = np.arange(0, 1200, 0.5)
    rssi = np.full(len(time_s), -60.0)
    rssi[1000] = -60.5
    scored = score_reads(reads_table(time_s, ["A1"] * len(time_s), [1] * len(time_s), rssi), ALL)
    assert np.nanmax(scored.by_tag().score) < 4
    assert not scored.js_flag.any()
