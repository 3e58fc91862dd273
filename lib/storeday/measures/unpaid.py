"""Goods that were handled, did not come back to a rack, and were not sold: `gold.unpaid_items`.

Off unless the manifest states what it is for. It is about goods: no customer and no picture stands
in it. A tag that fell silent may also hang behind metal, or have been sold without its tag being
read; each row is a question to be asked at the rack, and no accusation.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import STAMP, US_PER_S, position_in, texts, times_us
from storeday.measures.settings import MeasureSettings


def unpaid_items(
    handled: pa.Table,
    last_reads: pa.Table,
    sold: Collection[str],
    display_of: Mapping[tuple[str, int], str | None],
    stated: tuple[str, float],
    settings: MeasureSettings,
) -> pa.Table:
    """Tags that are gone.

    A tag is gone where the last read of it is not one over display zones, or lies
    `unpaid_silent_s` or more before the last read of any tag.

    Args:
        handled: Rows of `gold.interactions`, staff left out, in any order.
        last_reads: Columns `epc, reader_id, antenna, device_time`: the last read of each tag that
            was handled, at least; readers' clocks may differ by seconds.
        sold: Tags that were sold on the day.
        display_of: The display zone of each antenna over display zones; None where it covers
            several.
        stated: What the manifest says this is for, and the observed share of the readers' seconds.
        settings: `unpaid_silent_s` is read.

    Returns:
        Rows of `gold.unpaid_items` by tag.

    Example:
        >>> import datetime as dt
        >>> noon = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
        >>> found = unpaid_items(
        ...     pa.table({"epc": ["A", "B"], "sku": ["coat", "hat"], "time": [noon] * 2}),
        ...     pa.table({"epc": ["A", "B"], "reader_id": ["r"] * 2, "antenna": [1, 1],
        ...               "device_time": [noon, noon + dt.timedelta(hours=3)]}),
        ...     [], {("r", 1): "rack"}, ("counting shrinkage", 1.0), MeasureSettings())
        >>> found["epc"].to_pylist()
        ['A']
    """
    by_time = handled.sort_by([("epc", "ascending"), ("time", "descending")])
    tags = texts(by_time["epc"])
    first = np.flatnonzero(np.diff(position_in(tags, tags.unique()), prepend=-1))
    rows = by_time.take(pa.array(first))
    epcs = texts(rows["epc"])
    row = position_in(epcs, texts(last_reads["epc"]))
    moments = times_us(last_reads["device_time"])
    last_us = np.append(moments, -1)[row]
    pairs = list(
        zip(last_reads["reader_id"].to_pylist(), last_reads["antenna"].to_pylist(), strict=True)
    )
    antenna = [pairs[number] if number >= 0 else ("", -1) for number in row.tolist()]
    at_rack = np.array([pair in display_of for pair in antenna], bool)
    silent_s = (moments.max(initial=0) - last_us) / US_PER_S
    is_sold = pc.is_in(epcs, pa.array(sorted(sold), pa.string())).to_numpy(zero_copy_only=False)
    gone = np.flatnonzero(~is_sold & (~at_rack | (silent_s >= settings.unpaid_silent_s)))
    where = [display_of.get(antenna[number]) for number in gone]
    return table_from_columns(
        load_contract("gold.unpaid_items"),
        {
            "epc": epcs.take(pa.array(gone)),
            "sku": rows["sku"].take(pa.array(gone)),
            "last_handled_time": rows["time"].take(pa.array(gone)),
            "last_read_time": pa.array(last_us[gone], mask=row[gone] < 0).cast(STAMP),
            "last_zone_id": pa.array(where, pa.string()),
            "purpose": [stated[0]] * len(gone),
            "observed_share": [stated[1]] * len(gone),
        },
    )
