"""EPCs at the edges of what is valid."""

import pytest

from storeday.rfid import decode_epc


def test_the_vector_of_the_standard():
    decoded = decode_epc("3074257BF7194E4000001A85")
    assert (decoded.scheme, decoded.filter, decoded.gtin, decoded.serial) == (
        "sgtin-96",
        3,
        "80614141123458",
        6789,
    )
    assert decode_epc("3074257bf7194e4000001a85") == decoded


def test_a_tag_of_a_real_log():
    assert decode_epc("303435FC8803D056D15B963F").gtin == "00884514039059"


@pytest.mark.parametrize(
    "epc",
    [
        "",
        "30",
        "E28011606000020A6681F23F",
        "AD3830770CCDD0AD38300370",
        "A20000000000000000000001",
        "F774257BF7194E4000001A85",
        "3074257BF7194E4000001A8",
        "3074257BF7194E4000001A8500",
        "3074257BF7194E4000001AZZ",
        "+074257BF7194E4000001A85",
        # Partition 7 has no meaning.
        "301C257BF7194E4000001A85",
        # A company prefix above the digits of its partition: 2^40 - 1 in 12 digits.
        "3003FFFFFFFFFC4000001A85",
    ],
)
def test_what_is_no_valid_sgtin_is_unknown(epc):
    decoded = decode_epc(epc)
    assert decoded.scheme == "unknown"
    assert (decoded.gtin, decoded.serial, decoded.filter) == (None, None, None)


def test_a_company_of_zeros_is_a_dummy():
    decoded = decode_epc("30740000001D884000000001")
    assert decoded.scheme == "sgtin-96"
    assert decoded.is_dummy
    assert not decode_epc("3074257BF7194E4000001A85").is_dummy
