"""The supervised classifier against the unsupervised score, on data that neither was made on.

Needs trained files, which do not ship: `sim.onnx`, `uci.onnx`, `both.onnx` in the folder that
`STOREDAY_RFID_CNN` names, made with the extra `train` by

    python tests/benchmarks/export_labelled_logs.py LOGS
    python -m storeday.training rummage --logs LOGS/sim --out MODELS/sim.onnx
    python -m storeday.training rummage --logs LOGS/uci --epochs 80 --out MODELS/uci.onnx
    python -m storeday.training rummage --logs LOGS/sim LOGS/uci --out MODELS/both.onnx

Windows of 8 s with at least four reads, AUC: simulated days of the scored seeds, handled against
far from any handling (4,000 still windows a day, drawn); the UCI trials not trained on, walking
against still; ItemTest, which no file was trained on, moving tags against stationary ones. The
unsupervised score is that of the same windows by each log's own scales, ItemTest's and UCI's too.
The figure is the mean of what the two single-source files reach on the sets that they do not know.
"""

import os
from pathlib import Path

import numpy as np
from measure import Result

STILLS, SEED = 4000, 1
SETS = ("simulated", "uci", "itemtest")
KNOWN = {"sim": {"simulated"}, "uci": {"uci"}, "both": {"simulated", "uci"}}


def run() -> Result:
    from storeday.audit.ranking import area_under_curve
    from storeday.inference.rummage_cnn import CnnScorer

    folder = os.environ.get("STOREDAY_RFID_CNN")
    if not folder or not (Path(folder) / "sim.onnx").exists():
        raise FileNotFoundError(
            f"no trained files: STOREDAY_RFID_CNN is {folder!r}, expected a folder with sim.onnx, "
            "uci.onnx and both.onnx, see this benchmark's docstring"
        )
    scorers = {name: CnnScorer(Path(folder) / f"{name}.onnx") for name in KNOWN}
    rows: dict[str, dict[str, float]] = {name: {} for name in (*KNOWN, "unsupervised")}
    counts = {}
    for name in SETS:
        parts = [_scores(*case, scorers) for case in _cases(name)]
        truth = np.concatenate([part["truth"] for part in parts])
        counts[name] = [int(truth.sum()), int((~truth).sum())]
        for scorer, row in rows.items():
            score = np.concatenate([part[scorer] for part in parts])
            row[name] = round(float(area_under_curve(score, truth)), 4)
    foreign = [rows[m][s] for m in ("sim", "uci") for s in SETS if s not in KNOWN[m]]
    own = [rows["unsupervised"][s] for m in ("sim", "uci") for s in SETS if s not in KNOWN[m]]
    return Result(
        figure=round(float(np.mean(foreign)), 4),
        aim="compare: unsupervised_on_the_same",
        unit="AUC",
        detail={
            "unsupervised_on_the_same": round(float(np.mean(own)), 4),
            "rows": rows,
            "moving_and_still_windows": counts,
        },
    )


def _scores(measured, spans, truth, scorers) -> dict[str, np.ndarray]:
    from storeday.rfid import score_measured
    from storeday.training.labelled_logs import EIGHT

    found = {name: scorer.logits(measured, spans) for name, scorer in scorers.items()}
    score = score_measured(measured, EIGHT).by_tag().score[spans]
    return {**found, "unsupervised": score, "truth": truth}


def _cases(name: str):
    """Measured logs, and the windows and truth to score of each."""
    import pyarrow as pa
    from export_labelled_logs import walking
    from radio_logs import itemtest_runs, seeds, simulated_day, uci_trials

    from storeday.rfid import measure_reads
    from storeday.training.labelled_logs import EIGHT, handled_and_still

    rng = np.random.default_rng(SEED)
    if name == "simulated":
        for seed in seeds("scored"):
            day = simulated_day(seed)
            measured = measure_reads(day.reads, EIGHT)
            columns = {key: day.handlings[key] for key in ("epc", "started_us", "ended_us")}
            spans, label = handled_and_still(measured, pa.table(columns))
            start_us = measured.parts.windows.of_spans()[1][spans]
            is_open = (start_us >= day.span_us[0]) & (start_us < day.span_us[1])
            still = rng.choice(spans[(label == 0) & is_open], STILLS, replace=False)
            handled = spans[label == 1]
            truth = np.repeat([True, False], [len(handled), STILLS])
            yield measured, np.concatenate([handled, still]), truth
    elif name == "uci":
        for trial in uci_trials()[1::2]:
            measured = measure_reads(trial.reads, EIGHT)
            spans, label = handled_and_still(measured, walking(trial))
            yield measured, spans, label == 1
    else:
        for each in itemtest_runs():
            measured = measure_reads(each.reads, EIGHT)
            labels = dict(zip(each.reads["epc"].to_pylist(), each.label.tolist(), strict=True))
            truth = np.array([labels[epc] for epc in measured.reads.tags])
            windows = measured.parts.windows
            enough = windows.over_antennas(windows.rows) >= EIGHT.min_reads
            label = truth[windows.of_spans()[0]]
            spans = np.flatnonzero(enough & (label >= 0))
            yield measured, spans, label[spans] == 1
