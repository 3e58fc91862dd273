"""What benchmarks share: the form of a result, and a loop that makes machines comparable."""

import hashlib
import os
import platform
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Result:
    """A benchmark's result.

    Attributes:
        figure: What was measured, a number or a list of numbers.
        aim: What it should be, in words such as `<= 1.3`.
        unit: Unit of the figure.
        detail: Scenario, seeds, parts of the figure.
    """

    figure: float | list[float]
    aim: str
    unit: str
    detail: dict[str, Any] = field(default_factory=dict)


def real_data() -> Path:
    """The folder of real footage, models and logs.

    Raises:
        FileNotFoundError: It is not there.
    """
    folder = Path(os.environ.get("STOREDAY_REAL", REPOSITORY.parent / "shared" / "real"))
    if not folder.is_dir():
        raise FileNotFoundError(f"no real data at {folder}; set STOREDAY_REAL")
    return folder


def calibration_s() -> float:
    """Seconds one core takes for 200 MB of SHA-256, best of three: a yardstick for machines."""
    block = b"\0" * (1 << 20)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        digest = hashlib.sha256()
        for _ in range(200):
            digest.update(block)
        times.append(time.perf_counter() - started)
    return round(min(times), 4)


def machine() -> str:
    """The machine in a few words."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
