"""Rows a second that one core parses from a reader log into `bronze.rfid_reads`, by format.

Each log holds the same 300,000 made-up reads as plain lines; the best of three runs counts. The
figure is the slowest of the five formats. The JSON ones are also read as one array on a single
line, and with a broken line in every thousand, which takes the slow way round.
"""

import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pyarrow as pa
from measure import Result
from reader_log_cases import FORMATS, TAGS, reader_of, text_of

ROWS = 300_000
BROKEN_EVERY = 1_000


def run() -> Result:
    pa.set_cpu_count(1)
    rates: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="storeday-bench-") as folder:
        path = Path(folder) / "log"
        for log_format in FORMATS:
            text = text_of(log_format, ROWS)
            rates[log_format] = _rate(path, log_format, text, 0)
            if text.startswith("{"):
                lines = text.splitlines()
                array = "[" + ",".join(lines) + "]"
                rates[f"{log_format}, one array"] = _rate(path, log_format, array, 0)
                lines[::BROKEN_EVERY] = [line[:-9] for line in lines[::BROKEN_EVERY]]
                broken = len(lines[::BROKEN_EVERY])
                rates[f"{log_format}, broken lines"] = _rate(
                    path, log_format, "\n".join(lines), broken
                )
    return Result(
        figure=min(rates[log_format] for log_format in FORMATS),
        aim=">= 250000",
        unit="rows/s",
        detail={"rows": ROWS, "tags": TAGS, "rows_s": rates},
    )


def _rate(path: Path, log_format: str, text: str, rejects: int) -> int:
    from storeday.reader_logs import parse_log

    path.write_text(text)
    reader = reader_of(log_format)
    best = 0.0
    for _ in range(3):
        reads = refused = 0
        started = time.process_time()
        for batch in parse_log(path, reader, "rfid/gate/log"):
            reads += batch.reads.num_rows
            refused += batch.rejects.num_rows
        best = max(best, ROWS / (time.process_time() - started))
        assert (reads, refused) == (ROWS - rejects, rejects)
    return round(best)
