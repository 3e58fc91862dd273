"""Rules of the house that no linter knows."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCES = sorted((REPOSITORY / "lib").rglob("*.py"))
JOBS = sorted((REPOSITORY / "jobs").glob("*.py"))


def test_no_plain_python_udf():
    """Spark 4.2.0 hangs for ever on one over a Parquet scan."""
    plain = re.compile(r"(@|\b(F|sf|functions)\.)udf\b")
    for path in SOURCES + JOBS:
        assert not plain.search(path.read_text("utf-8")), path


def test_no_drawer_for_everything():
    names = {path.stem for path in SOURCES} | {path.parent.name for path in SOURCES}
    assert not names & {"utils", "util", "common", "helpers", "core", "misc"}


def test_files_stay_one_thing():
    long = {
        path.name: count
        for path in SOURCES
        if (count := len(path.read_text("utf-8").splitlines())) > 300
    }
    assert not long


def test_jobs_do_not_shadow_the_standard_library():
    import sys

    assert JOBS
    for job in JOBS:
        assert job.stem not in sys.stdlib_module_names
        assert re.fullmatch(r"(run|maintain)_[a-z]+", job.stem)


def test_no_download_addresses_are_recorded():
    registries = re.compile(r"https?://(files\.pythonhosted|pypi\.|repo1?\.maven|registry\.npmjs)")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.splitlines():
        path = REPOSITORY / name
        if path.suffix in {".py", ".toml", ".md", ".yaml", ".yml", ".txt", ".cfg", ""}:
            text = path.read_text("utf-8", errors="ignore")
            assert not registries.search(text), name


def test_the_wheel_holds_the_library_and_the_contracts(tmp_path):
    import sys

    subprocess.run(
        [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps",
            "--wheel-dir", str(tmp_path), str(REPOSITORY),
        ],
        check=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    for path in SOURCES:
        assert str(path.relative_to(REPOSITORY / "lib")) in held
    for path in (REPOSITORY / "schemas").rglob("*.yaml"):
        assert f"storeday/schemas/{path.relative_to(REPOSITORY / 'schemas')}" in held
    for path in (REPOSITORY / "lib").rglob("*.*"):
        if path.suffix not in {".yaml", ".j2", ".css", ".js"} or "egg-info" in str(path):
            continue
        assert str(path.relative_to(REPOSITORY / "lib")) in held


def test_the_table_reference_is_up_to_date():
    from storeday.commands.table_reference import table_reference

    written = (REPOSITORY / "schemas" / "TABLES.md").read_text("utf-8")
    assert written == table_reference(), "run `make docs`"
