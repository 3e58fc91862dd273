"""A small made-up day: people at racks, what a handling model says of them, and rummages."""

import datetime as dt

import numpy as np
import pyarrow as pa

from storeday.association import DayTables, Reach, Shop
from storeday.contracts import empty, load_contract

START = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)
START_US = int(START.timestamp()) * 1_000_000
STAMP = pa.timestamp("us", tz="UTC")
ZONES = 4


def stamps(seconds):
    return pa.array(START_US + np.rint(np.asarray(seconds, float) * 1e6).astype(np.int64)).cast(
        STAMP
    )


def made_day(seed, visits=120, length_s=3600.0, clocks=None, jump=None):
    """Tables of a day, the shop, and the true customer by rummage.

    Args:
        clocks: Offset by device, in s.
        jump: Device, second and size of a jump of its clock.
    """
    rng = np.random.default_rng(seed)
    clocks = clocks or {}
    rows, events, truth = [], [], {}
    for number in range(visits):
        zone = int(rng.integers(ZONES))
        begin, stay = np.floor(rng.uniform(0, length_s - 120)), int(rng.integers(30, 90))
        seconds = begin + np.arange(stay)
        place = np.array([6.0 * zone + rng.uniform(0.5, 3.5), 0.5])
        logit = -2.9 + 2.46 * smooth_noise(rng, stay)
        for _ in range(rng.poisson(stay / 40)):
            start = rng.integers(2, stay - 8)
            logit[start : start + 5] += 2.46 * 2.46
            moment = begin + start + 2.5 + rng.normal(0, 2)
            events.append((moment, zone, place + rng.normal(0, 0.3, 2), f"c{number:04d}"))
        camera = f"cam{zone // 2}"
        for second, value in zip(seconds, logit, strict=True):
            spot = place + rng.normal(0, 0.3, 2)
            rows.append((f"t{number:04d}", camera, f"c{number:04d}", second, value, *spot))
    for _ in range(len(events) // 10):
        zone = int(rng.integers(ZONES))
        events.append((rng.uniform(0, length_s), zone, np.array([6.0 * zone + 2, 0.5]), None))
    events.sort(key=lambda event: event[0])
    homes, columns = {}, []
    for number, (moment, zone, place, who) in enumerate(events):
        reader = f"reader{zone // 2}"
        shown = moment + clocks.get(reader, 0.0)
        if jump and reader == jump[0] and moment >= jump[1]:
            shown += jump[2]
        homes[f"E{number:04d}"] = (float(place[0]), float(place[1]))
        truth[f"r{number:04d}"] = who
        columns.append((f"r{number:04d}", f"E{number:04d}", reader, zone, shown, who is not None))
    return _tables(rows, columns, clocks, rng), _shop(homes), truth


def smooth_noise(rng, count):
    noise = rng.normal(size=count)
    for step in range(1, count):
        noise[step] = 0.8 * noise[step - 1] + 0.6 * noise[step]
    return noise


def _tables(rows, columns, clocks, rng):
    tracklet, camera, customer, second, logit, x, y = (
        list(part) for part in zip(*rows, strict=True)
    )
    shown = [at + clocks.get(name, 0.0) for at, name in zip(second, camera, strict=True)]
    trace = pa.table(
        {
            "tracklet_id": tracklet,
            "camera_id": camera,
            "customer_id": customer,
            "device_time": stamps(shown),
            "handling_logit": pa.array(logit, pa.float64()),
            "floor_x_m": pa.array(x, pa.float64()),
            "floor_y_m": pa.array(y, pa.float64()),
        }
    )
    name, epc, reader, antenna, moment, true = (list(part) for part in zip(*columns, strict=True))
    events = pa.table(
        {
            "rummage_id": name,
            "epc": epc,
            "reader_id": reader,
            "antenna": pa.array(antenna, pa.int32()),
            "peak_time": stamps(moment),
            "started_at": stamps(np.array(moment) - 2),
            "ended_at": stamps(np.array(moment) + 2),
            "score": rng.normal(1.5 * np.array(true, float), 1.0),
            "zone_id": pa.nulls(len(name), pa.string()),
        }
    )
    return DayTables(events, empty(load_contract("silver.action_events")), trace)


def _shop(homes):
    reach = {}
    for zone in range(ZONES):
        west = 6.0 * zone
        box = np.array([[west, 0.0], [west + 4, 0.0], [west + 4, 1.0], [west, 1.0]])
        reach[f"reader{zone // 2}", zone] = Reach({f"zone{zone}": box})
    return Shop(reach, homes)
