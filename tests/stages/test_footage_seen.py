import datetime as dt
import json

import pyarrow as pa

from storeday.floor.calendar import Interval
from storeday.stages.footage_seen import footage_faults, footage_seen

NINE = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


def span(start_s, end_s):
    return Interval(NINE + dt.timedelta(seconds=start_s), NINE + dt.timedelta(seconds=end_s))


def segments(*rows):
    names = ("segment", "started_at", "duration_s", "status", "reason")
    return pa.Table.from_pylist(
        [{"camera_id": "cam", **dict(zip(names, row, strict=True))} for row in rows]
    )


def outcomes(*rows):
    names = ("segment", "decoder", "last_pts_us", "lost_s", "reason", "gaps")
    return pa.Table.from_pylist(
        [{"camera_id": "cam", **dict(zip(names, row, strict=True))} for row in rows]
    )


def gap(from_s, to_s, reason):
    return {"from_us": from_s * 1_000_000, "to_us": to_s * 1_000_000, "reason": reason}


def test_gaps_are_cut_out_and_explained():
    files = segments(
        ("a.mp4", NINE, 60.0, "ok", None),
        ("b.mp4", NINE + dt.timedelta(seconds=60), 60.0, "ok", None),
        ("c.mp4", NINE + dt.timedelta(seconds=120), None, "unreadable", "the file is empty"),
        ("d.mp4", NINE + dt.timedelta(seconds=180), 60.0, "ok", None),
        ("e.mp4", NINE + dt.timedelta(seconds=240), 60.0, "ok", None),
    )
    holes = [gap(10, 20, "damage"), gap(40, 60, "cut")]
    read = outcomes(
        ("a.mp4", "pyav", 59_500_000, 0.0, None, None),
        ("b.mp4", "pyav", 39_000_000, 20.0, "both", json.dumps(holes)),
        ("d.mp4", "none", None, 60.0, "reading died of signal 11", None),
    )
    assert footage_seen(files, read) == {"cam": [span(0, 60), span(60, 70), span(80, 100)]}
    assert [(fault.span, fault.reason) for fault in footage_faults(files, read)["cam"]] == [
        (span(70, 80), "b.mp4: damage"),
        (span(100, 120), "b.mp4: cut"),
        (span(120, 120), "c.mp4: the file is empty"),
        (span(180, 240), "d.mp4: reading died of signal 11"),
    ]


def test_a_file_of_unstated_length_is_seen_up_to_its_last_frame():
    files = segments(("a.ts", NINE, None, "ok", None))
    read = outcomes(("a.ts", "pyav", 12_000_000, 0.0, None, None))
    assert footage_seen(files, read) == {"cam": [span(0, 12)]}
    assert footage_seen(files.slice(0, 0), read) == {}
