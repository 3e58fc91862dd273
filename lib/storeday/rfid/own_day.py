"""A tag's parts against its own day.

Tags differ in how restless they are at rest: one hangs in a draught, another beside the way that
everybody takes. Of a tag that was seen long enough, the day itself tells: each part is given in
deviations from the tag's own median, in units of its own scaled median absolute deviation (see
`still`). A tag that is carried about all the while, as in the log of a portal, would be measured by
its own motion: the day may therefore move the centre, and widen or narrow the scale, only so far.
"""

import numpy as np
from numpy.typing import NDArray

from storeday.rfid.settings import RfidSettings
from storeday.rfid.still import MAD_TO_DEVIATION
from storeday.rfid.tag_reads import Floats, Ints
from storeday.rfid.windows import starts


def has_own_day(tag: Ints, settings: RfidSettings) -> NDArray[np.bool_]:
    """Whether tags were seen in enough windows to be measured by their own day.

    Args:
        tag: Tag of each window, shape (n,), from 0.
        settings: `own_windows`, `own_tags`.

    Returns:
        By tag; empty without windows.
    """
    if not len(tag):
        return np.zeros(0, bool)
    seen_long = np.bincount(tag) >= settings.own_windows
    is_company = int(seen_long.sum()) >= settings.own_tags
    return seen_long if is_company else np.zeros(len(seen_long), bool)


def against_own_day(deviation: Floats, tag: Ints, settings: RfidSettings) -> Floats:
    """Deviations of a part from the tag's own day.

    Args:
        deviation: Deviations from the still tags' population, shape (n,); NaN for none.
        tag: Tag of each, shape (n,), sorted.
        settings: Limits of the tag's own centre and scale.

    Returns:
        Shape (n,); NaN where there was none. Cost: two sorts.

    Example:
        >>> draughty = np.array([1.0, 1.5, 1.2, 0.8, 5.0])
        >>> found = against_own_day(draughty, np.zeros(5, int), RfidSettings(own_centre=2.0))
        >>> found.round(1).tolist()
        [-0.4, 0.6, 0.0, -0.8, 7.6]
    """
    known = np.flatnonzero(~np.isnan(deviation))
    if not len(known):
        return deviation
    values, owner = deviation[known], tag[known]
    first = starts(owner)
    count = np.diff(np.append(first, len(owner)))
    centre = _medians(values, owner, (first, count))
    centre = np.clip(centre, -settings.own_centre, settings.own_centre)
    away = values - np.repeat(centre, count)
    scale = MAD_TO_DEVIATION * _medians(np.abs(away), owner, (first, count))
    least, most = settings.own_scale
    found = np.full(len(deviation), np.nan)
    found[known] = away / np.repeat(np.clip(scale, least, most), count)
    return found


def _medians(values: Floats, owner: Ints, groups: tuple[Ints, Ints]) -> Floats:
    """Upper median of each group of equal owners; groups lie side by side."""
    first, count = groups
    low = values.min()
    # One key that sorts by owner, then by value.
    key = owner * (values.max() - low + 1.0) + (values - low)
    return np.asarray(values[np.argsort(key)[first + count // 2]])
