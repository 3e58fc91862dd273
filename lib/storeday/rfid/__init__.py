"""RFID reads to scored windows and rummage events; what an EPC says.

A reader's tags, or some of them with all of their day: `score_reads` (in steps: `measure_reads`,
`still_scales`, `score_measured`). What of it is kept: `kept_windows`, `hourly_quantiles`, and
`count_episodes` / `null_rows` for the threshold. A store-day as a whole: `counted_of`, `calibrate`,
`judge`, `rummage_events`.
"""

from storeday.rfid.calibrate import Calibration, calibrate
from storeday.rfid.drift import calibration_rows, threshold_drift
from storeday.rfid.epc import DecodedEpc, decode_epc
from storeday.rfid.events import judge, rummage_events
from storeday.rfid.goods import FOREIGN, KEPT, SOLD, Goods, goods_of, sold_before, verdicts
from storeday.rfid.nulls import TagScores, count_episodes, kinds_of
from storeday.rfid.score import (
    Measured,
    Scored,
    measure_reads,
    score_measured,
    score_reads,
    still_scales,
)
from storeday.rfid.settings import RfidSettings
from storeday.rfid.skus import skus_by_epc
from storeday.rfid.still import StillScales
from storeday.rfid.tables import counted_of, hourly_quantiles, kept_windows, null_rows

__all__ = [
    "FOREIGN",
    "KEPT",
    "SOLD",
    "Calibration",
    "DecodedEpc",
    "Goods",
    "Measured",
    "RfidSettings",
    "Scored",
    "StillScales",
    "TagScores",
    "calibrate",
    "calibration_rows",
    "count_episodes",
    "counted_of",
    "decode_epc",
    "goods_of",
    "hourly_quantiles",
    "judge",
    "kept_windows",
    "kinds_of",
    "measure_reads",
    "null_rows",
    "rummage_events",
    "score_measured",
    "score_reads",
    "skus_by_epc",
    "sold_before",
    "still_scales",
    "threshold_drift",
    "verdicts",
]
