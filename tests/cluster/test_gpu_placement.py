"""Spark hands out GPUs that a fake discovery script names; tasks use the one they are given."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.spark

DISCOVERY = """\
#!/usr/bin/env bash
echo '{"name": "gpu", "addresses": ["3", "5"]}'
"""

# Two tasks that last until both have started, so that each has a GPU of its own.
JOB = """
import json, pathlib, sys, time
from pyspark.sql import SparkSession
from storeday.inference import open_models
from storeday.stages import infer

folder = pathlib.Path(sys.argv[1])
spark = SparkSession.builder.getOrCreate()


def given(part, _):
    asked = []
    infer.open_models = lambda models, settings, device_id: asked.append(device_id) or Stop()
    plan = type("Plan", (), {"settings": type("S", (), {"inference": None})})()
    plan.layout = type("L", (), {"cameras": (), "privacy": type("P", (), {"demographics": True})})
    (folder / f"started{part}").touch()
    for _ in range(600):
        if len(list(folder.glob("started*"))) == 2:
            break
        time.sleep(0.1)
    list(infer.infer_stream(lambda opened: iter(()), {None: plan}, None))
    yield asked[0]


class Stop:
    providers = {}


found = spark.sparkContext.parallelize(range(2), 2).mapPartitionsWithIndex(given).collect()
(folder / "found.json").write_text(json.dumps(found))
spark.stop()
"""


@pytest.mark.timeout(300)
def test_each_task_opens_its_models_on_the_gpu_that_spark_gave_it(tmp_path):
    script = tmp_path / "discover.sh"
    script.write_text(DISCOVERY)
    script.chmod(0o755)
    settings = {
        "spark.master": "local-cluster[1,2,1024]",
        "spark.executor.memory": "512m",
        "spark.executor.cores": "2",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.worker.resource.gpu.amount": "2",
        "spark.worker.resource.gpu.discoveryScript": str(script),
        "spark.executor.resource.gpu.amount": "2",
        "spark.executor.resource.gpu.discoveryScript": str(script),
        "spark.task.resource.gpu.amount": "1",
    }
    conf, job = tmp_path / "spark.conf", tmp_path / "job.py"
    conf.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    job.write_text(JOB)
    submit = Path(sys.executable).parent / "spark-submit"
    ended = subprocess.run(
        [str(submit), "--properties-file", str(conf), str(job), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"},
    )
    assert ended.returncode == 0, (ended.stdout + ended.stderr)[-4000:]
    assert sorted(json.loads((tmp_path / "found.json").read_text())) == [3, 5]
