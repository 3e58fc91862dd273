"""Waits until the inbox of a chunk of stores is complete, or its deadline has come.

A store's inbox is complete when it holds a file `_COMPLETE`; or when its day is over by the local
clock, it holds files, and none of them has changed for a while. At the deadline waiting ends, and
the stores whose inbox is not complete are named.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from airflow.sdk import BaseSensorOperator, Context, ObjectStoragePath, PokeReturnValue
from airflow.triggers.base import BaseTrigger, TriggerEvent

from storeday_airflow.dates import day_ends_at, deadline_of
from storeday_airflow.settings import settings

MARKER = "_COMPLETE"


def incomplete_stores(
    inbox: str, stores: Sequence[str], business_date: str, quiet_since: dt.datetime | None
) -> list[str]:
    """Stores whose inbox is not complete.

    Args:
        inbox: Root of the inbox.
        stores: Stores to look at.
        business_date: YYYY-MM-DD.
        quiet_since: An inbox that did not change after this moment is complete; None where its day
            is not over, so that only the marker counts.
    """
    return [
        store
        for store in stores
        if not _is_complete(ObjectStoragePath(inbox) / store / business_date, quiet_since)
    ]


def _is_complete(folder: ObjectStoragePath, quiet_since: dt.datetime | None) -> bool:
    if (folder / MARKER).exists():
        return True
    if quiet_since is None or not folder.exists():
        return False
    changed = [entry.stat().st_mtime for entry in _files(folder)]
    return bool(changed) and max(changed) <= quiet_since.timestamp()


def _files(folder: ObjectStoragePath) -> Iterator[ObjectStoragePath]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry)
        else:
            yield entry


class InboxTrigger(BaseTrigger):
    """Fires when the stores' inboxes are complete, or at the deadline.

    Must be importable where the triggerer runs.
    """

    def __init__(
        self,
        inbox: str,
        stores: Sequence[str],
        business_date: str,
        zone: str,
        limits: dict[str, Any],
    ) -> None:
        super().__init__()
        self.inbox, self.stores = inbox, list(stores)
        self.business_date, self.zone, self.limits = business_date, zone, limits

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "inbox": self.inbox,
                "stores": self.stores,
                "business_date": self.business_date,
                "zone": self.zone,
                "limits": self.limits,
            },
        )

    def look(self, now: dt.datetime) -> tuple[bool, list[str]]:
        """Whether waiting is over at a moment, and which stores are not complete."""
        is_over = now >= day_ends_at(self.business_date, self.zone)
        quiet = now - dt.timedelta(minutes=float(self.limits["quiet_minutes"]))
        lacking = incomplete_stores(
            self.inbox, self.stores, self.business_date, quiet if is_over else None
        )
        deadline = deadline_of(self.business_date, self.zone, str(self.limits["deadline"]))
        return not lacking or now >= deadline, lacking

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Looks again and again; the file system is asked in a thread of its own."""
        while True:
            is_over, lacking = await asyncio.to_thread(self.look, dt.datetime.now(dt.UTC))
            if is_over:
                yield TriggerEvent({"incomplete": lacking})
                return
            await asyncio.sleep(60 * float(self.limits["poll_minutes"]))


class InboxSensor(BaseSensorOperator):
    """Waits for the inboxes of a chunk of stores; gives the incomplete ones, joined by commas."""

    template_fields: Sequence[str] = ("stores", "zone", "business_date")

    def __init__(
        self, *, stores: str, zone: str, business_date: str, deferrable: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.stores, self.zone, self.business_date = stores, zone, business_date
        self.deferrable = deferrable

    def execute(self, context: Context) -> Any:
        """Looks once, then hands over to the trigger."""
        is_over, lacking = self._trigger().look(dt.datetime.now(dt.UTC))
        if is_over:
            return ",".join(lacking)
        if not self.deferrable:
            return super().execute(context)
        self.defer(trigger=self._trigger(), method_name="resume")
        return None  # deferring raises

    def poke(self, context: Context) -> PokeReturnValue:
        """Looks once, where there is no triggerer."""
        is_over, lacking = self._trigger().look(dt.datetime.now(dt.UTC))
        return PokeReturnValue(is_over, ",".join(lacking))

    def resume(self, context: Context, event: dict[str, Any]) -> str:
        """Takes what the trigger found."""
        return ",".join(event["incomplete"])

    def _trigger(self) -> InboxTrigger:
        given = settings()
        limits = {key: given[key] for key in ("quiet_minutes", "deadline", "poll_minutes")}
        return InboxTrigger(
            given["inbox"], self.stores.split(","), self.business_date, self.zone, limits
        )
