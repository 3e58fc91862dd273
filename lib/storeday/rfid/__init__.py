"""RFID reads to rummage windows and events; what an EPC says.

`score_reader` cuts a reader's day into windows and judges them, `rummage_events` joins handled
windows. `window_parts`, `still_scales` and `judge_windows` are the steps of `score_reader`, for
those who take the scales of still tags from elsewhere.
"""

from storeday.rfid.epc import DecodedEpc, decode_epc
from storeday.rfid.events import rummage_events
from storeday.rfid.goods import FOREIGN, KEPT, SOLD, Goods, goods_of, sold_before, verdicts
from storeday.rfid.score import (
    fused_score,
    judge_windows,
    score_reader,
    still_scales,
    window_parts,
)
from storeday.rfid.settings import RfidSettings
from storeday.rfid.skus import skus_by_epc
from storeday.rfid.still import StillScales

__all__ = [
    "FOREIGN",
    "KEPT",
    "SOLD",
    "DecodedEpc",
    "Goods",
    "RfidSettings",
    "StillScales",
    "decode_epc",
    "fused_score",
    "goods_of",
    "judge_windows",
    "rummage_events",
    "score_reader",
    "skus_by_epc",
    "sold_before",
    "still_scales",
    "verdicts",
    "window_parts",
]
