"""Stage `index`: which footage there is, and what each container says of itself.

Files that cannot be footage of a configured camera - an unknown folder, an unknown ending, a name
that gives no start - go to quarantine. A file that is footage by name but cannot be opened stays in
the table, as unreadable: coverage has to know of it.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

import pyarrow as pa
from pyspark.sql import DataFrame

from storeday.contracts import load_contract, table_from_columns
from storeday.footage import probe_segment, segment_start
from storeday.lake.files import local_copy
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables, file_stage, quarantine_rows

SEGMENTS, QUARANTINE = "bronze.footage_segments", "ops.quarantine"
ENDINGS = (".mp4", ".mkv", ".ts", ".avi", ".mov", ".gif")


def run(context: StageContext) -> DataFrame:
    """Probes every file of the store-days' footage folders."""
    items = [(plan.day, file.path) for plan in context.plans for file in plan.files_in("footage")]
    return file_stage(context, items, index_file)


def index_file(plan: DayPlan, path: str) -> Iterator[Tables]:
    """One file's row, for the segments or for the quarantine."""
    reason = _not_footage(plan, path)
    if reason is not None:
        rejects = pa.table({"source_line": [0], "reason": [reason], "content": [None]})
        rows = quarantine_rows("index", path, rejects)
        yield {QUARANTINE: table_from_columns(load_contract(QUARANTINE), rows)}
        return
    _, camera_id, name = PurePosixPath(path).parts
    camera = next(camera for camera in plan.layout.cameras if camera.id == camera_id)
    size = next(file.size_bytes for file in plan.files if file.path == path)
    with local_copy(f"{plan.inbox}/{path}", path) as copy:
        probe = probe_segment(copy, plan.settings.footage)
    columns = {
        "camera_id": [camera_id],
        "segment": [name],
        "source_file": [path],
        "started_at": [segment_start(name, camera.footage_pattern)],
        "duration_s": [probe.duration_s],
        "width_px": [probe.width_px],
        "height_px": [probe.height_px],
        "frames_reported": [probe.frames_reported],
        "frame_rate_hz": [probe.frame_rate_hz],
        "codec": [probe.codec],
        "size_bytes": [size],
        "status": [probe.status],
        "reason": [probe.reason],
    }
    yield {SEGMENTS: table_from_columns(load_contract(SEGMENTS), columns)}


def _not_footage(plan: DayPlan, path: str) -> str | None:
    parts = PurePosixPath(path).parts
    cameras = {camera.id: camera for camera in plan.layout.cameras}
    if len(parts) != 3:
        return "expected footage/<camera_id>/<file>"
    _, camera_id, name = parts
    if camera_id not in cameras:
        known = ", ".join(sorted(cameras)) or "none"
        return f"camera {camera_id!r} is not in the manifest; cameras are {known}"
    if PurePosixPath(name).suffix.lower() not in ENDINGS:
        return f"expected a file ending in {', '.join(ENDINGS)}"
    try:
        segment_start(name, cameras[camera_id].footage_pattern)
    except ValueError as error:
        return str(error)
    original = plan.copy_of(path)
    return f"a copy of {original}" if original else None


STAGE = Stage("index", "ingest", (), (SEGMENTS,), run)
