"""The products file: which tag and which number is which product, from when to when."""

import datetime as dt
from pathlib import Path

from storeday.contracts import load_contract, table_from_columns
from storeday.shop_files import values
from storeday.shop_files.sheet import (
    Columns,
    FieldError,
    ParsedFile,
    Record,
    Row,
    as_columns,
    parse_sheet,
)

COLUMNS = Columns(
    required=("sku",),
    one_of=("epc", "gtin"),
    optional=(
        "name",
        "category",
        "home_zone",
        "home_x_m",
        "home_y_m",
        "valid_from",
        "valid_to",
    ),
)

ROW_COLUMNS = (
    "epc",
    "gtin",
    "sku",
    "name",
    "category",
    "home_zone_id",
    "home_x_m",
    "home_y_m",
    "valid_from",
    "valid_to",
    "source_line",
)
VALID_FROM, VALID_TO = ROW_COLUMNS.index("valid_from"), ROW_COLUMNS.index("valid_to")


def parse_products(path: str | Path, business_date: dt.date) -> ParsedFile:
    r"""Reads the products that are valid on a date.

    Columns, in any order and case: `epc` and/or `gtin`, `sku`, and where known `name`, `category`,
    `home_zone`, `home_x_m`, `home_y_m`, `valid_from`, `valid_to` (dates, both included; empty means
    without bound).

    Args:
        path: The file; may be empty.
        business_date: Date on which products must be valid; others are counted, not kept.

    Returns:
        Rows of `bronze.products`, rejects, and the number of products not valid on the date. GTINs
        have 14 digits, EPCs are upper-case hex.

    Raises:
        ShopFileError: The file is not UTF-8, or its header lacks a column.

    Example:
        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        ...     _ = file.write("epc;sku;name;home_x_m;valid_to\n"
        ...                    "3034abcd;S1;Coat;;2026-01-05\n"
        ...                    "3034abce;S2;Hat;;2026-01-04\n")
        ...     file.flush()
        ...     products = parse_products(file.name, dt.date(2026, 1, 5))
        >>> products.rows["epc"].to_pylist(), products.not_valid, products.rejects.num_rows
        (['3034ABCD'], 1, 0)
    """

    def parse(record: Record) -> Row | None:
        row = product_row(record)
        first, last = row[VALID_FROM], row[VALID_TO]
        is_over = last is not None and last < business_date
        return None if is_over or (first is not None and business_date < first) else row

    rows, rejects, not_valid = parse_sheet(path, COLUMNS, parse)
    columns = dict(zip(ROW_COLUMNS, as_columns(rows, len(ROW_COLUMNS)), strict=True))
    table = table_from_columns(load_contract("bronze.products"), columns)
    return ParsedFile(table, rejects, not_valid)


def product_row(record: Record) -> Row:
    """The product of a record, values in the order of `ROW_COLUMNS`.

    Args:
        record: A record of the products file.

    Raises:
        FieldError: A field cannot be used.
    """
    epc, gtin = values.product_number(record)
    sku = values.required(record, "sku")
    x_m, y_m = values.number(record, "home_x_m"), values.number(record, "home_y_m")
    if (x_m is None) != (y_m is None):
        raise FieldError("only one of home_x_m and home_y_m is there; expected both or none")
    first, last = values.date(record, "valid_from"), values.date(record, "valid_to")
    if first and last and last < first:
        raise FieldError(f"valid_to {last} is before valid_from {first}")
    fields = record.fields
    names = (fields["name"] or None, fields["category"] or None, fields["home_zone"] or None)
    return (epc, gtin, sku, *names, x_m, y_m, first, last, record.line)
