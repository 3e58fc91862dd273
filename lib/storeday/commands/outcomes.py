"""How a run ended for each store-day: exit codes, and a file that the scheduler reads."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from storeday.lake.files import exists, open_filesystem, read_bytes
from storeday.lake.store_day import StoreDay

DONE, SOME_FAILED, WRONG_USE, BUSY, SEALED = 0, 1, 2, 3, 4

Status = Literal["done", "failed", "wrong", "busy", "sealed"]

# By how much it asks of the operator: the first that occurs decides the exit code.
CODES: Mapping[Status, int] = {
    "wrong": WRONG_USE,
    "failed": SOME_FAILED,
    "sealed": SEALED,
    "busy": BUSY,
    "done": DONE,
}


@dataclass(frozen=True)
class DayEnd:
    """How a run ended for one store-day.

    Attributes:
        day: The store-day.
        status: done; failed in a stage; wrong manifest; busy, another run holds it; sealed.
        reason: Why it is not done; empty where it is.
        run_id: What decides its rows; empty where it was not looked at.
        is_complete: Whether its inbox was complete.
    """

    day: StoreDay
    status: Status
    reason: str = ""
    run_id: str = ""
    is_complete: bool = True


def exit_code(ends: Iterable[DayEnd]) -> int:
    """Exit code of a run.

    Example:
        >>> day = StoreDay("s1", dt.date(2026, 11, 20))
        >>> exit_code([DayEnd(day, "done"), DayEnd(day, "busy", "…")])
        3
    """
    found = {end.status for end in ends}
    return next((code for status, code in CODES.items() if status in found), DONE)


def write_outcome(path: str, attempt_id: str, ends: Sequence[DayEnd]) -> None:
    """Writes how a run ended as JSON.

    Args:
        path: Hadoop path of the file.
        attempt_id: The run.
        ends: One item per store-day.
    """
    days = [
        {
            "store_id": end.day.store_id,
            "business_date": end.day.business_date.isoformat(),
            "status": end.status,
            "reason": end.reason,
            "run_id": end.run_id,
            "is_complete": end.is_complete,
        }
        for end in sorted(ends, key=lambda end: end.day)
    ]
    filesystem, inner = open_filesystem(path)
    filesystem.create_dir(inner.rpartition("/")[0], recursive=True)
    with filesystem.open_output_stream(inner) as stream:
        stream.write(json.dumps({"attempt_id": attempt_id, "store_days": days}, indent=1).encode())


def read_outcome(path: str) -> dict[StoreDay, DayEnd]:
    """What `write_outcome` wrote; empty where there is no such file.

    Raises:
        ValueError: The file is no outcome.
    """
    if not exists(path):
        return {}
    try:
        items = json.loads(read_bytes(path))["store_days"]
        return {
            (day := StoreDay(item["store_id"], dt.date.fromisoformat(item["business_date"]))): (
                DayEnd(day, item["status"], item["reason"], item["run_id"], item["is_complete"])
            )
            for item in items
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not the outcome of a run: {error}") from error
