"""Seconds that `make demo` takes once storeday is installed, and how good its tables are."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import Result

# The seed of `make demo`.
SEED = 7


def run() -> Result:
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        command = [
            str(Path(sys.executable).with_name("storeday")), "demo",
            "--out", str(folder / "demo"), "--seed", str(SEED), "--master", "local[2]",
        ]  # fmt: skip
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=sys.stderr, timeout=1800)
        seconds = round(time.perf_counter() - started, 1)
        audit = json.loads((folder / "demo" / "audit.json").read_text("utf-8"))
    finally:
        shutil.rmtree(folder)
    detail = {
        "simulated": True,
        "scenario": "demo, level footage, people found by the detector that ships",
        "seed": SEED,
        "table": {
            "columns": ["demo"],
            "rows": {
                figure["name"]: [figure["value"] and round(figure["value"], 3)]
                for figure in audit["all_days"]
            },
        },
    }
    return Result(seconds, "<= 300", "s", detail)
