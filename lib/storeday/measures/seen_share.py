"""What the coverage table says of a measure's hours: how much was to be observed, and how much was.

A measure's `observed_share` is its subjects' observed seconds, as far as they were expected, by the
expected ones. Where nothing was expected, it is 1 if anything was observed, else 0.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts.columns import Bools, Floats, floats, position_in, texts, times_us
from storeday.measures.hours import HourTable


@dataclass(frozen=True)
class SubjectHours:
    """Rows of `gold.coverage` of one kind of subject; all arrays have shape (subjects, hours).

    Attributes:
        expected_s: Seconds expected; 0 where there is no row.
        observed_s: Seconds observed; 0 where there is no row.
        is_listed: There is a row.
    """

    expected_s: Floats
    observed_s: Floats
    is_listed: Bools

    def share(self) -> Floats:
        """Observed share of each subject and hour, shape (subjects, hours)."""
        return observed_share(self.expected_s, self.observed_s)

    def pooled_share(self) -> Floats:
        """Observed share of each hour over all subjects, shape (hours,)."""
        observed = self.observed_s.sum(axis=0)
        as_expected = np.minimum(self.observed_s, self.expected_s).sum(axis=0)
        expected = self.expected_s.sum(axis=0)
        return observed_share(expected, np.where(expected > 0, as_expected, observed))


def observed_share(expected_s: Floats, observed_s: Floats) -> Floats:
    """Share of expected seconds that were observed, at most 1; any shape."""
    is_expected = expected_s > 0
    share = np.minimum(observed_s / np.where(is_expected, expected_s, 1.0), 1.0)
    return np.where(is_expected, share, np.where(observed_s > 0, 1.0, 0.0))


def names_of(coverage: pa.Table, kind: str) -> pa.Array:
    """Names of the subjects of a kind that the table has rows of, in order."""
    return (
        texts(coverage.filter(pc.equal(coverage["subject_kind"], kind))["subject_id"])
        .unique()
        .sort()
    )


def subject_hours(coverage: pa.Table, kind: str, names: pa.Array, hours: HourTable) -> SubjectHours:
    """What the table says of subjects.

    Args:
        coverage: Rows of `gold.coverage`, in any order.
        kind: camera, reader, till or zone.
        names: The subjects.
        hours: The hours.
    """
    rows = coverage.filter(pc.equal(coverage["subject_kind"], kind))
    subject = position_in(texts(rows["subject_id"]), names)
    hour = hours.of(times_us(rows["hour_start"]))
    known = (subject >= 0) & (hour >= 0)
    cells = subject[known], hour[known]
    shape = len(names), len(hours)
    expected, observed, listed = np.zeros(shape), np.zeros(shape), np.zeros(shape, bool)
    expected[cells] = floats(rows["expected_s"])[known]
    observed[cells] = floats(rows["observed_s"])[known]
    listed[cells] = True
    return SubjectHours(expected, observed, listed)


def camera_hours(coverage: pa.Table, hours: HourTable) -> SubjectHours:
    """What the table says of all cameras: of figures for the whole floor, the best there is."""
    return subject_hours(coverage, "camera", names_of(coverage, "camera"), hours)
