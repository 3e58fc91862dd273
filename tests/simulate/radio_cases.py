"""Small worlds for tests of the radio: tags on racks, people who stand, walk by and handle."""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from storeday.manifest import Antenna, FloorPlan, OpeningHours, Reader, ReaderLog, StoreLayout
from storeday.simulate import world as truth
from storeday.simulate.world import Clock, World

READER = "reader-1"
HEIGHT_M = 2.6


TRUE_CLOCK = Clock(0.0, 0.0)


@dataclass(frozen=True)
class Case:
    """What differs between the worlds of the tests.

    `walks` holds one (time_s, x_m, y_m) per person, corner points of a path; `handlings` holds
    (person, product, start, end); `carried` holds (product, person, start, end).
    """

    tags: np.ndarray
    antennas: tuple[tuple[float, float], ...] = ((5.0, 4.0),)
    duration_s: float = 120.0
    walks: tuple[tuple[list[float], list[float], list[float]], ...] = ()
    handlings: tuple[tuple[int, int, float, float], ...] = ()
    carried: tuple[tuple[int, int, float, float], ...] = ()
    sentinels: tuple[int, ...] = ()
    log_format: str = "impinj_iot"
    hops_mhz: tuple[float, ...] = ()
    clock: Clock = TRUE_CLOCK
    starts_at: dt.datetime = dt.datetime(2025, 11, 3, 8, tzinfo=dt.UTC)


def make(case: Case) -> World:
    """The world of a case."""
    count = len(case.tags)
    rack = np.zeros(count, np.int64)
    rack[list(case.sentinels)] = -1
    none, no_ids = np.zeros(0), np.zeros(0, np.int64)
    names = tuple(f"{0x303400000000000000000000 + 7919 * tag:024X}" for tag in range(count))
    return World(
        layout=layout(case),
        business_date=case.starts_at.date(),
        starts_at=case.starts_at,
        duration_s=case.duration_s,
        racks=truth.Racks(none, none, none, none, none, ()),
        products=truth.Products(
            names, ("",) * count, ("",) * count, ("",) * count, rack, *case.tags.T
        ),
        people=_people(case),
        paths=_paths(case),
        handlings=_handlings(case),
        carried=_carried(case),
        queueing=truth.Queueing(no_ids, (), none, none, none, ()),
        clocks={READER: case.clock},
    )


def layout(case: Case) -> StoreLayout:
    antennas = [
        Antenna(port=number + 1, x_m=x_m, y_m=y_m)
        for number, (x_m, y_m) in enumerate(case.antennas)
    ]
    reader = Reader(
        id=READER,
        log=ReaderLog(format=case.log_format),
        antennas=antennas,
        hop_table_mhz=list(case.hops_mhz),
    )
    return StoreLayout(
        store_id="s1",
        valid_from=dt.date(2025, 1, 1),
        timezone="Europe/Paris",
        opening_hours=OpeningHours(days={}),
        floor_plan=FloorPlan(width_m=10.0, height_m=8.0),
        readers=[reader],
    )


def shop(seed: int, tags: int = 170, people: int = 6, duration_s: float = 3600.0) -> Case:
    """Three racks under four antennas; people go from place to place along them, stop, handle."""
    rng = np.random.default_rng(seed)
    place = np.stack(
        [
            rng.uniform(1.0, 9.0, tags),
            rng.choice([1.5, 4.0, 6.5], tags),
            rng.uniform(0.8, 1.6, tags),
        ],
        axis=1,
    )
    stops = int(duration_s / 20) + 1
    walks, handlings = [], []
    for person in range(people):
        x, y = rng.uniform(0.8, 9.2, stops), rng.choice([2.1, 3.4, 4.6, 5.9], stops)
        begin = 20.0 * np.arange(stops) + rng.uniform(0, 4, stops)
        time_s = np.stack([begin, begin + 14.0], axis=1).ravel()
        walks.append((time_s.tolist(), np.repeat(x, 2).tolist(), np.repeat(y, 2).tolist()))
        for stop in np.flatnonzero(rng.random(stops) < 0.15):
            near = (place[:, 0] - x[stop]) ** 2 + (place[:, 1] - y[stop]) ** 2
            product = int(np.argmin(near + rng.uniform(0, 0.3, tags)))
            start, length = begin[stop] + 1.0, rng.uniform(4, 12)
            if near[product] < 1.0 and start + length < duration_s:
                handlings.append((person, product, float(start), float(start + length)))
    return Case(
        tags=place,
        antennas=((2.5, 2.0), (7.5, 2.0), (2.5, 6.0), (7.5, 6.0)),
        duration_s=duration_s,
        walks=tuple(walks),
        handlings=tuple(handlings),
    )


def _people(case: Case) -> truth.People:
    count = len(case.walks)
    return truth.People(
        np.zeros(count, np.bool_),
        np.full(count, -1),
        np.array([walk[0][0] for walk in case.walks]),
        np.array([walk[0][-1] for walk in case.walks]),
        np.full(count, 1.72),
        np.arange(count),
    )


def _paths(case: Case) -> truth.Paths:
    parts = []
    for person, (time_s, x_m, y_m) in enumerate(case.walks):
        last = min(time_s[-1], case.duration_s)
        time = truth.STEP_S * np.arange(np.ceil(time_s[0] * 10), np.floor(last * 10) + 1)
        x, y = np.interp(time, time_s, x_m), np.interp(time, time_s, y_m)
        parts.append(np.stack([np.full(len(time), float(person)), time, x, y]))
    person, time, x, y = np.concatenate(parts, axis=1) if parts else np.zeros((4, 0))
    still, none = np.zeros(len(time)), np.full(len(time), np.nan)
    return truth.Paths(person.astype(np.int64), time, x, y, still, still, none, none, none)


def _handlings(case: Case) -> truth.Handlings:
    rows = np.array(case.handlings).reshape(-1, 4)
    rows = rows[np.argsort(rows[:, 2], kind="stable")]
    person, product = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    x, y = case.tags[product, 0], case.tags[product, 1]
    words = ("zone",) * len(rows), ("handle",) * len(rows)
    return truth.Handlings(person, product, rows[:, 2], rows[:, 3], x, y, *words)


def _carried(case: Case) -> truth.Carried:
    rows = np.array(case.carried).reshape(-1, 4)
    none = np.full(len(rows), np.nan)
    product, person = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    return truth.Carried(product, person, rows[:, 2], rows[:, 3], none, none)
