"""What the driver and its JVM have used."""

import os
import time
from types import SimpleNamespace

import pytest

from storeday.lake.driver_use import PROCESSES, DriverUse


def session(pid):
    """As much of a session as is asked for the process of its JVM."""
    handle = SimpleNamespace(pid=lambda: pid)
    lang = SimpleNamespace(ProcessHandle=SimpleNamespace(current=lambda: handle))
    return SimpleNamespace(_jvm=SimpleNamespace(java=SimpleNamespace(lang=lang)))


@pytest.mark.skipif(not PROCESSES.is_dir(), reason="the system does not tell of other processes")
def test_the_jvm_counts_beside_this_process():
    # This process stands for the JVM: everything counts twice.
    both, alone = DriverUse(session(os.getpid())), DriverUse(session(2**30))
    until_s = time.process_time() + 0.1
    while time.process_time() < until_s:
        pass
    own_s = alone.cpu_s()
    assert own_s >= 0.1
    # The system counts in hundredths of a second.
    assert both.cpu_s() == pytest.approx(2 * own_s, abs=0.1)
    assert alone.peak_memory_mb() > 10
    assert both.peak_memory_mb() == pytest.approx(2 * alone.peak_memory_mb(), rel=0.1)
