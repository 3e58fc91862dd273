"""Where full frame rate pays: stretches of one camera's day, from a few looks at it.

Each look stands for the time half way to the looks before and after it in the same segment. Four
things speak for a stretch, in this order:

- *entrance*: somebody near an entrance came into view or went out of it between this look and a
  neighbour (`passages`);
- *rummage*: somebody is near a zone whose antenna heard a product being handled about then;
- *queue*: somebody is in a queue;
- *crowd*: so many people, or people who walk past each other, that looks alone would mix them up.

A rummage event's time is known only as well as the clocks: an event weighs less the further its
peak is from the look, and more where several people could have been the one. What all this asks for
is granted in that order, within a kind by weight, until the budget is spent. Where nobody was seen,
nothing is asked for.

Conventions: times are microseconds of the camera's clock; places are floor metres, NaN where not
known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from storeday.floor.zones import distance_m
from storeday.scouting.looks import Looks
from storeday.scouting.passages import passages
from storeday.scouting.settings import ScoutingSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ENTRANCE, RUMMAGE, QUEUE, CROWD = "entrance", "rummage", "queue", "crowd"
# In the order in which they are granted.
KINDS = (ENTRANCE, RUMMAGE, QUEUE, CROWD)


@dataclass(frozen=True)
class ScoutZones:
    """Zones of the store, as polygons in floor metres.

    Attributes:
        entrances: Those of kind entrance.
        queues: Those of kind queue.
        by_name: All zones that rummage events may name.
    """

    entrances: Sequence[Floats] = ()
    queues: Sequence[Floats] = ()
    by_name: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True)
class Events:
    """Rummage events.

    Attributes:
        zone: Zone of each, length k.
        peak_us: Its peak by the reader's clock, shape (k,).
        clock_s: What the two clocks may differ by.
    """

    zone: Sequence[str]
    peak_us: Ints
    clock_s: float


@dataclass(frozen=True)
class CameraDay:
    """All that a camera's plan is made from.

    Attributes:
        looks: Its looks.
        spans_us: Start and end of each segment, shape (segments, 2).
        zones: The store's zones.
        events: Rummage events in zones that the camera sees.
    """

    looks: Looks
    spans_us: Ints
    zones: ScoutZones
    events: Events


@dataclass(frozen=True)
class Detail:
    """A stretch that is worth the detail rate.

    Attributes:
        segment: Number of the segment.
        from_us: Start.
        to_us: End, exclusive.
        why: The foremost of `KINDS`.
    """

    segment: int
    from_us: int
    to_us: int
    why: str


def plan_details(day: CameraDay, settings: ScoutingSettings) -> list[Detail]:
    """The stretches of a camera's day that get the detail rate.

    Args:
        day: What is known of it.
        settings: Settings.

    Returns:
        Stretches in order; they do not overlap. Costs O(n k) for n looks and k events.

    Example:
        Somebody is seen in the door at the second of three looks, and in no other:

        >>> looks = Looks(np.array([0, 2, 4]) * 1_000_000, np.zeros(3, int), np.array([1]),
        ...               np.array([[0.5, 0.5]]))
        >>> door = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        >>> day = CameraDay(looks, np.array([[0, 6_000_000]]), ScoutZones([door]),
        ...                 Events([], np.zeros(0, int), 15.0))
        >>> plan_details(day, ScoutingSettings(budget_share=2.0))
        [Detail(segment=0, from_us=0, to_us=6000000, why='entrance')]
    """
    looks = day.looks
    if not len(looks.time_us):
        return []
    cells = _cells(looks, day.spans_us)
    weights = np.stack(
        [
            _entrances(looks, day.zones, settings),
            _rummages(looks, day, settings),
            _queues(looks, day.zones),
            _crowds(looks, settings),
        ]
    )
    granted = _granted(weights, cells, day.spans_us, settings)
    return _stretches(granted, weights, looks, cells)


def _cells(looks: Looks, spans_us: Ints) -> Ints:
    """The time that each look stands for, shape (n, 2)."""
    middle = (looks.time_us[1:] + looks.time_us[:-1]) // 2
    is_first = np.concatenate([[True], np.diff(looks.segment) != 0])
    is_last = np.concatenate([np.diff(looks.segment) != 0, [True]])
    start = np.where(is_first, spans_us[looks.segment, 0], np.concatenate([[0], middle]))
    end = np.where(is_last, spans_us[looks.segment, 1], np.concatenate([middle, [0]]))
    return np.stack([start, np.maximum(start, end)], axis=1)


def _entrances(looks: Looks, zones: ScoutZones, settings: ScoutingSettings) -> Floats:
    """Comings into view and goings out of it beside an entrance, in the looks before and after."""
    weight = np.zeros(len(looks.time_us))
    if not zones.entrances:
        return weight
    away = np.stack([_distance_m(looks.floor_m, door) for door in zones.entrances]).min(axis=0)
    found = passages(looks, settings)
    near = away[found.person] <= settings.door_m
    before, after, gain = found.before[near], found.after[near], found.weight[near]
    np.add.at(weight, before, gain)
    np.add.at(weight, after[after != before], gain[after != before])
    return weight


def _queues(looks: Looks, zones: ScoutZones) -> Floats:
    """People in queues."""
    within = np.zeros(len(looks.person_look), bool)
    for polygon in zones.queues:
        within |= _distance_m(looks.floor_m, polygon) <= 0
    return np.bincount(looks.person_look[within], minlength=len(looks.time_us)).astype(float)


def _rummages(looks: Looks, day: CameraDay, settings: ScoutingSettings) -> Floats:
    """Weight of the rummage events that somebody near may have caused."""
    weight = np.zeros(len(looks.time_us))
    window_us = (day.events.clock_s + settings.rummage_margin_s) * 1e6
    zone_of = np.array(day.events.zone, object)
    for name, polygon in day.zones.by_name.items():
        peaks = np.sort(day.events.peak_us[zone_of == name])
        if not len(peaks):
            continue
        near = _distance_m(looks.floor_m, polygon) <= settings.near_m
        people = np.bincount(looks.person_look[near], minlength=len(looks.time_us))
        apart = np.abs(looks.time_us[:, None] - peaks[None, :]) / window_us
        # One candidate is the answer already; between several it takes frames to tell.
        weight += np.clip(1 - apart, 0, None).sum(axis=1) * np.minimum(people, 2)
    return weight


def _crowds(looks: Looks, settings: ScoutingSettings) -> Floats:
    """People whom the looks alone would mix up: in a crowd, or walking where others are."""
    count = np.bincount(looks.person_look, minlength=len(looks.time_us)).astype(float)
    weight = np.where(count >= settings.crowd_people, count, 0.0)
    bounds = np.searchsorted(looks.person_look, np.arange(len(looks.time_us) + 1))
    for look in np.flatnonzero(count[:-1] >= 1).tolist():
        following = look + 1
        if looks.segment[look] != looks.segment[following] or count[following] < 2:
            continue
        here = looks.floor_m[bounds[look] : bounds[following]]
        there = looks.floor_m[bounds[following] : bounds[following + 1]]
        gap_s = (looks.time_us[following] - looks.time_us[look]) / 1e6
        apart = np.sort(np.linalg.norm(here[:, None] - there[None, :], axis=2), axis=1)
        mixed = (apart[:, 0] > settings.still_m) & (apart[:, 1] <= settings.walking_m_s * gap_s)
        weight[look : following + 1] += mixed.sum()
    return weight


def _distance_m(floor_m: Floats, polygon: Floats) -> Floats:
    """Distance from a zone; infinite where the place is not known."""
    apart = np.full(len(floor_m), np.inf)
    known = np.isfinite(floor_m).all(axis=1)
    apart[known] = distance_m(floor_m[known], polygon)
    return apart


def _granted(
    weights: Floats, cells: Ints, spans_us: Ints, settings: ScoutingSettings
) -> NDArray[np.bool_]:
    """Looks whose time gets the detail rate: by kind, then weight, then time, while it lasts."""
    full_s = float((spans_us[:, 1] - spans_us[:, 0]).sum()) / 1e6
    frames = settings.budget_share * full_s * settings.detail_frames_per_s - len(cells)
    is_asked = np.asarray((weights > 0).any(axis=0))
    kind = (weights > 0).argmax(axis=0)
    weight = weights[kind, np.arange(len(cells))]
    cost = (cells[:, 1] - cells[:, 0]) / 1e6 * settings.detail_frames_per_s
    order = np.lexsort((cells[:, 0], -weight, kind))
    order = order[is_asked[order]]
    granted = np.zeros(len(cells), bool)
    granted[order] = np.cumsum(cost[order]) <= frames
    return granted


def _stretches(
    granted: NDArray[np.bool_], weights: Floats, looks: Looks, cells: Ints
) -> list[Detail]:
    """Neighbouring looks of one segment as one stretch; the foremost kind of them says why."""
    kind = (weights > 0).argmax(axis=0)
    details: list[Detail] = []
    before = -2
    for look in np.flatnonzero(granted).tolist():
        segment, why = int(looks.segment[look]), int(kind[look])
        start_us, end_us = int(cells[look, 0]), int(cells[look, 1])
        if details and before == look - 1 and details[-1].segment == segment:
            last = details.pop()
            start_us, why = last.from_us, min(why, KINDS.index(last.why))
        details.append(Detail(segment, start_us, end_us, KINDS[why]))
        before = look
    return details
