"""Measured clocks as rows of `silver.clock_offsets`, with what they rest on."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.association.clock_day import ClockDay
from storeday.association.clock_fit import ClockFit
from storeday.association.clock_grid import ClockPrior
from storeday.association.clock_priors import KnownClocks
from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import STAMP, US_PER_S

# What no statistics of the day show: how pictures' moments are stamped, and that a hand may be
# quicker or slower than the tag's answer. Assumed: 0.05; of 23 readers on simulated days (seeds 11
# to 13) errors had a root mean square of 0.85 of the stated errors with 0.1, all of them within
# 1.96. Cameras that are tied to the reference by people who walk have their links' own.
SYSTEMATIC_S = 0.05


@dataclass(frozen=True)
class ClockQuestion:
    """Whose clocks are asked for.

    Attributes:
        devices: All devices, cameras, readers and tills.
        reference: The one whose clock is store time; None for the camera that saw most goods in
            reach, so that the others can be measured against it.
        valid_from: From when the answer holds, UTC.
        known: An earlier day's clocks; None for none.
    """

    devices: Sequence[str]
    reference: str | None
    valid_from: dt.datetime
    known: KnownClocks | None = None


@dataclass(frozen=True)
class ClockAnswer:
    """What was found.

    Attributes:
        names: Devices.
        fit: Clocks of the devices, and of those that jumped once more.
        prior: What was known beforehand, and links of cameras.
        jumps: Devices that jumped, and the phase of the jump.
        was_set: Devices whose earlier offset the day contradicts.
    """

    names: list[str]
    fit: ClockFit
    prior: ClockPrior
    jumps: list[tuple[int, float]]
    was_set: set[int]


def clock_rows(asked: ClockQuestion, answer: ClockAnswer, day: ClockDay | None) -> pa.Table:
    """The fit as rows; offsets moved from the middle of the day to where each row begins.

    Args:
        asked: The question.
        answer: What was found; its reference is one of the names.
        day: The day; None where it did not speak of clocks.

    Returns:
        Rows of `silver.clock_offsets` by device and time.
    """
    names, fit, jumps = answer.names, answer.fit, answer.jumps
    count = len(fit.offset_s)
    owner = np.concatenate([np.arange(len(names)), [device for device, _ in jumps]]).astype(int)
    start_us = np.full(count, _us(asked.valid_from))
    drift_ppm, offset = np.zeros(count), fit.offset_s.copy()
    if day is not None:
        drift_ppm = fit.drift_s / day.span_s * 1e6
        for number, (_, phase) in enumerate(jumps):
            start_us[len(names) + number] = day.middle_us + round(phase * day.span_s * US_PER_S)
        offset = offset + drift_ppm * 1e-6 * (start_us - day.middle_us) / US_PER_S
    is_linked = _linked(answer.prior, count)
    systematic = SYSTEMATIC_S * ((fit.events > 0) & ~is_linked)
    error = np.sqrt(np.diag(fit.covariance)[:count] + systematic**2)
    is_reference = owner == names.index(str(asked.reference))
    offset[is_reference], drift_ppm[is_reference] = 0.0, 0.0
    order = np.lexsort((start_us, owner))
    evidence = [_evidence(answer, row, asked) for row in range(count)]
    return table_from_columns(
        load_contract("silver.clock_offsets"),
        {
            "device_id": [names[owner[row]] for row in order],
            "reference_id": [asked.reference] * count,
            "valid_from": pa.array(start_us[order]).cast(STAMP),
            "offset_s": offset[order],
            "drift_ppm": drift_ppm[order],
            "std_error_s": np.where(is_reference, 0.0, error)[order],
            "evidence": [evidence[row] for row in order],
        },
    )


def _linked(prior: ClockPrior, count: int) -> NDArray[np.bool_]:
    """Cameras that links tie to the reference, over whatever others."""
    reached, links = {prior.reference}, list(prior.links)
    for _ in links:
        reached |= {
            device
            for link in links
            if {link.one, link.other} & reached
            for device in (link.one, link.other)
        }
    return np.isin(np.arange(count), sorted(reached))


def _evidence(answer: ClockAnswer, row: int, asked: ClockQuestion) -> str:
    values: dict[str, str | float] = {"method": "assumed"}
    if answer.fit.events[row] > 0:
        values = {
            "method": "handling",
            "events": round(float(answer.fit.events[row]), 1),
            "jitter_s": round(answer.fit.jitter_s, 2),
        }
    elif answer.prior.is_known[row]:
        values = {"method": "prior"}
    if asked.known is not None and row in answer.was_set:
        values["set_since"] = asked.known.business_date.isoformat()
    if asked.known is not None and answer.prior.is_known[row]:
        values["prior"] = asked.known.business_date.isoformat()
    return json.dumps(values, sort_keys=True)


def _us(moment: dt.datetime) -> int:
    return round(moment.timestamp() * US_PER_S)
