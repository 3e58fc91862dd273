"""Total variation of customers' seconds over 2 m cells of the day, simulated Saturdays."""

from gold_days import audit_figure, pooled
from measure import Result


def run() -> Result:
    figure, detail = pooled(audit_figure("heatmap_cell_tv"))
    return Result(figure, "<= 0.15", "1", detail)
