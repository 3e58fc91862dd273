"""Kills runs at chosen moments, runs them again, and compares with a lake that was never hurt.

A run is a process group of its own: the driver, its JVM, and Spark's Python workers. Either all of
it is killed with SIGKILL, as when a machine goes down, or one Python worker is. The moment is a
share of the time that an unhurt run takes.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from deltalake import DeltaTable

MANIFEST = Path(__file__).parent / "scenarios" / "empty_day.yaml"
DATE = "2026-11-20"
STORE = "cheap"
HEADER = (
    "// Timestamp, EPC, TID, Antenna, RSSI, Frequency, Hostname, PhaseAngle, DopplerFrequency\n"
)
SALES = """\
time,register_id,receipt_id,epc,gtin,quantity,price
2026-11-20T15:00:00+01:00,till1,r1,,4006381333931,1,9.95
nonsense
"""
# Times of day and of the machine differ between runs of the same rows.
UNEQUAL = {"published_at", "attempt_id", "started_at", "wall_s", "cpu_s", "peak_memory_mb"}
# A ledger of attempts has one row more for each attempt.
LEDGER = "ops/runs"
LIMIT_S = 400
# ONNX Runtime leaves this in the temporary folder when it is imported.
FOREIGN = {".ses"}


@dataclass(frozen=True)
class Kill:
    """When and what to kill.

    Attributes:
        share: Moment as a share of an unhurt run's time.
        target: `driver` for the whole process group, `worker` for one of Spark's Python workers.
    """

    share: float
    target: str


def kills(count: int, seed: int) -> list[Kill]:
    """Random moments; every fourth kills a worker."""
    rng = random.Random(seed)
    return [
        Kill(round(rng.uniform(0.1, 0.98), 3), "worker" if number % 4 == 3 else "driver")
        for number in range(count)
    ]


class Trial:
    """A cheap store-day, and its lakes.

    Attributes:
        root: Folder of everything.
        stages: Stages that run; none for all.
    """

    def __init__(self, root: Path, stages: tuple[str, ...] = ()) -> None:
        self.root, self.stages = root, stages
        (root / "stores").mkdir(parents=True)
        text = MANIFEST.read_text("utf-8").replace("store_id: empty", f"store_id: {STORE}")
        (root / "stores" / f"{STORE}.yaml").write_text(text, "utf-8")
        folder = root / "inbox" / STORE / DATE
        for part in ("rfid/rack", "sales"):
            (folder / part).mkdir(parents=True)
        (folder / "rfid/rack/log.csv").write_text(_reads(900))
        (folder / "sales/till.csv").write_text(SALES)
        started = time.perf_counter()
        assert self._finish(self._start("reference")) == 0
        self.unhurt_s = time.perf_counter() - started
        self.reference = contents(root / "reference")

    def survives(self, kill: Kill, number: int) -> tuple[bool, str]:
        """Kills a run, runs again; says whether the tables are equal, and what happened."""
        lake = f"lake{number}"
        process = self._start(lake)
        time.sleep(kill.share * self.unhurt_s)
        hit = _kill(process, kill.target)
        first = self._finish(process)
        again = self._finish(self._start(lake))
        found = contents(self.root / lake)
        left = [path.name for path in (self.root / "tmp").iterdir() if path.name not in FOREIGN]
        told = f"{kill.target} at {kill.share} (hit: {hit}): exit {first}, again {again}"
        different = [name for name in self.reference if found.get(name) != self.reference[name]]
        if different or again or left:
            return False, f"{told}; different: {different}; left: {left}"
        return True, told

    def _start(self, lake: str) -> subprocess.Popen:
        program = str(Path(sys.executable).with_name("storeday"))
        verb = ["run", *self.stages] if self.stages else ["nightly"]
        temporary = self.root / "tmp"
        temporary.mkdir(exist_ok=True)
        command = [
            program, *verb, "--inbox", str(self.root / "inbox"), "--stores",
            str(self.root / "stores"), "--lake", str(self.root / lake), "--store", STORE,
            "--date", DATE, "--master", "local[2]", "--salts", str(self.root / "salts"),
            "--conf", "spark.driver.memory=1g",
            "--conf", "spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        ]  # fmt: skip
        return subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(temporary)},
        )

    def _finish(self, process: subprocess.Popen) -> int:
        try:
            return process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def _kill(process: subprocess.Popen, target: str) -> bool:
    """Kills; says whether there was something to kill."""
    if target == "driver":
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            return True
        return False
    while process.poll() is None:
        workers = _workers(process.pid)
        if workers:
            os.kill(workers[-1], signal.SIGKILL)
            return True
        time.sleep(0.1)
    return False


def _workers(session: int) -> list[int]:
    """Spark's Python workers of a session, not their daemon."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        parent = int(stat[1])
        if int(stat[3]) == session and b"pyspark.daemon" in command and parent != session:
            found.append(int(folder.name))
    # The daemon is the parent of its workers.
    parents = {_parent(pid) for pid in found}
    return [pid for pid in sorted(found) if pid not in parents]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def contents(lake: Path) -> dict[str, list[str]]:
    """Every table's rows, in an order of their own; the ledger's last good rows of each stage."""
    tables = {}
    for log in sorted(lake.glob("*/*/_delta_log")):
        name = str(log.parent.relative_to(lake))
        rows = DeltaTable(log.parent).to_pyarrow_table().to_pylist()
        if name == LEDGER:
            rows = [row for row in rows if row["status"] == "done"]
        kept = [
            json.dumps({key: row[key] for key in sorted(row) if key not in UNEQUAL}, default=str)
            for row in rows
        ]
        tables[name] = sorted(set(kept) if name == LEDGER else kept)
    return tables


def _reads(seconds: int) -> str:
    """One tag, read once a second, shaken for a while; and a line that is none."""
    lines = [HEADER]
    for second in range(seconds):
        shaken = 10 * (second % 3 - 1) if 600 <= second < 640 else 0
        clock = f"2026-11-20T09:{second // 60:02d}:{second % 60:02d}+00:00"
        lines.append(f"{clock},3034F4A2C80000000000000{second % 2},,1,{-60 + shaken},865.7,r,,\n")
    lines.append("no read\n")
    return "".join(lines)


def temporary_root() -> Path:
    """A folder for a trial."""
    return Path(tempfile.mkdtemp(prefix="storeday-kill-")) / "trial"
