"""Frames by decord, in a process of its own.

decord 0.6.0 queues packets and decodes on while nobody asks for frames: a clip of 3 MB grew from 56
to 1,488 MB within four seconds of pause. So nothing may pause between two reads. The child process
reads without a break and writes the kept JPEGs to a file; only when it has ended well are they
given out, at any pace. That costs disk (some 40 KB a frame), lets a standstill be ended by a
signal, and a failure half way leaves no half of a segment behind. The child's memory is flat only
where decoding a frame takes longer than packing it: reading all frames of a 1080p clip it peaked at
250 MB, of a 768 x 432 clip on a busy machine at 873 MB. So it watches itself and gives up at a
limit.

decord gives pictures without times: the n-th is taken for the n-th presentation time of the
container, and the numbers of both must agree.
"""

import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO

from storeday.footage.pictures import SampledFrame
from storeday.footage.segment import Pick
from storeday.footage.settings import FootageSettings

CHILD = "storeday.footage.decord_child"


class DecordError(RuntimeError):
    """decord could not read a segment; the message says why."""


def read_by_decord(
    path: Path, picks: Sequence[Pick], frames: int, settings: FootageSettings
) -> Iterator[SampledFrame]:
    """Kept frames of a segment.

    The whole segment is read before the first frame is given out.

    Args:
        path: The segment.
        picks: Frames to keep, ascending.
        frames: Frames that the container holds.
        settings: Size and quality; how long to wait.

    Raises:
        DecordError: decord failed, stood still, or counts another number of frames.
    """
    with tempfile.TemporaryFile(prefix="storeday-decord-") as spool:
        _fill(spool, path, picks, frames, settings)
        spool.seek(0)
        for _ in picks:
            yield _next_frame(spool)


def _fill(
    spool: IO[bytes], path: Path, picks: Sequence[Pick], frames: int, settings: FootageSettings
) -> None:
    order = {
        "path": str(path),
        "picks": picks,
        "frames": frames,
        "spool": spool.fileno(),
        "settings": asdict(settings),
    }
    # The child has to find this package, also where it came in an archive of the cluster.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    with tempfile.TemporaryFile() as orders, tempfile.TemporaryFile() as errors:
        orders.write(json.dumps(order).encode())
        orders.seek(0)
        with subprocess.Popen(
            [sys.executable, "-m", CHILD],
            stdin=orders,
            stdout=subprocess.PIPE,
            stderr=errors,
            pass_fds=[spool.fileno()],
            env=environment,
        ) as child:
            try:
                _wait(child, settings.stall_s)
            finally:
                child.kill()
        if child.returncode != 0:
            errors.seek(0)
            raise DecordError(f"decord failed: {_last_words(errors.read())}")


def _wait(child: subprocess.Popen[bytes], stall_s: float) -> None:
    """Waits for the child's end, as long as it shows signs of life."""
    assert child.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(stall_s):
                raise DecordError(f"decord made no progress for {stall_s:g} s")
            if not os.read(child.stdout.fileno(), 4096):
                break
    try:
        child.wait(stall_s)
    except subprocess.TimeoutExpired as error:
        raise DecordError(f"decord did not end within {stall_s:g} s") from error


def _last_words(errors: bytes) -> str:
    lines = [line.strip() for line in errors.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][-300:] if lines else "it said nothing"


def _next_frame(spool: IO[bytes]) -> SampledFrame:
    head = json.loads(spool.readline())
    jpeg = spool.read(head.pop("bytes"))
    return SampledFrame(jpeg=jpeg, **head)
