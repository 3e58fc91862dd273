"""Mean distance by which customers' seconds lie off the true ones, simulated Saturdays."""

from gold_days import audit_figure, pooled
from measure import Result


def run() -> Result:
    figure, detail = pooled(audit_figure("heatmap_emd_m"))
    return Result(figure, "<= 0.5", "m", detail)
