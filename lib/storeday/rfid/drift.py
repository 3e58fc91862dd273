"""Thresholds of a store-day as rows, and how far they moved against the days before."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.rfid.calibrate import Calibration
from storeday.rfid.settings import RfidSettings

CALIBRATION = "silver.rummage_calibration"
# Store-days that a threshold is compared with: two weeks hold every weekday twice.
DAYS_BEFORE = 14


def calibration_rows(
    calibration: Calibration | None, earlier: Sequence[float], settings: RfidSettings
) -> pa.Table:
    """Rows of `silver.rummage_calibration`, one per source, without the store-day.

    Args:
        calibration: Thresholds; None gives no rows.
        earlier: Thresholds of the store's days before, latest last.
        settings: Accepted false alarms.

    Example:
        >>> calibration_rows(None, [], RfidSettings()).num_rows
        0
    """
    contract = load_contract(CALIBRATION)
    if calibration is None:
        return table_from_columns(contract, {})
    names = sorted(calibration.tails)
    tails = [calibration.tails[name] for name in names]
    rate = settings.false_alarms_per_tag_hour
    count = len(names)
    return table_from_columns(
        contract,
        {
            "source": pa.array(names, pa.string()),
            "is_deciding": np.array([name == calibration.source for name in names]),
            "tag_hours": np.array([calibration.tag_hours[name] for name in names]),
            "false_alarms_per_tag_hour": np.full(count, rate),
            "threshold": np.full(count, calibration.threshold),
            "open_threshold": np.full(count, calibration.open_threshold),
            "verdict_threshold": np.full(count, calibration.verdict_threshold),
            "source_threshold": np.array([tail.score_at(rate) for tail in tails]),
            "threshold_drift": np.full(count, threshold_drift(calibration.threshold, earlier)),
        },
    )


def threshold_drift(threshold: float, earlier: Sequence[float]) -> float:
    """Threshold over the median of the latest days before, less one; NaN without any.

    Example:
        >>> round(threshold_drift(6.6, [5.0, 6.0, 7.0]), 3)
        0.1
    """
    if not earlier:
        return float("nan")
    return threshold / float(np.median(earlier[-DAYS_BEFORE:])) - 1
