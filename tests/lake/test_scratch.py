"""A run's temporary folder goes with the run, however the run ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys, tempfile, time
from storeday.lake.scratch import scratch_folder
folder = scratch_folder()
assert folder == scratch_folder()
(folder / "file").write_text("x")
assert tempfile.gettempdir() == str(folder)
print(folder.name, flush=True)
time.sleep(float(sys.argv[1]))
"""


def start(tmp_path, seconds):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )


@pytest.mark.parametrize("also", ["storeday-run-000000000000-1-1", "storeday-run-x", "other"])
def test_a_killed_runs_files_go_with_the_next_run_and_nobody_elses(tmp_path, also):
    (tmp_path / also).mkdir()
    killed = start(tmp_path, 60)
    name = killed.stdout.readline().strip()
    alive = start(tmp_path, 60)
    other = alive.stdout.readline().strip()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert (tmp_path / name / "file").exists()
    done = start(tmp_path, 0)
    done.wait()
    assert {path.name for path in Path(tmp_path).iterdir()} == {also, other}
    alive.kill()
    alive.wait()
