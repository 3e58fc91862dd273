"""Which rows of a table differ between two states of it, and in which columns."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from storeday.contracts.contract import Contract

# Say which run wrote a row, not what it found.
STAMPS = frozenset({"run_id", "method_version", "published_at"})

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One row that differs.

    Attributes:
        kind: added, removed or changed.
        key: Its key columns.
        old: The row as it was; empty where it is new.
        new: The row as it is; empty where it is gone.
        columns: Columns whose values differ; empty for added and removed rows.
    """

    kind: Literal["added", "removed", "changed"]
    key: tuple[Any, ...]
    old: Row = field(default_factory=dict)
    new: Row = field(default_factory=dict)
    columns: tuple[str, ...] = ()

    @property
    def row(self) -> Row:
        """The row as it is, or as it was."""
        return self.new or self.old


def row_changes(old: pa.Table, new: pa.Table, contract: Contract) -> list[Change]:
    """Rows that differ between two states of a table, in order of their keys.

    Args:
        old: Rows as they were, under the contract; any order, may be empty.
        new: Rows as they are.
        contract: The table's contract; its key tells rows apart.

    Returns:
        Changes; values are compared exactly, `STAMPS` are not looked at.
    """
    before, after = _by_key(old, contract), _by_key(new, contract)
    changes = []
    for key in sorted({*before, *after}, key=_sortable):
        if key not in after:
            changes.append(Change("removed", key, old=before[key]))
        elif key not in before:
            changes.append(Change("added", key, new=after[key]))
        elif columns := _different(before[key], after[key]):
            changes.append(Change("changed", key, before[key], after[key], columns))
    return changes


def _by_key(rows: pa.Table, contract: Contract) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[name] for name in contract.key): row for row in rows.to_pylist()}


def _sortable(key: tuple[Any, ...]) -> tuple[tuple[bool, str], ...]:
    """Keys may hold nulls, which come first."""
    return tuple((value is not None, str(value)) for value in key)


def _different(old: Row, new: Row) -> tuple[str, ...]:
    names = [name for name in new if name not in STAMPS]
    return tuple(name for name in names if not _same(old.get(name), new[name]))


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        # Not-a-number differs from itself, but says the same.
        return left == right or (math.isnan(left) and math.isnan(right))
    return bool(left == right)
