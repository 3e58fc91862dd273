"""Sealed store-days: those whose rows could not be made again, because input is gone.

A run replaces rows by what it makes of the inbox as it is now. Where files that the rows were made
from are gone or have shrunk, or the salt of the pseudonyms was destroyed, that would lose what
nobody can bring back, so such a store-day is left alone unless the operator says otherwise.
"""

from storeday.stages.history import DayRecord
from storeday.stages.plan import DayPlan

# Says that an inbox is complete; holds nothing.
MARKERS = ("_COMPLETE",)
NAMED = 5


def losses(record: DayRecord | None, plan: DayPlan) -> list[str]:
    """What a store-day was made from and that is not there any more, in words; empty if nothing is.

    A file that was moved below the store-day's folder, or that grew, is no loss.

    Args:
        record: What the ledger remembers of the store-day; None where it never ran.
        plan: The store-day as it would run now.
    """
    if record is None or not record.stages:
        return []
    sizes = {file.path: file.size_bytes for file in plan.files}
    prints = set(plan.prints.values())
    missing = []
    for known in record.inputs:
        if known.path in MARKERS or known.fingerprint in prints:
            continue
        if known.path not in sizes:
            missing.append(f"{known.path} is gone ({known.size_bytes} bytes)")
        elif sizes[known.path] < known.size_bytes:
            missing.append(
                f"{known.path} has shrunk from {known.size_bytes} to {sizes[known.path]} bytes"
            )
    if not plan.salt:
        missing.append("the salt of its pseudonyms was destroyed")
    return missing


def words(missing: list[str]) -> str:
    """Losses as one sentence, the first few by name."""
    more = len(missing) - NAMED
    tail = f" and {more} more" if more > 0 else ""
    return (
        f"sealed: {'; '.join(missing[:NAMED])}{tail}; its rows could not be made again. "
        "Restore what is missing, or accept the loss with --allow-loss"
    )
