"""The same five questions in pandas: python examples/quick_start_pandas.py LAKE"""

import sys

import pandas as pd
from deltalake import DeltaTable

DAY = ["store_id", "business_date", "run_id"]


def table(lake: str, name: str) -> pd.DataFrame:
    """Rows of a gold table of published store-days."""
    rows = DeltaTable(f"{lake}/gold/{name}").to_pandas()
    published = DeltaTable(f"{lake}/ops/published_days").to_pandas()
    return rows.merge(published[DAY], on=DAY)


def busiest_hours(lake: str) -> pd.DataFrame:
    hours = table(lake, "traffic_hourly").groupby("local_hour", as_index=False)
    found = hours.agg(
        occupancy=("occupancy_mean", "mean"),
        entries=("entries", "sum"),
        least_observed=("observed_share", "min"),
    )
    found["occupancy"] = found["occupancy"].round(2)
    return found.sort_values(["occupancy", "local_hour"], ascending=[False, True]).head(5)


def zones_that_stop_people(lake: str) -> pd.DataFrame:
    rows = table(lake, "zone_hourly").query("entries > 0")
    found = rows.groupby("zone_id", as_index=False)[["entries", "engaged"]].sum()
    found["engagement_rate"] = (found["engaged"] / found["entries"]).round(3)
    found = found.rename(columns={"entries": "visits"})
    found = found.sort_values(["engagement_rate", "zone_id"], ascending=[False, True])
    return found[["zone_id", "visits", "engagement_rate"]].head(5)


def handled_not_bought(lake: str) -> pd.DataFrame:
    rows = table(lake, "product_engagement").query("level == 'sku' and handled > 0")
    columns = ["handled", "bought", "handled_not_bought"]
    found = rows.groupby("product_id", as_index=False)[columns].sum(min_count=1)
    found = found.sort_values(["handled_not_bought", "product_id"], ascending=[False, True])
    return found.assign(handled=found["handled"].round(1))[["product_id", *columns[:2]]].head(5)


def waits(lake: str) -> pd.DataFrame:
    rows = table(lake, "queue_hourly").query("joined > 0")
    found = rows.groupby(["zone_id", "local_hour"], as_index=False).agg(
        wait_mean_s=("wait_mean_s", "mean"), over_target_share=("over_target_share", "max")
    )
    return found.round({"wait_mean_s": 0, "over_target_share": 2}).head(5)


def first_zones(lake: str) -> pd.DataFrame:
    rows = table(lake, "zone_flows").query("from_zone_id == 'entrance'")
    found = rows.groupby("to_zone_id", as_index=False)["moves"].sum().round({"moves": 1})
    return found.sort_values(["moves", "to_zone_id"], ascending=[False, True]).head(5)


QUESTIONS = (busiest_hours, zones_that_stop_people, handled_not_bought, waits, first_zones)

if __name__ == "__main__":
    for question in QUESTIONS:
        print(question.__name__)
        print(question(sys.argv[1]).to_string(index=False))
