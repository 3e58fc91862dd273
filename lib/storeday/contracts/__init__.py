"""Table contracts: read from `schemas/`, turned into Arrow schemas, checked against rows."""

from storeday.contracts.contract import Column, Contract, Rule, load_contract, table_names
from storeday.contracts.errors import ContractError
from storeday.contracts.rows import (
    arrow_schema,
    canonical,
    check,
    check_key,
    conform,
    empty,
    sort_rows,
    table_from_columns,
)

__all__ = [
    "Column",
    "Contract",
    "ContractError",
    "Rule",
    "arrow_schema",
    "canonical",
    "check",
    "check_key",
    "conform",
    "empty",
    "load_contract",
    "sort_rows",
    "table_from_columns",
    "table_names",
]
