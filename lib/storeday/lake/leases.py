"""Leases of store-days: of two runs of one store-day, one works and the other says so.

A store-day's lease is a log of its own, `<lake>/_leases/<store>/<date>/<number>.json`: each file
says who holds the store-day until when, and the last one counts. A file is only ever written where
there is none, by the same primitive that Delta commits with on that file system, so of two runs
that want the next number one gets it. Different store-days share nothing.

Whoever holds a lease renews it; one that was not renewed in time may be taken over. A run on the
same machine whose process is gone is not waited for.
"""

import datetime as dt
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

# Long enough for a driver that stands still while it collects garbage; a retry waits this long at
# most for a machine that died. Renewed four times in that time.
LEASE_S = 300.0
RENEW_EVERY_S = 75.0


@dataclass(frozen=True)
class Lease:
    """One entry of a store-day's lease log.

    Attributes:
        attempt_id: The run that holds the store-day.
        host: Name of its machine, for people.
        machine: What tells its process space from others; empty where the system does not say.
        process: Process id and start, in that process space.
        until: When the lease ends unless it is renewed, UTC.
        is_released: Whether the run has given it back.
    """

    attempt_id: str
    host: str
    machine: str
    process: str
    until: dt.datetime
    is_released: bool = False

    def as_json(self) -> str:
        """One line of JSON."""
        return json.dumps({**asdict(self), "until": self.until.isoformat()})

    def words(self) -> str:
        """Who holds it, for a message."""
        return (
            f"run {self.attempt_id} on {self.host} is at work on it (its lease lasts until "
            f"{self.until:%Y-%m-%d %H:%M:%S} UTC unless it is renewed)"
        )


def lease_from_json(text: str) -> Lease:
    """The lease that `Lease.as_json` wrote.

    Raises:
        ValueError: The text is no lease.
    """
    try:
        values = json.loads(text)
        return Lease(**{**values, "until": dt.datetime.fromisoformat(values["until"])})
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"not a lease: {text[:200]!r}") from error


def is_free(latest: Lease | None, attempt_id: str, now: dt.datetime, here: Lease) -> bool:
    """Whether a run may take a store-day.

    Args:
        latest: The last entry of the store-day's log; None where there is none.
        attempt_id: The run that wants it.
        now: The time, UTC.
        here: A lease as this process would write it: tells which machine this is.

    Example:
        >>> now = dt.datetime(2026, 11, 25, 2, tzinfo=dt.UTC)
        >>> mine = Lease("a", "h", "m", "1", now + dt.timedelta(seconds=5))
        >>> is_free(None, "b", now, mine), is_free(mine, "a", now, mine)
        (True, True)
        >>> is_free(mine, "b", now, replace(mine, machine="another"))
        False
    """
    if latest is None or latest.is_released or latest.attempt_id == attempt_id:
        return True
    return latest.until <= now or _is_gone(latest, here)


def own_lease(attempt_id: str, now: dt.datetime) -> Lease:
    """The lease that this process writes at a moment."""
    return Lease(
        attempt_id=attempt_id,
        host=os.uname().nodename,
        machine=machine_name(),
        process=process_name(os.getpid()),
        until=now + dt.timedelta(seconds=LEASE_S),
    )


def _is_gone(latest: Lease, here: Lease) -> bool:
    """Whether the holder ran here and runs no more."""
    if not latest.machine or latest.machine != here.machine:
        return False
    process = latest.process.partition("/")[0]
    return not process.isdigit() or process_name(int(process)) != latest.process


def process_name(process: int) -> str:
    """A process' id and start: numbers are given again, both together are not."""
    return f"{process}/{_started(process)}"


def machine_name() -> str:
    """Name of this process space: containers of one machine have several; empty if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
    return f"{os.uname().nodename}/{boot}/{space}"


def _started(process: int) -> str:
    """Start of a process in clock ticks since boot; empty where it is not there, or a zombie."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text("ascii", errors="replace")
    except OSError:
        return ""
    # The name, in brackets, may hold anything: state and start count from behind it.
    after_name = stat.rpartition(")")[2].split()
    return "" if after_name[0] in "ZX" else after_name[19]


def renewed(lease: Lease, now: dt.datetime) -> Lease:
    """The lease with its full time before it again."""
    return replace(lease, until=now + dt.timedelta(seconds=LEASE_S))


def released(lease: Lease) -> Lease:
    """The lease, given back."""
    return replace(lease, is_released=True)
