"""What came of reading a segment: rows of `bronze.decode_outcomes`, `bronze.scout_outcomes`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.footage import DecodeOutcome, Gap
from storeday.footage.gaps import joined

FIELDS = ("decoder", "frames", "first_pts_us", "last_pts_us", "lost_s", "reason", "gaps")


def outcome_table(table: str, camera_id: str, segment: str, outcome: DecodeOutcome) -> pa.Table:
    """One row.

    Args:
        table: Name of the table.
        camera_id: Camera.
        segment: Name of the segment.
        outcome: What came of it.
    """
    gaps = json.dumps([asdict(gap) for gap in outcome.gaps]) if outcome.gaps else None
    columns = {"camera_id": [camera_id], "segment": [segment]}
    columns |= {name: [getattr(outcome, name)] for name in FIELDS[:-1]}
    return table_from_columns(load_contract(table), {**columns, "gaps": [gaps]})


def outcome_of(row: Mapping[str, Any]) -> DecodeOutcome:
    """The outcome that a row holds."""
    gaps = tuple(Gap(**gap) for gap in json.loads(row["gaps"] or "[]"))
    return DecodeOutcome(**{**{name: row[name] for name in FIELDS}, "gaps": gaps})


def merged(scouted: DecodeOutcome, decoded: DecodeOutcome) -> DecodeOutcome:
    """What came of a segment that was looked over and then decoded in part.

    The look goes over the whole of it, and so says how long it is and what is lost at its end.
    """
    firsts = [o.first_pts_us for o in (scouted, decoded) if o.first_pts_us is not None]
    lasts = [o.last_pts_us for o in (scouted, decoded) if o.last_pts_us is not None]
    reasons = [o.reason for o in (scouted, decoded) if o.reason]
    return replace(
        decoded,
        decoder=scouted.decoder if decoded.decoder == "none" else decoded.decoder,
        frames=scouted.frames + decoded.frames,
        first_pts_us=min(firsts, default=None),
        last_pts_us=max(lasts, default=None),
        lost_s=max(scouted.lost_s, decoded.lost_s),
        reason="; ".join(dict.fromkeys(reasons)) or None,
        gaps=tuple(joined([*scouted.gaps, *decoded.gaps])),
    )
