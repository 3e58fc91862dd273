"""Total variation of moves between zones over the day, simulated Saturdays."""

from gold_days import audit_figure, pooled
from measure import Result


def run() -> Result:
    figure, detail = pooled(audit_figure("flow_tv"))
    return Result(figure, "<= 0.10", "1", detail)
