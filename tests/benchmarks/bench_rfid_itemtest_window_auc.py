"""ItemTest, windows of 60 s: how well the score tells tags of a moving crate from stationary ones.

A detection of tag motion. Labels hold for a run; the crate stands part of the time, so that the
figure is a lower bound.
"""

from measure import Result


def run() -> Result:
    from rfid_figures import MINUTE, bootstrap, itemtest_cases

    cases = itemtest_cases()
    return Result(
        figure=round(cases.auc(), 4),
        aim=">= 0.955",
        unit="AUC",
        detail={
            "windows": len(cases.score),
            "moving": int(cases.is_moving.sum()),
            "interval_over_tags": bootstrap(cases, seed=1),
            "window_s": MINUTE.window_lengths_s[0],
            "scales": "stationary tags of the other runs",
        },
    )
