"""Logging of the command line: live lines on a terminal, plain ones elsewhere."""

import logging
import sys

from rich.console import Console
from rich.logging import RichHandler


def open_console() -> Console:
    """Sets logging up: live lines on a terminal, plain ones elsewhere."""
    console = Console(stderr=True)
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False)
        handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("storeday")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return console
