"""ItemTest, mean score of each run and tag: moving against stationary. Tag motion, as above."""

from measure import Result


def run() -> Result:
    from rfid_figures import itemtest_cases, per_tag

    cases = per_tag(itemtest_cases())
    return Result(
        figure=round(cases.auc(), 4),
        aim=">= 0.98",
        unit="AUC",
        detail={"tags": len(cases.score), "moving": int(cases.is_moving.sum())},
    )
