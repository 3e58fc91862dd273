"""A table contract, as written in `schemas/<layer>/<table>.yaml`.

The files follow the Open Data Contract Standard 3.1. Of it we use: `description`, one object under
`schema` with `dataGranularityDescription`, and per property `name, description, logicalType,
physicalType, required, primaryKey, partitioned, logicalTypeOptions (minimum, maximum,
exclusiveMinimum, pattern), quality` (library metric `invalidValues` with `validValues`) and
`customProperties` (`unit`, `decimals`). Rules between columns stand in the object's `quality` with
`type: custom, engine: storeday`, in the one form `<column> <= <column>`.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

# Contracts are our own files; libyaml reads one in 2 ms, the pure parser in 50, and each process
# reads dozens.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LAYERS = ("bronze", "silver", "gold", "ops")


@dataclass(frozen=True)
class Column:
    """One column's promise.

    Attributes:
        name: Column name.
        physical_type: Type in Spark SQL's words, for instance `double` or `array<string>`.
        description: What a row's value means.
        required: Whether null is refused.
        unit: Unit, or the clock a timestamp was read from; empty where there is none.
        decimals: Digits after the point that two equal runs agree on; None for exact types.
        minimum: Lowest value allowed.
        maximum: Highest value allowed.
        exclusive_minimum: Bound that every value must exceed.
        pattern: Regular expression that the whole value matches.
        valid_values: The only values allowed; empty for any.
    """

    name: str
    physical_type: str
    description: str
    required: bool
    unit: str = ""
    decimals: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    pattern: str | None = None
    valid_values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A promise between two columns of a row: `left <= right`, true as well where one is null."""

    name: str
    left: str
    right: str


@dataclass(frozen=True)
class Contract:
    """The promise of one table.

    Attributes:
        name: Layer and table, for instance `silver.tracklets`.
        description: What the table is for.
        grain: What one row stands for.
        columns: All columns, in order.
        key: Columns that together tell rows apart.
        partition: Partition columns, in order.
        rules: Promises between columns.
    """

    name: str
    description: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition: tuple[str, ...]
    rules: tuple[Rule, ...]

    @property
    def path(self) -> str:
        """Place of the table below the lake's root."""
        return self.name.replace(".", "/")

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: The contract has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")


@cache
def table_names() -> tuple[str, ...]:
    """Names of all tables under contract, by layer and name."""
    return tuple(
        f"{layer}.{entry.name.removesuffix('.yaml')}"
        for layer in LAYERS
        for entry in sorted(
            files(f"storeday.schemas.{layer}").iterdir(), key=lambda entry: entry.name
        )
        if entry.name.endswith(".yaml")
    )


@cache
def load_contract(name: str) -> Contract:
    """Reads the contract of a table, such as `silver.tracklets`.

    Raises:
        KeyError: There is no such table; the message lists those there are.

    Example:
        >>> load_contract("silver.track_points").key
        ('store_id', 'business_date', 'detection_id')
    """
    if name not in table_names():
        raise KeyError(f"no contract for table {name!r}; there are {', '.join(table_names())}")
    layer, table = name.split(".")
    text = files(f"storeday.schemas.{layer}").joinpath(f"{table}.yaml").read_text("utf-8")
    return parse_contract(name, yaml.load(text, Loader=_LOADER))


def parse_contract(name: str, document: dict[str, Any]) -> Contract:
    """Turns a contract file's content into a `Contract`.

    Raises:
        KeyError: A part that every contract must have is missing.
        ValueError: A rule is not of the form `<column> <= <column>`.
    """
    (table,) = document["schema"]
    properties = table["properties"]
    return Contract(
        name=name,
        description=document["description"]["purpose"],
        grain=table["dataGranularityDescription"],
        columns=tuple(_parse_column(entry) for entry in properties),
        key=_by_position(properties, "primaryKey", "primaryKeyPosition"),
        partition=_by_position(properties, "partitioned", "partitionKeyPosition"),
        rules=tuple(_parse_rule(entry) for entry in table.get("quality", [])),
    )


def _parse_column(entry: dict[str, Any]) -> Column:
    options = entry.get("logicalTypeOptions", {})
    custom = {item["property"]: item["value"] for item in entry.get("customProperties", [])}
    valid: tuple[str, ...] = ()
    for quality in entry.get("quality", []):
        valid = tuple(quality["arguments"]["validValues"])
    return Column(
        name=entry["name"],
        physical_type=entry["physicalType"],
        description=entry["description"],
        required=entry["required"],
        unit=custom.get("unit", ""),
        decimals=custom.get("decimals"),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        exclusive_minimum=options.get("exclusiveMinimum"),
        pattern=options.get("pattern"),
        valid_values=valid,
    )


def _parse_rule(entry: dict[str, Any]) -> Rule:
    words = entry["implementation"].split()
    if len(words) != 3 or words[1] != "<=":
        raise ValueError(
            f"rule {entry['name']!r} reads {entry['implementation']!r}; "
            "expected '<column> <= <column>'"
        )
    return Rule(name=entry["name"], left=words[0], right=words[2])


def _by_position(properties: list[dict[str, Any]], flag: str, position: str) -> tuple[str, ...]:
    chosen = [entry for entry in properties if entry.get(flag)]
    return tuple(entry["name"] for entry in sorted(chosen, key=lambda entry: entry[position]))
