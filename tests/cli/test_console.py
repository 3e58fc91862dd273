"""Log lines for people and for collectors."""

import json
import logging

import pytest

from storeday.cli.console import open_console


@pytest.fixture
def logger():
    logger = logging.getLogger("storeday")
    before = (logger.handlers[:], logger.propagate, logger.level)
    yield logger
    logger.handlers[:], logger.propagate = before[:2]
    logger.setLevel(before[2])


def test_json_lines_hold_time_level_message_and_trace(logger, monkeypatch, capsys):
    monkeypatch.setenv("STOREDAY_LOG", "json")
    open_console()
    logger.info("index %s: done", "s1/2026-11-20")
    try:
        raise OSError("gone")
    except OSError:
        logger.exception("fell over")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["level"], first["message"]) == ("INFO", "index s1/2026-11-20: done")
    assert first["time"].endswith("+00:00")
    assert "OSError: gone" in second["trace"]


def test_plain_lines_elsewhere(logger, monkeypatch, capsys):
    monkeypatch.delenv("STOREDAY_LOG", raising=False)
    open_console()
    logger.error("no")
    assert capsys.readouterr().err.endswith(" ERROR no\n")
