"""Writes a small Delta table as a night would, reads it back, and removes it."""

import shutil
import tempfile
import uuid
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from storeday.lake.files import open_filesystem
from storeday.lake.session import spark_session


def write_and_read(lake: str, master: str = "local[1]") -> str:
    """Writes and reads a table of three rows beside the lake's tables.

    Args:
        lake: Root of the lake; empty for a temporary folder.
        master: Spark master of a session that has to be made.

    Returns:
        What was found, in words.

    Raises:
        Exception: Whatever Spark raises.
        RuntimeError: The rows that came back are not those that were written.
    """
    root = lake or tempfile.mkdtemp(prefix="storeday-doctor-")
    path = f"{root.rstrip('/')}/_doctor-{uuid.uuid4().hex}"
    spark = spark_session("storeday doctor", master)
    try:
        rows = spark.createDataFrame(pa.table({"number": [1, 2, 3]}), "number bigint")
        rows.write.format("delta").save(path)
        total = spark.read.format("delta").load(path).selectExpr("sum(number)").first()
    finally:
        _remove(path)
        if not lake:
            shutil.rmtree(root, ignore_errors=True)
    if total is None or total[0] != 6:
        raise RuntimeError(f"{path}: wrote 1, 2, 3 and read a sum of {total and total[0]}")
    return f"Spark {spark.version} wrote and read a Delta table in {Path(path).parent}"


def _remove(path: str) -> None:
    filesystem, inner = open_filesystem(path)
    if filesystem.get_file_info(inner).type == fs.FileType.Directory:
        filesystem.delete_dir(inner)
