"""Footage of a simulated store-day, with the true box of everybody in every frame.

Each camera is rendered by itself: its still scene once, then, while something moves, the people of
each frame over it, sensor noise, H.264. Files are named by the camera's own clock; time stamps are
its ticks; the truth is written in true store time. The same world, rigs and seed give the same
bytes, in whatever order or number of processes.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa

from storeday.simulate.render_camera import Progress, write_camera
from storeday.simulate.rig import CameraRig
from storeday.simulate.truth import BOXES, write_boxes
from storeday.simulate.world import World


def write_footage(  # noqa: PLR0913 - two folders and the caller's progress bar come on top
    world: World,
    rigs: Sequence[CameraRig],
    inbox_store_day: Path,
    truth_store_day: Path,
    seed: int,
    progress: Progress | None = None,
    *,
    segment_s: float = 60.0,
    workers: int = 1,
) -> pa.Table:
    """Renders the footage of a store-day and writes `boxes.parquet` beside it.

    Args:
        world: The truth; every rig needs a clock in it.
        rigs: The cameras; may be empty.
        inbox_store_day: `<inbox>/<store>/<date>`; segments come below `footage/<camera_id>/`.
        truth_store_day: `<truth>/<store>/<date>`, for `boxes.parquet`.
        seed: Seed of all that is drawn by chance.
        progress: Called with the camera, segments done and segments in all; with several workers
            only once per camera.
        segment_s: Longest segment.
        workers: Processes; each renders whole cameras.

    Returns:
        The truth boxes, of schema `BOXES`, sorted by camera, time and customer.

    Raises:
        ValueError: A rig has no clock, or two rigs have one name.
    """
    names = [rig.camera_id for rig in rigs]
    unknown = sorted(set(names) - set(world.clocks))
    if unknown or len(set(names)) < len(names):
        raise ValueError(f"cameras {names}: names must differ and have clocks; none for {unknown}")
    task = partial(_write_camera, inbox_store_day, seed=seed, segment_s=segment_s)
    if workers > 1 and len(rigs) > 1:
        # The world goes to each process once, not with every camera: a busy day's is 400 MB.
        spawn = get_context("spawn")
        with ProcessPoolExecutor(workers, spawn, _keep_world, (world,)) as pool:
            tables = []
            for rig, table in zip(rigs, pool.map(task, rigs), strict=True):
                tables.append(table)
                if progress is not None:
                    progress(rig.camera_id, 1, 1)
    else:
        write = partial(write_camera, world, inbox_store_day, seed=seed, segment_s=segment_s)
        tables = [write(rig, progress=progress) for rig in rigs]
    boxes = pa.concat_tables([BOXES.empty_table(), *tables])
    boxes = boxes.sort_by([(name, "ascending") for name in ("camera", "time", "customer")])
    write_boxes([boxes], truth_store_day)
    return boxes


_worlds: list[World] = []


def _keep_world(world: World) -> None:
    _worlds[:] = [world]


def _write_camera(
    inbox_store_day: Path, rig: CameraRig, *, seed: int, segment_s: float
) -> pa.Table:
    return write_camera(_worlds[0], inbox_store_day, rig, seed, segment_s)
