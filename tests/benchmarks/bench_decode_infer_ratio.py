"""Decode and detect through Spark (`--fused`) against a bare loop, both warm, in turns.

Frames: the table clip twice, every frame. The stage is timed with all it does: reading processes,
inference, checks and four commits. The bare loop opens the same files with PyAV, scales the frames
and runs the session, in as many processes, each with one thread; what it finds is thrown away.
"""

import multiprocessing
import shutil
import tempfile
import time
from pathlib import Path

import yaml
from clip_day import DATE, write_clip_day
from measure import Result

PROCESSES = 2
COPIES = 2
ROUNDS = 2
SCENARIO = Path(__file__).parent / "scenarios" / "infer_ratio.yaml"


def run() -> Result:
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        models, files = write_clip_day(folder, SCENARIO, COPIES)
        stage, stop, frames = _spark_stage(folder, models)
        loop, close = _bare_loop(models, files)
        stage_s, loop_s = [], []
        for _ in range(ROUNDS):
            stage_s.append(stage())
            seconds, count = loop()
            loop_s.append(seconds)
        close()
        stop()
    finally:
        shutil.rmtree(folder)
    assert count == frames >= 2_000, (count, frames)
    return Result(
        figure=round(min(stage_s) / min(loop_s), 3),
        aim="<= 1.15",
        unit="ratio",
        detail={
            "scenario": SCENARIO.name,
            "frames": count,
            "processes": PROCESSES,
            "stage_s": stage_s,
            "loop_s": loop_s,
        },
    )


def _spark_stage(folder, models):
    import datetime as dt

    from pyspark.sql import functions as sf

    from storeday.inference import load_models
    from storeday.lake.lake import Lake
    from storeday.lake.session import spark_session
    from storeday.lake.store_day import StoreDay
    from storeday.stages.ledger import Ledger
    from storeday.stages.plan import Places, plan_days
    from storeday.stages.registry import select_stages
    from storeday.stages.report_progress import Reporter
    from storeday.stages.runner import Runner

    places = Places(str(folder / "inbox"), str(folder / "stores"), str(folder / "lake"))
    manifest = load_models(models)
    spark = spark_session("storeday bench", f"local[{PROCESSES}]")
    lake = Lake(spark, places.lake)
    day = StoreDay("bench", dt.date.fromisoformat(DATE))
    plans = plan_days(places, [day], manifest).plans

    def run_stages(stages) -> float:
        outcome = Runner(lake, manifest, Reporter(spark), Ledger()).run(stages, plans)
        assert not outcome.failures, outcome.failures
        last = lake.read_all("ops.runs").orderBy(sf.desc("started_at")).first()
        return round(last["wall_s"], 2)

    fused = select_stages(["decode", "infer"], fused=True)
    run_stages(select_stages(["index", "scout"]))
    run_stages(fused)  # workers, sessions and the JVM are warm from here on
    frames = lake.read("bronze.decode_outcomes", [day]).agg(sf.sum("frames")).first()[0]
    return lambda: run_stages(fused), spark.stop, frames


def _bare_loop(models: Path, files: list[Path]):
    file = yaml.safe_load(models.read_text())["models"][0]["file"]
    pool = multiprocessing.get_context("spawn").Pool(PROCESSES, _open_session, (file,))
    pool.map(_warm, range(PROCESSES), chunksize=1)

    def loop() -> tuple[float, int]:
        started = time.perf_counter()
        counts = pool.map(_look, files, chunksize=1)
        return round(time.perf_counter() - started, 2), sum(counts)

    return loop, pool.terminate


def _open_session(file: str) -> None:
    import onnxruntime

    global _session  # noqa: PLW0603
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    _session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def _warm(_: int) -> None:
    import numpy as np

    _session.run(None, {"images": np.zeros((1, 3, 416, 416), np.float32)})
    time.sleep(0.2)


def _look(path: Path) -> int:
    import av
    import cv2
    import numpy as np

    count = 0
    canvas = np.full((1, 3, 416, 416), 114, np.float32)
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "NONE"
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="bgr24")
            scale = min(416 / picture.shape[0], 416 / picture.shape[1])
            small = cv2.resize(picture, None, fx=scale, fy=scale)
            canvas[0, :, : small.shape[0], : small.shape[1]] = small.transpose(2, 0, 1)
            _session.run(None, {"images": canvas})
            count += 1
    return count
