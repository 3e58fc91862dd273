"""Memory of a benchmark's own processes: this one, its JVM, and the Python workers below it."""

import os
import threading
from pathlib import Path

PROCESSES = Path("/proc")
PERIOD_S = 0.5


class MemoryWatch:
    """Looks at the memory of this process and all below it twice a second, as a context manager.

    Memory that forked workers share is counted once, in proportion (PSS).

    Attributes:
        peak_mb: The highest sum.
        at_peak_mb: What it was made of: driver, jvm, workers.
        worker_peak_mb: The highest resident memory that one Python worker had.
    """

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self.at_peak_mb: dict[str, int] = {}
        self.worker_peak_mb = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(PERIOD_S):
            found = {"driver": 0.0, "jvm": 0.0, "workers": 0.0}
            for pid in _with_all_below(os.getpid()):
                kind = _kind(pid)
                found[kind] += _megabytes(pid, "smaps_rollup", "Pss:")
                if kind == "workers":
                    self.worker_peak_mb = max(
                        self.worker_peak_mb, _megabytes(pid, "status", "VmHWM:")
                    )
            if sum(found.values()) > self.peak_mb:
                self.peak_mb = sum(found.values())
                self.at_peak_mb = {name: round(value) for name, value in found.items()}


def _with_all_below(root: int) -> list[int]:
    parents = {}
    for folder in PROCESSES.iterdir():
        if folder.name.isdigit():
            stat = _text(folder / "stat")
            if stat:
                # The name, in brackets, may hold anything: the parent comes behind it.
                parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found, wave = [root], [root]
    while wave:
        wave = [pid for pid, parent in parents.items() if parent in wave]
        found += wave
    return found


def _kind(pid: int) -> str:
    if pid == os.getpid():
        return "driver"
    return "jvm" if _text(PROCESSES / str(pid) / "comm").strip() == "java" else "workers"


def _megabytes(pid: int, file: str, field: str) -> float:
    lines = _text(PROCESSES / str(pid) / file).splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), 0.0)


def _text(path: Path) -> str:
    """A file's text; nothing where the process has ended."""
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
