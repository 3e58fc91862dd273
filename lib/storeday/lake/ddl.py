"""Contracts as Spark schemas and Delta tables.

Tables stay at Delta reader version 1, so that delta-rs, DuckDB and Polars read them: no column
mapping, no deletion vectors, no type widening.
"""

from pyspark.sql import types as st

from storeday.contracts import Column, Contract

# How long files of old versions stay: readers are done with them, and they hold pseudonyms.
RETENTION_HOURS = 7 * 24

SPARK_TYPES: dict[str, st.DataType] = {
    "string": st.StringType(),
    "double": st.DoubleType(),
    "float": st.FloatType(),
    "int": st.IntegerType(),
    "bigint": st.LongType(),
    "boolean": st.BooleanType(),
    "timestamp": st.TimestampType(),
    "date": st.DateType(),
    "binary": st.BinaryType(),
    "array<string>": st.ArrayType(st.StringType()),
    "array<float>": st.ArrayType(st.FloatType()),
}


def spark_schema(contract: Contract) -> st.StructType:
    """The Spark schema of a table; nullability is left to the checks, which say more."""
    return st.StructType(
        [
            st.StructField(column.name, SPARK_TYPES[column.physical_type])
            for column in contract.columns
        ]
    )


def create_table(contract: Contract, path: str) -> str:
    """The statement that makes an empty table at a path, with comments and constraints."""
    columns = ",\n  ".join(column_ddl(column) for column in contract.columns)
    properties = ",\n  ".join(f"'{key}' = '{value}'" for key, value in _properties(contract))
    comment = _quoted(f"{contract.description} {contract.grain}")
    return (
        f"CREATE TABLE IF NOT EXISTS delta.`{path}` (\n  {columns}\n)\nUSING DELTA\n"
        f"PARTITIONED BY ({', '.join(contract.partition)})\nCOMMENT {comment}\n"
        f"TBLPROPERTIES (\n  {properties}\n)"
    )


def constraints(contract: Contract) -> dict[str, str]:
    """CHECK constraints by name, as SQL conditions that hold for every row."""
    checks: dict[str, str] = {}
    for column in contract.columns:
        for suffix, condition in _bounds(column):
            checks[f"{column.name}_{suffix}"] = _or_null(condition, [column])
    for rule in contract.rules:
        sides = [contract.column(rule.left), contract.column(rule.right)]
        checks[rule.name] = _or_null(f"{rule.left} <= {rule.right}", sides)
    return checks


def _or_null(condition: str, columns: list[Column]) -> str:
    """The condition, or an allowed null: Delta takes an unknown outcome for a breach."""
    nulls = [f"{column.name} IS NULL" for column in columns if not column.required]
    return " OR ".join([*nulls, condition])


def _properties(contract: Contract) -> list[tuple[str, str]]:
    properties = [
        ("delta.minReaderVersion", "1"),
        ("delta.enableDeletionVectors", "false"),
        # Old versions hold pseudonyms: they go as soon as readers can be done with them.
        ("delta.deletedFileRetentionDuration", f"interval {RETENTION_HOURS // 24} days"),
        ("delta.logRetentionDuration", "interval 30 days"),
    ]
    for name, condition in constraints(contract).items():
        properties.append((f"delta.constraints.{name}", condition.replace("'", "\\'")))
    return properties


def column_ddl(column: Column) -> str:
    """A column's definition, with its unit and meaning as comment."""
    required = " NOT NULL" if column.required else ""
    unit = f" [{column.unit}]" if column.unit else ""
    comment = _quoted(f"{column.description}{unit}")
    return f"{column.name} {column.physical_type.upper()}{required} COMMENT {comment}"


def _bounds(column: Column) -> list[tuple[str, str]]:
    bounds = []
    if column.minimum is not None:
        bounds.append(("min", f"{column.name} >= {column.minimum}"))
    if column.maximum is not None:
        bounds.append(("max", f"{column.name} <= {column.maximum}"))
    if column.exclusive_minimum is not None:
        bounds.append(("above", f"{column.name} > {column.exclusive_minimum}"))
    if column.valid_values:
        words = ", ".join(f"'{value}'" for value in column.valid_values)
        bounds.append(("values", f"{column.name} IN ({words})"))
    return bounds


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
