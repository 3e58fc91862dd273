"""Recall of a COCO-trained YOLOX-nano on rendered people, simulated, by scenario.

People over 60 px high of whom at least 70 % are seen; scores from 0.3, IoU from 0.5.
"""

import shutil
import tempfile
from pathlib import Path

import pandas as pd
from detected import figures, tally
from measure import Result, real_data
from rendered import FILE, films, frozen, models

EVERY = 5


def run() -> Result:
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    days = frozen("days")
    try:
        detector = models(real_data(), folder).detector
        rows = pd.concat([tally(film, detector, EVERY) for film in films(days, folder)])
    finally:
        shutil.rmtree(folder)
    scenarios = {str(name): figures(part) for name, part in rows.groupby("scenario")}
    pooled = figures(rows)
    return Result(
        figure=pooled["recall"],
        aim=">= 0.7",
        unit="share",
        detail={
            "scenario": FILE.name,
            "seeds": [day["seed"] for day in days],
            "level": "footage, simulated",
            "pooled": pooled,
            "lowest": min(one["recall"] for one in scenarios.values()),
            "scenarios": scenarios,
        },
    )
