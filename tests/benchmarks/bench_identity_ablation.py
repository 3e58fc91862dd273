"""IDF1 across cameras by what identity may use: looks of several strengths, or none at all."""

from measure import Result
from people_figures import SCENARIO, identified_day, store_scores

SEED = 2


def run() -> Result:
    detail, figures = {}, []
    for name, noise in (("strong", 1.6), ("middling", 1.9), ("weak", 2.3), ("off", None)):
        day, rank_1 = identified_day(SEED, noise)
        score = store_scores(day)
        figures.append(round(score.idf1, 3))
        detail[name] = {"rank_1": rank_1, "idf1": figures[-1], "hota": round(score.hota, 3)}
    # A day with one customer per tracklet, for comparison: what identity is worth at all.
    return Result(
        figures, "falls gently", "1", {**SCENARIO, "seeds": (SEED,), "simulated": True, **detail}
    )
