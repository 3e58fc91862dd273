"""Simulated days for the matching benchmarks, with what truly happened beside them.

Two kinds: the association study's days (`STOREDAY_STUDY`, or `shared/study` beside the checkout)
and store-days of our own simulator at level `events`. All figures from either are simulated.
"""

import csv
import importlib.util
import os
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measure import REPOSITORY

US_PER_S = 1_000_000
STAMP = pa.timestamp("us", tz="UTC")
# Seconds by which a true handling and a rummage of its tag may miss each other: half a window of
# RFID reads and three deviations of the moment's error.
TOLERANCE_S = 10.0


@dataclass(frozen=True)
class MatchDay:
    """A day to match, and its truth.

    Attributes:
        tables: Silver tables by name, and `products` for homes.
        homes: Place of each tag's home, by tag.
        home_zones: Home zone of each tag, by tag.
        reach: Polygons of each antenna's zones, by reader and antenna, then zone.
        true_customer: True person of each rummage, None where nobody handled the tag.
        person_of: True person whom each customer of the tables stands for: the one with whom it
            shares most seconds.
        handlings: Handlings of the day.
        true_offset_s: True offset of each device in the middle of the day.
        true_drift_ppm: Its drift.
        middle_us: The middle of the day.
        devices: Cameras, then readers, then tills.
    """

    tables: dict
    homes: dict
    home_zones: dict
    reach: dict
    true_customer: dict
    person_of: dict
    handlings: int
    true_offset_s: dict
    true_drift_ppm: dict
    middle_us: int
    devices: tuple


def study_module():
    """The study's generator of days.

    Raises:
        FileNotFoundError: It is not there.
    """
    folder = Path(os.environ.get("STOREDAY_STUDY", REPOSITORY.parent / "shared" / "study"))
    path = folder / "association" / "assoc_sim.py"
    if not path.is_file():
        raise FileNotFoundError(f"no study at {path}; set STOREDAY_STUDY")
    return _load(path)


@lru_cache
def _load(path: Path):
    spec = importlib.util.spec_from_file_location("assoc_sim", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def study_day(visitors: int, seed: int, *, with_location: bool = True, **regime) -> MatchDay:
    """A day of the study, as tables. One floor axis; zones lie 100 m apart on the other."""
    sim = study_module()
    visits, handlings, rummages, pair_offset = sim.simulate(visitors, seed, **regime)
    names = {"customer": [], "track": [], "camera": [], "time": [], "logit": [], "x": [], "y": []}
    for number, visit in enumerate(visits):
        count = len(visit["t"])
        names["time"].append(np.rint(visit["t"] * US_PER_S))
        names["customer"].append(np.full(count, visit["c"]))
        names["track"].append(np.full(count, number))
        names["camera"].append(np.full(count, sim.CAM[visit["z"]]))
        names["logit"].append(sim.DP * (visit["lg"] - sim.THR))
        names["x"].append(visit["x"])
        names["y"].append(np.full(count, 100.0 * visit["z"]))
    rows = {name: np.concatenate(values) for name, values in names.items()}
    trace = pa.table(
        {
            "tracklet_id": _named("t", rows["track"]),
            "camera_id": _named("cam", rows["camera"], 2),
            "customer_id": _named("c", rows["customer"]),
            "device_time": _stamps(rows["time"]),
            "handling_logit": rows["logit"],
            "floor_x_m": rows["x"] if with_location else np.zeros(len(rows["x"])),
            "floor_y_m": rows["y"],
        }
    )
    tracklets = pa.table(
        {
            "camera_id": _named("cam", np.array([sim.CAM[visit["z"]] for visit in visits]), 2),
            "started_at": _stamps([round(visit["t"][0] * US_PER_S) for visit in visits]),
            "ended_at": _stamps([round(visit["t"][-1] * US_PER_S) for visit in visits]),
        }
    )
    zone = rummages[:, 1].astype(int)
    count = len(rummages)
    events = pa.table(
        {
            "rummage_id": _named("r", np.arange(count)),
            "epc": [f"E{number}" for number in range(count)],
            "reader_id": _named("rdr", sim.RDR[zone], 2),
            "antenna": zone,
            "peak_time": _stamps(np.rint(rummages[:, 2] * US_PER_S)),
            "score": rummages[:, 3],
        }
    )
    place = rummages[:, 4]
    homes = {
        f"E{number}": (place[number], 100.0 * zone[number])
        for number in range(count)
        if with_location and np.isfinite(place[number])
    }
    reach = {
        (f"rdr{sim.RDR[k]:02d}", k): {
            f"zone{k}": np.array(
                [
                    [-50.0, 100.0 * k - 1],
                    [60.0, 100.0 * k - 1],
                    [60.0, 100.0 * k + 1],
                    [-50.0, 100.0 * k + 1],
                ]
            )
        }
        for k in range(sim.Z)
    }
    truth = {
        f"r{number:06d}": f"c{int(row[0]):06d}" if row[5] == 1 else None
        for number, row in enumerate(rummages)
    }
    actions = _study_actions(sim, visits)
    tables = {
        "handling_trace": trace,
        "rummage_events": events,
        "tracklets": tracklets,
        "action_events": actions,
        # Reader less camera, by zone.
        "pair_offset_s": pair_offset,
    }
    devices = tuple(sorted({*trace["camera_id"].to_pylist(), *events["reader_id"].to_pylist()}))
    return MatchDay(
        tables,
        homes, {}, reach, truth, {}, len(handlings), {}, {}, int(sim.T / 2 * US_PER_S), devices,
    )  # fmt: skip


def _study_actions(sim, visits) -> pa.Table:
    """Runs of seconds above the classifier's threshold, as the study joins them."""
    found = sim.events(visits)
    zone = found[:, 1].astype(int)
    logit = sim.DP * found[:, 3] - sim.DP**2 / 2
    half_us = np.rint(found[:, 5] * US_PER_S / 2)
    peak_us = np.rint(found[:, 2] * US_PER_S)
    return pa.table(
        {
            "action_id": _named("a", np.arange(len(found))),
            "camera_id": _named("cam", sim.CAM[zone], 2),
            "tracklet_id": _named("v", np.arange(len(found))),
            "customer_id": _named("c", found[:, 0]),
            "peak_time": _stamps(peak_us),
            "started_at": _stamps(peak_us - half_us),
            "ended_at": _stamps(peak_us + half_us),
            "probability": 1 / (1 + np.exp(-logit)),
            "floor_x_m": found[:, 4],
            "floor_y_m": 100.0 * zone,
            "zone_id": pa.nulls(len(found), pa.string()),
        }
    )


def _named(letter: str, numbers: np.ndarray, digits: int = 6) -> pa.Array:
    unique, inverse = np.unique(numbers.astype(int), return_inverse=True)
    return pa.array([f"{letter}{number:0{digits}d}" for number in unique]).take(pa.array(inverse))


def _stamps(time_us: np.ndarray) -> pa.Array:
    return pa.array(np.asarray(time_us, np.int64)).cast(STAMP)


def own_day(scenario: str, seed: int, hours: float | None = None, **knobs) -> MatchDay:
    """A store-day of our simulator at level `events`."""
    from storeday.simulate import load_scenario, simulate_store_day
    from storeday.simulate.scenario import with_knobs

    chosen = load_scenario(scenario, hours)
    chosen = with_knobs(chosen, **knobs) if knobs else chosen
    with tempfile.TemporaryDirectory(prefix="storeday-bench-") as folder:
        day = simulate_store_day(chosen, seed, Path(folder), "events")
        products = list(csv.DictReader((day.stores / f"{day.store_id}.products.csv").open()))
        truth = day.truth / day.store_id / day.business_date.isoformat()
        read = {
            name: pq.read_table(truth / f"{name}.parquet")
            for name in ("interactions", "positions", "clock_offsets")
        }
        sales = list(
            csv.DictReader(
                (
                    day.inbox
                    / day.store_id
                    / day.business_date.isoformat()
                    / "sales"
                    / "receipts.csv"
                ).open()
            )
        )
    return _own_day(day, products, read, sales)


def _own_day(day, products, truth, sales) -> MatchDay:
    world, layout = day.world, day.world.layout
    tables = {name.removeprefix("silver."): table for name, table in day.tables.items()}
    tables["sales"] = sales
    homes = {
        row["epc"]: (float(row["home_x_m"]), float(row["home_y_m"]))
        for row in products
        if row["epc"] and row["home_x_m"]
    }
    polygons = {zone.id: np.array(zone.polygon_m) for zone in layout.zones}
    reach = {
        (reader.id, antenna.port): {zone: polygons[zone] for zone in antenna.zones}
        for reader in layout.readers
        for antenna in reader.antennas
    }
    half_s = world.duration_s / 2
    start_us = round(world.starts_at.timestamp() * US_PER_S)
    clocks = {
        row["device"]: (row["offset_s"], row["drift_ppm"])
        for row in truth["clock_offsets"].to_pylist()
    }
    middle = {name: offset + drift * 1e-6 * half_s for name, (offset, drift) in clocks.items()}
    return MatchDay(
        {**tables, "truth": truth},
        homes,
        {row["epc"]: row["home_zone"] for row in products if row["home_zone"]},
        reach,
        *_true_customers(tables, truth, clocks, start_us),
        truth["interactions"].num_rows,
        middle,
        {name: drift for name, (_, drift) in clocks.items()},
        start_us + round(half_s * US_PER_S),
        tuple(clocks),
    )


def _true_customers(tables, truth, clocks, start_us) -> tuple[dict, dict]:
    """The person of each rummage whose tag was truly handled then, and of each customer."""
    from storeday.audit.correspondence import Places, correspond
    from storeday.audit.episodes import Episodes, pair_episodes

    events, handled = tables["rummage_events"], truth["interactions"]
    moment_s = _true_seconds(events["peak_time"], events["reader_id"], clocks, start_us)
    time_s, ended_s = (_seconds(handled[name], start_us) for name in ("time", "ended"))
    ended_s = np.minimum(ended_s, time_s + 12.0)
    predicted = Episodes(np.array(events["epc"].to_pylist()), moment_s, moment_s, moment_s)
    real = Episodes(np.array(handled["epc"].to_pylist()), time_s, ended_s, (time_s + ended_s) / 2)
    row = pair_episodes(predicted, real, TOLERANCE_S)
    people = tables["positions"]
    names = people["customer_id"].unique().sort()
    number = {name: index for index, name in enumerate(names.to_pylist())}
    person = np.array([number[name] for name in people["customer_id"].to_pylist()])
    some = np.flatnonzero(_seconds(people["time"], start_us).astype(int) % 5 == 0)
    places = Places(
        person[some],
        _seconds(people["time"], start_us).astype(int)[some],
        people["floor_x_m"].to_numpy()[some],
        people["floor_y_m"].to_numpy()[some],
    )
    true = truth["positions"]
    true_places = Places(
        true["customer"].to_numpy(),
        np.rint(_seconds(true["time"], start_us)).astype(int),
        true["x"].to_numpy(),
        true["y"].to_numpy(),
    )
    found = correspond(places, true_places, len(names))
    person_of = {
        name: f"person {who}"
        for name, who in zip(names.to_pylist(), found.true_person.tolist(), strict=True)
    }
    handler = handled["customer"].to_numpy()
    true = {
        rummage: f"person {handler[one]}" if one >= 0 else None
        for rummage, one in zip(events["rummage_id"].to_pylist(), row.tolist(), strict=True)
    }
    return true, person_of


def _seconds(values, start_us: int) -> np.ndarray:
    return (values.cast(pa.int64()).to_numpy() - start_us) / US_PER_S


def _true_seconds(values, devices, clocks, start_us) -> np.ndarray:
    shown = _seconds(values, start_us)
    offset, drift = np.array([clocks[name] for name in devices.to_pylist()]).reshape(-1, 2).T
    return (shown - offset) / (1 + drift * 1e-6)


def true_clocks(day: MatchDay) -> pa.Table:
    """`silver.clock_offsets` as they truly are."""
    import datetime as dt

    middle = dt.datetime.fromtimestamp(day.middle_us / US_PER_S, dt.UTC)
    return pa.table(
        {
            "device_id": list(day.devices),
            "valid_from": pa.array([middle] * len(day.devices), STAMP),
            "offset_s": [day.true_offset_s[name] for name in day.devices],
            "drift_ppm": [day.true_drift_ppm[name] for name in day.devices],
        }
    )


def shop_of(day: MatchDay):
    """What association has to know of the shop."""
    from storeday.association.shop import Reach, Shop

    return Shop({key: Reach(zones) for key, zones in day.reach.items()}, day.homes, day.home_zones)


@dataclass(frozen=True)
class Score:
    """How a day was matched; shares between 0 and 1.

    Attributes:
        accuracy: Right `best_customer_id` among rummages that a seen customer made.
        precision: Right ones among published pairs, ghosts and clutter counting as wrong.
        recall: Right published pairs among all handlings.
        top: Probability of the likeliest customer of each rummage, shape (r,).
        is_right: Whether that was so, shape (r,).
    """

    accuracy: float
    precision: float
    recall: float
    top: np.ndarray
    is_right: np.ndarray


def score(day: MatchDay, candidates: pa.Table) -> Score:
    """Scores rows of `silver.match_candidates`."""
    rows = candidates.to_pylist()
    for row in rows:
        row["person"] = day.person_of.get(row["customer_id"], row["customer_id"])
    chosen = {row["rummage_id"]: row for row in rows if row["is_chosen"]}
    top: dict[str, dict] = {}
    for row in rows:
        best = top.get(row["rummage_id"])
        if row["customer_id"] and (best is None or row["probability"] > best["probability"]):
            top[row["rummage_id"]] = row
    true = [name for name, who in day.true_customer.items() if who]
    right = {name for name in true if chosen[name]["person"] == day.true_customer[name]}
    published = {
        name for name, row in chosen.items() if row["customer_id"] and row["probability"] > 0.5
    }
    names = sorted(top)
    return Score(
        len(right) / max(len(true), 1),
        len(right & published) / max(len(published), 1),
        len(right & published) / max(day.handlings, 1),
        np.array([top[name]["probability"] for name in names]),
        np.array([top[name]["person"] == day.true_customer[name] for name in names]),
    )


def crowding(day: MatchDay) -> float:
    """People in the zone of a handling at its start, the handler included; mean, own days only."""
    from storeday.floor.zones import inside

    truth = day.tables["truth"]
    handled, people = truth["interactions"], truth["positions"]
    start_us = handled["time"].cast(pa.int64()).to_numpy()
    second = people["time"].cast(pa.int64()).to_numpy() // US_PER_S
    place = np.column_stack([people["x"].to_numpy(), people["y"].to_numpy()])
    zones = {name: polygon for zones in day.reach.values() for name, polygon in zones.items()}
    counts = []
    for name, polygon in zones.items():
        seconds, count = np.unique(second[inside(place, polygon)], return_counts=True)
        at = start_us[np.array(handled["zone"].to_pylist()) == name] // US_PER_S
        if len(at) and len(seconds):
            row = np.minimum(np.searchsorted(seconds, at), len(seconds) - 1)
            counts.append(np.where(seconds[row] == at, count[row], 1))
    return float(np.concatenate(counts).mean())


def measured_clocks(day: MatchDay, settings=None) -> pa.Table:
    """`silver.clock_offsets` as they are measured, with the defaults."""
    import datetime as dt

    from storeday.association import AssociationSettings, ClockQuestion, DayTables, measure_clocks

    tables = DayTables(
        day.tables["rummage_events"],
        day.tables["action_events"],
        day.tables["handling_trace"],
        tracklets=day.tables["tracklets"],
    )
    middle = dt.datetime.fromtimestamp(day.middle_us / US_PER_S, dt.UTC)
    return measure_clocks(
        tables,
        shop_of(day),
        ClockQuestion(day.devices, None, middle),
        settings or AssociationSettings(),
    )


def matched(day: MatchDay, clocks: pa.Table | None = None, settings=None) -> Score:
    """The day matched as `calibrate` and `associate` do it, and scored."""
    from storeday.association import AssociationSettings, TraceEvidence, associate

    found = associate(
        day.tables["rummage_events"],
        day.tables["action_events"],
        settings or AssociationSettings(),
        measured_clocks(day) if clocks is None else clocks,
        TraceEvidence(day.tables["handling_trace"], shop_of(day), day.tables["tracklets"]),
    )
    return score(day, found.match_candidates)
