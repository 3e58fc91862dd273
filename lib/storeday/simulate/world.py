"""What is true on a simulated store-day, before any device looks at it.

Conventions: seconds since `World.starts_at` (true store time, float64), floor metres as in the
manifest, one index per person, rack and product; arrays of one length per dataclass ("struct of
arrays"). Devices (cameras, readers, tills) read this and nothing else, so that all that is written
comes from one truth.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.manifest import StoreLayout

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP_S = 0.1


@dataclass(frozen=True)
class Racks:
    """Furniture that holds products and that nobody walks through.

    Attributes:
        x_m: Left edge, shape (r,).
        y_m: Lower edge, shape (r,).
        width_m: Extent along x, shape (r,).
        depth_m: Extent along y, shape (r,).
        height_m: Height, shape (r,).
        zone_id: Display zone in which people stand to reach it, length r.
    """

    x_m: Floats
    y_m: Floats
    width_m: Floats
    depth_m: Floats
    height_m: Floats
    zone_id: tuple[str, ...]


@dataclass(frozen=True)
class Products:
    """Tagged items, one per tag.

    Attributes:
        epc: Upper-case hex SGTIN-96, length p.
        gtin: GTIN-14, length p.
        sku: Stock keeping unit, length p; several tags share one.
        category: Category, length p.
        rack: Index of the home rack, shape (p,); -1 for sentinel tags that nobody can reach.
        x_m: Home place on the floor, shape (p,).
        y_m: Home place on the floor, shape (p,).
        z_m: Height above the floor, shape (p,).
    """

    epc: tuple[str, ...]
    gtin: tuple[str, ...]
    sku: tuple[str, ...]
    category: tuple[str, ...]
    rack: Ints
    x_m: Floats
    y_m: Floats
    z_m: Floats


@dataclass(frozen=True)
class People:
    """Customers and staff.

    Attributes:
        is_staff: Shape (n,).
        group: Group number, shape (n,); -1 for those alone.
        entered_s: Time of coming in, shape (n,).
        left_s: Time of leaving, shape (n,).
        height_m: Body height, shape (n,).
        look: Seed of clothes and skin, shape (n,); people of one look are lookalikes, and staff
            share the uniform.
    """

    is_staff: NDArray[np.bool_]
    group: Ints
    entered_s: Floats
    left_s: Floats
    height_m: Floats
    look: Ints


@dataclass(frozen=True)
class Paths:
    """Where everybody is, every `STEP_S` seconds, sorted by person and time.

    Attributes:
        person: Index into `People`, shape (k,).
        time_s: Shape (k,).
        x_m: Shape (k,).
        y_m: Shape (k,).
        heading_rad: Direction the body faces, shape (k,).
        speed_m_s: Walking speed, shape (k,).
        reach_x_m: Where a hand is, while an arm reaches; NaN otherwise; shape (k,).
        reach_y_m: As above.
        reach_z_m: As above.
    """

    person: Ints
    time_s: Floats
    x_m: Floats
    y_m: Floats
    heading_rad: Floats
    speed_m_s: Floats
    reach_x_m: Floats
    reach_y_m: Floats
    reach_z_m: Floats


@dataclass(frozen=True)
class Handlings:
    """Stretches in which a person has a product in hand, sorted by start.

    Attributes:
        person: Index into `People`, shape (h,).
        product: Index into `Products`, shape (h,).
        started_s: The hand takes the product, shape (h,).
        ended_s: The hand lets go, or the product leaves the store, shape (h,).
        x_m: Where it was taken, shape (h,).
        y_m: Where it was taken, shape (h,).
        zone_id: Zone where it was taken, length h.
        action: handle (looked at and put back), take (carried on), try_on, put_back (returned from
            being carried), tidy, restock; length h.
    """

    person: Ints
    product: Ints
    started_s: Floats
    ended_s: Floats
    x_m: Floats
    y_m: Floats
    zone_id: tuple[str, ...]
    action: tuple[str, ...]


@dataclass(frozen=True)
class Carried:
    """Where products were that were not at home, sorted by product and start.

    A product that somebody carries moves with that person; one that hangs elsewhere has a place.

    Attributes:
        product: Index into `Products`, shape (c,).
        person: Carrier, shape (c,); -1 while it lies at the given place or has left the store.
        started_s: Shape (c,).
        ended_s: Shape (c,).
        x_m: Place while nobody carries it; NaN once it has left; shape (c,).
        y_m: As above.
    """

    product: Ints
    person: Ints
    started_s: Floats
    ended_s: Floats
    x_m: Floats
    y_m: Floats


@dataclass(frozen=True)
class Queueing:
    """Waiting at a till, one row per person and visit to the queue.

    Attributes:
        person: Index into `People`, shape (q,).
        register_id: Till, length q.
        joined_s: Joins the queue, shape (q,).
        served_s: Service begins, shape (q,); NaN where the person gave up.
        left_s: Leaves the till or the queue, shape (q,).
        products: Indices of what was bought, length q.
    """

    person: Ints
    register_id: tuple[str, ...]
    joined_s: Floats
    served_s: Floats
    left_s: Floats
    products: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Clock:
    """A clock: device time = true time + offset_s + drift_ppm x 1e-6 x seconds since the start."""

    offset_s: float
    drift_ppm: float

    def reads(self, time_s: Floats) -> Floats:
        """What the clock shows at true times, both in seconds since the start of the day."""
        return time_s + self.offset_s + self.drift_ppm * 1e-6 * time_s


@dataclass(frozen=True)
class World:
    """A store-day as it truly was.

    Attributes:
        layout: The store, as its manifest will say, with true calibration.
        business_date: The date.
        starts_at: UTC moment of second 0.
        duration_s: Seconds simulated.
        racks: Furniture.
        products: Tagged items.
        people: Customers and staff.
        paths: Where everybody was.
        handlings: Who held what.
        carried: Where products were while away from home.
        queueing: Who waited at which till.
        clocks: True clock of every camera, reader and till by id.
    """

    layout: StoreLayout
    business_date: dt.date
    starts_at: dt.datetime
    duration_s: float
    racks: Racks
    products: Products
    people: People
    paths: Paths
    handlings: Handlings
    carried: Carried
    queueing: Queueing
    clocks: dict[str, Clock]
