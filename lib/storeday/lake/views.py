"""Views for analysts: plain names, only published store-days, nobody's path.

A view is one SELECT that Spark SQL and DuckDB both read. Its rows are those of a gold table whose
store-day is published by the run that made them, so that a day that is being made anew shows
either as it was or not at all. Silver tables have no view: where somebody was second by second is
nobody's business. No view joins receipts with customers, pictures are left out, and customers' ids
are null once a store-day is older than `CUSTOMER_ID_DAYS`.
"""

from collections.abc import Callable
from typing import Literal

from storeday.contracts import load_contract

Dialect = Literal["duckdb", "spark", "names"]

# Issue 9 of the project: ids of customers are of no use to analysts after a month.
CUSTOMER_ID_DAYS = 30
CUSTOMER_IDS = ("customer_id", "best_customer_id", "runner_up_customer_id")
HIDDEN = ("snapshot", "business_month", *CUSTOMER_IDS)

# Plain names of gold tables.
VIEWS = {
    "heatmap": "gold.heatmap_hourly",
    "zones": "gold.zone_hourly",
    "flows": "gold.zone_flows",
    "flows_by_hour": "gold.zone_flows_hourly",
    "paths": "gold.zone_paths",
    "traffic": "gold.traffic_hourly",
    "queues": "gold.queue_hourly",
    "products": "gold.product_engagement",
    "product_pairs": "gold.product_pairs",
    "funnel": "gold.funnel_daily",
    "demographics": "gold.demographics_hourly",
    "unpaid_items": "gold.unpaid_items",
    "alerts": "gold.alerts",
    "interactions": "gold.interactions",
    "coverage": "gold.coverage",
}
PUBLISHED, RUNS = "ops.published_days", "ops.runs"
COMPARISON = "store_comparison"


def view_statements(root: str, dialect: Dialect) -> dict[str, str]:
    """The statement that makes each view, by name; run them in order.

    Args:
        root: Path of the lake.
        dialect: `duckdb` reads tables with `delta_scan`, `spark` by path; `names` reads relations
            that the caller has registered as `gold_zone_hourly` and so on, for instance Arrow data
            sets in a DuckDB without the extension.

    Example:
        >>> statement = view_statements("lake", "duckdb")["traffic"]
        >>> "delta_scan('lake/gold/traffic_hourly')" in statement
        True
    """
    source = _source(root.rstrip("/"), dialect)
    kind = "TEMPORARY VIEW" if dialect == "spark" else "VIEW"
    selects = {name: _published_rows(table, source) for name, table in VIEWS.items()}
    selects[COMPARISON] = _comparison(source)
    return {
        name: f"CREATE OR REPLACE {kind} {name} AS\n{select}" for name, select in selects.items()
    }


def relation_name(table: str) -> str:
    """What the dialect `names` calls a table.

    Example:
        >>> relation_name("gold.zone_hourly")
        'gold_zone_hourly'
    """
    return table.replace(".", "_")


def tables_read() -> tuple[str, ...]:
    """All tables that views read."""
    return (*VIEWS.values(), PUBLISHED, RUNS)


def _source(root: str, dialect: Dialect) -> Callable[[str], str]:
    def path(table: str) -> str:
        return f"{root}/{load_contract(table).path}"

    if dialect == "duckdb":
        return lambda table: f"delta_scan('{path(table)}')"
    if dialect == "spark":
        return lambda table: f"delta.`{path(table)}`"
    return relation_name


def _published_rows(table: str, source: Callable[[str], str]) -> str:
    columns = [f"t.{column.name}" for column in load_contract(table).columns]
    shown = [column for column in columns if column.removeprefix("t.") not in HIDDEN]
    for name in CUSTOMER_IDS:
        if f"t.{name}" in columns:
            recent = f"t.business_date > current_date - INTERVAL {CUSTOMER_ID_DAYS} DAY"
            shown.append(f"CASE WHEN {recent} THEN t.{name} END AS {name}")
    return (
        f"SELECT {', '.join(shown)}\n"
        f"FROM {source(table)} AS t\n"
        f"JOIN {source(PUBLISHED)} AS p\n"
        "  ON t.store_id = p.store_id AND t.business_date = p.business_date"
        " AND t.run_id = p.run_id"
    )


def _comparison(source: Callable[[str], str]) -> str:
    """Each store-day against the same weekday a week and a year before, and four weeks' mean.

    A year is 52 weeks, so that weekdays agree. `is_like_for_like` is false where the method or the
    models changed in between, or where one of the two days was observed less than nine tenths of
    the other; the rank among a date's stores is of those that are like for like.
    """
    return f"""WITH day AS (
  SELECT f.store_id, f.business_date, f.step, f.step_number, f.customers, f.observed_share,
    f.method_version, m.models
  FROM funnel AS f
  LEFT JOIN (
    SELECT store_id, business_date, max_by(models, started_at) AS models
    FROM {source(RUNS)} WHERE status = 'done' GROUP BY store_id, business_date
  ) AS m ON f.store_id = m.store_id AND f.business_date = m.business_date
  WHERE f.scope = 'store'
), weeks AS (
  SELECT d.store_id, d.business_date, d.step, avg(o.customers) AS four_weeks_mean
  FROM day AS d
  JOIN day AS o ON o.store_id = d.store_id AND o.step = d.step
    AND o.business_date IN (
      CAST(d.business_date - INTERVAL 7 DAY AS DATE),
      CAST(d.business_date - INTERVAL 14 DAY AS DATE),
      CAST(d.business_date - INTERVAL 21 DAY AS DATE),
      CAST(d.business_date - INTERVAL 28 DAY AS DATE))
  GROUP BY d.store_id, d.business_date, d.step
), beside AS (
  SELECT d.*, w.customers AS week_before, y.customers AS year_before,
    weeks.four_weeks_mean,
    w.method_version <> d.method_version AS is_method_changed,
    coalesce(w.models, '') <> coalesce(d.models, '') AS is_models_changed,
    least(d.observed_share, w.observed_share) < 0.9 * greatest(d.observed_share, w.observed_share)
      AS is_coverage_changed
  FROM day AS d
  LEFT JOIN day AS w ON w.store_id = d.store_id AND w.step = d.step
    AND w.business_date = CAST(d.business_date - INTERVAL 7 DAY AS DATE)
  LEFT JOIN weeks ON weeks.store_id = d.store_id AND weeks.step = d.step
    AND weeks.business_date = d.business_date
  LEFT JOIN day AS y ON y.store_id = d.store_id AND y.step = d.step
    AND y.business_date = CAST(d.business_date - INTERVAL 364 DAY AS DATE)
), judged AS (
  SELECT *,
    CASE WHEN week_before > 0 THEN customers / week_before - 1 END AS change_to_week_before,
    CASE WHEN year_before > 0 THEN customers / year_before - 1 END AS change_to_year_before,
    week_before IS NOT NULL AND NOT is_method_changed AND NOT is_models_changed
      AND NOT is_coverage_changed AS is_like_for_like
  FROM beside
)
SELECT store_id, business_date, step, step_number, customers, observed_share, week_before,
  change_to_week_before, four_weeks_mean, year_before, change_to_year_before,
  is_method_changed, is_models_changed, is_coverage_changed, is_like_for_like,
  CASE WHEN is_like_for_like AND change_to_week_before IS NOT NULL THEN rank() OVER (
    PARTITION BY business_date, step, is_like_for_like, change_to_week_before IS NULL
    ORDER BY change_to_week_before DESC) END AS rank_of_change
FROM judged"""
