"""Logs of ten minutes, cut from simulated shop mornings: what their own thresholds find.

No closed hours, hardly a sentinel's hour: the threshold comes from what disturbs the goods in those
ten minutes. The figure is the share of handlings of at least four reads that have an event; the
detail holds the false events per tag-hour, how often which source decided, and the same by the tail
that was measured elsewhere, which is what a log too short for its own gets.
"""

import dataclasses

import numpy as np
from measure import Result

LENGTH_S = 600.0
BEGINS_S = (1800.0, 4800.0, 7800.0)


def run() -> Result:
    from radio_logs import SCENARIO, seeds, simulated_day
    from rfid_figures import scored_shop, stretch_of

    from storeday.rfid import RfidSettings, measure_reads

    settings = RfidSettings()
    found: dict[str, list] = {"own": [], "elsewhere": []}
    sources: list[str] = []
    for seed in seeds("scored"):
        for begins_s in BEGINS_S:
            day = stretch_of(simulated_day(seed), begins_s, LENGTH_S)
            measured = measure_reads(day.reads, settings)
            own = scored_shop(day, measured, settings, with_events=False)
            sources.append(own.calibration.source)
            found["own"].append(own)
            found["elsewhere"].append(_by_elsewhere(own, settings))
    rows = {name: _figures(shops) for name, shops in found.items()}
    return Result(
        figure=rows["own"]["recall"],
        aim="more than by a tail measured elsewhere, at about the accepted false events",
        unit="share of handlings, simulated",
        detail={
            "scenario": SCENARIO.name,
            "logs": len(sources),
            "minutes": LENGTH_S / 60,
            "accepted_false_per_tag_hour": settings.false_alarms_per_tag_hour,
            "sources": {name: sources.count(name) for name in set(sources)},
            **rows,
        },
    )


def _by_elsewhere(shop, settings):
    from storeday.rfid import calibrate
    from storeday.rfid.nulls import OPEN, Episodes

    few = calibrate({(OPEN, 0): Episodes(0 * shop.calibration.observed.counts, 1e-3)}, settings)
    return dataclasses.replace(shop, calibration=few)


def _figures(shops) -> dict[str, float]:
    from rfid_figures import LEAST_READS, found_and_false

    hits, false, hours = [], 0.0, 0.0
    for shop in shops:
        handled, rate = found_and_false(shop, shop.calibration.threshold)
        hits.append(handled[shop.handling_reads >= LEAST_READS])
        false += rate * shop.tag_hours
        hours += shop.tag_hours
    hit = np.concatenate(hits)
    return {
        "handlings": len(hit),
        "recall": round(float(hit.mean()), 3),
        "false_per_tag_hour": round(false / hours, 3),
        "tag_hours": round(hours, 1),
        "median_threshold": round(float(np.median([s.calibration.threshold for s in shops])), 2),
    }
