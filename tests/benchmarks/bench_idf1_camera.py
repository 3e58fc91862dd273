"""IDF1 in each camera of a simulated Saturday, by customers; at 2 frames a second beside it."""

import numpy as np
from measure import Result
from people_figures import SCENARIO, SEEDS, camera_idf1, identified_day


def run() -> Result:
    by_rate = {}
    for frames_per_s in (5.0, 2.0):
        found = [camera_idf1(identified_day(seed, frames_per_s=frames_per_s)[0]) for seed in SEEDS]
        by_rate[frames_per_s] = {
            camera: round(float(np.mean([one[camera] for one in found])), 3) for camera in found[0]
        }
    figure = round(float(np.mean(list(by_rate[5.0].values()))), 3)
    detail = {
        "simulated": True,
        "at_5_fps": by_rate[5.0],
        "at_2_fps": by_rate[2.0],
        "mean_2_fps": round(float(np.mean(list(by_rate[2.0].values()))), 3),
    }
    return Result(figure, ">= 0.85", "1", {**SCENARIO, **detail})
