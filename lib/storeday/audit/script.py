"""A script of pick-ups for two people and an hour: truth for a store that has none.

Two people, A and B, take 100 products each by the clock, look at each for some seconds and put it
back. Of every ten turns four are in different zones, four in one zone half a turn apart, and two in
one zone at the same moment, so that the score tells easy from hard. Done before the doors open, in
view of the store's cameras and readers, the filled-in form is a truth like any other.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from storeday.contracts.columns import STAMP, Ints, position_in, texts

PEOPLE = ("A", "B")
TURNS = 100
TURN_S = 36.0
# How long a garment is looked at: 2 s and an exponential of 2.5 s in the association study, kept
# within what a person can count.
HOLD_LOW_S, HOLD_HIGH_S = 3, 8
APART, TOGETHER, AT_ONCE = range(3)
PATTERN = (APART,) * 4 + (TOGETHER,) * 4 + (AT_ONCE,) * 2


def pick_up_script(
    products: pa.Table, zones: Sequence[str], starts_at: dt.datetime, seed: int = 0
) -> pa.Table:
    """Draws the script.

    Args:
        products: Rows of `bronze.products`.
        zones: Display zones, in which products hang; at least one.
        starts_at: Start of the hour, UTC.
        seed: Seed of the draw.

    Returns:
        One row per pick-up, by time: `line, time, ended, customer, epc, sku, name, zone, action`;
        `epc` is null where the products file knows no single tags: it is to be scanned.

    Raises:
        ValueError: There are no zones, or a zone has no products.

    Example:
        >>> hats = pa.table({"epc": ["30A0", "30A1"], "sku": ["hat", "hat"],
        ...                  "name": ["Hat", "Hat"], "home_zone_id": ["hats", "hats"]})
        >>> script = pick_up_script(hats, ["hats"], dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC))
        >>> script.num_rows, script["customer"].to_pylist()[:2]
        (200, ['A', 'B'])
    """
    shelves = _by_zone(products, zones)
    rng = np.random.default_rng(seed)
    rows = sorted(row for turn in range(TURNS) for row in _turn(turn, shelves, rng))
    start_us = int(starts_at.timestamp()) * 1_000_000
    at_us = np.array([start_us + int(at_s * 1e6) for at_s, _, _, _, _ in rows], np.int64)
    hold_us = np.array([hold_s * 1_000_000 for _, _, _, _, hold_s in rows], np.int64)
    product = pa.array([product for _, _, _, product, _ in rows], pa.int64())
    return pa.table(
        {
            "line": np.arange(1, len(rows) + 1),
            "time": pa.array(at_us).cast(STAMP),
            "ended": pa.array(at_us + hold_us).cast(STAMP),
            "customer": [person for _, person, _, _, _ in rows],
            "epc": texts(products["epc"]).take(product),
            "sku": texts(products["sku"]).take(product),
            "name": texts(products["name"]).take(product),
            "zone": [zone for _, _, zone, _, _ in rows],
            "action": ["handle"] * len(rows),
        }
    )


def labelled_hour(starts_at: dt.datetime) -> pa.Table:
    """The stretch in which the script says all that is handled."""
    ends_at = starts_at + dt.timedelta(seconds=TURNS * TURN_S)
    return pa.table(
        {
            "started": pa.array([starts_at], STAMP),
            "ended": pa.array([ends_at], STAMP),
        }
    )


def printable(script: pa.Table, timezone: dt.tzinfo) -> str:
    """The script as a table in plain text, times by the local clock.

    Args:
        script: From `pick_up_script`.
        timezone: The store's time zone.
    """
    lines = ["line  at        who  hold s  zone                  product", "-" * 72]
    for row in script.to_pylist():
        at = row["time"].astimezone(timezone)
        hold_s = (row["ended"] - row["time"]).total_seconds()
        what = row["name"] or row["sku"]
        lines.append(
            f"{row['line']:4d}  {at:%H:%M:%S}  {row['customer']:>3}  {hold_s:6.0f}  "
            f"{row['zone']:<20}  {what} {row['epc'] or '(scan the tag)'}"
        )
    return "\n".join(lines) + "\n"


def _by_zone(products: pa.Table, zones: Sequence[str]) -> dict[str, Ints]:
    """Products that hang in each zone, by position."""
    if not zones:
        raise ValueError("no display zones; expected at least one to take products from")
    home = position_in(texts(products["home_zone_id"]), pa.array(list(zones), pa.string()))
    shelves = {zone: np.flatnonzero(home == number) for number, zone in enumerate(zones)}
    filled = {zone: rows for zone, rows in shelves.items() if len(rows)}
    if not filled:
        raise ValueError(
            f"no product has its home in {', '.join(zones)}; "
            "expected home_zone in the products file"
        )
    return filled


def _turn(
    turn: int, shelves: dict[str, Ints], rng: np.random.Generator
) -> list[tuple[float, str, str, int, int]]:
    """What both do in a turn: second, person, zone, product, seconds in hand."""
    kind = PATTERN[turn % len(PATTERN)]
    zones = rng.permutation(list(shelves)).tolist()
    mine, other = zones[0], zones[-1] if kind == APART else zones[0]
    lag_s = 0.0 if kind == AT_ONCE else TURN_S / 2
    rows = []
    for person, zone, at_s in zip(PEOPLE, (mine, other), (0.0, lag_s), strict=True):
        product = int(rng.choice(shelves[zone]))
        hold_s = int(rng.integers(HOLD_LOW_S, HOLD_HIGH_S + 1))
        rows.append((turn * TURN_S + at_s, person, zone, product, hold_s))
    return rows
