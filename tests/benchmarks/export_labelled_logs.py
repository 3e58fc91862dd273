"""Writes the logs that the supervised classifier is trained on: `export_labelled_logs.py FOLDER`.

`FOLDER/sim`: the simulated days of the seeds `training`. `FOLDER/uci`: every other UCI trial, of
which walking counts as handled. What is scored (`bench_rfid_cnn_auc`) is none of these.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from radio_logs import Run, seeds, simulated_day, uci_trials


def main() -> None:
    folder = Path(sys.argv[1])
    for name in ("sim", "uci"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for seed in seeds("training"):
        day = simulated_day(seed)
        columns = {name: day.handlings[name] for name in ("epc", "started_us", "ended_us")}
        _write(folder / "sim" / str(seed), day.reads, pa.table(columns))
    for trial in uci_trials()[::2]:
        _write(folder / "uci" / trial.name.replace("/", "-"), trial.reads, walking(trial))


def walking(trial: Run) -> pa.Table:
    """Unbroken stretches of walking of a trial, as labels."""
    time_us = trial.reads["device_time"].cast(pa.int64()).to_numpy()
    order = np.argsort(time_us, kind="stable")
    moving = np.concatenate([[0], trial.label[order] > 0, [0]])
    begins, ends = np.flatnonzero(np.diff(moving) > 0), np.flatnonzero(np.diff(moving) < 0) - 1
    epc = trial.reads["epc"][0].as_py()
    return pa.table(
        {
            "epc": pa.array([epc] * len(begins), pa.string()),
            "started_us": time_us[order][begins],
            "ended_us": time_us[order][ends],
        }
    )


def _write(stem: Path, reads: pa.Table, labels: pa.Table) -> None:
    pq.write_table(reads, stem.with_name(f"{stem.name}.reads.parquet"))
    pq.write_table(labels, stem.with_name(f"{stem.name}.labels.parquet"))


if __name__ == "__main__":
    main()
