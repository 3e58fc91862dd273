"""Average precision at IoU 0.5 of the shipped detector, on scenarios it never saw; simulated.

People count who are seen by 30 % at least and stand 24 px high or more; the others neither count
when missed nor make the boxes that find them false. Recall and precision: scores from 0.3 on.
"""

import time

from measure import Result
from own_models import corners, held_out, opened, true_people

from storeday.training.average_precision import average_precision
from storeday.training.figures import LEAST_HEIGHT_PX, LEAST_SEEN

LEAST_SCORE = 0.02


def run() -> Result:
    detector = opened(score_threshold=LEAST_SCORE, batch=1).detector
    by_scenario, spent_s = {}, 0.0
    for film, _ in held_out():
        for _, picture, true in true_people(film):
            began_s = time.process_time()
            found, scores = detector.people([picture])[0]
            spent_s += time.process_time() - began_s
            boxes, seen = corners(true), true.visible_share.to_numpy()
            asked = (seen >= LEAST_SEEN) & (boxes[:, 3] - boxes[:, 1] >= LEAST_HEIGHT_PX)
            case = (found.astype(float), scores.astype(float), boxes, asked)
            by_scenario.setdefault(film.scenario, []).append(case)
    cases = [case for some in by_scenario.values() for case in some]
    return Result(
        figure=round(average_precision(cases), 3),
        aim=">= 0.9",
        unit="share",
        detail={
            "level": "footage, simulated",
            "ap75": round(average_precision(cases, 0.75), 3),
            "scenarios": {
                name: round(average_precision(some), 3) for name, some in by_scenario.items()
            },
            "frames": len(cases),
            "people": sum(int(asked.sum()) for *_, asked in cases),
            "ms_a_frame": round(1e3 * spent_s / len(cases), 1),
        },
    )
