"""The reader logs and the rummage score on real logs.

ItemTest (corentinbouton/RFID-tags-detection, MIT): five runs of about 170 tags before four
antennas, a crate of 100 tags carried past 100 that stand. UCI data set 427 (CC BY 4.0): 87 trials
of one worn tag, twelve channels; label 4 is walking, the others sitting and lying.

A label of ItemTest holds for a whole run, though the crate stands part of the time, and its tags
are the majority: centre and scale are those of the stationary tags of the other four runs, never of
the run that is judged. Floors asserted lie a little under what was measured; measured figures are
printed, and those of the README are the benchmarks'.
"""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import rankdata

from storeday.contracts import check, conform, load_contract
from storeday.manifest import LogFile, Reader, ReaderLog
from storeday.reader_logs import parse_log
from storeday.rfid import RfidSettings, score_reads

pytestmark = pytest.mark.real

MINUTE = RfidSettings(window_lengths_s=(60.0,))
WALKING = 4


def auc(high, low):
    """Share of pairs in which the one of `high` is larger, ties counting half."""
    ranks = rankdata(np.concatenate([high, low]))
    return (ranks[: len(high)].sum() - len(high) * (len(high) + 1) / 2) / (len(high) * len(low))


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
def moving_cases(real, monkeypatch_module):
    monkeypatch_module.setenv("STOREDAY_REAL", str(real))
    from rfid_figures import itemtest_cases

    return itemtest_cases()


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def test_moving_tags_score_above_stationary_ones(moving_cases):
    from rfid_figures import per_tag

    window, tag = moving_cases.auc(), per_tag(moving_cases).auc()
    print(f"\nItemTest, 60 s: window AUC {window:.4f}, tag AUC {tag:.4f}")
    assert len(moving_cases.score) == 4907
    assert window > 0.955
    assert tag > 0.98


def test_most_tags_moving_is_seen_by_their_own_scales_too(itemtest):
    # No other run to learn from, and two thirds of the windows are of the crate.
    runs, tags = itemtest
    aucs = []
    for _, reads, _ in runs:
        scored = score_reads(reads, MINUTE)
        by_tag = scored.by_tag()
        label = np.array([tags.get(epc, -1) for epc in scored.measured.reads.tags])[by_tag.tag]
        known = ~np.isnan(by_tag.score)
        aucs.append(auc(by_tag.score[known & (label == 1)], by_tag.score[known & (label == 0)]))
    print("\nItemTest, 60 s, own scales, by run:", np.round(aucs, 3))
    # Where most tags move, a log hides part of its movement: hours known to be quiet are better.
    assert np.mean(aucs) > 0.7


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


def test_walking_scores_above_sitting_and_lying(real, monkeypatch_module):
    monkeypatch_module.setenv("STOREDAY_REAL", str(real))
    from rfid_figures import uci_cases

    every, with_before = uci_cases(), uci_cases(with_window_before=True)
    print(
        f"\nUCI, 8 s: AUC {every.auc():.4f} ({every.is_moving.sum()} walking of "
        f"{len(every.score)}), {with_before.auc():.4f} with a window before"
    )
    assert every.auc() > 0.93
    assert with_before.auc() > 0.96
