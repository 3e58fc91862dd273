"""Tells people which store-days failed or are partial: in the log, as a file, by mail."""

import datetime as dt
import json
from typing import Any

from airflow.sdk import BaseNotifier, Context, ObjectStoragePath

from storeday_airflow.dates import business_date_of
from storeday_airflow.outcomes import store_days, told
from storeday_airflow.settings import ZONE, settings


class StoreDayNotifier(BaseNotifier):
    """Names the store-days that failed; for `on_failure_callback`, or called by a task."""

    template_fields = ("subject",)

    def __init__(self, subject: str = "storeday: {{ dag.dag_id }} failed") -> None:
        super().__init__()
        self.subject = subject

    def notify(self, context: Context) -> None:
        """Reads the outcomes of the run's business date and tells what is not done."""
        date = business_date_of(context["params"], context["dag_run"], ZONE)
        lines = told(store_days(settings()["outcomes"], date))
        tell(f"{self.subject} ({date})", lines or ["no part wrote an outcome: see the task's log"])


def tell(subject: str, lines: list[str]) -> None:
    """Sends an alert to every place that the settings name; the log always has it.

    Args:
        subject: One line.
        lines: The details.
    """
    import logging  # noqa: PLC0415

    given = settings()
    logging.getLogger(__name__).error("%s\n%s", subject, "\n".join(lines))
    if given["alerts"]:
        _write(given["alerts"], {"subject": subject, "lines": lines})
    if given["alert_email"]:
        _mail(given["alert_email"], subject, lines)


def _write(folder: str, alert: dict[str, Any]) -> None:
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    place = ObjectStoragePath(folder)
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{stamp}.json").write_text(json.dumps(alert, indent=1))


def _mail(address: str, subject: str, lines: list[str]) -> None:
    # Needs a connection smtp_default.
    from airflow.providers.smtp.hooks.smtp import SmtpHook  # noqa: PLC0415

    with SmtpHook() as hook:
        hook.send_email_smtp(to=address, subject=subject, html_content="<br>".join(lines))
