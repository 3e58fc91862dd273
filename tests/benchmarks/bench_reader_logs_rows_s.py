"""Rows a second that one core parses from a reader log into `bronze.rfid_reads`, by format.

All that the stage does with a local copy is in it: parsing, telling goods from foreign tags, and
the account of the file. Each log holds the same 300,000 made-up reads as plain lines; the best of
three runs counts, in seconds of CPU. The figure is the slowest of the five formats. The JSON ones
are also read as one array on a single line, and with a broken line in every thousand, which takes
the slow way round. The aim is an hour of four million reads in under half a minute.
"""

import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pyarrow as pa
from measure import Result
from reader_log_cases import FORMATS, TAGS, reader_of, tags, text_of

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
        aim=">= 150000",
        unit="rows/s",
        detail={"rows": ROWS, "tags": TAGS, "rows_s": rates},
    )


def _rate(path: Path, log_format: str, text: str, rejects: int) -> int:
    from storeday.reader_logs import LogContents, parse_log
    from storeday.rfid import goods_of, verdicts

    goods = goods_of(pa.table({"epc": tags(), "gtin": pa.nulls(TAGS, pa.string())}))
    path.write_text(text)
    reader = reader_of(log_format)
    best = 0.0
    for _ in range(3):
        reads = refused = 0
        started = time.process_time()
        contents = LogContents("gate", log_format, "rfid/gate/log")
        for batch in parse_log(path, reader, "rfid/gate/log"):
            reads += contents.add(batch, verdicts(batch.reads["epc"], goods)).num_rows
            refused += batch.rejects.num_rows
        best = max(best, ROWS / (time.process_time() - started))
        assert (reads, refused) == (ROWS - rejects, rejects)
    return round(best)
