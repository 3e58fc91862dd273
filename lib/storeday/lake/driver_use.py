"""Processor time and memory of a run's driver: this Python process and the JVM behind it.

With a local master the JVM does the tasks, too, and most of a small night's time is spent there. On
a cluster the executors' JVMs are not counted.
"""

import os
import resource
import time
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

# Where the system tells of other processes; where it is not there (macOS), the JVM counts nothing.
PROCESSES = Path("/proc")


class DriverUse:
    """What the driver has used so far.

    Attributes:
        jvm_pid: Process of the session's JVM.
    """

    def __init__(self, spark: SparkSession) -> None:
        jvm: Any = spark._jvm
        self.jvm_pid = int(jvm.java.lang.ProcessHandle.current().pid())

    def cpu_s(self) -> float:
        """Seconds of processor time."""
        return time.process_time() + _cpu_s(self.jvm_pid)

    def peak_memory_mb(self) -> float:
        """Highest resident memory of the two processes, each at its own time."""
        # Kilobytes on Linux, bytes on macOS.
        unit = 1024 if os.uname().sysname == "Linux" else 1024 * 1024
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        return own + _peak_memory_mb(self.jvm_pid)


def _cpu_s(pid: int) -> float:
    """Seconds in the process and in the kernel for it; 0 where the process is not there."""
    try:
        stat = (PROCESSES / str(pid) / "stat").read_text("ascii", errors="replace")
    except OSError:
        return 0.0
    # The name, in brackets, may hold anything: the times count from behind it.
    after_name = stat.rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _peak_memory_mb(pid: int) -> float:
    try:
        lines = (PROCESSES / str(pid) / "status").read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
