"""Every part of the score taken away, and those that it leaves out added, on all data sets.

Columns: ItemTest window AUC, ItemTest tag AUC, UCI AUC, and on simulated days the recall of
handlings of at least four reads at 0.02, 0.2 and 1 false events per tag-hour. ItemTest and UCI are
too short for a day of the tags' own: what is taken from `day_parts` shows on simulated days alone,
what is taken from `parts` on the other two. The figure is the row of the score as it is.
"""

import dataclasses

import numpy as np
from measure import Result

COLUMNS = [
    "ItemTest, window",
    "ItemTest, tag",
    "UCI",
    *(f"recall at {rate:g} an hour, simulated" for rate in (0.02, 0.2, 1.0)),
]


def run() -> Result:
    from storeday.rfid import RfidSettings
    from storeday.rfid.parts import PARTS

    whole = RfidSettings()
    variants = {"whole": {}}
    for part in sorted({*whole.parts, *whole.day_parts}):
        variants[f"without {part}"] = {
            "parts": tuple(p for p in whole.parts if p != part),
            "day_parts": tuple(p for p in whole.day_parts if p != part),
        }
    variants["without passers-by taken off by antenna"] = {"common_weight": 0.0}
    variants["without neighbours taken off"] = {"neighbour_weight": 0.0}
    variants["without the tags' own day"] = {"own_windows": 10**9}
    variants["without a limit to a part"] = {"most_deviations": 1e6}
    for part in PARTS:
        variants[f"only {part}"] = {"parts": (part,), "day_parts": (part,)}
        if part not in whole.parts:
            variants[f"with {part}"] = {"parts": (*whole.parts, part)}
        if part not in whole.day_parts:
            variants[f"with {part} of the day"] = {"day_parts": (*whole.day_parts, part)}
    rows = {name: _figures(changes) for name, changes in variants.items()}
    return Result(
        figure=rows["whole"],
        aim="each part of use somewhere",
        unit="AUC, AUC, AUC, recall, recall, recall (simulated)",
        detail={"table": {"columns": COLUMNS, "rows": rows}},
    )


def _figures(changes: dict) -> list[float]:
    from radio_logs import seeds
    from rfid_figures import EIGHT, MINUTE, itemtest_cases, per_tag, shop_day, uci_cases

    from storeday.rfid import RfidSettings

    itemtest = itemtest_cases(dataclasses.replace(MINUTE, **changes))
    uci = uci_cases(dataclasses.replace(EIGHT, **changes))
    shops = [
        shop_day(seed, dataclasses.replace(RfidSettings(), **changes), with_events=False)
        for seed in seeds("scored")
    ]
    found = [itemtest.auc(), per_tag(itemtest).auc(), uci.auc(), *_recalls(shops)]
    return [round(float(value), 4) for value in found]


def _recalls(shops: list) -> list[float]:
    from rfid_figures import LEAST_READS, found_and_false

    best = {0.02: 0.0, 0.2: 0.0, 1.0: 0.0}
    hours = sum(shop.tag_hours for shop in shops)
    scores = np.concatenate([shop.by_tag.score for shop in shops])
    for threshold in np.nanquantile(scores, 1 - np.geomspace(2e-2, 1e-5, 30)):
        pairs = [found_and_false(shop, float(threshold)) for shop in shops]
        good = [
            hits[shop.handling_reads >= LEAST_READS]
            for (hits, _), shop in zip(pairs, shops, strict=True)
        ]
        rate = sum(r * shop.tag_hours for (_, r), shop in zip(pairs, shops, strict=True)) / hours
        for accepted, recall in best.items():
            if rate <= accepted:
                best[accepted] = max(recall, float(np.concatenate(good).mean()))
    return list(best.values())
