"""The plain RFID baseline, standard deviation of RSSI within antennas, on real and simulated logs.

Windows of at least four reads. Real: ItemTest (a crate of moving tags past stationary ones; a label
holds for a whole run) and UCI (one worn tag; labels by moment: walking against sitting and lying),
both scored here by the same lines as the simulated days. Simulated positives are windows in which
the tag is in a hand: *at the rack* (handled, tidied, put back) or *carried* (taken, tried on,
restocked). Negatives: all other windows of the day, or those in which somebody is within a metre of
the tag, as the crate and the man who pushes it always are in ItemTest.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rendered import scenario_of
from scipy.spatial import cKDTree
from scipy.stats import rankdata

from storeday.simulate import World
from storeday.simulate.people import make_world
from storeday.simulate.radio import simulate_reads
from storeday.simulate.write import radio_settings

WINDOWS_S = (8.0, 30.0, 60.0)
LEAST_READS = 4
NEAR_M = 1.0
AT_THE_RACK = ("handle", "tidy", "put_back")
WALKING = 4


def windows(rows: pd.DataFrame, window_s: float) -> pd.DataFrame:
    """`tag, window, std, reads` of `tag, antenna, time_s, rssi_dbm`."""
    rows = rows.assign(window=(rows["time_s"] // window_s).astype(int))
    middle = rows.groupby(["tag", "window", "antenna"])["rssi_dbm"].transform("mean")
    rows = rows.assign(square=(rows["rssi_dbm"] - middle) ** 2)
    groups = rows.groupby(["tag", "window"]).agg(
        square=("square", "sum"), reads=("square", "size"), antennas=("antenna", "nunique")
    )
    groups = groups[(groups.reads >= LEAST_READS) & (groups.reads > groups.antennas)]
    std = np.sqrt(groups.square / (groups.reads - groups.antennas))
    return groups.assign(std=std).reset_index()[["tag", "window", "std", "reads"]]


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Area under the ROC curve, ties as one half."""
    ranks = rankdata(np.concatenate([positive, negative]))
    above = ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2
    return round(float(above / len(positive) / len(negative)), 3)


def item_test(real: Path) -> dict[float, float]:
    """AUC by length of window on ItemTest."""
    from real_day import itemtest_runs, labelled

    moving, still = labelled(real, "actual=moving__q="), labelled(real, "actual=stationary__")
    names = ["time", "epc", "tid", "antenna", "rssi_dbm", "mhz", "host", "phase", "doppler"]
    parts = []
    for run, path in enumerate(itemtest_runs(real)):
        rows = pd.read_csv(path, sep=";", decimal=",", skiprows=3, header=None, names=names)
        moment = pd.to_datetime(rows["time"], format="ISO8601", utc=True)
        rows["time_s"] = (moment - moment.min()).dt.total_seconds()
        parts.append(rows.assign(tag=rows["epc"] + f"/{run}"))
    rows = pd.concat(parts)
    found = {}
    for window_s in WINDOWS_S:
        table = windows(rows, window_s)
        epc = table.tag.str.split("/").str[0]
        found[window_s] = auc(table["std"][epc.isin(moving)], table["std"][epc.isin(still)])
    return found


def uci(real: Path) -> dict[float, float]:
    """AUC by length of window on UCI; 60 s windows have too few walks."""
    from real_day import uci_trials

    parts = []
    for trial in uci_trials(real):
        values = np.loadtxt(trial, delimiter=",")
        columns = ("time_s", "antenna", "rssi_dbm", "label")
        rows = pd.DataFrame(dict(zip(columns, values[:, [0, 4, 5, 8]].T, strict=True)))
        parts.append(rows.assign(tag=trial.name))
    rows = pd.concat(parts)
    found = {}
    for window_s in WINDOWS_S[:2]:
        walks = rows.assign(
            walks=rows.label == WALKING, window=(rows.time_s // window_s).astype(int)
        )
        share = walks.groupby(["tag", "window"], as_index=False)["walks"].mean()
        table = windows(rows, window_s).merge(share, on=["tag", "window"])
        found[window_s] = auc(table["std"][table.walks >= 0.5], table["std"][table.walks == 0])
    return found


def simulated(entries: list[dict[str, Any]]) -> dict[float, dict[str, float]]:
    """AUC by length of window, pooled over the days: `rack`, `rack_near`, `carried`, `all`."""
    tables: dict[float, list[pd.DataFrame]] = {window_s: [] for window_s in WINDOWS_S}
    for entry in entries:
        scenario = scenario_of(entry)
        world, _, _ = make_world(scenario, entry["seed"])
        parts = []
        for reader, batch in simulate_reads(world, radio_settings(scenario), entry["seed"]):
            names = {name: getattr(batch, name) for name in ("tag", "time_s", "rssi_dbm")}
            port = pd.Series(batch.port).astype(str)
            parts.append(pd.DataFrame(names).assign(antenna=reader + "/" + port))
        rows = pd.concat(parts)
        for window_s in WINDOWS_S:
            tables[window_s].append(_label(world, windows(rows, window_s), window_s))
    return {window_s: _figures(pd.concat(parts)) for window_s, parts in tables.items()}


def _label(world: World, table: pd.DataFrame, window_s: float) -> pd.DataFrame:
    at_rack = np.isin(np.array(world.handlings.action), AT_THE_RACK)
    keys = list(zip(table.tag, table.window, strict=True))
    rack, carried = _held(world, at_rack, window_s), _held(world, ~at_rack, window_s)
    near = _near(world, window_s)
    return table.assign(
        rack=[key in rack for key in keys],
        carried=[key in carried for key in keys],
        near=[key in near for key in keys],
    )


def _held(world: World, which: np.ndarray, window_s: float) -> set[tuple[int, int]]:
    held = world.handlings
    columns = (held.product[which], held.started_s[which], held.ended_s[which])
    return {
        (int(tag), window)
        for tag, start, end in zip(*columns, strict=True)
        for window in range(int(start // window_s), int(end // window_s) + 1)
    }


def _near(world: World, window_s: float) -> set[tuple[int, int]]:
    """Tags and windows in which somebody is within a metre of the tag's home, every half second."""
    paths, products = world.paths, world.products
    tree = cKDTree(np.column_stack([products.x_m, products.y_m]))
    rows = np.arange(0, len(paths.time_s), 5)
    place = np.column_stack([paths.x_m[rows], paths.y_m[rows]])
    window = (paths.time_s[rows] // window_s).astype(int)
    tags = tree.query_ball_point(place, NEAR_M)
    return {(tag, now) for now, some in zip(window.tolist(), tags, strict=True) for tag in some}


def _figures(table: pd.DataFrame) -> dict[str, float]:
    std, free = table["std"], ~table.rack & ~table.carried
    carried = table.carried & ~table.rack
    return {
        "rack": auc(std[table.rack], std[free]),
        "rack_near": auc(std[table.rack], std[free & table.near]),
        "carried": auc(std[carried], std[free]),
        "all": auc(std[~free], std[free]),
        "rack_windows": int(table.rack.sum()),
        "carried_windows": int(carried.sum()),
    }
