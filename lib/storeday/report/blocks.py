"""What sections are made of: tables of cells, and sections that name their template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from storeday.report.words import DASH, count, expected, length, share

TEXT, NUMBER = "text", "number"
# Less seen than this is said beside the figure: it is a lower bound then.
FULLY_SEEN = 0.995


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: What it says.
        order: What it is sorted by; the text where None.
        bar: Length of a bar behind it, 0 to 1; None for none.
        note: A second, smaller line.
        is_faint: Whether it says what is to be expected.
    """

    text: str
    order: float | None = None
    bar: float | None = None
    note: str = ""
    is_faint: bool = False


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        caption: What it shows.
        columns: Heading and kind (`text` or `number`) of each column.
        rows: Cells, row by row.
        is_sortable: Whether headings sort it.
        first: Rows that are shown at once; the others open on demand.
    """

    caption: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_sortable: bool = True
    first: int = 1000


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        id: Its name in the page.
        title: Its heading.
        lead: One sentence that says what to see.
        template: Template that draws it, below `templates/`.
        context: What the template needs.
        missing: Why there is nothing to show; empty where there is.
        proof: Whether its figures were verified in this store; empty where that means nothing.
    """

    id: str
    title: str
    lead: str = ""
    template: str = ""
    context: Mapping[str, object] = field(default_factory=dict)
    missing: str = ""
    proof: str = ""


def words_cell(text: object, note: str = "") -> Cell:
    """A cell with a text; a dash where there is none."""
    return Cell(str(text) if text not in (None, "") else DASH, note=note)


def count_cell(
    value: float | None,
    most: float = 0.0,
    interval: tuple[float | None, float | None] = (None, None),
    decimals: int = 0,
) -> Cell:
    """A cell with a number.

    Args:
        value: The number; None where it was not seen.
        most: The largest of the column, for a bar; 0 for none.
        interval: Ends of the 95 % interval, where there is one.
        decimals: Digits after the point.
    """
    bar = max(0.0, min(1.0, value / most)) if value is not None and most > 0 else None
    return Cell(count(value, decimals), _order(value), bar, interval_words(*interval, decimals))


def expected_cell(
    value: float | None,
    most: float = 0.0,
    interval: tuple[float | None, float | None] = (None, None),
) -> Cell:
    """A cell with an expected number.

    Args:
        value: The number; None where it was not seen.
        most: The largest of the column, for a bar; 0 for none.
        interval: Ends of the 95 % interval, where there is one.
    """
    low, high = interval
    ends = expected(low), expected(high)
    note = "" if low is None or high is None or ends[0] == ends[1] else " to ".join(ends)
    plain = count_cell(value, most)
    return Cell(expected(value), plain.order, plain.bar, note)


def share_cell(
    value: float | None, interval: tuple[float | None, float | None] = (None, None)
) -> Cell:
    """A cell with a share of 1."""
    low, high = interval
    note = "" if low is None or high is None else f"{share(low)} to {share(high)}"
    return Cell(share(value), _order(value), note=note)


def length_cell(seconds: float | None, absent: str = DASH) -> Cell:
    """A cell with a length of time.

    Args:
        seconds: The length; None where there is none.
        absent: What to say then.
    """
    return Cell(absent if seconds is None else length(seconds), _order(seconds))


def seen_cell(observed_share: float | None) -> Cell:
    """A cell that says how much of the time was seen; a bar only where that is not all of it."""
    seen = observed_share or 0.0
    is_full = seen >= FULLY_SEEN
    return Cell(share(seen), seen, None if is_full else min(1.0, seen), is_faint=is_full)


def interval_words(low: float | None, high: float | None, decimals: int = 0) -> str:
    """A 95 % interval in words; empty where there is none, or none that can be told apart.

    Example:
        >>> interval_words(3.2, 1204.8), interval_words(None, 2), interval_words(7.9, 8.1)
        ('3 to 1,205', '', '')
    """
    if low is None or high is None:
        return ""
    ends = count(low, decimals), count(high, decimals)
    return "" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def seen_words(observed_share: float | None, is_count: bool = True) -> str:
    """How much of the time was seen, where it was not all of it.

    Args:
        observed_share: Share of the time that was seen; None counts as all of it.
        is_count: Whether what was not seen could only add to the number, which a mean's does not.

    Example:
        >>> seen_words(1.0), seen_words(0.62), seen_words(0.62, False), seen_words(0.0)
        ('', 'at least: seen 62% of the time', 'seen 62% of the time', 'not seen')
    """
    if observed_share is None or observed_share >= FULLY_SEEN:
        return ""
    if observed_share <= 0:
        return "not seen"
    return f"{'at least: ' if is_count else ''}seen {share(observed_share)} of the time"


def total(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """Sum of a column over the rows in which it was seen; None where it was in none."""
    values = [row[name] for row in rows if row.get(name) is not None]
    return float(sum(values)) if values else None


def greatest(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """Largest value of a column over the rows in which it was seen."""
    values = [row[name] for row in rows if row.get(name) is not None]
    return float(max(values)) if values else None


def weighted(rows: Sequence[Mapping[str, Any]], name: str, weight: str) -> float | None:
    """Mean of a column, each row weighing what another column says; None where nothing weighs."""
    pairs = [
        (float(row[name]), float(row[weight]))
        for row in rows
        if row.get(name) is not None and row.get(weight)
    ]
    weights = sum(pair[1] for pair in pairs)
    return sum(value * each for value, each in pairs) / weights if weights else None


def _order(value: float | None) -> float:
    """Where a value sorts: what was not seen comes last."""
    return -1.0 if value is None else float(value)
