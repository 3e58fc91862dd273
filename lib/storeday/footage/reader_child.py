"""The process that reads segments: `python -m storeday.footage.reader_child`.

Orders come on stdin, a line of JSON each; an order of `do: probe` or `do: sample` names a file.
Answers go to stdout, a line of JSON each, followed by as many bytes as its `bytes` says; the last
answer to an order holds `end`. An empty object is a sign of life. The process ends when its orders
do, or when whoever gave them is gone.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from storeday.footage.probe import read_probe
from storeday.footage.segment import SegmentReading
from storeday.footage.settings import FootageSettings
from storeday.footage.stretches import Stretch

LOOK_FOR_PARENT_S = 5.0


def main() -> None:
    """Answers orders until there are no more."""
    # The pipe is for answers only; whatever libraries print goes with the errors.
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    for line in sys.stdin:
        order, started_s = json.loads(line), time.process_time()
        try:
            _DO[order["do"]](order, pipe)
            _tell(pipe, {"end": True, "cpu_s": time.process_time() - started_s})
        except BrokenPipeError:
            return
        except Exception as error:
            spent_s = time.process_time() - started_s
            _tell(
                pipe, {"end": True, "cpu_s": spent_s, "error": f"{type(error).__name__}: {error}"}
            )


def _probe(order: Mapping[str, Any], pipe: BinaryIO) -> None:
    _tell(pipe, {"probe": asdict(read_probe(Path(order["path"])))})


def _sample(order: Mapping[str, Any], pipe: BinaryIO) -> None:
    reading = SegmentReading(
        Path(order["path"]),
        [Stretch(**stretch) for stretch in order["stretches"]],
        FootageSettings(**order["settings"]),
        lambda: _tell(pipe, {}),
        longest_gop_us=order["longest_gop_us"],
        is_raw=order["is_raw"],
    )
    if reading.open():
        timeline = reading.timeline
        assert timeline is not None
        after_us = int(timeline.times_us[-1]) + timeline.interval_us
        _tell(pipe, {"ends_us": max(after_us, timeline.stated_us or 0)})
        work = reading.decord_work() if order["may_decord"] else None
        if work is not None:
            _tell(pipe, {"decord": asdict(work)})
            return
        for frame in reading.frames(order["fault"]):
            fields = asdict(frame)
            jpeg, thumbnail = fields.pop("jpeg"), fields.pop("thumbnail")
            size = {"thumbnail": len(thumbnail), "bytes": len(jpeg) + len(thumbnail)}
            _tell(pipe, {"frame": fields, **size}, thumbnail, jpeg)
    assert reading.outcome is not None
    _tell(pipe, {"outcome": asdict(reading.outcome)})


_DO = {"probe": _probe, "sample": _sample}


def _tell(pipe: BinaryIO, head: Mapping[str, Any], *body: bytes) -> None:
    pipe.write(json.dumps(head).encode() + b"\n")
    for part in body:
        pipe.write(part)
    pipe.flush()


def _end_with_parent(parent: int) -> None:
    # A library that hangs never comes back to read that its orders have ended.
    while os.getppid() == parent:
        time.sleep(LOOK_FOR_PARENT_S)
    os._exit(1)


if __name__ == "__main__":
    main()
