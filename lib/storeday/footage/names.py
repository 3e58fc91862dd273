"""The start of a segment, from its file's name."""

import datetime as dt
from pathlib import PurePosixPath


def segment_start(file_name: str, pattern: str) -> dt.datetime:
    """Moment at which a segment starts, by the camera's clock.

    Args:
        file_name: Name of the file, with its ending.
        pattern: What the name without its ending looks like, in the words of `strptime`. A name
            without a zone is read as UTC.

    Raises:
        ValueError: The name does not fit the pattern.

    Example:
        >>> segment_start("20260105T083000Z.mp4", "%Y%m%dT%H%M%SZ").isoformat()
        '2026-01-05T08:30:00+00:00'
    """
    stem = PurePosixPath(file_name).stem
    try:
        moment = dt.datetime.strptime(stem, pattern)
    except ValueError as error:
        raise ValueError(
            f"file {file_name!r} gives no start: expected a name like {pattern!r}"
        ) from error
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
