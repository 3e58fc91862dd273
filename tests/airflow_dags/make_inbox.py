"""Writes a small simulated inbox for the DAG's test; run by the jobs' own Python.

Two stores of the demo: reads and receipts without footage, since no model ships. `marked` is
complete by its marker; `late` is not.
"""

import shutil
import sys
from pathlib import Path

from storeday.simulate import load_scenario
from storeday.simulate.radio import write_reads
from storeday.simulate.write import radio_settings, simulate_store_day

SEED = 7


def main(root: Path) -> None:
    base = load_scenario("demo", hours=0.05)
    for store in ("marked", "late"):
        named = base.store.model_copy(update={"store_id": store})
        scenario = base.model_copy(update={"store": named})
        made = simulate_store_day(scenario, SEED, root, "events")
        folder = made.inbox / store / made.business_date.isoformat()
        write_reads(made.world, radio_settings(scenario), folder, SEED)
        if store == "marked":
            (folder / "_COMPLETE").write_text("")
    shutil.rmtree(root / "truth")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
