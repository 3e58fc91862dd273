"""The shipped models, or those of STOREDAY_MODELS, on footage that none of them learnt from.

The films are those of `rendered_days.yaml`: five scenarios that ship, whole. Training used random
shops alone (`storeday.training.scene_worlds`), none of them a scenario's, under other seeds; no
constant was chosen on these films.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rendered import CORNERS, Film, films, frozen, scenario_of

from storeday.inference import InferenceSettings, OpenModels, load_models, open_models
from storeday.inference.shipped import SHIPPED, manifest_path
from storeday.simulate import World
from storeday.simulate.people import make_world
from storeday.simulate.render_motion import poses_at, prepare_motion

WITH_HANDLING = manifest_path(SHIPPED).with_name("with_handling.yaml")
EVERY = 5
# A hand is out, or goods are held before the body, from half of the reach on.
HANDLES = 0.5


def opened(manifest: str = SHIPPED, **settings: Any) -> OpenModels:
    """The models of a manifest, or of STOREDAY_MODELS where it is set, on one thread of the CPU."""
    chosen = InferenceSettings(providers="cpu", **settings)
    file = os.environ.get("STOREDAY_MODELS", manifest)
    return open_models(load_models(manifest_path(file)), chosen)


def held_out() -> Iterator[tuple[Film, World]]:
    """The films, with the world of each."""
    days = frozen("days")
    worlds = {day["scenario"]: make_world(scenario_of(day), day["seed"])[0] for day in days}
    with tempfile.TemporaryDirectory(prefix="storeday-bench-") as folder:
        for film in films(days, Path(folder)):
            yield film, worlds[film.scenario]


def true_people(film: Film) -> Iterator[tuple[pd.Timestamp, np.ndarray, pd.DataFrame]]:
    """Times, pictures and true boxes of every fifth frame."""
    by_time = dict(iter(film.boxes.groupby("time")))
    none = film.boxes.iloc[:0]
    for at, picture in film.pictures(EVERY):
        yield at, picture, by_time.get(at, none)


def handling_at(world: World, times: pd.DatetimeIndex) -> pd.Series:
    """Whether each person has a hand out or holds goods before them, by time and person."""
    seconds = (times - pd.Timestamp(world.starts_at)).total_seconds().to_numpy()
    poses = poses_at(prepare_motion(world), seconds)
    index = pd.MultiIndex.from_arrays([times[poses.frame], poses.person])
    return pd.Series(poses.reach > HANDLES, index=index)


def corners(true: pd.DataFrame) -> np.ndarray:
    """Boxes, n x 4."""
    return true[CORNERS].to_numpy(float).reshape(-1, 4)
