"""The reader logs and the rummage score on real logs.

ItemTest (corentinbouton/RFID-tags-detection, MIT): five runs of about 170 tags before four
antennas, a crate of 100 tags carried past 100 that stand. UCI data set 427 (CC BY 4.0): 87 trials
of one worn tag, twelve channels; label 4 is walking, the others sitting and lying.

A label of ItemTest holds for a whole run, though the crate stands part of the time, and its tags
are the majority: centre and scale are those of the stationary tags of the other four runs, never of
the run that is judged. The floors asserted lie a little under what was measured; measured figures
are printed.
"""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.stats import rankdata

from storeday.contracts import check, conform, load_contract
from storeday.manifest import LogFile, Reader, ReaderLog
from storeday.reader_logs import parse_log
from storeday.rfid import (
    RfidSettings,
    fused_score,
    judge_windows,
    score_reader,
    still_scales,
    window_parts,
)

pytestmark = pytest.mark.real

MINUTE = RfidSettings(window_lengths_s=(60.0,))
KEY = [(name, "ascending") for name in ("antenna", "epc", "window_start")]
WALKING = 4


def auc(high, low):
    """Share of pairs in which the one of `high` is larger, ties counting half."""
    ranks = rankdata(np.concatenate([high, low]))
    return (ranks[: len(high)].sum() - len(high) * (len(high) + 1) / 2) / (len(high) * len(low))


def by_group(keys, values):
    """Mean of the values by key, as arrays of equal length."""
    names, place = np.unique(keys, return_inverse=True)
    return names, np.bincount(place, values) / np.bincount(place)


@pytest.fixture(scope="module")
def itemtest(real):
    folder = real / "rfid" / "itemtest-moving-vs-stationary" / "data" / "raw"
    if not folder.is_dir():
        pytest.skip(f"no ItemTest logs at {folder}")
    reader = Reader(id="portal", log=ReaderLog(format="itemtest_csv"))
    runs = []
    for path in sorted(folder.glob("runs*/*.csv")):
        batches = list(parse_log(path, reader, f"rfid/portal/{path.name}"))
        runs.append((path, pa.concat_tables(batch.reads for batch in batches), batches))
    tags = {}
    for value, pattern in ((1, "actual=moving__q=100*.csv"), (0, "actual=stationary__q=*.csv")):
        for path in (folder / "labels").glob(pattern):
            tags |= {line.strip(): value for line in path.read_text().split()}
    assert len(runs) == 5
    assert sorted(tags.values()).count(1) == 100
    return runs, tags


def test_every_row_of_the_runs_is_read(itemtest):
    runs, _ = itemtest
    contract = load_contract("bronze.rfid_reads")
    total = 0
    for path, reads, batches in runs:
        lines = path.read_bytes().split(b"\r\n")
        rows = [n for n, line in enumerate(lines, 1) if line and not line.startswith(b"//")]
        assert sum(batch.rejects.num_rows for batch in batches) == 0
        assert reads["source_line"].to_pylist() == rows
        number = len(rows) // 2
        fields = lines[rows[number] - 1].decode().split(";")
        read = reads.slice(number, 1).to_pylist()[0]
        assert read["epc"] == fields[1]
        assert read["rssi_dbm"] == float(fields[4].replace(",", "."))
        assert read["device_time"] == dt.datetime.fromisoformat(fields[0])
        stamps = {"store_id": "portal", "business_date": dt.date(2023, 1, 6)}
        check(conform(reads, contract, stamps), contract)
        total += reads.num_rows
    assert total == 94_642


@pytest.fixture(scope="module")
def judged(itemtest):
    """Judged windows of each run, and each row's label: 1 moving, 0 stationary, -1 unknown."""
    runs, tags = itemtest
    parts = [window_parts(reads, MINUTE) for _, reads, _ in runs]
    labels = [np.array([tags.get(epc, -1) for epc in part["epc"].to_pylist()]) for part in parts]
    found = []
    for run, part in enumerate(parts):
        others = [
            other.filter(pa.array(label == 0))
            for place, (other, label) in enumerate(zip(parts, labels, strict=True))
            if place != run
        ]
        still = still_scales(pa.concat_tables(others).sort_by(KEY), MINUTE)
        found.append((judge_windows(part, MINUTE, still), labels[run]))
    return found


def test_moving_tags_score_above_stationary_ones(judged):
    scores, labels, tag_scores, tag_labels = [], [], [], []
    for windows, label in judged:
        fused = fused_score(windows, windows["score"].to_numpy())
        start = windows["window_start"].cast(pa.int64()).to_numpy()
        epc = np.array(windows["epc"].to_pylist())
        known = ~np.isnan(fused) & (label >= 0)
        _, first = np.unique(np.char.add(epc, start.astype(str)), return_index=True)
        rows = first[known[first]]
        scores.append(fused[rows])
        labels.append(label[rows])
        names, means = by_group(epc[rows], fused[rows])
        tag_scores.append(means)
        tag_labels.append(by_group(epc[rows], label[rows])[1])
        assert len(names) > 100
    score, label = np.concatenate(scores), np.concatenate(labels)
    tag_score, tag_label = np.concatenate(tag_scores), np.concatenate(tag_labels)
    window_auc = auc(score[label == 1], score[label == 0])
    tag_auc = auc(tag_score[tag_label == 1], tag_score[tag_label == 0])
    limit = MINUTE.handled_score
    false, true = (score[label == 0] > limit).mean(), (score[label == 1] > limit).mean()
    print(
        f"\nItemTest, 60 s: window AUC {window_auc:.3f} ({len(score)} windows), tag AUC "
        f"{tag_auc:.4f} ({len(tag_score)} tags), above {limit}: {true:.3f} moving, {false:.4f} not"
    )
    assert window_auc > 0.94
    assert tag_auc > 0.99
    assert false < 0.02
    assert true > 0.25


def test_windows_with_too_few_reads_say_so(judged):
    verdicts = pc.value_counts(pa.concat_tables(windows for windows, _ in judged)["verdict"])
    shares = {row["values"]: row["counts"] for row in verdicts.to_pylist()}
    assert set(shares) == {"handled", "still", "too_few_reads"}
    few = shares["too_few_reads"] / sum(shares.values())
    print(f"\nItemTest, 60 s: {few:.2f} of antenna windows have fewer than 4 reads")
    assert 0.3 < few < 0.6


@pytest.fixture(scope="module")
def rooms(real):
    """Reads and labels of both rooms; each trial is a tag of its own, an hour after the last."""
    folder = real / "rfid" / "uci-batteryless" / "data" / "raw"
    if not folder.is_dir():
        pytest.skip(f"no UCI trials at {folder}")
    found = []
    for room in ("S1", "S2"):
        paths = sorted((folder / f"{room}_Dataset").glob("d*"))
        start = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
        files = {
            path.name: LogFile(time_origin=start + dt.timedelta(hours=place), epc=f"{place:04X}")
            for place, path in enumerate(paths)
        }
        columns = {"time": 0, "antenna": 4, "rssi": 5, "phase": 6, "frequency": 7}
        log = ReaderLog(
            format="generic_csv", header=False, columns=columns, units={"time": "s"}, files=files
        )
        reader = Reader(id=room, log=log)
        reads, labels = [], []
        for path in paths:
            for batch in parse_log(path, reader, f"rfid/{room}/{path.name}"):
                assert batch.rejects.num_rows == 0, batch.rejects.to_pylist()[:3]
                activity = np.loadtxt(path, delimiter=",", usecols=8).astype(int)
                reads.append(batch.reads)
                labels.append(activity[batch.reads["source_line"].to_numpy() - 1])
        found.append((pa.concat_tables(reads), np.concatenate(labels)))
    return found


def test_every_row_of_the_trials_is_read(rooms):
    # 75,128 rows, of which two are the row above once more.
    assert sum(reads.num_rows for reads, _ in rooms) == 75_126
    for reads, _ in rooms:
        assert reads["phase_rad"].null_count == 0
        assert reads["frequency_mhz"].null_count == 0


def test_walking_scores_above_sitting_and_lying(rooms):
    settings = RfidSettings(window_lengths_s=(8.0,), min_reads=6)
    rows = []
    for room, (reads, labels) in enumerate(rooms):
        walking = {}
        window_us = reads["device_time"].cast(pa.int64()).to_numpy() // 8_000_000 * 8_000_000
        keys = zip(reads["epc"].to_pylist(), reads["antenna"].to_pylist(), window_us, strict=True)
        for key, label in zip(keys, labels, strict=True):
            walking.setdefault(key, []).append(label == WALKING)
        for row in score_reader(reads, settings).to_pylist():
            if row["score"] is not None:
                start_us = round(row["window_start"].timestamp() * 1e6)
                share = np.mean(walking[(row["epc"], row["antenna"], start_us)])
                place = f"{room}/{row['epc']}/{start_us}"
                rows.append((place, row["score"], share, row["js_histogram"] is not None))
    place, score, share, has_before = (np.array(column) for column in zip(*rows, strict=True))
    aucs = {}
    for name, chosen in (("all", share >= 0), ("with a window before", has_before)):
        one = score[chosen & (share == 1)], score[chosen & (share == 0)]
        _, fused = by_group(place[chosen], score[chosen])
        _, mixed = by_group(place[chosen], share[chosen])
        aucs[name] = auc(*one), auc(fused[mixed == 1], fused[mixed == 0])
        print(
            f"\nUCI, 8 s, {name}: AUC {aucs[name][0]:.3f} per antenna ({len(one[0])} walking, "
            f"{len(one[1])} not), {aucs[name][1]:.3f} mean of antennas"
        )
    assert aucs["with a window before"][0] > 0.92
    assert aucs["with a window before"][1] > 0.95
    assert aucs["all"][0] > 0.80
