"""What ships for clusters: files parse, and the discovery script says what Spark expects."""

import json
import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"


def discover(path):
    return subprocess.run(
        [str(DEPLOY / "discover_gpus.sh")],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_discovery_script_names_the_gpus(tmp_path):
    fake = tmp_path / "nvidia-smi"
    fake.write_text("#!/bin/sh\nprintf '0\\n1\\n'\n")
    fake.chmod(0o755)
    done = discover(f"{tmp_path}:{os.environ['PATH']}")
    assert json.loads(done.stdout) == {"name": "gpu", "addresses": ["0", "1"]}


def test_without_a_gpu_it_says_so():
    done = discover("/usr/bin:/bin")
    assert done.returncode == 1
    assert "no nvidia-smi" in done.stderr


def test_pod_templates_name_the_containers_that_spark_fills():
    for file, role in {"driver.yaml": "driver", "executor-gpu.yaml": "executor"}.items():
        pod = yaml.safe_load((DEPLOY / "kubernetes" / file).read_text("utf-8"))
        (container,) = pod["spec"]["containers"]
        assert container["name"] == f"spark-kubernetes-{role}"
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["spec"]["volumes"]}


def test_properties_name_the_delta_that_is_installed():
    for file in ("spark-cpu.conf", "spark-gpu.conf"):
        text = (DEPLOY / file).read_text("utf-8")
        assert f"io.delta:delta-spark_4.2_2.13:{version('delta-spark')}" in text
        for line in text.splitlines():
            assert line.startswith("#") or len(line.split()) == 2, line
