"""The process that runs decord: `python -m storeday.footage.decord_child`, its orders on stdin.

Each kept frame goes to the spool as a line of JSON (fields of `SampledFrame`, and `bytes`),
followed by the JPEG. A dot on stdout is a sign of life.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from storeday.footage.pictures import FrameMaker
from storeday.footage.settings import FootageSettings

# Frames passed over between two signs of life.
SKIP_AT_ONCE = 64
STATM = Path("/proc/self/statm")


def main() -> None:
    """Reads the orders and the segment, writes the spool, and ends the process."""
    # The pipe is for signs of life only; whatever libraries print goes with the errors.
    pulse = os.dup(1)
    os.dup2(2, 1)
    try:
        _obey(json.load(sys.stdin), pulse)
    except Exception as error:
        print(f"{type(error).__name__}: {_first_words(error)}", file=sys.stderr, flush=True)
        os._exit(1)
    # Not the usual way out: decord's threads hang at times when they are taken down in good order.
    os._exit(0)


def _obey(order: dict[str, Any], pulse: int) -> None:
    import decord  # noqa: PLC0415 - slow to import, and only this process needs it

    reader = decord.VideoReader(order["path"], num_threads=1)
    if len(reader) != order["frames"]:
        raise ValueError(f"it counts {len(reader)} frames, the container {order['frames']}")
    with os.fdopen(order["spool"], "wb") as spool:
        _read(reader, order, spool, pulse)


def _read(reader: Any, order: dict[str, Any], spool: BinaryIO, pulse: int) -> None:
    settings = FootageSettings(**order["settings"])
    maker = FrameMaker(settings)
    position = 0
    for index, pts_us, reason in order["picks"]:
        while position < index:
            step = min(SKIP_AT_ONCE, index - position)
            reader.skip_frames(step)
            position += step
            os.write(pulse, b".")
        _stay_within(settings.decord_memory_mb)
        picture = reader.next().asnumpy()
        position += 1
        frame = asdict(maker.make(picture, pts_us, reason, is_rgb=True))
        jpeg, _ = frame.pop("jpeg"), frame.pop("thumbnail")
        spool.write(json.dumps({**frame, "bytes": len(jpeg)}).encode() + b"\n" + jpeg)
        os.write(pulse, b".")


def _stay_within(limit_mb: int) -> None:
    """Gives up where reading ahead has taken too much memory; where it cannot be seen, goes on."""
    if not STATM.exists():
        return
    resident_mb = int(STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    if resident_mb > limit_mb:
        raise MemoryError(f"reading ahead took {resident_mb:.0f} MB; the limit is {limit_mb} MB")


def _first_words(error: Exception) -> str:
    # decord's errors go on with a stack trace of its own.
    return str(error).strip().split("\n", maxsplit=1)[0]


if __name__ == "__main__":
    main()
