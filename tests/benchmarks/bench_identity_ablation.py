"""IDF1 across cameras by what identity may use.

`looks ...`: all there is, with looks of three strengths (the rank-1 across cameras stands beside
them); `no looks`: `identity.appearance: off`. The others lack one thing, with middling looks unless
weak ones are named: `no transitions` the model of how people go from place to place in time, `no
overlaps` the word of cameras that see one place at once, `looks alone` both and every other word of
places, `no clocks` the comparison of the cameras' clocks, `no obstacles` the ways round furniture.
`tracklets` takes each for a customer.
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa
from measure import Result
from people_figures import (
    NOISE,
    SCENARIO,
    SEEDS,
    SETTINGS,
    Appearance,
    camera_idf1,
    identified_with,
    places,
    simulated_looks,
    store_scene,
    store_scores,
    tracked_day,
    with_identity,
)

NEVER = 1e9
COLUMNS = ["rank-1", "IDF1, store", "HOTA, store", "IDF1, one camera", "identities"]
WEAK = 2.3
LEVELS = {"looks, strong": 1.6, "looks, middling": NOISE, "looks, weak": WEAK, "no looks": None}
WITHOUT = {
    "no transitions": {"chain_least": NEVER},
    "no overlaps": {"overlap_least": NEVER, "merge_place_bound": 0.0},
    "looks alone": {"chain_least": NEVER, "overlap_least": NEVER, "merge_place_bound": 0.0},
}
SCENES = {"no clocks": {"offset_s": {}}, "no obstacles": {"walkable": None}}


def run() -> Result:
    rows = {}
    for seed in SEEDS:
        tracked = tracked_day(seed)
        for name, noise in LEVELS.items():
            _add(rows, name, tracked_day(seed, has_looks=noise is not None), seed, noise=noise)
        for name, changes in WITHOUT.items():
            changed = replace(SETTINGS, **changes)
            _add(rows, name, tracked, seed, settings=changed)
            _add(rows, f"{name}, weak", tracked, seed, noise=WEAK, settings=changed)
        for name, changes in SCENES.items():
            _add(rows, name, tracked, seed, scene=replace(store_scene(tracked), **changes))
        ids = pa.array(tracked.ends.tracklet_id, pa.string())
        each = pa.table({"tracklet_id": ids, "customer_id": ids})
        rows.setdefault("tracklets", []).append(_scores(with_identity(tracked, each), None))
    table = {name: _mean(found) for name, found in rows.items()}
    figures = [table[name][1] for name in LEVELS]
    detail = {"simulated": True, "table": {"columns": COLUMNS, "rows": table}}
    return Result(figures, "falls gently", "1", {**SCENARIO, **detail})


def _add(rows, name, tracked, seed, *, noise=NOISE, settings=SETTINGS, scene=None):
    looks, rank_1 = Appearance.none(), None
    if noise is not None:
        looks, rank_1 = simulated_looks(tracked, noise, seed)
    day = identified_with(tracked, looks, settings, scene)
    rows.setdefault(name, []).append(_scores(day, rank_1))


def _scores(day, rank_1):
    score = store_scores(day)
    one_camera = np.mean(list(camera_idf1(day).values()))
    return rank_1, score.idf1, score.hota, one_camera, len(places(day)[1])


def _mean(found):
    """Means over days; nothing where a day has nothing."""
    columns = zip(*found, strict=True)
    means = [None if None in values else float(np.mean(values)) for values in columns]
    return [None if mean is None else round(mean, 3) for mean in means[:-1]] + [round(means[-1])]
