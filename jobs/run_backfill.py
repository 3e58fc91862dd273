"""`storeday backfill` for spark-submit.

    spark-submit --packages io.delta:delta-spark_4.2_2.13:4.4.0 jobs/run_backfill.py ARGUMENTS

The arguments are those of `storeday backfill`; storeday must be installed where this runs.
"""

import sys

from storeday.cli import app

if __name__ == "__main__":
    app(["backfill", *sys.argv[1:]])
