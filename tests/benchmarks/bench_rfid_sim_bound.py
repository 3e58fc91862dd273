"""What a classifier that is shown labels finds on the simulated mornings: how far the score may go.

Gradient-boosted trees (scikit-learn) on every part against each tag's own day, the score of the
window and of those before and after, its mean over two minutes, the neighbours' score and reads.
Taught on the tuning seeds, scored on the others as `rfid_sim_balanced_accuracy` (here at its best
threshold) and `rfid_sim_false_alarms` are. It is no strict bound: more labels would find more. The
figure is its balanced accuracy; the detail holds that of the score beside it.
"""

import numpy as np
from measure import Result

SEED, AROUND = 1, 17
RATES = (0.02, 0.2, 1.0)


def run() -> Result:
    from radio_logs import SCENARIO, seeds
    from sklearn.ensemble import HistGradientBoostingClassifier

    taught = [_day(seed) for seed in seeds("tuning")]
    scored = [_day(seed) for seed in seeds("scored")]
    rows = [_rows(shop, features) for shop, features in taught]
    features, label, weight = (np.concatenate(column) for column in zip(*rows, strict=True))
    model = HistGradientBoostingClassifier(
        max_iter=120,
        learning_rate=0.07,
        max_leaf_nodes=15,
        min_samples_leaf=80,
        l2_regularization=10,
        random_state=SEED,
    ).fit(features, label, sample_weight=weight)
    shops = [shop for shop, _ in scored]
    scores = {
        "taught": [model.decision_function(features) for _, features in scored],
        "score": [shop.by_tag.score for shop in shops],
    }
    found = {name: _figures(shops, values) for name, values in scores.items()}
    return Result(
        figure=found["taught"]["balanced_accuracy"],
        aim="what the score is compared with",
        unit="share, simulated",
        detail={"scenario": SCENARIO.name, **found},
    )


def _day(seed: int):
    from radio_logs import simulated_day
    from rfid_figures import scored_shop

    from storeday.rfid import RfidSettings, measure_reads

    settings = RfidSettings()
    day = simulated_day(seed)
    measured = measure_reads(day.reads, settings)
    shop = scored_shop(day, measured, settings, with_events=False)
    return shop, _features(shop, measured, settings)


def _features(shop, measured, settings) -> np.ndarray:
    import dataclasses

    from storeday.rfid import still_scales
    from storeday.rfid.fuse import _fused
    from storeday.rfid.neighbours import neighbours_score
    from storeday.rfid.own_day import against_own_day
    from storeday.rfid.parts import PARTS

    every = dataclasses.replace(settings, day_parts=PARTS)
    still = still_scales([(measured, None)], every)
    parts, by_tag = measured.parts, shop.by_tag
    columns = [
        against_own_day(_fused(parts, name, still.deviations(parts, name)), by_tag.tag, every)
        for name in PARTS
    ]
    score = by_tag.score
    same = by_tag.tag[1:] == by_tag.tag[:-1]
    columns += [score, np.append(np.where(same, score[1:], np.nan), np.nan)]
    columns.append(np.append(np.nan, np.where(same, score[:-1], np.nan)))
    around = np.convolve(np.nan_to_num(score), np.full(AROUND, 1 / AROUND), "same")
    near = neighbours_score(by_tag.tag, by_tag.start_us, by_tag.length_us, score, settings)
    return np.column_stack([*columns, around, near, shop.reads]).astype(np.float32)


def _rows(shop, features) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows far from handlings, and those in them, each handling with about the same weight."""
    from rfid_figures import _peaks

    far = _peaks(shop)[1]
    weight = far.astype(np.float64)
    label = np.zeros(len(far), bool)
    for inside in _windows_of(shop):
        label[inside] = True
        weight[inside] = np.maximum(weight[inside], 2 / np.sqrt(max(len(inside), 1)))
    chosen = far | label
    return features[chosen], label[chosen], weight[chosen]


def _windows_of(shop) -> list[np.ndarray]:
    """Windows that each handling meets."""
    by_tag, held = shop.by_tag, shop.day.handlings
    number = {epc: tag for tag, epc in enumerate(shop.tags)}
    end_us = by_tag.start_us + by_tag.length_us
    found = []
    for epc, start, end in zip(held["epc"], held["started_us"], held["ended_us"], strict=True):
        low, high = np.searchsorted(by_tag.tag, [number.get(epc, -1), number.get(epc, -1) + 1])
        inside = (by_tag.start_us[low:high] < end) & (end_us[low:high] > start)
        found.append(low + np.flatnonzero(inside))
    return found


def _figures(shops, scores) -> dict[str, float]:
    import dataclasses

    from rfid_figures import LEAST_READS, _peaks, found_and_false

    shops = [
        dataclasses.replace(shop, by_tag=dataclasses.replace(shop.by_tag, score=score))
        for shop, score in zip(shops, scores, strict=True)
    ]
    good = np.concatenate([shop.handling_reads >= LEAST_READS for shop in shops])
    peak = np.concatenate([_peaks(shop)[0].copy() for shop in shops])[good]
    still = np.concatenate(
        [shop.by_tag.score[_peaks(shop)[1] & (shop.reads >= LEAST_READS)] for shop in shops]
    )
    still = np.nan_to_num(still, nan=-np.inf)
    hours = sum(shop.tag_hours for shop in shops)
    best, recalls = 0.0, dict.fromkeys(RATES, 0.0)
    for threshold in np.quantile(still[np.isfinite(still)], 1 - np.geomspace(0.3, 1e-6, 60)):
        recall = float((peak > threshold).mean())
        best = max(best, (recall + float((still <= threshold).mean())) / 2)
        rates = [found_and_false(shop, float(threshold))[1] * shop.tag_hours for shop in shops]
        for accepted in RATES:
            if sum(rates) / hours <= accepted:
                recalls[accepted] = max(recalls[accepted], recall)
    return {
        "balanced_accuracy": round(best, 4),
        **{f"recall_at_{rate}": round(value, 4) for rate, value in recalls.items()},
    }
