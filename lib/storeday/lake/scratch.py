"""A temporary folder for one run, which goes with it, also when the run was killed.

Spark, decoders and copies of remote files write temporary files. A run that ends removes its own;
of one that was killed nobody does, so each run removes what runs of this machine left that are
gone.
"""

import atexit
import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from storeday.lake.leases import machine_name, process_name

NAME = re.compile(r"storeday-run-(?P<machine>[0-9a-f]{12})-(?P<process>\d+-\d*)")


def scratch_folder() -> Path:
    """This process' temporary folder; made, and set as the place of temporary files, if need be."""
    current = Path(tempfile.gettempdir())
    if NAME.fullmatch(current.name) and _is_mine(current):
        return current
    sweep(current)
    folder = current / f"storeday-run-{_machine()}-{_process(os.getpid())}"
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = str(folder)
    atexit.register(_remove, folder, os.getpid())
    return folder


def sweep(parent: Path) -> list[str]:
    """Removes folders of runs that ran on this machine and run no more; gives their names."""
    gone = []
    for folder in parent.glob("storeday-run-*"):
        found = NAME.fullmatch(folder.name)
        if found is None or found["machine"] != _machine():
            continue
        process = int(found["process"].partition("-")[0])
        if _process(process) != found["process"]:
            shutil.rmtree(folder, ignore_errors=True)
            gone.append(folder.name)
    return gone


def _is_mine(folder: Path) -> bool:
    return folder.name.endswith(f"-{_process(os.getpid())}")


def _machine() -> str:
    return hashlib.sha256(machine_name().encode()).hexdigest()[:12]


def _process(process: int) -> str:
    return process_name(process).replace("/", "-")


def _remove(folder: Path, owner: int) -> None:
    # Children that were forked inherit the call, not the folder.
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
