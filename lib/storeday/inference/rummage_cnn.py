"""The supervised alternative to the rummage score: a small convolutional net, by ONNX Runtime.

It ranks windows as `storeday.rfid` does, and gives the same `TagScores`, so that what comes after
(null episodes, thresholds, events) takes either. No model ships;
`python -m storeday.training rummage` makes one. How far it carries to other data stands in the
README.
"""

from pathlib import Path

import numpy as np
import onnxruntime as ort

from storeday.inference.errors import ModelError
from storeday.rfid import Measured, TagScores
from storeday.rfid.tag_reads import Floats, Ints
from storeday.rfid.tensors import FEATURES, POINTS, WINDOW_US, window_tensors

# Windows at once: some 16 kB each.
BATCH = 2048


class CnnScorer:
    """Scores windows of 8 s by an ONNX file.

    Args:
        path: The file; its input is float32 (n, 10, 400), its output a logit each.

    Raises:
        ModelError: The file cannot be read, or takes something else.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        except Exception as fault:
            raise ModelError(f"{path} is no model that ONNX Runtime reads: {fault}") from fault
        (entry,) = self._session.get_inputs()
        if list(entry.shape[1:]) != [FEATURES, POINTS]:
            raise ModelError(f"{path} takes {entry.shape}; expected (n, {FEATURES}, {POINTS})")
        self._input = entry.name

    def by_tag(self, measured: Measured, min_reads: int) -> TagScores:
        """Scores of all windows of 8 s; NaN for those with too few reads."""
        windows = measured.parts.windows
        tag, start_us, length_us = windows.of_spans()
        enough = windows.over_antennas(windows.rows) >= min_reads
        chosen = np.flatnonzero(enough & (length_us == WINDOW_US))
        score = np.full(len(tag), np.nan)
        score[chosen] = self.logits(measured, chosen)
        return TagScores(tag, start_us, length_us, score)

    def logits(self, measured: Measured, spans: Ints) -> Floats:
        """Logits of some windows of tags, by number."""
        found = [np.zeros(0, np.float64)]
        for first in range(0, len(spans), BATCH):
            chosen = spans[first : first + BATCH]
            batch = window_tensors(measured.reads, measured.parts, chosen)
            found.append(np.ravel(self._session.run(None, {self._input: batch})[0]))
        return np.concatenate(found)
