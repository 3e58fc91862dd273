"""`storeday label export`: pictures of people at displays, to be labelled by hand.

The one case in which people leave the lake unhidden, so: only where the manifest states a purpose,
never unlogged (`ops.label_exports`, written before the first picture), and not for ever:
`storeday forget` destroys the folder when it has expired.
"""

import csv
import datetime as dt
import getpass
import json
import logging
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from storeday import __version__
from storeday.commands.label_candidates import (
    US_PER_S,
    Candidates,
    Kept,
    find_candidates,
    measure_motion,
    opened,
    read_frames,
    with_earlier_frame,
)
from storeday.inference.crops import crop, window
from storeday.labelling import Chosen, MiningSettings, choose
from storeday.labelling.export_format import COLUMNS, LABELS, MARKER, PICTURES, Export
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay
from storeday.manifest import StoreLayout
from storeday.stages.plan import Places, layout_of

LOGGER = logging.getLogger("storeday")
EXPORTS = "ops.label_exports"
# Goods lie beside the person: a picture shows a window of the shape that the handling classifier
# takes (2 : 3), with room on each side as a share of the box.
ROOM, ASPECT = 0.25, 2 / 3
JPEG_QUALITY = 92
# Boxes of other cameras are no neighbours in time.
CAMERA_APART_S = 1e7


@dataclass(frozen=True)
class LabelExportRequest:
    """What to export.

    Attributes:
        places: Where manifests and lake are.
        day: Store-day.
        out: Folder to make.
        today: Today's date.
        count: Pictures.
        examined: Boxes whose motion is measured.
        seed: Seed of what is drawn by chance.
        settings: How pictures are chosen; as `MiningSettings` has it where None.
        master: Spark master, for the log.
    """

    places: Places
    day: StoreDay
    out: Path
    today: dt.date
    count: int = 500
    examined: int = 2000
    seed: int = 1
    settings: MiningSettings | None = None
    master: str = "local[1]"


def export_labels(request: LabelExportRequest) -> int:
    """Writes the pictures and a list of them to be filled in.

    Returns:
        Pictures written.

    Raises:
        ValueError: The manifest states no purpose, the folder is in use, or no frame is kept.
    """
    layout = layout_of(request.places, request.day)
    purpose = layout.privacy.label_export_purpose
    if purpose is None:
        raise ValueError(
            f"{request.day}: the manifest has no privacy.label_export_purpose; expected words that "
            "say what unhidden pictures of people are exported for"
        )
    if request.out.exists() and any(request.out.iterdir()):
        raise ValueError(f"{request.out} is in use; expected a new folder, or an empty one")
    found, motion, chosen = mine_pictures(request, layout)
    if not len(chosen.rows):
        raise ValueError(
            f"{request.day}: no kept frame shows a person at a display; expected a store-day that "
            "was decoded without --fused and is within its cameras' retention_days"
        )
    expires_on = request.today + dt.timedelta(days=layout.privacy.label_export_days)
    export = Export(
        secrets.token_hex(8),
        request.day.store_id,
        request.day.business_date.isoformat(),
        purpose,
        expires_on.isoformat(),
    )
    _record(request, export, expires_on, len(chosen.rows))
    _write(request, export, found.take(chosen.rows), motion[chosen.rows], chosen)
    return len(chosen.rows)


def mine_pictures(
    request: LabelExportRequest, layout: StoreLayout
) -> tuple[Candidates, np.ndarray, Chosen]:
    """Boxes that were examined, how much each moves, and which are chosen."""
    root, day = request.places.lake, request.day
    rng = np.random.default_rng(request.seed)
    found, earlier_us = with_earlier_frame(root, day, find_candidates(root, day, layout))
    rows = _examined(found, request.examined, rng)
    found, earlier_us = found.take(rows), earlier_us[rows]
    LOGGER.info("label export %s: motion of %d boxes is measured", day, len(rows))
    motion = measure_motion(root, day, found, earlier_us)
    names = np.unique(found.cameras)
    moments_s = found.times_us / US_PER_S + np.searchsorted(names, found.cameras) * CAMERA_APART_S
    chosen = choose(motion, found.is_near_event, moments_s, request.count, rng, request.settings)
    return found, motion, chosen


def _examined(found: Candidates, most: int, rng: np.random.Generator) -> np.ndarray:
    """Half of those examined stand near moved tags, where there are so many; the rest by chance."""
    order = rng.permutation(len(found.times_us))
    near = order[found.is_near_event[order]][: most // 2]
    others = order[~np.isin(order, near)][: most - len(near)]
    return np.sort(np.concatenate([near, others]))


def _record(
    request: LabelExportRequest, export: Export, expires_on: dt.date, pictures: int
) -> None:
    lake = Lake(spark_session("storeday label export", request.master), request.places.lake)
    row = {
        "store_id": request.day.store_id,
        "business_date": request.day.business_date,
        "business_month": request.day.month,
        "export_id": export.export_id,
        "exported_at": dt.datetime.now(dt.UTC),
        "exported_by": getpass.getuser(),
        "purpose": export.purpose,
        "folder": str(request.out.resolve()),
        "expires_on": expires_on,
        "pictures": pictures,
        "method_version": __version__,
    }
    lake.append(EXPORTS, [row])


def _write(
    request: LabelExportRequest,
    export: Export,
    found: Candidates,
    motion: np.ndarray,
    chosen: Chosen,
) -> None:
    (request.out / PICTURES).mkdir(parents=True, exist_ok=True)
    (request.out / MARKER).write_text(json.dumps(asdict(export), indent=1) + "\n", "utf-8")
    with (request.out / LABELS).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for camera in np.unique(found.cameras):
            rows = np.flatnonzero(found.cameras == camera)
            frames = read_frames(
                request.places.lake, request.day, str(camera), found.times_us[rows]
            )
            for row in rows:
                name = f"{PICTURES}/{row:05d}.jpg"
                kept = frames[int(found.times_us[row])]
                box = _write_crop(request.out / name, kept, found.boxes_px[row])
                moment = dt.datetime.fromtimestamp(found.times_us[row] / US_PER_S, dt.UTC)
                told = "" if np.isnan(motion[row]) else f"{motion[row]:.4f}"
                row_head = [name, camera, moment.isoformat(), chosen.reasons[row], told]
                table.writerow([*row_head, *(f"{side:.1f}" for side in box), ""])


def _write_crop(path: Path, kept: Kept, box_px: np.ndarray) -> np.ndarray:
    """Writes a person with what is around; gives their box in that picture."""
    picture = opened(kept)
    box = (box_px * (picture.shape[0] / kept.source_height)).astype(np.float32)
    around = window(box, ROOM, ASPECT)
    part = crop(picture, around)
    if not cv2.imwrite(str(path), part, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]):
        raise OSError(f"{path} could not be written")
    corner = np.maximum(around[:2].astype(int), 0)
    return np.asarray(np.clip(box - np.tile(corner, 2), 0, np.tile(part.shape[1::-1], 2)))
