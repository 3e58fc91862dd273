"""Visits with who made them: staff or customer, alone or in company."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts.columns import Floats
from storeday.floor.calendar import Interval
from storeday.identity.appearance import Appearance
from storeday.identity.groups import GroupSettings, visit_groups
from storeday.identity.points import lookup, strings
from storeday.identity.spans import span_looks
from storeday.identity.staff import StaffSettings, staff_probabilities

# More likely staff than not: no companion of customers.
STAFF_ABOVE = 0.5


@dataclass(frozen=True)
class Shop:
    """What the manifest says of people's places and times.

    Attributes:
        zone_kinds: Kind of each zone, by id.
        opening: When the store is open; None where it is closed or nothing is known.
    """

    zone_kinds: Mapping[str, str]
    opening: Interval | None


def customer_looks(appearance: Appearance, identities: pa.Table) -> tuple[pa.Array, Floats]:
    """Customers with a look, and their mean unit looks, shape (n, d)."""
    names = pc.unique(identities["customer_id"]).sort()
    number = lookup(identities["customer_id"], names)
    look = appearance.rows_of(strings(identities["tracklet_id"]))
    mean = span_looks(appearance, look, number, len(names)).astype(np.float64)
    known = np.linalg.norm(mean, axis=1) > 0 if mean.size else np.zeros(len(names), bool)
    return names.filter(pa.array(known)), mean[known]


def people_of_visits(
    visits: pa.Table,
    positions: pa.Table,
    looks: tuple[pa.Array, Floats],
    shop: Shop,
    make_id: Callable[[str], str],
) -> pa.Table:
    """Visits with `staff_probability` and `group_id` filled in.

    Args:
        visits: Rows of `silver.visits`, in any order.
        positions: Rows of `silver.positions`, in any order.
        looks: From `customer_looks`; without rows where appearance is off.
        shop: What the manifest says.
        make_id: From a name to a pseudonym.

    Returns:
        The same rows in the same order. A customer without any place on the floor has no staff
        probability. Staff belong to no group.
    """
    opening = shop.opening
    bounds = None
    if opening is not None:
        bounds = round(opening.start.timestamp() * 1e6), round(opening.end.timestamp() * 1e6)
    found = staff_probabilities(positions, shop.zone_kinds, bounds, looks, StaffSettings())
    row = lookup(visits["customer_id"], found["customer_id"])
    known = pa.array(np.maximum(row, 0), mask=row < 0)
    staff = found["staff_probability"].combine_chunks().take(known)
    works = pc.fill_null(pc.greater(staff, STAFF_ABOVE), False).to_numpy(zero_copy_only=False)
    shoppers = np.flatnonzero(~np.asarray(works, bool))
    groups = visit_groups(visits.take(pa.array(shoppers)), positions, make_id, GroupSettings())
    place = np.full(len(visits), -1)
    place[shoppers] = np.arange(len(shoppers))
    group = groups.take(pa.array(np.maximum(place, 0), mask=place < 0))
    for name, column in (("staff_probability", staff), ("group_id", group)):
        at = visits.schema.get_field_index(name)
        visits = visits.set_column(at, visits.schema.field(name), column)
    return visits
