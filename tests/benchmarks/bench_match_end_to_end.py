"""Handlings that end with the right customer, from boxes and reads on, and which stage loses them.

The figure is the share of all handlings whose likeliest customer is right; beside it the same with
one stage after another replaced by truth, so that it shows where effort pays. Simulated.
"""

import dataclasses

import numpy as np
from end_to_end import REPLACED, chain
from measure import Result
from radio_logs import seeds


def run() -> Result:
    chosen = seeds("scored")[:2]
    rows = {}
    for replaced in ("", *REPLACED):
        found = [dataclasses.asdict(chain(seed, replaced)) for seed in chosen]
        row = {name: round(float(np.mean([one[name] for one in found])), 3) for name in found[0]}
        rows[f"true {replaced}" if replaced else "as it is"] = row
        print(replaced or "as it is", row, flush=True)
    columns = list(rows["as it is"])
    table = {name: [row[column] for column in columns] for name, row in rows.items()}
    return Result(
        figure=rows["as it is"]["right"],
        aim="reported",
        unit="share",
        detail={
            "simulated": True,
            "seeds": chosen,
            "table": {"columns": columns, "rows": table},
        },
    )
