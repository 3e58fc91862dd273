"""Rummage events as an RFID score would give them, at level `events`.

Most handlings are found, at a moment that a long window blurs; some find a neighbour as well (a
ghost), and some people who only pass make an event of their own (clutter). After the association
study's generator.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from storeday.simulate.detector_knobs import DetectorKnobs
from storeday.simulate.event_actions import handled_spans
from storeday.simulate.event_sightings import Seconds
from storeday.simulate.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEIGHBOURS = 6
# Passers-by disturb what hangs this near.
PASSING_M = 1.2
LONGEST_S = 12.0


@dataclass(frozen=True)
class Rummages:
    """Events in true time, sorted by it.

    Attributes:
        product: Index into `Products`, shape (e,).
        time_s: Moment that the score gives, true clock, shape (e,).
        score: Shape (e,).
        handling: Index into `Handlings`; -1 for ghosts and clutter; shape (e,).
    """

    product: Ints
    time_s: Floats
    score: Floats
    handling: Ints


def rummage(
    world: World, seconds: Seconds, knobs: DetectorKnobs, rng: np.random.Generator
) -> Rummages:
    """Draws the events of a day."""
    rows, start, end = handled_spans(world)
    span = np.minimum(end - start, LONGEST_S)
    found = np.flatnonzero(rng.random(len(rows)) < knobs.rummage_recall)
    ghosts = np.flatnonzero(rng.random(len(rows)) < knobs.ghost_share)
    true_product = world.handlings.product[rows]
    neighbour, has_one = _neighbours(world, true_product[ghosts], rng)
    ghosts, neighbour = ghosts[has_one], neighbour[has_one]
    passing, passed_s = _clutter(world, seconds, knobs, len(rows), rng)
    product = np.concatenate([true_product[found], neighbour, passing])
    handled = np.concatenate([found, ghosts])
    within = start[handled] + rng.random(len(handled)) * span[handled]
    time_s = _blur(np.concatenate([within, passed_s]), knobs, rng)
    score = rng.normal(size=len(product))
    score[: len(found)] += knobs.score_separation
    handling = np.full(len(product), -1)
    handling[: len(found)] = rows[found]
    keep = (time_s >= 0) & (time_s < world.duration_s) & (time_s <= _gone_s(world)[product])
    order = np.flatnonzero(keep)[np.lexsort((product[keep], time_s[keep]))]
    return Rummages(product[order], time_s[order], score[order], handling[order])


def antenna_of_rack(world: World) -> Ints:
    """Reader index and port of the antenna over each rack, shape (racks, 2); -1 for none."""
    zones = {
        zone: (number, antenna.port)
        for number, reader in enumerate(world.layout.readers)
        for antenna in reader.antennas
        for zone in antenna.zones
    }
    return np.array([zones.get(zone, (-1, -1)) for zone in world.racks.zone_id], np.int64)


def _blur(time_s: Floats, knobs: DetectorKnobs, rng: np.random.Generator) -> Floats:
    window = knobs.rummage_window_s
    evenly = rng.uniform(-window, window, len(time_s))
    return np.asarray(time_s + evenly + rng.normal(0, knobs.rummage_jitter_s, len(time_s)))


def _neighbours(
    world: World, product: Ints, rng: np.random.Generator
) -> tuple[Ints, NDArray[np.bool_]]:
    """One of the nearest other products of the same rack, and whether there is one."""
    products = world.products
    tree = cKDTree(np.column_stack([products.x_m, products.y_m]))
    wanted = min(NEIGHBOURS + 1, len(products.epc))
    _, near = tree.query(tree.data[product], k=wanted)
    near = np.asarray(near).reshape(len(product), wanted)
    fits = (near != product[:, None]) & (products.rack[near] == products.rack[product][:, None])
    draw = np.where(fits, rng.random(near.shape), -1.0)
    pick = np.argmax(draw, axis=1) if wanted else np.zeros(len(product), np.int64)
    rows = np.arange(len(product))
    return near[rows, pick].astype(np.int64), np.asarray(fits.any(axis=1))


def _clutter(
    world: World,
    seconds: Seconds,
    knobs: DetectorKnobs,
    handlings: int,
    rng: np.random.Generator,
) -> tuple[Ints, Floats]:
    """Products near people at random moments, and those moments."""
    reachable = np.flatnonzero(world.products.rack >= 0).astype(np.int64)
    wanted = int(rng.poisson(knobs.clutter_share * handlings))
    if not wanted or not len(reachable) or not len(seconds.person):
        return np.empty(0, np.int64), np.empty(0)
    tree = cKDTree(np.column_stack([world.products.x_m, world.products.y_m])[reachable])
    # Most moments have a rack near; those without are drawn again by drawing more than needed.
    rows = rng.integers(len(seconds.person), size=20 * wanted + 50)
    places = np.column_stack([seconds.x_m[rows], seconds.y_m[rows]])
    # A product at random within reach: of some random directions the first that has one.
    target = places + rng.uniform(-PASSING_M, PASSING_M, places.shape)
    distance, found = tree.query(target, distance_upper_bound=0.3)
    index = np.asarray(found, np.int64)
    hit = np.flatnonzero(np.isfinite(distance))[:wanted]
    return reachable[index[hit]], seconds.time_s[rows[hit]]


def _gone_s(world: World) -> Floats:
    """When each product has left the store; infinite for those that stay."""
    gone = np.full(len(world.products.epc), np.inf)
    away = world.carried
    left = (away.person < 0) & np.isnan(away.x_m)
    gone[away.product[left]] = away.started_s[left]
    return gone
