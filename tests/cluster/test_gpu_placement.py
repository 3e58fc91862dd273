"""Tasks get the GPU that Spark found, in a local cluster with a stand-in for nvidia-smi."""

import os
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.spark]

REPOSITORY = Path(__file__).resolve().parents[2]
# Two machines' worth of numbers that no default would give.
FAKE = "#!/bin/sh\necho 3\necho 5\n"
PROGRAM = """
import time

from pyspark.sql import SparkSession

from storeday.stages.gpu import device_of_task


def device(_):
    time.sleep(2)  # both tasks at once, each with a GPU of its own
    yield device_of_task()


spark = SparkSession.builder.getOrCreate()
found = spark.sparkContext.parallelize(range(2), 2).mapPartitions(device).collect()
print("DEVICES", sorted(found), "DRIVER", device_of_task())
spark.stop()
"""


def test_each_task_has_the_gpu_that_spark_gave_it(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "nvidia-smi").write_text(FAKE)
    (tools / "nvidia-smi").chmod(0o755)
    (tmp_path / "program.py").write_text(PROGRAM)
    script = REPOSITORY / "deploy" / "discover_gpus.sh"
    settings = {
        "spark.master": "local-cluster[1,2,1024]",
        "spark.worker.resource.gpu.amount": "2",
        "spark.worker.resource.gpu.discoveryScript": str(script),
        "spark.executor.resource.gpu.amount": "2",
        "spark.executor.resource.gpu.discoveryScript": str(script),
        "spark.task.resource.gpu.amount": "1",
        "spark.executor.memory": "512m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.pyspark.python": sys.executable,
    }
    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit")]
    for name, value in settings.items():
        command += ["--conf", f"{name}={value}"]
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    done = subprocess.run(
        [*command, str(tmp_path / "program.py")],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        timeout=180,
        check=False,
    )
    assert "DEVICES [3, 5] DRIVER 0" in done.stdout, done.stderr[-3000:]
