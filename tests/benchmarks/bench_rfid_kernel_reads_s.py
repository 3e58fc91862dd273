"""Reads a second that one core scores: from Arrow rows to scores of all windows, all parts.

An hour of 3,000 tags before 8 antennas, 4 million made-up reads in order of reporting. By processor
time of this process with one thread, so that other work on the machine counts little; wall seconds
stand in the detail.
"""

import os
import time

from measure import Result

TAGS, ANTENNAS, READS, HOUR_S, SEED = 3000, 8, 4_000_000, 3600.0, 1
TIMES = 3


def run() -> Result:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    import pyarrow as pa
    from many_reads import many_reads

    from storeday.rfid import RfidSettings, score_reads

    pa.set_cpu_count(1)
    reads = many_reads(TAGS, ANTENNAS, READS, HOUR_S, SEED)
    settings = RfidSettings()
    score_reads(reads.slice(0, 100_000), settings)
    cpu_s, wall_s, windows = [], [], 0
    for _ in range(TIMES):
        cpu, wall = time.process_time(), time.perf_counter()
        scored = score_reads(reads, settings)
        cpu_s.append(round(time.process_time() - cpu, 2))
        wall_s.append(round(time.perf_counter() - wall, 2))
        windows = len(scored.measured.parts.windows.first)
    return Result(
        figure=round(READS / min(cpu_s)),
        aim=">= 1000000",
        unit="reads/s of one core",
        detail={
            "tags": TAGS,
            "antennas": ANTENNAS,
            "reads": READS,
            "antenna_windows": windows,
            "cpu_s": cpu_s,
            "wall_s": wall_s,
            "seed": SEED,
        },
    )
