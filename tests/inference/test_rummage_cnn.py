"""The supervised scorer: the unsupervised score's interface, with a net that only averages."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from storeday.inference.errors import ModelError
from storeday.inference.rummage_cnn import CnnScorer
from storeday.rfid import RfidSettings, TagScores, count_episodes, measure_reads
from storeday.rfid.tensors import POINTS, WINDOW_US, window_tensors


def made(path, points=POINTS):
    """A model whose logit is the mean of all its inputs."""
    entry = helper.make_tensor_value_info("windows", TensorProto.FLOAT, ["n", 10, points])
    out = helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["n", 1, 1])
    node = helper.make_node("ReduceMean", ["windows"], ["logit"], axes=[1, 2], keepdims=1)
    graph = helper.make_graph([node], "mean", [entry], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path


def measured(seed=1, rows=900):
    import pyarrow as pa

    rng = np.random.default_rng(seed)
    time_us = 1_767_600_000_000_000 + rng.integers(0, 200_000_000, rows)
    return measure_reads(
        pa.table(
            {
                "reader_id": pa.repeat("r1", rows),
                "antenna": pa.array(rng.integers(1, 4, rows).astype(np.int32)),
                "epc": pa.array([f"AD{tag:02X}" for tag in rng.integers(0, 5, rows)]),
                "device_time": pa.array(time_us).cast(pa.timestamp("us", tz="UTC")),
                "rssi_dbm": pa.array(rng.normal(-60, 4, rows).astype(np.float32)),
                "phase_rad": pa.array(rng.uniform(0, 6.28, rows)),
                "frequency_mhz": pa.array(rng.choice([865.7, 866.3], rows)),
                "read_count": pa.array(np.ones(rows, np.int32)),
            }
        ),
        RfidSettings(window_lengths_s=(8.0,)),
    )


def test_scores_have_the_interface_of_the_score(tmp_path):
    one = measured()
    found = CnnScorer(made(tmp_path / "mean.onnx")).by_tag(one, min_reads=4)
    assert isinstance(found, TagScores)
    windows = one.parts.windows
    few = windows.over_antennas(windows.rows) < 4
    assert np.array_equal(np.isnan(found.score), few)
    spans = np.flatnonzero(~few)
    expected = window_tensors(one.reads, one.parts, spans).mean(axis=(1, 2))
    assert np.allclose(found.score[spans], expected, atol=1e-5)
    assert count_episodes(found, np.zeros(len(found.tag), int))


def test_strength_is_interpolated_between_reads_as_by_a_loop():
    one = measured(seed=2)
    reads, windows = one.reads, one.parts.windows
    tag, start_us, _ = windows.of_spans()
    spans = np.arange(0, len(tag), 7)
    found = window_tensors(reads, one.parts, spans)
    for row, span in enumerate(spans):
        mine = reads.tag == tag[span]
        counts = np.bincount(reads.antenna[mine], minlength=len(reads.antennas))
        for place, antenna in enumerate(np.argsort(-counts, kind="stable")[:2]):
            rows = np.flatnonzero(mine & (reads.antenna == antenna))
            at = start_us[span] + np.arange(POINTS) * (WINDOW_US // POINTS)
            strength = reads.rssi_dbm[rows].astype(float)
            level = np.interp(at, reads.time_us[rows], strength - strength.mean()) / 10
            assert np.allclose(found[row, place], level, atol=1e-4)


def test_files_that_are_no_such_model_are_refused(tmp_path):
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    with pytest.raises(ModelError, match="is no model"):
        CnnScorer(tmp_path / "junk.onnx")
    with pytest.raises(ModelError, match=r"expected \(n, 10, 400\)"):
        CnnScorer(made(tmp_path / "short.onnx", points=100))
