"""Share of the customers of simulated Saturdays whose main identity is told as staff."""

from measure import Result
from staff_figures import staff_figures


def run() -> Result:
    _, false, detail = staff_figures()
    return Result(false, "<= 0.01", "1", detail)
