"""The one rule that says which business date a run is for.

`logical_date` is empty in partitioned runs and `partition_key` is empty in `dag.test()`, so
neither alone is right in all kinds of run. In order: the parameter `business_date`; the run's
partition key, as scheduled runs and backfills have it; the day before the run, by the schedule's
own clock.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

# In a template: which business date the run is for.
BUSINESS_DATE = "{{ business_date(params, dag_run) }}"


def business_date_of(params: Mapping[str, Any], dag_run: Any, zone: str) -> str:
    """The business date of a run, YYYY-MM-DD.

    Args:
        params: The run's parameters.
        dag_run: The run.
        zone: Time zone of the schedule.

    Raises:
        ValueError: The parameter or the partition key is no date.
    """
    given = params.get("business_date") or getattr(dag_run, "partition_key", None)
    if given:
        return dt.date.fromisoformat(str(given)[:10]).isoformat()
    moment = dag_run.logical_date or dag_run.run_after
    return (moment.astimezone(ZoneInfo(zone)).date() - dt.timedelta(days=1)).isoformat()


def deadline_of(business_date: str, zone: str, clock: str) -> dt.datetime:
    """The moment on the morning after a business date at which nothing is waited for any more.

    Args:
        business_date: YYYY-MM-DD.
        zone: Time zone of the stores.
        clock: Local time, HH:MM.
    """
    hour, minute = (int(part) for part in clock.split(":"))
    morning = dt.date.fromisoformat(business_date) + dt.timedelta(days=1)
    return dt.datetime.combine(morning, dt.time(hour, minute), ZoneInfo(zone))


def day_ends_at(business_date: str, zone: str) -> dt.datetime:
    """Midnight after a business date, local: before it no inbox is complete by being quiet."""
    return deadline_of(business_date, zone, "00:00")
