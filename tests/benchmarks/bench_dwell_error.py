"""Relative error of the median stay by zone and hour, simulated Saturdays."""

from gold_days import audit_figure, pooled
from measure import Result


def run() -> Result:
    figure, detail = pooled(audit_figure("dwell_error"))
    return Result(figure, "<= 0.10", "1", detail)
