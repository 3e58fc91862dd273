"""Rows under contract, as Arrow tables: building, checking, comparing.

Order of use: `table_from_columns` builds a table, `conform` stamps the store-day and rounds,
`check` and `check_key` refuse what breaks the promise, `canonical` makes two runs comparable.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts.contract import Column, Contract
from storeday.contracts.errors import ContractError

ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "double": pa.float64(),
    "float": pa.float32(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "binary": pa.binary(),
    "array<string>": pa.list_(pa.string()),
    "array<float>": pa.list_(pa.float32()),
}


def arrow_schema(contract: Contract) -> pa.Schema:
    """The Arrow schema of a table, columns in the contract's order."""
    return pa.schema(
        [
            pa.field(column.name, ARROW_TYPES[column.physical_type], not column.required)
            for column in contract.columns
        ]
    )


def empty(contract: Contract) -> pa.Table:
    """A table under the contract without rows."""
    return arrow_schema(contract).empty_table()


def table_from_columns(contract: Contract, columns: Mapping[str, Any]) -> pa.Table:
    """Builds a table from arrays, as far as columns are given.

    Columns that only say which store-day and run the rows belong to may be left out (`conform` adds
    them); any other column that is left out becomes null.

    Args:
        contract: The table's contract.
        columns: Arrays, lists or Arrow arrays of one length, by column name.

    Returns:
        The given columns and nulls for the rest, in the contract's order and types, without those
        stamped later.

    Raises:
        ContractError: A column is not in the contract, or its values do not fit its type.
    """
    unknown = sorted(set(columns) - {column.name for column in contract.columns})
    if unknown:
        raise ContractError(contract.name, unknown[0], "a column of the contract", "none such")
    lengths = {name: len(values) for name, values in columns.items()}
    rows = next(iter(lengths.values()), 0)
    wanted = [
        column for column in contract.columns if column.name in columns or not is_stamp(column.name)
    ]
    arrays = []
    for column in wanted:
        if column.name in columns:
            arrays.append(_to_arrow(contract, column, columns[column.name]))
        else:
            arrays.append(pa.nulls(rows, ARROW_TYPES[column.physical_type]))
    fields = [pa.field(column.name, ARROW_TYPES[column.physical_type]) for column in wanted]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


STAMPS = ("store_id", "business_date", "business_month", "run_id", "method_version")


def is_stamp(name: str) -> bool:
    """Whether a column says which store-day and run a row belongs to, and is added by `conform`."""
    return name in STAMPS


def conform(table: pa.Table, contract: Contract, stamps: Mapping[str, Any]) -> pa.Table:
    """Adds the stamps, orders and casts the columns, rounds floats to the contract's decimals.

    Args:
        table: Rows; may lack stamp columns.
        contract: The table's contract.
        stamps: Values for stamp columns that the rows lack: `store_id`, `business_date` and, for
            gold tables, `run_id` and `method_version`. `business_month` follows from the date.

    Raises:
        ContractError: A column is missing, unknown or of a type that cannot be cast.
    """
    rows = table.num_rows
    known = {column.name for column in contract.columns}
    unknown = [name for name in table.column_names if name not in known]
    if unknown:
        raise ContractError(contract.name, unknown[0], "a column of the contract", "none such")
    values = dict(stamps)
    if "business_date" in values:
        values["business_month"] = f"{values['business_date']:%Y-%m}"
    arrays = []
    for column in contract.columns:
        kind = ARROW_TYPES[column.physical_type]
        if column.name in table.column_names:
            arrays.append(_round(_to_arrow(contract, column, table[column.name]), column))
        elif column.name in values:
            arrays.append(pa.repeat(pa.scalar(values[column.name], kind), rows))
        else:
            raise ContractError(contract.name, column.name, "a column", "none")
    # Nullability is checked by `check`, which can say how many rows break it.
    loose = pa.schema([field.with_nullable(True) for field in arrow_schema(contract)])
    return pa.Table.from_arrays(arrays, schema=loose)


def check(table: pa.Table, contract: Contract) -> None:
    """Refuses rows that break a type, a bound, a list of values or a rule of the contract.

    Cost: one vectorised pass per bound.

    Raises:
        ContractError: Names table and column, what was expected, and how many rows break it.
    """
    found = {field.name: field.type for field in table.schema}
    for column in contract.columns:
        kind = ARROW_TYPES[column.physical_type]
        if column.name not in found:
            raise ContractError(contract.name, column.name, "a column", "none")
        if found[column.name] != kind:
            raise ContractError(contract.name, column.name, str(kind), str(found[column.name]))
        _check_column(table[column.name], column, contract.name)
    for rule in contract.rules:
        bad = pc.greater(table[rule.left], table[rule.right])
        _refuse(bad, contract.name, rule.name, f"{rule.left} <= {rule.right}")


def check_key(table: pa.Table, contract: Contract) -> None:
    """Refuses rows that share a key. Give all rows of a store-day's table, or of a part of it.

    Raises:
        ContractError: Two rows have the same key.
    """
    keys = [name for name in contract.key if name in table.column_names]
    if table.num_rows < 2:
        return
    groups = table.select(keys).group_by(keys).aggregate([]).num_rows
    if groups != table.num_rows:
        raise ContractError(
            contract.name,
            "+".join(keys),
            "one row per key",
            f"{table.num_rows - groups} rows too many of {table.num_rows}",
        )


def sort_rows(table: pa.Table, contract: Contract) -> pa.Table:
    """Rows in the order of the contract's key, so that arrival order decides nothing."""
    keys = [name for name in contract.key if name in table.column_names]
    return table.sort_by([(name, "ascending") for name in keys]) if keys else table


def canonical(table: pa.Table, contract: Contract) -> pa.Table:
    """The form in which two runs' rows are equal: contract order, rounded floats, sorted rows."""
    names = [column.name for column in contract.columns]
    rounded = pa.table(
        {name: _round(table[name].combine_chunks(), contract.column(name)) for name in names}
    )
    return sort_rows(rounded, contract)


def _to_arrow(contract: Contract, column: Column, values: Any) -> pa.Array:
    kind = ARROW_TYPES[column.physical_type]
    try:
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        if isinstance(values, pa.Array):
            return values.cast(kind)
        if isinstance(values, np.ndarray) and values.dtype.kind == "f":
            return pa.array(values, kind, from_pandas=True)
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise ContractError(contract.name, column.name, str(kind), str(error)) from error


def _round(values: pa.Array, column: Column) -> pa.Array:
    if column.decimals is None or not pa.types.is_floating(values.type):
        return values
    return pc.round(values, ndigits=column.decimals).cast(values.type)


def _check_column(values: pa.ChunkedArray, column: Column, table: str) -> None:
    if column.required:
        _refuse(values.is_null(), table, column.name, "a value")
    if column.minimum is not None:
        _refuse(pc.less(values, column.minimum), table, column.name, f">= {column.minimum}")
    if column.maximum is not None:
        _refuse(pc.greater(values, column.maximum), table, column.name, f"<= {column.maximum}")
    if column.exclusive_minimum is not None:
        low = column.exclusive_minimum
        _refuse(pc.less_equal(values, low), table, column.name, f"> {low}")
    if column.valid_values:
        allowed = pc.or_(
            pc.is_in(values, value_set=pa.array(column.valid_values)), pc.is_null(values)
        )
        words = ", ".join(column.valid_values)
        _refuse(pc.invert(allowed), table, column.name, f"one of {words}", values)
    if column.pattern is not None:
        match = pc.match_substring_regex(values, column.pattern)
        _refuse(pc.invert(match), table, column.name, f"to match {column.pattern}", values)
    if pa.types.is_floating(values.type):
        _refuse(pc.invert(pc.is_finite(values)), table, column.name, "a finite number or null")


def _refuse(
    bad: pa.ChunkedArray,
    table: str,
    subject: str,
    expected: str,
    values: pa.ChunkedArray | None = None,
) -> None:
    flags = pc.fill_null(bad, False)
    count = pc.sum(flags).as_py() or 0
    if not count:
        return
    found = f"{count} of {len(bad)} rows that break it"
    if values is not None:
        found += f", for instance {values.filter(flags)[0].as_py()!r}"
    raise ContractError(table, subject, expected, found)
