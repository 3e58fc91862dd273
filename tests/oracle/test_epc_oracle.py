"""SGTIN-96 against pyepc, on random valid EPCs."""

import random

import pytest

from storeday.rfid import decode_epc
from storeday.rfid.epc import COMPANY_BITS, COMPANY_DIGITS, PRODUCT_BITS, PRODUCT_DIGITS

pyepc = pytest.importorskip("pyepc")
SEED = 20261121


def encode(rng):
    """A random valid SGTIN-96 and its filter."""
    partition = rng.randrange(7)
    company_digits = COMPANY_DIGITS[partition]
    item_digits = PRODUCT_DIGITS - company_digits
    company = rng.randrange(10**company_digits)
    item = rng.randrange(10**item_digits)
    item_bits = PRODUCT_BITS - COMPANY_BITS[partition]
    kind = rng.randrange(8)
    bits = 0x30 << 88 | kind << 85 | partition << 82
    bits |= (company << item_bits | item) << 38 | rng.randrange(2**38)
    return f"{bits:024X}", kind


def test_decoding_agrees_with_pyepc():
    rng = random.Random(SEED)
    for _ in range(1000):
        epc, kind = encode(rng)
        ours, theirs = decode_epc(epc), pyepc.decode(epc)
        assert isinstance(theirs, pyepc.SGTIN)
        assert ours.scheme == "sgtin-96"
        assert ours.gtin == theirs.gtin, f"{epc}, seed {SEED}"
        assert ours.serial == int(theirs.serial_number)
        # pyepc drops the filter when it decodes.
        assert ours.filter == kind
