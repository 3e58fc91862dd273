"""Five questions to a lake, in DuckDB: python examples/quick_start_duckdb.py LAKE"""

import re
import sys
from pathlib import Path

import duckdb
from deltalake import DeltaTable

from storeday.lake.views import relation_name, tables_read, view_statements

QUESTIONS = Path(__file__).with_name("questions.sql")


def questions() -> dict[str, str]:
    """The questions by name."""
    parts = re.split(r"^-- (\w+):.*$", QUESTIONS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], (part.strip().rstrip(";") for part in parts[1::2]), strict=True))


def connect(lake: str) -> duckdb.DuckDBPyConnection:
    """A connection with the analysts' views, with DuckDB's Delta extension or without."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    try:
        connection.execute("LOAD delta")  # INSTALL delta once, where the network allows
        dialect = "duckdb"
    except duckdb.Error:
        dialect = "names"
        for table in tables_read():
            place = f"{lake}/{table.replace('.', '/')}"
            connection.register(relation_name(table), DeltaTable(place).to_pyarrow_dataset())
    for statement in view_statements(lake, dialect).values():
        connection.execute(statement)
    return connection


if __name__ == "__main__":
    opened = connect(sys.argv[1])
    for name, question in questions().items():
        print(name)
        opened.sql(question).show()
