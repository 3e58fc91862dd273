"""What stands in the folder of a label export: a marker, a list of pictures, the pictures.

The marker says what the pictures are for and until when; the list has one row per picture, and its
last column is filled in by hand.
"""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

MARKER, LABELS, PICTURES = "storeday-label-export.json", "labels.csv", "pictures"
# Side of the person's box, in pixels of the picture.
SIDES = ("x0", "y0", "x1", "y1")
COLUMNS = ("file", "camera", "device_time", "reason", "motion", *SIDES, "handles")
# What may stand in column `handles`, in any case; nothing where nobody said.
YES, NO = ("1", "yes", "y", "true"), ("0", "no", "n", "false")


@dataclass(frozen=True)
class Export:
    """What an export says of itself.

    Attributes:
        export_id: Random name.
        store_id: Store.
        business_date: Date.
        purpose: What for.
        expires_on: First day on which it is destroyed.
    """

    export_id: str
    store_id: str
    business_date: str
    purpose: str
    expires_on: str


def read_marker(folder: Path) -> Export:
    """What an export says of itself.

    Raises:
        ValueError: There is no marker, or it lacks its id, its purpose or its last day.
    """
    marker = folder / MARKER
    if not marker.is_file():
        raise ValueError(f"{folder} has no {MARKER}; expected a folder of `storeday label export`")
    told = json.loads(marker.read_text("utf-8"))
    names = Export.__dataclass_fields__
    missing = [name for name in names if not str(told.get(name) or "").strip()]
    if missing:
        raise ValueError(f"{marker} names no {', '.join(missing)}; expected all of a label export")
    export = Export(**{name: str(told[name]) for name in names})
    try:
        dt.date.fromisoformat(export.expires_on)
    except ValueError:
        raise ValueError(
            f"{marker}: expires_on is {export.expires_on!r}; expected a date"
        ) from None
    return export


def told_handling(word: str, where: str) -> bool | None:
    """Whether somebody handles goods, as it was filled in; None where nobody said.

    Args:
        word: What stands in column `handles`.
        where: File and row, for the message.

    Raises:
        ValueError: It is none of the known words.

    Example:
        >>> told_handling("Yes", "row 2"), told_handling("0", "row 3"), told_handling("", "row 4")
        (True, False, None)
    """
    plain = word.strip().lower()
    if not plain:
        return None
    if plain not in YES + NO:
        raise ValueError(f"{where}: handles is {word!r}; expected one of {', '.join(YES + NO)}")
    return plain in YES
