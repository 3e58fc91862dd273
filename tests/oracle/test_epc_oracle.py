"""SGTIN-96 against pyepc: valid EPCs of every partition, and any 96 bits."""

import random

import pytest

from storeday.rfid import decode_epc
from storeday.rfid.epc import COMPANY_BITS, COMPANY_DIGITS, PRODUCT_BITS, PRODUCT_DIGITS

pyepc = pytest.importorskip("pyepc")
SEED = 20261121
PARTITIONS = range(7)


def encode(partition, kind, company, item, serial):
    item_bits = PRODUCT_BITS - COMPANY_BITS[partition]
    bits = 0x30 << 88 | kind << 85 | partition << 82
    return f"{bits | (company << item_bits | item) << 38 | serial:024X}"


def cases(partition):
    """The ends of every field's range, and random values within."""
    rng = random.Random(SEED + partition)
    companies = 10 ** COMPANY_DIGITS[partition]
    items = 10 ** (PRODUCT_DIGITS - COMPANY_DIGITS[partition])
    ends = [(0, 0, 0, 0), (7, companies - 1, items - 1, 2**38 - 1), (1, 1, items // 10, 1)]
    return ends + [
        (rng.randrange(8), rng.randrange(companies), rng.randrange(items), rng.randrange(2**38))
        for _ in range(150)
    ]


@pytest.mark.parametrize("partition", PARTITIONS)
def test_decoding_agrees_with_pyepc(partition):
    for kind, company, item, serial in cases(partition):
        epc = encode(partition, kind, company, item, serial)
        ours, theirs = decode_epc(epc), pyepc.decode(epc)
        assert isinstance(theirs, pyepc.SGTIN)
        assert ours.scheme == "sgtin-96"
        assert ours.gtin == theirs.gtin, f"{epc}, seed {SEED}"
        assert ours.serial == int(theirs.serial_number) == serial
        # pyepc drops the filter when it decodes.
        assert ours.filter == kind
        assert ours.is_dummy == (company == 0)


def test_any_bits_behind_the_header_are_decoded_alike_or_unknown():
    rng = random.Random(SEED)
    decoded = 0
    for _ in range(2000):
        epc = f"{0x30 << 88 | rng.getrandbits(88):024X}"
        ours = decode_epc(epc)
        try:
            theirs = pyepc.decode(epc)
        except (ValueError, pyepc.DecodingError):
            theirs = None
        if ours.scheme == "sgtin-96":
            assert theirs.gtin == ours.gtin, f"{epc}, seed {SEED}"
            decoded += 1
        elif theirs is not None:
            # pyepc takes numbers that have more digits than their partition allows.
            urn = theirs.pure_identity_uri.split(":")[-1]
            company, item, _ = urn.split(".")
            assert len(company) + len(item) > PRODUCT_DIGITS, f"{epc}, seed {SEED}"
    assert decoded > 500


def test_other_headers_are_unknown():
    rng = random.Random(SEED)
    for header in set(range(256)) - {0x30}:
        assert decode_epc(f"{header << 88 | rng.getrandbits(88):024X}").scheme == "unknown"
