"""The pass over frames: JPEG in, people out.

JPEGs are decoded by a few threads, ahead of the session. Calls have the models' fixed batch, filled
across whatever borders the input has; order and keys are kept.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from storeday.inference.open_models import OpenModels
from storeday.inference.pedestrian_attributes import Attributes
from storeday.inference.settings import InferenceSettings

Picture = NDArray[np.uint8]
K = TypeVar("K")


@dataclass(frozen=True)
class FramePeople:
    """The people in one frame.

    Attributes:
        boxes: n x 4, float32: x0, y0, x1, y1 in pixels of the JPEG, within it; best score first.
        scores: n, float32, 0 to 1.
        embeddings: n x d, float32, rows of length 1; None without an appearance model.
        handling_logits: n, float32, above 0 where goods are handled; None without such a model.
        attributes: What is told of each; None without such a model.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    embeddings: NDArray[np.float32] | None
    handling_logits: NDArray[np.float32] | None = None
    attributes: Sequence[Attributes] | None = None


def infer_frames(
    frames: Iterable[tuple[K, bytes]], models: OpenModels, settings: InferenceSettings
) -> Iterator[tuple[K, FramePeople]]:
    """Finds the people in frames.

    Memory holds two batches of decoded frames, whatever the length of the input.

    Args:
        frames: Keys, of any kind, and JPEGs (bytes or any buffer).
        models: Opened models.
        settings: Threads that decode.

    Returns:
        For each frame its key and its people, in the order of the input; nothing for no input.

    Raises:
        ValueError: A frame is no JPEG; the message names its key.
    """
    pictures = _decoded(frames, settings.decode_threads, models.detector.batch)
    return infer_pictures(pictures, models)


def infer_pictures(
    pictures: Iterable[tuple[K, Picture]], models: OpenModels
) -> Iterator[tuple[K, FramePeople]]:
    """Finds the people in pictures.

    Memory holds one batch, whatever the length of the input.

    Args:
        pictures: Keys, of any kind, and pictures, height x width x 3, BGR.
        models: Opened models.

    Yields:
        For each picture its key and its people, in the order of the input; nothing for no input.
    """
    given = iter(pictures)
    while part := list(islice(given, models.detector.batch)):
        found = models.detector.people([picture for _, picture in part])
        boxes = [(picture, rows) for (_, picture), (rows, _) in zip(part, found, strict=True)]
        nothing = [None] * len(part)
        looks = models.embedder.embed(boxes) if models.embedder else nothing
        handling = models.handling.logits(boxes) if models.handling else nothing
        told = models.attributes.attributes(boxes) if models.attributes else nothing
        for index, (key, _) in enumerate(part):
            yield key, FramePeople(*found[index], looks[index], handling[index], told[index])


def _decoded(
    frames: Iterable[tuple[K, bytes]], threads: int, batch: int
) -> Iterator[tuple[K, Picture]]:
    """Pictures in order, some decoded ahead."""
    waiting: deque[tuple[K, Future[Picture | None]]] = deque()
    with ThreadPoolExecutor(threads, "jpeg") as pool:
        try:
            for key, jpeg in frames:
                waiting.append((key, pool.submit(_picture, jpeg)))
                if len(waiting) > batch + threads:
                    yield _taken(waiting)
            while waiting:
                yield _taken(waiting)
        finally:
            pool.shutdown(cancel_futures=True)


def _taken(waiting: deque[tuple[K, Future[Picture | None]]]) -> tuple[K, Picture]:
    key, future = waiting.popleft()
    picture = future.result()
    if picture is None:
        raise ValueError(f"frame {key} is no JPEG that can be decoded")
    return key, picture


def _picture(jpeg: bytes) -> Picture | None:
    content = np.frombuffer(jpeg, np.uint8)
    if not len(content):
        return None
    return cv2.imdecode(content, cv2.IMREAD_COLOR)  # type: ignore[return-value]
