"""Share of the staff of simulated Saturdays whose main identity is told as staff."""

from measure import Result
from staff_figures import staff_figures


def run() -> Result:
    recall, _, detail = staff_figures()
    return Result(recall, ">= 0.95", "1", detail)
