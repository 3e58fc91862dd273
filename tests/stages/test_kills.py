"""Runs that are killed with SIGKILL and run again leave the tables of a run that never was."""

import pytest
from kill_runs import Kill, Trial

pytestmark = pytest.mark.spark

# Early, when tables are being made; late, amid commits; and one that hits a Python worker.
KILLS = [Kill(0.45, "driver"), Kill(0.7, "driver"), Kill(0.2, "worker")]


def test_killed_runs_leave_nothing_behind(tmp_path):
    # Two stages of the twelve: commits to be interrupted, and cheap. The benchmark kills them all.
    trial = Trial(tmp_path / "trial", ("index", "parse"))
    ends = [trial.survives(kill, number) for number, kill in enumerate(KILLS)]
    assert all(survived for survived, _ in ends), ends
    # A late moment may come after the end, where the machine is quicker than a minute ago.
    assert sum("hit: True" in told for _, told in ends) >= 2, ends
