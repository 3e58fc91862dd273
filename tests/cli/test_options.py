"""Options: what is given by hand is made unmistakable, or refused, before anything starts."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from storeday.cli import app, backfills, comparisons, days
from storeday.lake.lake import Lake

PLACES = ["--inbox", "inbox", "--stores", "stores", "--lake", "lake"]


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Requests that verbs would have run, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    found = SimpleNamespace(requests=[], root=tmp_path)

    def take(request, *_rest):
        found.requests.append(request)
        return 0

    monkeypatch.setattr(days, "run_days", take)
    monkeypatch.setattr(backfills, "run_backfill", take)
    return found


def test_relative_places_count_from_here(asked):
    given = [*PLACES, "--store", "s1", "--date", "2026-11-20", "--salts", "s3a://chain/salts"]
    assert CliRunner().invoke(app, ["nightly", *given]).exit_code == 0
    (request,) = asked.requests
    assert request.places.lake == str(asked.root / "lake")
    assert request.places.inbox == str(asked.root / "inbox")
    assert request.places.stores == str(asked.root / "stores")
    assert request.places.salts == "s3a://chain/salts"


def test_a_lake_of_a_relative_root_has_an_absolute_one(asked):
    # Delta would take `lake/gold/alerts` for a table of a catalogue.
    assert Lake(None, "lake").root == str(asked.root / "lake")


def test_stores_come_with_commas_or_again(asked):
    given = [*PLACES, "--from", "2026-11-01", "--to", "2026-11-02"]
    CliRunner().invoke(app, ["backfill", *given, "--store", "s1,s2", "--store", "s3"])
    CliRunner().invoke(app, ["backfill", *given])
    assert [request.stores for request in asked.requests] == [["s1", "s2", "s3"], []]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--store", "../s1", "at most 64"),
        ("--date", "20.11.2026", "does not match"),
        ("--before", "yesterday", "does not match"),
    ],
)
def test_what_cannot_be_is_wrong_usage(monkeypatch, option, value, words):
    monkeypatch.setattr(comparisons, "spark_session", lambda *_: pytest.fail("Spark was started"))
    given = {"--lake": "lake", "--store": "s1", "--date": "2026-11-20", option: value}
    ended = CliRunner().invoke(app, ["diff", *(word for pair in given.items() for word in pair)])
    assert ended.exit_code == 2
    assert words in " ".join(ended.output.replace("│", " ").split())
