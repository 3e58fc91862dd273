"""Sales files: one line per line of a receipt."""

from collections.abc import Collection
from pathlib import Path
from zoneinfo import ZoneInfo

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
    required=("time", "register_id", "receipt_id", "quantity"),
    one_of=("epc", "gtin"),
    optional=("price",),
)

ROW_COLUMNS = (
    "register_id",
    "receipt_id",
    "device_time",
    "epc",
    "gtin",
    "quantity",
    "price",
    "source_line",
)


def parse_sales(
    path: str | Path, source_file: str, timezone: str, registers: Collection[str]
) -> ParsedFile:
    r"""Reads a sales file.

    Columns, in any order and case: `time` (ISO 8601 with offset, or the store's local time),
    `register_id`, `receipt_id`, `epc` and/or `gtin`, `quantity`, and if the till gives it `price`.

    Args:
        path: The file; may be empty.
        source_file: Its path below the store-day's inbox folder, for the rows.
        timezone: IANA name of the store's time zone.
        registers: Tills named in the manifest; sales of others are rejected.

    Returns:
        Rows of `bronze.sales` and rejects. GTINs have 14 digits, EPCs are upper-case hex.

    Raises:
        ShopFileError: The file is not UTF-8, or its header lacks a column.

    Example:
        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        ...     _ = file.write("time,register_id,receipt_id,gtin,quantity,price\n"
        ...                    "2026-01-05T17:30,till1,R1,4006381333931,1,2.50\n"
        ...                    "2026-01-05T17:31,till1,R2,4006381333932,1,2.50\n")
        ...     file.flush()
        ...     sales = parse_sales(file.name, "sales/a.csv", "Europe/Paris", ["till1"])
        >>> sales.rows["device_time"][0].as_py().isoformat(), sales.rows["gtin"][0].as_py()
        ('2026-01-05T16:30:00+00:00', '04006381333931')
        >>> sales.rejects["source_line"].to_pylist(), sales.rejects["reason"][0].as_py()
        ([3], "gtin is '4006381333932'; its check digit should be 1")
    """
    zone = ZoneInfo(timezone)
    known = frozenset(registers)

    def parse(record: Record) -> Row:
        return _row(record, zone, known)

    rows, rejects, _ = parse_sheet(path, COLUMNS, parse)
    columns = dict(zip(ROW_COLUMNS, as_columns(rows, len(ROW_COLUMNS)), strict=True))
    columns["source_file"] = (source_file,) * len(rows)
    return ParsedFile(table_from_columns(load_contract("bronze.sales"), columns), rejects, 0)


def _row(record: Record, zone: ZoneInfo, registers: frozenset[str]) -> Row:
    time = values.moment(record, "time", zone)
    register = values.required(record, "register_id")
    if register not in registers:
        names = ", ".join(sorted(registers)) or "none"
        raise FieldError(f"register_id is {register!r}; the manifest's checkouts are {names}")
    epc, gtin = values.product_number(record)
    return (
        register,
        values.required(record, "receipt_id"),
        time,
        epc,
        gtin,
        values.whole_number(record, "quantity"),
        values.number(record, "price"),
        record.line,
    )
