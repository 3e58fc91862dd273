"""The same five questions in Spark SQL: python examples/quick_start_spark.py LAKE"""

import sys

from quick_start_duckdb import questions

from storeday.lake.session import spark_session
from storeday.lake.views import view_statements


def open_views(spark, lake: str) -> None:
    """Makes the analysts' views in a session."""
    for statement in view_statements(lake, "spark").values():
        spark.sql(statement)


if __name__ == "__main__":
    session = spark_session("five questions")
    open_views(session, sys.argv[1])
    for name, question in questions().items():
        print(name)
        session.sql(question).show()
