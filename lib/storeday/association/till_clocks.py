"""The tills' clocks, from receipts and people leaving the checkout.

A customer pays, takes the bag, and leaves the checkout's zone: ends of stays follow receipts by a
few seconds. The offset is the one with which most receipts have somebody leaving at the right
moment: profile likelihood on a grid of seconds, everybody else's leaving as clutter. How long it
takes to pack and go is not known; that doubt is in the standard error, whatever the number of
receipts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import US_PER_S, Floats, Ints, order_of, texts, times_us

# From the receipt until the customer has left the zone, and how much that differs. Assumed.
LEAVING_S, LEAVING_SD_S = 5.0, 3.0
# Who passes the zone in less does not pay there.
SHORTEST_STAY_S = 10.0
# Seconds without a sighting do not end a stay.
LONGEST_GAP_S = 10.0
# Clocks of tills are set by hand: a minute either way is looked for.
REACH_S = 60
# Receipts whose payer is seen to leave; half is no prejudice.
SEEN_SHARE = 0.5
# Fewer receipts tell nothing.
FEWEST = 10


@dataclass(frozen=True)
class TillClock:
    """A till's clock.

    Attributes:
        offset_s: Till less cameras.
        std_error_s: Its standard error.
        receipts: Receipts that it rests on.
    """

    offset_s: float
    std_error_s: float
    receipts: int


def till_clocks(
    sales: pa.Table, positions: pa.Table, zone_of_till: Mapping[str, str]
) -> dict[str, TillClock]:
    """Clocks of tills.

    Args:
        sales: Rows of `bronze.sales`; a receipt's lines count once.
        positions: Rows of `silver.positions`.
        zone_of_till: Checkout zone by till.

    Returns:
        Clocks of the tills with at least `FEWEST` receipts and stays in their zone.
    """
    found = {}
    registers = texts(sales["register_id"])
    for register, zone in sorted(zone_of_till.items()):
        own = sales.filter(pc.equal(registers, register))
        receipt_us = _receipts(own)
        left_us = leaving_us(positions.filter(pc.equal(positions["zone_id"], zone)))
        if len(receipt_us) >= FEWEST and len(left_us) >= FEWEST:
            found[register] = _fit(receipt_us, left_us)
    return found


def _receipts(sales: pa.Table) -> Ints:
    first = sales.group_by("receipt_id").aggregate([("device_time", "min")])
    return np.sort(times_us(first["device_time_min"]))


def leaving_us(positions: pa.Table) -> Ints:
    """Ends of stays of at least `SHORTEST_STAY_S`, from positions in one zone; ascending."""
    customer, time_us = texts(positions["customer_id"]), times_us(positions["time"])
    order = order_of(customer, time_us)
    _, number = np.unique(customer.to_numpy(zero_copy_only=False)[order], return_inverse=True)
    time_us = time_us[order]
    is_new = np.ones(len(order), bool)
    is_new[1:] = (np.diff(number) != 0) | (np.diff(time_us) > LONGEST_GAP_S * US_PER_S)
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(order)) - 1 if len(first) else first
    is_long = time_us[last] - time_us[first] >= SHORTEST_STAY_S * US_PER_S
    # A second is named by its start; somebody who left was there until its end.
    return np.sort(time_us[last[is_long]] + US_PER_S)


def _fit(receipt_us: Ints, left_us: Ints) -> TillClock:
    grid = np.arange(-REACH_S, REACH_S + 1.0)
    origin = int(left_us[0])
    receipt_s: Floats = (receipt_us - origin) / US_PER_S
    left_s: Floats = (left_us - origin) / US_PER_S
    span = max(float(np.ptp(left_s)), float(np.ptp(receipt_s)), 1.0)
    total = np.zeros(len(grid))
    for moment in receipt_s:
        low, high = np.searchsorted(left_s, [moment - 2 * REACH_S, moment + 2 * REACH_S])
        # Till time less offset, and the time it takes to go, is when somebody leaves.
        away = moment - grid[:, None] + LEAVING_S - left_s[None, low:high]
        density = np.exp(-0.5 * (away / LEAVING_SD_S) ** 2).sum(axis=1)
        density /= LEAVING_SD_S * np.sqrt(2 * np.pi)
        total += np.log(1 - SEEN_SHARE + SEEN_SHARE * density / (len(left_s) / span))
    weight = np.exp(total - total.max())
    weight /= weight.sum()
    mean = float(weight @ grid)
    spread = float(weight @ (grid - mean) ** 2)
    error = float(np.sqrt(spread + LEAVING_SD_S**2))
    return TillClock(mean, error, len(receipt_us))


def with_tills(clock_offsets: pa.Table, tills: Mapping[str, TillClock]) -> pa.Table:
    """Clock offsets with what is known of the tills.

    Args:
        clock_offsets: Rows of `silver.clock_offsets`.
        tills: Clocks of tills; one that was known better before keeps its row.
    """
    rows = clock_offsets.to_pylist()
    for row in rows:
        till = tills.get(row["device_id"])
        if till is not None and till.std_error_s < row["std_error_s"]:
            row["offset_s"], row["std_error_s"] = till.offset_s, till.std_error_s
            row["evidence"] = json.dumps({"method": "checkout", "receipts": till.receipts})
    names = clock_offsets.column_names
    table = pa.Table.from_pylist(rows, clock_offsets.schema)
    contract = load_contract("silver.clock_offsets")
    return table_from_columns(contract, {name: table[name] for name in names})
