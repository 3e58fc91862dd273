"""Who works here: several cues, as a probability.

Clothes alone flagged most wrongly in one published trial (field notes: 51 of 73), so that place and
time come first and looks are learnt from whom these show:

- time: staff are there for most of the day;
- places: only staff are in a staff-only zone, and only they stay at the tills for long;
- hours: only staff are there well before opening or well after closing;
- looks: how like the mean of those whom the other cues show, against everybody else.

Each cue adds log-odds to `prior_share`. Weights are assumed, and bounded; a store's own labels
should replace them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts.columns import Floats, Ints, times_us
from storeday.identity.points import lookup, strings

US_PER_S = 1_000_000


@dataclass(frozen=True)
class StaffSettings:
    """Cues and their weights, in log-odds.

    Attributes:
        prior_share: Share of staff among those seen.
        whole_day: For being there all day; the same against it for a moment's stay is `brief`.
        brief: For a stay that is short against the day.
        even_share: Share of the day at which time says nothing.
        zone_s: Seconds in a staff-only zone that count in full; a foot point may err for a second.
        zone: For those seconds.
        till_s: Seconds at tills that count in full: an hour of serving, not of paying.
        till: For those seconds.
        outside_s: Seconds before opening or after closing that count in full.
        outside: For those seconds.
        looks: Bound on what looks say.
        min_seeds: Staff shown by other cues from whom looks are learnt.
    """

    prior_share: float = 0.05
    whole_day: float = 7.0
    brief: float = 2.0
    even_share: float = 0.35
    zone_s: float = 20.0
    zone: float = 6.0
    till_s: float = 1800.0
    till: float = 4.0
    outside_s: float = 60.0
    outside: float = 4.0
    looks: float = 5.0
    min_seeds: int = 2


def staff_probabilities(
    positions: pa.Table,
    zone_kinds: Mapping[str, str],
    opening_us: tuple[int, int] | None,
    looks: tuple[pa.Array, Floats] | None,
    settings: StaffSettings,
) -> pa.Table:
    """The probability that each customer works here.

    Args:
        positions: Rows of `silver.positions`, in any order.
        zone_kinds: Kind of each zone, by id.
        opening_us: Opening and closing in microseconds since 1970 UTC; None where unknown.
        looks: Customers and their mean unit looks, shape (n, d); None where looks are off.
        settings: Settings.

    Returns:
        Columns `customer_id, staff_probability`, by customer.

    Example:
        >>> import datetime as dt
        >>> start = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> times = [start + dt.timedelta(seconds=s) for s in range(100)]
        >>> rows = pa.table({"customer_id": ["a"] * 50 + ["b"] * 50, "time": times[:50] * 2,
        ...                  "zone_id": ["store-room"] * 50 + ["rack"] * 50})
        >>> kinds = {"store-room": "staff_only", "rack": "display"}
        >>> found = staff_probabilities(rows, kinds, None, None, StaffSettings(whole_day=0.0))
        >>> [round(value, 1) for value in found["staff_probability"].to_pylist()]
        [1.0, 0.1]
    """
    customers = np.unique(strings(positions["customer_id"]).astype(str))
    if not len(customers):
        return _table(customers, np.zeros(0))
    names = pa.array(customers, pa.string())
    who = lookup(positions["customer_id"], names)
    seconds = times_us(positions["time"]) // US_PER_S
    log_odds = _cues(who, seconds, _kinds(positions, zone_kinds), opening_us, settings)
    if looks is not None and len(looks[0]):
        row = lookup(pa.chunked_array([names]), looks[0])
        log_odds = log_odds + _look_cue(log_odds, row, looks[1], settings)
    return _table(customers, 1 / (1 + np.exp(-log_odds)))


def _cues(
    who: Ints,
    seconds: Ints,
    kinds: np.ndarray,
    opening_us: tuple[int, int] | None,
    settings: StaffSettings,
) -> Floats:
    """Log-odds of each customer from time and places."""
    count = int(who.max()) + 1
    seen_s = np.bincount(who, minlength=count)
    # A day's length is how long anybody was there; what was seen of each counts, not first to last.
    share = seen_s / max(int(seconds.max() - seconds.min()) + 1, 1)
    rise = (share - settings.even_share) / settings.even_share
    log_odds = np.log(settings.prior_share / (1 - settings.prior_share)) + np.where(
        rise > 0,
        settings.whole_day * np.minimum(rise, 1.0),
        settings.brief * np.maximum(rise, -1.0),
    )
    for kind, enough_s, weight in (
        ("staff_only", settings.zone_s, settings.zone),
        ("checkout", settings.till_s, settings.till),
    ):
        there_s = np.bincount(who[kinds == kind], minlength=count)
        log_odds = log_odds + weight * np.minimum(there_s / enough_s, 1.0)
    if opening_us is not None:
        early = seconds < opening_us[0] // US_PER_S - settings.outside_s
        late = seconds > opening_us[1] // US_PER_S + 20 * settings.outside_s
        outside_s = np.bincount(who[early | late], minlength=count)
        log_odds += settings.outside * np.minimum(outside_s / settings.outside_s, 1.0)
    return np.asarray(log_odds)


def _look_cue(log_odds: Floats, row: Ints, looks: Floats, settings: StaffSettings) -> Floats:
    """What likeness to those whom the other cues show says; 0 where there are too few of them."""
    known = row >= 0
    seeds = known & (log_odds > 2.0)
    others = known & (log_odds < 0.0)
    cue = np.zeros(len(row))
    if seeds.sum() < settings.min_seeds or others.sum() < 2 * settings.min_seeds:
        return cue
    mean = looks[row[seeds]].mean(axis=0)
    likeness = np.full(len(row), np.nan)
    likeness[known] = looks[row[known]] @ mean / max(float(np.linalg.norm(mean)), 1e-9)
    # A seed is like a mean that holds itself; what the others' mean says of it is not.
    total = looks[row[seeds]].sum(axis=0)
    rest = total[None] - looks[row[seeds]]
    rest /= np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9)
    own = np.einsum("nd,nd->n", looks[row[seeds]], rest)
    staff, other = float(np.median(own)), float(np.median(likeness[others]))
    spread = 1.4826 * float(np.median(np.abs(likeness[others] - other)))
    spread = max(spread, float(own.std()), 0.03)
    slope = max(staff - other, 0.0) / spread**2
    ratio = slope * (likeness[known] - (staff + other) / 2)
    cue[known] = np.clip(ratio, -settings.looks, settings.looks)
    return cue


def _kinds(positions: pa.Table, zone_kinds: Mapping[str, str]) -> np.ndarray:
    zones = strings(positions["zone_id"])
    return np.array([zone_kinds.get(zone, "") for zone in zones], object)


def _table(customers: np.ndarray, probability: Floats) -> pa.Table:
    return pa.table(
        {
            "customer_id": pa.array(customers, pa.string()),
            "staff_probability": pa.array(probability, pa.float64()),
        }
    )
