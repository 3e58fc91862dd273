"""1 if the nightly DAG runs through under `dag.test()` in Airflow's environment, and its seconds.

Needs `make airflow`. Two simulated stores, one of them not complete at its deadline.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import REPOSITORY, Result

AIRFLOW = REPOSITORY / ".venv-airflow" / "bin" / "python"
PROGRAM = REPOSITORY / "tests" / "airflow_dags" / "run_nightly_dag.py"


def run() -> Result:
    if not AIRFLOW.exists():
        raise FileNotFoundError(f"{AIRFLOW}: no Airflow; run make airflow")
    root = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        done = subprocess.run(
            [str(AIRFLOW), str(PROGRAM), str(root / "night")],
            stdout=subprocess.PIPE,
            stderr=sys.stderr,
            text=True,
            timeout=1200,
            check=True,
        )
        ended = json.loads(done.stdout.strip().splitlines()[-1])
        alerts = [json.loads(path.read_text()) for path in (root / "night/alerts").iterdir()]
    finally:
        shutil.rmtree(root)
    good = ended["state"] == "success" and set(ended["tasks"].values()) == {"success"}
    return Result(int(good), "1", "nightly DAG ran through", {**ended, "alerts": alerts})
