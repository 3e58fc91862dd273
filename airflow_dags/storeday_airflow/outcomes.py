"""What the jobs wrote about how each store-day ended."""

import json
from collections.abc import Iterable
from typing import Any

from airflow.sdk import ObjectStoragePath

NAMED = 50


def store_days(folder: str, business_date: str) -> list[dict[str, Any]]:
    """How each store-day of a business date ended, by the last part that tells.

    Args:
        folder: Root of the outcomes.
        business_date: YYYY-MM-DD.
    """
    found: dict[str, dict[str, Any]] = {}
    for part in ("ingest", "see", "understand"):
        place = ObjectStoragePath(folder) / business_date / part
        for file in place.iterdir() if place.exists() else ():
            for item in json.loads(file.read_text())["store_days"]:
                found[item["store_id"]] = {**item, "part": part}
    return [found[store] for store in sorted(found)]


def told(items: Iterable[dict[str, Any]]) -> list[str]:
    """One line for each store-day that is not done or not complete, the worst first."""
    lines = []
    for item in items:
        name = f"{item['store_id']}/{item['business_date']}"
        if item["status"] != "done":
            reason = (item["reason"].strip().splitlines() or ["no reason given"])[-1]
            lines.append(f"{name}: {item['status']} in {item['part']}: {reason}")
        elif not item["is_complete"]:
            lines.append(f"{name}: published as partial: its inbox was not complete")
    more = len(lines) - NAMED
    return lines[:NAMED] + ([f"and {more} more"] if more > 0 else [])
