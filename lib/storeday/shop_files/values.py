"""Values of a field: numbers, times, dates, product numbers.

Each function takes a stripped text and gives the value, or raises `FieldError` with what was
expected and found. An empty text is None where the value may be missing.
"""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from storeday.shop_files.sheet import FieldError, Record

# No thousands' signs: 1.234 would mean two things.
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
NUMBER_WITH_COMMA = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
WHOLE = re.compile(r"([+-]?[0-9]+)([.,]0+)?")
HEX = re.compile(r"[0-9A-Fa-f]+")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A date, then a time of day to the minute at least.
ISO_TIME = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ][0-9]{2}:?[0-9]{2}.*")

MAX_INT = 2**31 - 1

# Lengths of the GTIN family (GS1 General Specifications, section 3): GTIN-8, -12, -13, -14.
GTIN_LENGTHS = (8, 12, 13, 14)

UTC = dt.UTC


def required(record: Record, name: str) -> str:
    """A field that must not be empty."""
    text = record.fields[name]
    if not text:
        raise FieldError(f"{name} is missing")
    return text


def number(record: Record, name: str) -> float | None:
    """A decimal number; None if the field is empty."""
    text = record.fields[name]
    if not text:
        return None
    pattern = NUMBER_WITH_COMMA if record.has_decimal_comma else NUMBER
    if not pattern.fullmatch(text):
        example = "12.50 or 12,50" if record.has_decimal_comma else "12.50"
        raise FieldError(f"{name} is {text!r}; expected a number like {example}")
    return float(text.replace(",", "."))


def whole_number(record: Record, name: str) -> int:
    """A whole number of 32 bits; the field must not be empty."""
    text = required(record, name)
    match = WHOLE.fullmatch(text)
    if not match or abs(int(match[1])) > MAX_INT:
        raise FieldError(f"{name} is {text!r}; expected a whole number")
    return int(match[1])


def moment(record: Record, name: str, zone: ZoneInfo) -> dt.datetime:
    """A time in UTC, from ISO 8601 with an offset, or in the store's local time without one.

    Of a local time that the clock shows twice, the first is taken; one that it skips is taken as if
    the clock had not been changed yet.
    """
    text = required(record, name)
    try:
        if not ISO_TIME.fullmatch(text):
            raise ValueError(text)
        time = dt.datetime.fromisoformat(text)
        return (time.replace(tzinfo=zone) if time.tzinfo is None else time).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise FieldError(
            f"{name} is {text!r}; expected a time like 2026-01-05T17:30:00+01:00, or without offset"
        ) from error


def date(record: Record, name: str) -> dt.date | None:
    """A date as YYYY-MM-DD; None if the field is empty."""
    text = record.fields[name]
    if not text:
        return None
    try:
        if not ISO_DATE.fullmatch(text):
            raise ValueError(text)
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(f"{name} is {text!r}; expected a date like 2026-01-05") from error


def epc(record: Record) -> str | None:
    """An Electronic Product Code in upper-case hex; None if the field is empty."""
    text = record.fields["epc"]
    if not text:
        return None
    if not HEX.fullmatch(text):
        raise FieldError(f"epc is {text!r}; expected hexadecimal digits")
    return text.upper()


def gtin(record: Record) -> str | None:
    """A GTIN in its one form of 14 digits; None if the field is empty.

    Shorter GTINs get leading zeros, as the GS1 General Specifications store them; the check digit
    stays the same.
    """
    text = record.fields["gtin"]
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) in GTIN_LENGTHS):
        raise FieldError(f"gtin is {text!r}; expected 8, 12, 13 or 14 digits")
    expected = check_digit(text[:-1])
    if int(text[-1]) != expected:
        raise FieldError(f"gtin is {text!r}; its check digit should be {expected}")
    return text.zfill(14)


def check_digit(digits: str) -> int:
    """Check digit of a GTIN without it (GS1 General Specifications, section 7.9).

    From the right, digits weigh 3 and 1 in turn; the check digit fills their sum up to a ten.

    Example:
        >>> check_digit("400638133393")
        1
    """
    total = sum(map(int, digits[::-2])) * 3 + sum(map(int, digits[-2::-2]))
    return -total % 10


def product_number(record: Record) -> tuple[str | None, str | None]:
    """EPC and GTIN, at least one of which must be there."""
    code, item = epc(record), gtin(record)
    if code is None and item is None:
        raise FieldError("epc and gtin are missing; expected at least one")
    return code, item
