"""People found in frames as rows of `silver.detections` and `silver.embeddings`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.floor.camera_view import CameraView, FootPoints, foot_points
from storeday.inference import FramePeople, ModelManifest
from storeday.lake.store_day import StoreDay
from storeday.manifest import StoreLayout

DETECTIONS, EMBEDDINGS = "silver.detections", "silver.embeddings"


@dataclass(frozen=True)
class FrameKey:
    """Which frame a result belongs to, and how its pixels relate to the source's.

    Attributes:
        day: Store-day.
        camera_id: Camera.
        device_time_us: Time of the frame, microseconds since 1970 UTC.
        scale_x: Source pixels per pixel of the stored frame, along x.
        scale_y: The same along y.
    """

    day: StoreDay
    camera_id: str
    device_time_us: int
    scale_x: float
    scale_y: float


Found = Sequence[tuple[FrameKey, FramePeople]]


def models_for(models: ModelManifest, layouts: Iterable[StoreLayout]) -> ModelManifest:
    """The models that may look at these stores: attributes only where a manifest allows them."""
    is_asked = any(layout.privacy.demographics for layout in layouts)
    return models if is_asked else models.without("attributes")


def people_tables(
    found: Found,
    views: Mapping[tuple[StoreDay, str], CameraView],
    has_attributes: bool = False,
) -> dict[str, pa.Table]:
    """Tables of all people in some frames of one store-day.

    Args:
        found: Frames and the people in them.
        views: Each camera's view of the floor.
        has_attributes: Whether the store's manifest allows attributes to be kept.
    """
    if not has_attributes:
        found = [(key, replace(people, attributes=None)) for key, people in found]
    cameras = sorted({key.camera_id for key, _ in found})
    parts = [
        _camera_tables([item for item in found if item[0].camera_id == camera], views)
        for camera in cameras
    ]
    return {name: pa.concat_tables([part[name] for part in parts]) for name in parts[0]}


def _camera_tables(
    found: Found, views: Mapping[tuple[StoreDay, str], CameraView]
) -> dict[str, pa.Table]:
    first = found[0][0]
    counts = [len(people.scores) for _, people in found]
    scale = np.array([[key.scale_x, key.scale_y] * 2 for key, _ in found])
    boxes = np.concatenate([people.boxes for _, people in found]) * np.repeat(scale, counts, axis=0)
    times_us = np.repeat([key.device_time_us for key, _ in found], counts)
    feet = foot_points(views[first.day, first.camera_id], boxes)
    keep = ~feet.is_masked
    ids = [
        f"{first.camera_id}:{key.device_time_us}:{rank}"
        for (key, _), count in zip(found, counts, strict=True)
        for rank in range(count)
    ]
    names = pa.array(ids, pa.string()).filter(pa.array(keep))
    base = {
        "camera_id": pa.repeat(first.camera_id, len(names)),
        "device_time": pa.array(times_us[keep], pa.int64()),
        "detection_id": names,
    }
    scores = np.concatenate([people.scores for _, people in found])
    columns = {**base, **_columns(boxes[keep], scores[keep], _kept(feet, keep))}
    if all(people.handling_logits is not None for _, people in found):
        logits = np.concatenate([people.handling_logits for _, people in found])
        columns["handling_logit"] = logits[keep].astype(np.float64)
    words = _attribute_words(found)
    if words.null_count < len(words):
        columns["attributes"] = words.filter(pa.array(keep))
    return {
        DETECTIONS: table_from_columns(load_contract(DETECTIONS), columns),
        EMBEDDINGS: _embeddings(found, keep, base),
    }


def _attribute_words(found: Found) -> pa.Array:
    """What is told of each person as JSON; null where nothing is."""
    words: list[str | None] = []
    for _, people in found:
        if people.attributes is None:
            words += [None] * len(people.scores)
        else:
            words += [json.dumps(each, sort_keys=True) for each in people.attributes]
    return pa.array(words, pa.string())


def _kept(feet: FootPoints, keep: NDArray[np.bool_]) -> FootPoints:
    return FootPoints(
        feet.floor_m[keep], feet.error_m[keep], feet.is_cut[keep], feet.is_masked[keep]
    )


def _columns(
    boxes: NDArray[np.float64], scores: NDArray[np.float32], feet: FootPoints
) -> dict[str, NDArray[np.float64] | NDArray[np.bool_]]:
    return {
        "x0": boxes[:, 0],
        "y0": boxes[:, 1],
        "x1": boxes[:, 2],
        "y1": boxes[:, 3],
        "score": np.clip(scores, 0.0, 1.0).astype(np.float64),
        "floor_x_m": feet.floor_m[:, 0],
        "floor_y_m": feet.floor_m[:, 1],
        "floor_error_m": feet.error_m,
        "is_cut": feet.is_cut,
    }


def _embeddings(found: Found, keep: NDArray[np.bool_], base: Mapping[str, pa.Array]) -> pa.Table:
    contract = load_contract(EMBEDDINGS)
    given = [people.embeddings for _, people in found if people.embeddings is not None]
    if not given:
        return table_from_columns(contract, {name: values[:0] for name, values in base.items()})
    vectors = np.concatenate(given)[keep].astype(np.float32)
    offsets = np.arange(len(vectors) + 1) * vectors.shape[1]
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(vectors.ravel()))
    return table_from_columns(contract, {**base, "embedding": lists})
