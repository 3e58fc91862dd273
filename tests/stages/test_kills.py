"""Runs that are killed with SIGKILL and run again leave the tables of a run that never was."""

import pytest
from kill_runs import Kill, Trial

pytestmark = pytest.mark.spark

# Early (tables are being made), amid the stages, late (publishing); the last hits a Python worker.
KILLS = [Kill(0.45, "driver"), Kill(0.9, "driver"), Kill(0.6, "worker")]


def test_killed_runs_leave_nothing_behind(tmp_path):
    # Three stages of the twelve: enough commits to be interrupted, and cheap.
    trial = Trial(tmp_path / "trial", ("index", "parse", "publish"))
    ends = [trial.survives(kill, number) for number, kill in enumerate(KILLS)]
    assert all(survived for survived, _ in ends), ends
    assert any("exit -9" in told for _, told in ends), ends
