"""What an EPC says about the product: SGTIN-96 to GTIN-14 and serial.

GS1 EPC Tag Data Standard 1.13, sections 14.5.1 (SGTIN-96) and 7.3 (EPC to GTIN). From the most
significant bit: 8 bits header, 3 filter, 3 partition, company prefix and item reference (44
together, split by the partition), 38 serial. Every other header, the newer ones of the standard's
version 2 among them, is kept as unknown: real logs hold many tags that were never encoded.

A day has few distinct tags: decode those, and join.
"""

from dataclasses import dataclass
from typing import Literal

SGTIN_96_HEADER = 0x30
HEX_DIGITS = 24
SERIAL_BITS = 38
# Bits of company prefix and item reference together, and digits of both.
PRODUCT_BITS = 44
PRODUCT_DIGITS = 13
# By partition: bits and decimal digits of the company prefix (Tag Data Standard, table 14-2).
COMPANY_BITS = (40, 37, 34, 30, 27, 24, 20)
COMPANY_DIGITS = (12, 11, 10, 9, 8, 7, 6)


@dataclass(frozen=True)
class DecodedEpc:
    """What an EPC holds.

    Attributes:
        scheme: `sgtin-96`, or `unknown` for anything else; then the rest is None.
        filter: Kind of object, 0 to 7; 1 is a point-of-sale item.
        gtin: GTIN-14 with its check digit.
        serial: Serial number, below 2^38.
        is_dummy: The company prefix is all zeros: well formed, but nobody's number.
    """

    scheme: Literal["sgtin-96", "unknown"]
    filter: int | None = None
    gtin: str | None = None
    serial: int | None = None
    is_dummy: bool = False


UNKNOWN = DecodedEpc("unknown")


def decode_epc(epc: str) -> DecodedEpc:
    """Decodes one EPC.

    Args:
        epc: Hexadecimal digits of either case. Anything is accepted; what is not a valid SGTIN-96
            is unknown.

    Example:
        >>> decode_epc("3074257BF7194E4000001A85")
        DecodedEpc(scheme='sgtin-96', filter=3, gtin='80614141123458', serial=6789, is_dummy=False)
        >>> decode_epc("E28011606000020A6681F23F").scheme
        'unknown'
    """
    bits = _bits(epc)
    if bits is None or bits >> 88 != SGTIN_96_HEADER:
        return UNKNOWN
    partition = bits >> 82 & 0b111
    if partition >= len(COMPANY_BITS):
        return UNKNOWN
    item_bits = PRODUCT_BITS - COMPANY_BITS[partition]
    product = bits >> SERIAL_BITS & (1 << PRODUCT_BITS) - 1
    company, item = product >> item_bits, product & (1 << item_bits) - 1
    company_digits = COMPANY_DIGITS[partition]
    item_digits = PRODUCT_DIGITS - company_digits
    if company >= 10**company_digits or item >= 10**item_digits:
        return UNKNOWN
    reference = f"{item:0{item_digits}d}"
    body = f"{reference[0]}{company:0{company_digits}d}{reference[1:]}"
    return DecodedEpc(
        "sgtin-96",
        filter=bits >> 85 & 0b111,
        gtin=body + check_digit(body),
        serial=bits & (1 << SERIAL_BITS) - 1,
        is_dummy=company == 0,
    )


def check_digit(body: str) -> str:
    """The digit that completes a GTIN-14 (GS1 General Specifications, section 7.9).

    Args:
        body: Its first 13 digits.

    Example:
        >>> check_digit("8061414112345")
        '8'
    """
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(body))
    return str(-total % 10)


def _bits(epc: str) -> int | None:
    if len(epc) != HEX_DIGITS or not all(digit in "0123456789abcdefABCDEF" for digit in epc):
        return None
    return int(epc, 16)
