"""Of two runs of one store-day one works, and the other says so."""

import datetime as dt
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from storeday.lake.lease_keeper import LeaseKeeper
from storeday.lake.lease_log import FOLDER, LeaseLog
from storeday.lake.leases import (
    LEASE_S,
    RENEW_EVERY_S,
    is_free,
    lease_from_json,
    own_lease,
    released,
    renewed,
)
from storeday.lake.store_day import StoreDay

NOW = dt.datetime(2026, 11, 25, 2, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(seconds=LEASE_S)
HERE = own_lease("mine", NOW)
DAY = StoreDay("s1", dt.date(2026, 11, 20))


def elsewhere(attempt="theirs"):
    return replace(own_lease(attempt, NOW), machine="another", host="far")


def test_a_lease_that_lasts_is_respected_wherever_it_is_held():
    assert not is_free(elsewhere(), "mine", NOW, HERE)
    # This process holds it for another run, and lives.
    assert not is_free(own_lease("theirs", NOW), "mine", NOW, HERE)
    assert "far" in elsewhere().words()


def test_what_is_free():
    assert is_free(None, "mine", NOW, HERE)
    assert is_free(released(elsewhere()), "mine", NOW, HERE)
    assert is_free(elsewhere("mine"), "mine", NOW, HERE)
    assert is_free(elsewhere(), "mine", LATER, HERE)
    assert not is_free(renewed(elsewhere(), LATER), "mine", LATER, HERE)
    assert RENEW_EVERY_S * 3 < LEASE_S


def test_a_process_that_is_gone_from_this_machine_is_not_waited_for():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead = replace(own_lease("theirs", NOW), process=f"{gone.pid}/1")
    assert is_free(dead, "mine", NOW, HERE)
    # Its number was given to another process since.
    process = HERE.process.partition("/")[0]
    assert is_free(replace(dead, process=f"{process}/1"), "mine", NOW, HERE)
    # On another machine nobody can know.
    assert not is_free(replace(dead, machine="another"), "mine", NOW, HERE)
    assert not is_free(replace(dead, machine=""), "mine", NOW, replace(HERE, machine=""))


def test_a_lease_travels_as_a_line_of_json():
    assert lease_from_json(HERE.as_json()) == HERE
    for text in ("", "{}", "[1]", '{"until": "soon"}'):
        with pytest.raises(ValueError, match="not a lease"):
            lease_from_json(text)


@pytest.fixture
def log(spark, tmp_path):
    return LeaseLog(spark, str(tmp_path))


@pytest.mark.spark
def test_an_entry_is_written_where_there_is_none(log, tmp_path):
    assert log.latest(DAY) == (-1, None)
    assert log.write(DAY, 0, elsewhere())
    assert not log.write(DAY, 0, HERE)
    assert log.latest(DAY) == (0, elsewhere())
    assert log.write(DAY, 1, HERE)
    assert log.latest(DAY) == (1, HERE)
    # Older entries go.
    names = [path.name for path in (tmp_path / FOLDER / "s1" / "2026-11-20").glob("*.json")]
    assert names == ["000000000001.json"]


@pytest.mark.spark
def test_of_many_at_once_one_gets_it(spark, log):
    def take(number):
        keeper = LeaseKeeper(
            log, f"run{number}", [DAY, StoreDay(f"own{number}", DAY.business_date)]
        )
        return keeper.__enter__()

    with ThreadPoolExecutor(8) as pool:
        keepers = list(pool.map(take, range(8)))
    try:
        assert sum(DAY in keeper.busy for keeper in keepers) == 7
        # Different stores never conflict.
        assert all(set(keeper.busy) <= {DAY} for keeper in keepers)
        assert all("is at work on it" in words for k in keepers for words in k.busy.values())
    finally:
        for keeper in keepers:
            keeper.__exit__(None, None, None)
    with LeaseKeeper(log, "next", [DAY]) as keeper:
        assert not keeper.busy
        assert keeper.lost([DAY]) == {}


@pytest.mark.spark
def test_who_stood_still_learns_before_writing_that_it_lost_the_store_day(log):
    with LeaseKeeper(log, "slow", [DAY]) as slow:
        number, lease = log.latest(DAY)
        # Its lease ran out, and another run took over.
        assert log.write(DAY, number + 1, replace(elsewhere("quick"), until=LATER))
        lost = slow.lost([DAY])
        assert "taken over" in lost[DAY]
        assert "run quick" in lost[DAY]
    # It does not give back what it does not hold.
    assert log.latest(DAY)[1].attempt_id == "quick"
    assert lease.attempt_id == "slow"
