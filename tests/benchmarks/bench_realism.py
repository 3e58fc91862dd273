"""Where simulated days are easier than real data for a plain baseline; every row of the comparison.

The figure is the number of rows in which the simulated value is better than the real one. A row has
what was measured, where the real value comes from, and whether it is computed here or quoted. Rows
are like with like as far as there is real data; where a row's real side is of another kind, its
note says so.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import realism_looks
import realism_radio
import realism_tracks
from detected import LEAST_SCORE, TALL_PX, figures, tally
from measure import Result, real_data
from rendered import FILE, films, frozen, models

# UCLA CAMPUS Auditorium, four cameras: a real detector's recall and precision at IoU 0.5.
CAMPUS_RECALL, CAMPUS_PRECISION = (0.71, 0.71, 0.72, 0.52), (0.85, 0.59, 0.88, 0.92)
# IDF1 of plain ByteTrack: CAVIAR shop clips with made-up errors; PETS and TUD with a CNN's boxes.
SHOP_IDF1 = {25: 0.862, 5: 0.769, 2: 0.579}
REAL_IDF1 = {25: 0.491, 5: 0.560, 2: 0.419}
# OSNet x0.25, trained on MSMT17, on Market-1501: the package's own model zoo.
MARKET_RANK_1, MARKET_MAP = 0.599, 0.310
# A carried tag under hopping, 8 s windows, per antenna: experiment E1 of the RFID study.
CARRIED_AUC = 0.97
EVERY = 5


def run() -> Result:
    real = real_data()
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        opened = models(real, folder)
        rows = _detector(opened.detector, real, folder / "days")
        rows += _tracker(opened.detector, folder / "tracked")
        rows += _looks(opened.embedder, folder)
        rows += _radio(real)
    finally:
        shutil.rmtree(folder)
    easier = [f"{row['what']} ({row['source']})" for row in rows if row["is_easier"]]
    excess = max(row["simulated"] - row["real"] for row in rows)
    return Result(
        figure=len(easier),
        aim="0",
        unit="rows where simulated days are easier than real ones",
        detail={
            "scenario": FILE.name,
            "level": "footage, simulated",
            "easier": easier,
            "worst_excess": round(excess, 3),
            "rows": rows,
        },
    )


def row(what: str, simulated: float, real: float, source: str, **more: Any) -> dict[str, Any]:
    """A line of the comparison; more is easier."""
    return {
        "what": what,
        "simulated": simulated,
        "real": real,
        "is_easier": bool(simulated > real),
        "source": source,
        **more,
    }


def _detector(detector: Any, real: Path, folder: Path) -> list[dict[str, Any]]:
    """YOLOX-nano on simulated footage, beside another detector on CAMPUS and itself on clips."""
    parts = pd.concat([tally(film, detector, EVERY) for film in films(frozen("days"), folder)])
    pooled = figures(parts)
    scenarios = {str(name): figures(part) for name, part in parts.groupby("scenario")}
    campus = "CAMPUS, mean of four cameras, quoted"
    clips = _clip_scores(detector, real)
    return [
        row("detector: recall, everybody in sight", pooled["recall_all"],
            round(float(np.mean(CAMPUS_RECALL)), 3), campus, scenarios=scenarios),
        row("detector: precision", pooled["precision_all"],
            round(float(np.mean(CAMPUS_PRECISION)), 3), campus),
        row("detector: median score of people found", pooled["median_score"],
            min(clips.values()), "real clips, lowest, computed", clips=clips),
    ]  # fmt: skip


def _clip_scores(detector: Any, real: Path) -> dict[str, float]:
    """Median score of people over 60 px high in real clips."""
    import av

    found = {}
    for name, every in (("one-by-one-person-detection.mp4", 15), ("store-aisle-detection.gif", 3)):
        scores = []
        with av.open(str(real / "video" / name)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number % every == 0:
                    boxes, score = detector.people([frame.to_ndarray(format="bgr24")])[0]
                    tall = boxes[:, 3] - boxes[:, 1] > TALL_PX
                    scores.append(score[tall & (score >= LEAST_SCORE)])
        found[name] = round(float(np.median(np.concatenate(scores))), 3)
    return found


def _tracker(detector: Any, folder: Path) -> list[dict[str, Any]]:
    bench = realism_tracks.trials()
    found, made_up = [], []
    for number, film in enumerate(films(frozen("tracked"), folder)):
        truth = realism_tracks.truth_of(film, bench)
        found.append((truth, realism_tracks.found_by(film, detector, bench)))
        errors = (realism_tracks.PRECISION, realism_tracks.RECALL, realism_tracks.SEED + number)
        made_up.append((truth, bench.detect(truth, *errors)))
    rows = []
    for name, pairs, real, source in (
        ("YOLOX-nano", found, REAL_IDF1, "PETS and TUD with a CNN's boxes, quoted"),
        ("truth with errors", made_up, SHOP_IDF1, "CAVIAR shop with errors, quoted"),
    ):
        for rate, figure in realism_tracks.identity_f1(pairs, bench).items():
            rows.append(row(f"tracker: IDF1 at {rate} fps, {name}", figure, real[rate], source))
    return rows


def _looks(embedder: Any, folder: Path) -> list[dict[str, Any]]:
    found = realism_looks.rank_1(frozen("looks"), embedder, folder)
    source = "MSMT17 to Market-1501, 750 people, quoted"
    return [
        row("re-identification: rank-1", found["rank_1"], MARKET_RANK_1, source, **found),
        row("re-identification: mAP", found["mean_average_precision"], MARKET_MAP, source),
    ]


def _radio(real: Path) -> list[dict[str, Any]]:
    crate, worn = realism_radio.item_test(real), realism_radio.uci(real)
    rows = []
    for window_s, found in realism_radio.simulated(frozen("radio")).items():
        name = f"RFID: AUC of RSSI std, {window_s:.0f} s, "
        crate_row, worn_row = "ItemTest, labels by run", "UCI, labels by moment"
        rows.append(
            row(name + "at the rack, somebody near", found["rack_near"], crate[window_s], crate_row)
        )
        rows.append(row(name + "at the rack", found["rack"], crate[window_s], crate_row))
        if window_s in worn:
            rows.append(row(name + "at the rack", found["rack"], worn[window_s], worn_row))
        rows.append(
            row(name + "carried", found["carried"], CARRIED_AUC, "E1, 8 s, quoted", **found)
        )
    return rows
