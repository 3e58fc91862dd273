"""Matching with the simulator's true parameters: the best that can be had from the same tables.

The oracle (`tests/oracle/true_posterior.py`) is told clocks, errors, lengths, jitter and shares,
and counts on the true labels how far people stand from what they handle. It looks at the same
tables as the product: the same people in reach of the same zones.
"""

import importlib.util
import sys
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from match_days import US_PER_S, MatchDay
from measure import REPOSITORY

REACH_M = 1.5
AROUND_S = 22.0
BIN_M, BINS = 0.25, 20


@dataclass(frozen=True)
class Answers:
    """What the oracle says of each rummage, in the table's order.

    Attributes:
        top: Probability of the likeliest customer, 0 where nobody is near.
        is_right: Whether that customer handled the tag then.
        is_handled: Whether anybody did.
    """

    top: np.ndarray
    is_right: np.ndarray
    is_handled: np.ndarray

    @property
    def accuracy(self) -> float:
        """Share of right ones among rummages of truly handled tags."""
        return float(self.is_right[self.is_handled].mean())


def oracle_answers(day: MatchDay) -> Answers:
    """The day by the oracle. Seconds to minutes: it is written to be read, not to be fast."""
    oracle = _oracle()
    truth = oracle.TrueParameters()
    rows = _trace(day, truth)
    events = day.tables["rummage_events"]
    moments = _true_s(day, events["peak_time"], events["reader_id"])
    names = events["rummage_id"].to_pylist()
    keys = list(zip(events["reader_id"].to_pylist(), events["antenna"].to_pylist(), strict=True))
    zones = [
        _zones(day, key, epc) for key, epc in zip(keys, events["epc"].to_pylist(), strict=True)
    ]
    homes = [day.homes.get(epc) for epc in events["epc"].to_pylist()]
    middles = [
        home or tuple(np.mean([zone.mean(axis=0) for zone in here], axis=0))
        for home, here in zip(homes, zones, strict=True)
    ]
    seen = [_people(rows, moment, here) for moment, here in zip(moments, zones, strict=True)]
    is_home = np.array([home is not None for home in homes])
    ratios = _place_ratios(day, rows, (names, seen, middles, is_home), moments)
    rummages = []
    for number, (moment, people) in enumerate(zip(moments, seen, strict=True)):
        candidates = []
        for person, own in people.items():
            windows = [
                oracle.Window(rows["time_s"][part], rows["score"][part])
                for part in _by_tracklet(rows, own)
            ]
            away = _away(rows, own, middles[number], oracle.starts_around(moment) + 2.0)
            place = ratios[number % 2][int(is_home[number])][
                np.minimum(away / BIN_M, BINS - 1).astype(int)
            ]
            candidates.append(oracle.Candidate(person, windows, place))
        rummages.append((moment, events["score"][number].as_py(), candidates))
    found = oracle.solve_day(rummages, truth)
    top, right, handled = [], [], []
    for number, (name, share) in enumerate(zip(names, found, strict=True)):
        best = rummages[number][2][int(share.argmax())].person if len(share) else ""
        true = day.true_customer[name]
        top.append(float(share.max(initial=0.0)))
        right.append(true is not None and day.person_of.get(best) == true)
        handled.append(true is not None)
    return Answers(np.array(top), np.array(right), np.array(handled))


def _oracle():
    path = REPOSITORY / "tests" / "oracle" / "true_posterior.py"
    spec = importlib.util.spec_from_file_location("true_posterior", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _true_s(day: MatchDay, values, devices) -> np.ndarray:
    shown = (values.cast(pa.int64()).to_numpy() - day.middle_us) / US_PER_S
    offset = np.array([day.true_offset_s[name] for name in devices.to_pylist()])
    drift = np.array([day.true_drift_ppm[name] for name in devices.to_pylist()])
    return shown - offset - drift * 1e-6 * shown


def _trace(day: MatchDay, truth) -> dict[str, np.ndarray]:
    """The handling trace by customer and true time; scores in deviations from quiet."""
    trace = day.tables["handling_trace"]
    # The trace names a second by its start; the picture was taken at a whole true second.
    time_s = np.ceil(_true_s(day, trace["device_time"], trace["camera_id"]) - 1e-6)
    logit = trace["handling_logit"].to_numpy()
    rows = {
        "customer": np.array(trace["customer_id"].to_pylist()),
        "tracklet": np.array(trace["tracklet_id"].to_pylist()),
        "time_s": time_s,
        "score": logit / truth.step + 1.175,
        "place_m": np.column_stack([trace["floor_x_m"].to_numpy(), trace["floor_y_m"].to_numpy()]),
    }
    order = np.lexsort((rows["tracklet"], rows["time_s"]))
    return {name: values[order] for name, values in rows.items()}


def _zones(day: MatchDay, antenna, epc) -> list[np.ndarray]:
    here = day.reach[antenna]
    home = day.home_zones.get(epc)
    return [here[home]] if home in here else list(here.values())


def _people(rows, moment: float, zones) -> dict[str, np.ndarray]:
    """Rows of everybody who comes near one of the zones about a moment, by person."""
    low, high = np.searchsorted(rows["time_s"], [moment - AROUND_S, moment + AROUND_S])
    window = np.arange(low, high)
    place = rows["place_m"][window]
    near = np.zeros(len(window), bool)
    for zone in zones:
        near |= ((place >= zone.min(axis=0) - REACH_M) & (place <= zone.max(axis=0) + REACH_M)).all(
            axis=1
        )
    names = set(rows["customer"][window[near]].tolist())
    customer = rows["customer"][window]
    return {name: window[customer == name] for name in sorted(names)}


def _by_tracklet(rows, own: np.ndarray) -> list[np.ndarray]:
    tracklet = rows["tracklet"][own]
    return [own[tracklet == name] for name in np.unique(tracklet)]


def _away(rows, own: np.ndarray, middle, times: np.ndarray) -> np.ndarray:
    """Distance to the item of the mean place within two seconds of some times."""
    time_s, place = rows["time_s"][own], rows["place_m"][own]
    found = np.full(len(times), 1e3)
    for number, at in enumerate(times):
        close = np.abs(time_s - at) <= 2.0
        if close.any():
            found[number] = np.hypot(*(place[close].mean(axis=0) - np.array(middle)))
    return found


def _place_ratios(day: MatchDay, rows, about, moments) -> np.ndarray:
    """Density ratios of distances, handlers against the others, for each half of the rummages, by
    zones and by homes; shape (2, 2, bins)."""
    names, seen, middles, is_home = about
    counts = np.ones((2, 2, 2, BINS))
    for number, name in enumerate(names):
        for person, own in seen[number].items():
            away = _away(rows, own, middles[number], moments[number : number + 1])[0]
            if away < 100:
                is_handler = int(day.person_of[person] == day.true_customer[name])
                bin_ = min(int(away / BIN_M), BINS - 1)
                counts[1 - number % 2, int(is_home[number]), is_handler, bin_] += 1
    share = counts / counts.sum(axis=3, keepdims=True)
    return share[:, :, 1] / share[:, :, 0]
