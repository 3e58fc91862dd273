"""What the doctor finds; without Spark."""

import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from storeday.commands import doctor
from storeday.commands.doctor import Patient, examine, findings
from storeday.commands.maintain import settled_condition

MANIFEST = (
    Path(__file__).resolve().parents[1] / "benchmarks" / "scenarios" / "empty_day.yaml"
).read_text()


@pytest.fixture
def patient(tmp_path):
    (tmp_path / "stores").mkdir()
    (tmp_path / "inbox").mkdir()
    (tmp_path / "stores" / "empty.yaml").write_text(MANIFEST)
    folders = {name: str(tmp_path / name) for name in ("lake", "inbox", "stores")}
    return Patient(**folders, has_spark=False)


def found(patient):
    return {finding.what: finding for finding in findings(patient)}


def told(patient, word):
    (finding,) = [item for item in findings(patient) if word in item.what]
    return finding


def test_a_sound_machine_has_nothing_bad(patient, tmp_path):
    assert {finding.state for finding in findings(patient)} <= {"good", "look"}
    console = Console(file=(tmp_path / "told").open("w"), width=200)
    assert examine(patient, console) == 0
    console.file.close()
    text = (tmp_path / "told").read_text()
    assert "ok   manifest of empty: 2 cameras, 1 readers" in text
    assert "look no model manifest given" in text


def test_a_wrong_java_is_told(patient, monkeypatch, tmp_path):
    fake = tmp_path / "jdk" / "bin" / "java"
    fake.parent.mkdir(parents=True)
    fake.write_text("#!/bin/sh\necho 'java version \"1.8.0_402\"' >&2\n")
    fake.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    finding = told(patient, "Java 8")
    assert (finding.state, "17 or 21" in finding.advice) == ("bad", True)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    assert told(patient, "no Java").state == "bad"


def test_faults_of_manifests_places_and_models_are_told_with_advice(patient, tmp_path):
    (tmp_path / "stores" / "broken.yaml").write_text("store_id: broken\n")
    (tmp_path / "models.yaml").write_text("models: 3\n")
    (tmp_path / "inbox").rmdir()
    sick = Patient(
        patient.lake, patient.inbox, patient.stores, str(tmp_path / "models.yaml"), has_spark=False
    )
    for word in ("manifest of broken", "inbox", "models:"):
        finding = told(sick, word)
        assert finding.state == "bad"
        assert finding.advice
    assert examine(sick, Console(quiet=True)) == 1


def test_salts_inside_the_lake_are_bad(tmp_path):
    lake = str(tmp_path / "lake")
    sick = Patient(lake=lake, salts=f"{lake}/salts", has_spark=False)
    assert told(sick, "are inside the lake").state == "bad"


@pytest.mark.parametrize("scheme", ["s3", "gs", "abfss"])
def test_a_bucket_asks_for_a_look_at_its_versions(scheme):
    finding = told(Patient(lake=f"{scheme}://shop/lake", has_spark=False), "is in a bucket")
    assert finding.state == "look"
    assert "versioning" in finding.advice


def test_a_full_disk_is_told(patient, monkeypatch):
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")(10, 9, 1)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    assert told(patient, "lake " + patient.lake + ":").state == "look"


def test_a_check_that_falls_over_is_a_finding(patient, monkeypatch):
    def hang(*_, **__):
        raise subprocess.TimeoutExpired("java", 30)

    monkeypatch.setattr(doctor.subprocess, "run", hang)
    assert told(patient, "java: TimeoutExpired").state == "bad"
    assert found(patient)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("PySparkRuntimeError: [JAVA_GATEWAY_EXITED] Java gateway process exited", "Ivy cache"),
        ("AccessDeniedException: x", "write permission"),
        ("else", "README"),
    ],
)
def test_what_spark_says_is_turned_into_advice(text, advice):
    assert advice in doctor._spark_advice(text)


def test_only_settled_days_are_joined():
    import datetime as dt

    first = dt.date(2026, 12, 1)
    assert settled_condition(["store_id", "business_month"], first) == "business_month < '2026-11'"
    assert settled_condition(["business_date"], first) == "business_date < '2026-11-24'"
