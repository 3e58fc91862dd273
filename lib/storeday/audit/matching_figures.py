"""Who handled what: accuracy of the choice, precision and recall of what is published, calibration.

- *matching_accuracy*: of the true handlings that an interaction was found for, the share whose
  `best_customer_id` stands for the true person.
- *published_precision*, *published_recall*: of interactions with a `customer_id`, the share that is
  a true handling by that person; of true handlings, the share that is published so. A second
  interaction for one handling counts as wrong.
- *calibration*: of each rummage event's likeliest customer, clutter included (nobody has
  probability 0): whether the stated probability is the share of times it was right.

Whom a predicted customer stands for is told by the seconds they share. Where the truth holds no
positions, such as a dozen hand labels, by the other handlings of the same predicted customer: an
interaction has no vote on itself, and one whose customer has no other is left out.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.audit.calibration import Bin, brier_skill, calibration_error, log_loss, reliability
from storeday.audit.day import AuditDay
from storeday.audit.episodes import overlaps_any, pair_episodes
from storeday.audit.figure import Figure, share
from storeday.audit.handlings import (
    TOLERANCE_S,
    TrueHandlings,
    interaction_episodes,
    is_labelled,
    rummage_episodes,
    true_handlings,
)
from storeday.contracts.columns import Bools, Floats, Ints, floats, order_of, position_in, texts

NAMES = (
    "matching_accuracy",
    "published_precision",
    "published_recall",
    "calibration_error",
    "brier_skill",
    "log_loss",
)


@dataclass(frozen=True)
class Stated:
    """What the lake states of each rummage event's likeliest customer; all shapes (n,).

    Attributes:
        probability: Stated probability; 0 where the lake sees nobody.
        is_right: Whether that customer handled the tag then.
        crowding: People in the zone at the time; -1 where not known.
    """

    probability: Floats
    is_right: Bools
    crowding: Ints


def matching_figures(day: AuditDay) -> list[Figure]:
    """Figures of who handled what; all NaN where the truth names no handlings."""
    truth = true_handlings(day)
    if truth is None:
        return [Figure(name, np.nan) for name in NAMES]
    rows = day.inputs.table("gold.interactions")
    episodes = interaction_episodes(day)
    pair = pair_episodes(episodes, truth.episodes, TOLERANCE_S)
    is_countable = np.append(truth.is_countable, False)[pair]
    best = _is_right(day, texts(rows["best_customer_id"]), pair, truth)
    published = texts(rows["customer_id"])
    is_published = np.asarray(published.is_valid().to_numpy(zero_copy_only=False), bool)
    right = _is_right(day, published, pair, truth)
    hits = is_published & (right == 1)
    judged = is_published & is_labelled(day, episodes.moment_s)
    return [
        share(NAMES[0], int((is_countable & (best == 1)).sum()), _told(is_countable, best)),
        share(NAMES[1], int((hits & judged).sum()), _told(judged, right)),
        share(NAMES[2], int((hits & is_countable).sum()), int(truth.is_countable.sum())),
        *_calibration_figures(stated_probabilities(day, truth)),
    ]


def stated_probabilities(day: AuditDay, truth: TrueHandlings) -> Stated:
    """What the lake states of each rummage event, beside what was so."""
    rummages = day.inputs.table("silver.rummage_events")
    candidates = day.inputs.table("silver.match_candidates")
    event, customer, probability = _likeliest(candidates, texts(rummages["rummage_id"]))
    episodes = rummage_episodes(day, rummages).of(event)
    known = is_labelled(day, episodes.moment_s)
    event, episodes, probability = event[known], episodes.of(known), probability[known]
    customer = customer.filter(pa.array(known))
    person = _stands_for(day, customer, truth)
    is_right = overlaps_any(
        episodes.with_key(_tagged(episodes.key, person)),
        truth.episodes.with_key(_tagged(truth.episodes.key, truth.person)),
        TOLERANCE_S,
    )
    pair = pair_episodes(episodes, truth.episodes, TOLERANCE_S)
    true_zone = truth.zone.take(pa.array(pair, mask=pair < 0))
    zones = pc.coalesce(texts(rummages["zone_id"]).take(pa.array(event)), true_zone)
    crowding = _crowding(day, zones, episodes.moment_s)
    return Stated(probability, is_right & (person >= 0), crowding)


def reliability_by_crowding(day: AuditDay) -> dict[str, list[Bin]]:
    """Reliability tables for few and many people in the zone; empty without true handlings."""
    truth = true_handlings(day)
    if truth is None:
        return {}
    stated = stated_probabilities(day, truth)
    levels = {
        "all": np.ones(len(stated.crowding), bool),
        "0-1 people": (stated.crowding >= 0) & (stated.crowding <= 1),
        "2 people": stated.crowding == 2,
        "3 and more people": stated.crowding >= 3,
        "zone unknown": stated.crowding < 0,
    }
    return {
        name: reliability(stated.probability[rows], stated.is_right[rows])
        for name, rows in levels.items()
        if rows.any()
    }


def _calibration_figures(stated: Stated) -> list[Figure]:
    count = len(stated.probability)
    error = calibration_error(stated.probability, stated.is_right)
    skill = brier_skill(stated.probability, stated.is_right)
    loss = log_loss(stated.probability, stated.is_right)
    return [
        Figure(NAMES[3], error, count=count, is_error=True),
        Figure(NAMES[4], skill, count=count),
        Figure(NAMES[5], loss, count=count, unit="nat", is_error=True),
    ]


def _told(rows: Bools, verdict: Ints) -> int:
    """Rows of which it can be told whether they are right."""
    return int((rows & (verdict >= 0)).sum())


def _is_right(day: AuditDay, customers: pa.Array, pair: Ints, truth: TrueHandlings) -> Ints:
    """1 where the customer of an interaction is the true one, 0 where not, -1 where unknowable."""
    person = np.append(truth.person, -1)[pair]
    if day.crowd is not None:
        is_same = day.crowd.stands_for(customers) == person
        return np.asarray((person >= 0) & is_same, np.int64)
    return _by_other_votes(customers, person)


def _by_other_votes(customers: pa.Array, person: Ints) -> Ints:
    """As `_is_right`, a customer standing for whom most of its other interactions belong to."""
    names = customers.unique()
    customer = position_in(customers, names)
    # Somebody named who handled nothing then is wrong, whoever it is; so is naming nobody.
    verdict = np.where((person < 0) | (customer < 0), 0, -1)
    for one in np.unique(customer[(customer >= 0) & (person >= 0)]):
        rows = np.flatnonzero((customer == one) & (person >= 0))
        votes = np.bincount(person[rows])
        for row in rows if len(rows) > 1 else ():
            others = votes.copy()
            others[person[row]] -= 1
            verdict[row] = int(np.argmax(others) == person[row])
    return verdict


def _stands_for(day: AuditDay, customers: pa.Array, truth: TrueHandlings) -> Ints:
    """The true person of each customer; by its interactions where no positions are known."""
    if day.crowd is not None:
        return day.crowd.stands_for(customers)
    rows = day.inputs.table("gold.interactions")
    pair = pair_episodes(interaction_episodes(day), truth.episodes, TOLERANCE_S)
    person = np.append(truth.person, -1)[pair]
    best = texts(rows["best_customer_id"])
    names = best.unique()
    owner = position_in(best, names)
    stands = np.full(len(names) + 1, -1, np.int64)
    for one in np.unique(owner[(owner >= 0) & (person >= 0)]):
        stands[one] = np.argmax(np.bincount(person[(owner == one) & (person >= 0)]))
    return stands[position_in(customers, names)]


def _likeliest(candidates: pa.Table, ids: pa.Array) -> tuple[Ints, pa.Array, Floats]:
    """Each rummage event's likeliest customer: event, customer (null for none), probability."""
    event = position_in(texts(candidates["rummage_id"]), ids)
    customers = texts(candidates["customer_id"])
    is_person = np.asarray(customers.is_valid().to_numpy(zero_copy_only=False), bool)
    probability = np.where(is_person, floats(candidates["probability"]), 0.0)
    order = order_of(event, ~is_person, -probability, customers)
    order = order[event[order] >= 0]
    first = np.ones(len(order), bool)
    first[1:] = np.diff(event[order]) != 0
    rows = order[first]
    return event[rows], customers.take(pa.array(rows)), probability[rows]


def _tagged(key: np.typing.NDArray[np.str_], person: Ints) -> np.typing.NDArray[np.str_]:
    return np.char.add(np.char.add(key, "|"), person.astype(str))


def _crowding(day: AuditDay, zones: pa.Array, moment_s: Floats) -> Ints:
    """True people in the zone at the time; -1 where zone or people are not known."""
    unknown = np.full(len(moment_s), -1, np.int64)
    if day.crowd is None or day.inputs.layout is None:
        return unknown
    polygons = {zone.id: np.array(zone.polygon_m) for zone in day.inputs.layout.zones}
    second = np.rint(moment_s).astype(np.int64)
    names = zones.to_numpy(zero_copy_only=False)
    for zone in {name for name in names.tolist() if name in polygons}:
        seconds, count = np.unique(day.crowd.seconds_in(polygons[zone]), return_counts=True)
        rows = np.flatnonzero(names == zone)
        place = np.searchsorted(seconds, second[rows])
        there = np.append(seconds, -1)[place] == second[rows]
        unknown[rows] = np.where(there, np.append(count, 0)[place], 0)
    return unknown
