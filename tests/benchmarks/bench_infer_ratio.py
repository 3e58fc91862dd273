"""The Spark stage `infer` against a plain loop over the same frames, detector only, both warm.

Frames: the table clip three times over, at its full rate, decoded by the job itself into
`bronze.frames`. The stage is timed with all it does: reading, inference, checks, and two commits.
The plain loop reads the same Parquet files with pyarrow, decodes the JPEGs and runs the session, in
as many processes, each with one thread; what it finds is thrown away.
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
COPIES = 3
FRAMES_PER_S = 10.0
SCENARIO = Path(__file__).parent / "scenarios" / "infer_ratio.yaml"


def run() -> Result:
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        models, _ = write_clip_day(folder, SCENARIO, COPIES)
        stage_s, frames = _spark_stage(folder, models)
        loop_s, loop_frames = _plain_loop(folder, models)
    finally:
        shutil.rmtree(folder)
    assert frames == loop_frames >= 2_000
    return Result(
        figure=round(min(stage_s) / min(loop_s), 3),
        aim="<= 1.3",
        unit="ratio",
        detail={
            "scenario": SCENARIO.name,
            "frames": frames,
            "processes": PROCESSES,
            "stage_s": stage_s,
            "loop_s": loop_s,
        },
    )


def _spark_stage(folder: Path, models: Path) -> tuple[list[float], int]:
    import datetime as dt

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
    assert plans

    def run_stages(*names: str) -> float:
        ledger = Ledger()
        started = time.perf_counter()
        outcome = Runner(lake, manifest, Reporter(spark), ledger).run(select_stages(names), plans)
        assert not outcome.failures, outcome.failures
        return time.perf_counter() - started

    run_stages("index", "scout", "decode")
    run_stages("infer")  # workers, sessions and the JVM are warm from here on
    seconds = []
    for _ in range(2):
        run_stages("infer")
        last = lake.read_all("ops.runs").where("stage = 'infer'").orderBy("started_at").collect()
        seconds.append(round(last[-1]["wall_s"], 2))
    frames = lake.read("bronze.frames", [day]).count()
    spark.stop()
    return seconds, frames


def _plain_loop(folder: Path, models: Path) -> tuple[list[float], int]:
    document = yaml.safe_load(models.read_text())
    file = document["models"][0]["file"]
    parts = sorted((folder / "lake" / "bronze" / "frames").rglob("*.parquet"))
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES, _open_session, (file,)) as pool:
        pool.map(_warm, range(PROCESSES), chunksize=1)
        seconds = []
        for _ in range(2):
            started = time.perf_counter()
            counts = pool.map(_infer, parts, chunksize=1)
            seconds.append(round(time.perf_counter() - started, 2))
    return seconds, sum(counts)


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


def _infer(path: Path) -> int:
    import cv2
    import numpy as np
    import pyarrow.parquet as pq

    count = 0
    canvas = np.full((1, 3, 416, 416), 114, np.float32)
    for batch in pq.ParquetFile(path).iter_batches(64, columns=["jpeg"]):
        for jpeg in batch["jpeg"]:
            picture = cv2.imdecode(np.frombuffer(jpeg.as_buffer(), np.uint8), cv2.IMREAD_COLOR)
            scale = min(416 / picture.shape[0], 416 / picture.shape[1])
            small = cv2.resize(picture, None, fx=scale, fy=scale)
            canvas[0, :, : small.shape[0], : small.shape[1]] = small.transpose(2, 0, 1)
            _session.run(None, {"images": canvas})
            count += 1
    return count
