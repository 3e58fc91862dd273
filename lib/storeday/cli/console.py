"""Logging of the command line: live lines on a terminal, plain ones elsewhere.

`STOREDAY_LOG=json` gives one JSON object a line, for whoever collects logs.
"""

import datetime as dt
import json
import logging
import os
import sys

from rich.console import Console
from rich.logging import RichHandler


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, message, and the trace of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def open_console() -> Console:
    """Sets logging up: live lines on a terminal, plain or JSON ones elsewhere."""
    console = Console(stderr=True)
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    if os.environ.get("STOREDAY_LOG") == "json":
        handler.setFormatter(JsonLines())
    elif console.is_terminal:
        handler = RichHandler(console=console, show_path=False)
        handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("storeday")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return console
