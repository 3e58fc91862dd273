"""Rendered frames per processor second and core, at 640 x 360, on frozen simulated store-days.

The still scene, encoding and all that is prepared per camera are in the seconds; one process, one
thread. The figure is all frames over all seconds.
"""

import shutil
import tempfile
from pathlib import Path

from measure import Result
from rendered import FILE, films, frozen


def run() -> Result:
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    days = frozen("days")
    try:
        made = list(films(days, folder))
    finally:
        shutil.rmtree(folder)
    cameras = [
        {
            "scenario": film.scenario,
            "camera": film.camera,
            "frames": film.frames,
            "people_a_frame": round(len(film.boxes) / film.frames, 1),
            "frames_per_cpu_s": round(film.frames / film.cpu_s, 1),
        }
        for film in made
    ]
    return Result(
        figure=round(sum(film.frames for film in made) / sum(film.cpu_s for film in made), 1),
        aim=">= 100",
        unit="frames per CPU second",
        detail={
            "scenario": FILE.name,
            "seeds": [day["seed"] for day in days],
            "level": "footage, simulated",
            "lowest": min(camera["frames_per_cpu_s"] for camera in cameras),
            "cameras": cameras,
        },
    )
