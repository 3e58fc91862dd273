"""Takes leases of store-days for one run, renews them while it lasts, gives them back."""

import datetime as dt
import logging
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType

from storeday.lake.lease_log import LeaseLog
from storeday.lake.leases import RENEW_EVERY_S, Lease, is_free, own_lease, released, renewed
from storeday.lake.store_day import StoreDay

LOGGER = logging.getLogger("storeday")


class LeaseKeeper:
    """Holds store-days for one run, as a context manager.

    Attributes:
        busy: Store-days that another run holds, and who that is.
        faults: Store-days whose lease could not be written, and why.
    """

    def __init__(self, log: LeaseLog, attempt_id: str, days: Iterable[StoreDay]) -> None:
        self.busy: dict[StoreDay, str] = {}
        self.faults: dict[StoreDay, str] = {}
        self._log = log
        self._attempt_id = attempt_id
        self._wanted = sorted(set(days))
        self._held: dict[StoreDay, tuple[int, Lease]] = {}
        self._lost: dict[StoreDay, str] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._renewer = threading.Thread(target=self._renew, name="leases", daemon=True)

    def __enter__(self) -> "LeaseKeeper":
        for day in self._wanted:
            try:
                self._take(day)
            except Exception as fault:
                self.faults[day] = f"its lease could not be written: {first_cause(fault)}"
        self._renewer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._renewer.join()
        for day, (number, lease) in self._held.items():
            try:
                self._log.write(day, number + 1, released(lease))
            except Exception as fault:
                LOGGER.warning("%s: its lease could not be given back: %s", day, fault)

    def lost(self, days: Iterable[StoreDay]) -> Mapping[StoreDay, str]:
        """Which store-days this run must not write any more, because another run took them over.

        Looks at the lease log itself: a run that stood still may have missed it.
        """
        with self._lock:
            for day in days:
                if day in self._held:
                    self._check(day)
            return {day: self._lost[day] for day in days if day in self._lost}

    def _take(self, day: StoreDay) -> None:
        now = _now()
        mine = own_lease(self._attempt_id, now)
        number, latest = self._log.latest(day)
        if is_free(latest, self._attempt_id, now, mine):
            if self._log.write(day, number + 1, mine):
                self._held[day] = (number + 1, mine)
                return
            number, latest = self._log.latest(day)
        self.busy[day] = latest.words() if latest else "another run has just taken it"

    def _renew(self) -> None:
        while not self._over.wait(RENEW_EVERY_S):
            with self._lock:
                for day in list(self._held):
                    self._extend(day)

    def _extend(self, day: StoreDay) -> None:
        number, lease = self._held[day]
        try:
            longer = renewed(lease, _now())
            if self._log.write(day, number + 1, longer):
                self._held[day] = (number + 1, longer)
                return
            self._check(day)
        except Exception as fault:
            # The next round tries again; until then the lease still lasts.
            LOGGER.warning("%s: its lease could not be renewed: %s", day, fault)

    def _check(self, day: StoreDay) -> None:
        number, latest = self._log.latest(day)
        if latest is None or latest.attempt_id != self._attempt_id:
            words = latest.words() if latest else "its lease log was removed"
            self._lost[day] = f"taken over while this run stood still: {words}"
            del self._held[day]
            return
        self._held[day] = (number, latest)


def first_cause(error: Exception) -> str:
    """What an error says in one line; of a Java error the innermost cause.

    Example:
        >>> first_cause(OSError("no space left"))
        'OSError: no space left'
    """
    java = getattr(error, "java_exception", None)
    if java is None:
        lines = str(error).strip().splitlines() or [""]
        return f"{type(error).__name__}: {lines[0]}"
    while java.getCause() is not None:
        java = java.getCause()
    return str(java.toString()).splitlines()[0]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
