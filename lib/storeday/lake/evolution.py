"""Tables that were made under an older contract.

A contract may grow by columns that can be null: they are added to the table when it is next used,
and older rows have null there. Any other change - a type, a column that went away or must have a
value - is a migration that people plan (README, operations); such a table is refused before
anything is written.
"""

from pyspark.sql import SparkSession
from pyspark.sql import types as st

from storeday.contracts import Contract, ContractError
from storeday.lake.ddl import column_ddl, spark_schema


def evolve(spark: SparkSession, contract: Contract, path: str) -> list[str]:
    """Adds columns that the contract has and the table lacks; gives their names.

    Args:
        spark: The session.
        contract: The table's contract.
        path: Hadoop path of the table, which is there.

    Raises:
        ContractError: The table differs in another way; all differences at once.
    """
    found = spark.read.format("delta").load(path).schema
    missing, faults = differences(found, contract)
    if faults:
        expected = "those of the contract, or a migration (README, operations)"
        raise ContractError(contract.name, "columns", expected, f"{'; '.join(faults)} at {path}")
    if missing:
        columns = [column for column in contract.columns if column.name in missing]
        added = ", ".join(column_ddl(column) for column in columns)
        spark.sql(f"ALTER TABLE delta.`{path}` ADD COLUMNS ({added})")
    return missing


def differences(found: st.StructType, contract: Contract) -> tuple[list[str], list[str]]:
    """Columns that can simply be added, and differences that cannot be mended so.

    Args:
        found: The table's schema.
        contract: Its contract.
    """
    types = {field.name: field.dataType for field in found}
    wanted = {field.name: field.dataType for field in spark_schema(contract)}
    missing = [name for name in wanted if name not in types]
    faults = [
        f"column {column.name} is not there and must have a value"
        for column in contract.columns
        if column.name in missing and column.required
    ]
    faults += [
        f"column {name} is {types[name].simpleString()}, expected {kind.simpleString()}"
        for name, kind in wanted.items()
        if name in types and types[name].simpleString() != kind.simpleString()
    ]
    faults += [f"column {name} is in no contract" for name in types if name not in wanted]
    return missing, faults
