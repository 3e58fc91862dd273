"""Seconds for an empty store-day end to end, start of the program and of Spark included."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import Result

MANIFEST = Path(__file__).parent / "scenarios" / "empty_day.yaml"
DATE = "2026-11-20"


def run() -> Result:
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        (folder / "stores").mkdir()
        (folder / "inbox" / "empty" / DATE).mkdir(parents=True)
        shutil.copy(MANIFEST, folder / "stores" / "empty.yaml")
        command = [
            str(Path(sys.executable).with_name("storeday")), "nightly",
            "--inbox", str(folder / "inbox"), "--stores", str(folder / "stores"),
            "--lake", str(folder / "lake"), "--store", "empty", "--date", DATE,
            "--master", "local[2]",
        ]  # fmt: skip
        seconds = []
        for _ in range(2):
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=sys.stderr, timeout=600)
            seconds.append(round(time.perf_counter() - started, 1))
    finally:
        shutil.rmtree(folder)
    return Result(
        figure=seconds[0],
        aim="<= 120",
        unit="s",
        detail={"scenario": MANIFEST.name, "second_run_s": seconds[1], "cores": 2},
    )
