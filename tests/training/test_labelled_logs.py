"""Labelled logs to windows: against a loop; faults of a folder; the net where torch is there."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storeday.rfid import measure_reads
from storeday.training.labelled_logs import EIGHT, handled_and_still, labelled_windows

START_US = int(dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC).timestamp()) * 1_000_000


def log(seed, rows=3000):
    rng = np.random.default_rng(seed)
    time_us = START_US + rng.integers(0, 400_000_000, rows)
    reads = pa.table(
        {
            "antenna": pa.array(np.ones(rows, np.int32)),
            "epc": pa.array([f"AD{tag:02X}" for tag in rng.integers(0, 6, rows)]),
            "device_time": pa.array(time_us).cast(pa.timestamp("us", tz="UTC")),
            "rssi_dbm": pa.array(rng.normal(-60, 1, rows).astype(np.float32)),
            "phase_rad": pa.nulls(rows, pa.float64()),
            "frequency_mhz": pa.array(np.full(rows, 865.7)),
            "read_count": pa.array(np.ones(rows, np.int32)),
        }
    )
    started = START_US + rng.integers(0, 390_000_000, 5)
    labels = pa.table(
        {
            "epc": [f"AD{tag:02X}" for tag in rng.integers(0, 7, 5)],
            "started_us": started,
            "ended_us": started + rng.integers(1_000_000, 20_000_000, 5),
        }
    )
    return reads, labels


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_labels_are_those_of_a_loop(seed):
    reads, labels = log(seed)
    measured = measure_reads(reads, EIGHT)
    spans, label = handled_and_still(measured, labels)
    windows = measured.parts.windows
    tag, start_us, _ = windows.of_spans()
    counts = windows.over_antennas(windows.rows)
    expected = {}
    for span in range(len(tag)):
        state = 0
        for row in labels.to_pylist():
            if row["epc"] != measured.reads.tags[tag[span]]:
                continue
            gap_us = max(
                row["started_us"] - start_us[span] - 8_000_000, start_us[span] - row["ended_us"]
            )
            if gap_us < 0:
                state = 1
            elif gap_us < 8_000_000 and state == 0:
                state = -1
        if counts[span] >= EIGHT.min_reads and state >= 0:
            expected[span] = state
    assert dict(zip(spans.tolist(), label.tolist(), strict=True)) == expected


def test_a_folder_gives_its_logs_and_says_what_it_lacks(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no \*\.reads\.parquet"):
        next(labelled_windows(tmp_path, 8, np.random.default_rng(1)))
    reads, labels = log(4)
    pq.write_table(reads, tmp_path / "one.reads.parquet")
    with pytest.raises(FileNotFoundError, match="has no labels"):
        next(labelled_windows(tmp_path, 8, np.random.default_rng(1)))
    pq.write_table(labels, tmp_path / "one.labels.parquet")
    ((name, tensors, truth),) = labelled_windows(tmp_path, 8, np.random.default_rng(1))
    assert name == "one"
    assert tensors.shape == (len(truth), 10, 400)
    assert 0 < truth.sum() < len(truth)


def test_the_net_learns_what_is_easy_and_goes_to_onnx(tmp_path):
    pytest.importorskip("torch")
    from storeday.inference.rummage_cnn import CnnScorer
    from storeday.training.rummage_cnn import TrainSettings, export, train

    rng = np.random.default_rng(5)
    label = (np.arange(200) % 2).astype(np.float32)
    tensors = rng.normal(0, 0.1, (200, 10, 400)).astype(np.float32)
    tensors[:, 0] += label[:, None]
    net = train(tensors, label, TrainSettings(epochs=15))
    export(net, tmp_path / "net.onnx")
    scorer = CnnScorer(tmp_path / "net.onnx")
    logits = np.ravel(scorer._session.run(None, {"windows": tensors})[0])
    assert logits[label == 1].min() > logits[label == 0].max()
