"""Total variation of customers' seconds over zones and hours, simulated Saturdays."""

from gold_days import audit_figure, pooled
from measure import Result


def run() -> Result:
    figure, detail = pooled(audit_figure("heatmap_zone_hour_tv"))
    return Result(figure, "<= 0.10", "1", detail)
