import datetime as dt
import random

import pytest

from storeday.contracts import check, check_key, conform, load_contract
from storeday.shop_files import ShopFileError, parse_products
from storeday.shop_files.values import check_digit

HEADER = "epc,gtin,sku,name,category,home_zone,home_x_m,home_y_m,valid_from,valid_to\n"
DATE = dt.date(2026, 1, 5)
STAMPS = {"store_id": "s", "business_date": DATE}


@pytest.fixture
def read(tmp_path):
    def read(content, date=DATE):
        path = tmp_path / "s.products.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return parse_products(path, date)

    return read


def test_a_sound_line_is_read(read):
    parsed = read(HEADER + "ab,96385074,S1,Coat,Coats,z1,1.5,2,2026-01-01,2026-12-31\n,,\n")
    assert parsed.rows.to_pylist() == [
        {
            "epc": "AB",
            "gtin": "00000096385074",
            "sku": "S1",
            "name": "Coat",
            "category": "Coats",
            "home_zone_id": "z1",
            "home_x_m": 1.5,
            "home_y_m": 2.0,
            "valid_from": dt.date(2026, 1, 1),
            "valid_to": dt.date(2026, 12, 31),
            "source_line": 2,
        }
    ]
    contract = load_contract("bronze.products")
    stamped = conform(parsed.rows, contract, STAMPS)
    check(stamped, contract)
    check_key(stamped, contract)


@pytest.mark.parametrize(
    ("first", "last", "is_valid"),
    [
        ("", "", True),
        ("2026-01-05", "", True),
        ("2026-01-06", "", False),
        ("", "2026-01-05", True),
        ("", "2026-01-04", False),
        ("2026-01-05", "2026-01-05", True),
        ("2025-01-01", "2027-01-01", True),
        ("2025-01-01", "2025-12-31", False),
    ],
)
def test_only_what_is_valid_on_the_date_is_kept(read, first, last, is_valid):
    parsed = read(f"epc,sku,valid_from,valid_to\nAB,S,{first},{last}\n")
    assert (parsed.rows.num_rows, parsed.not_valid) == (is_valid, not is_valid)
    assert parsed.records == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ab,,,Coat,,,,,,", "sku is missing"),
        (",,S1,Coat,,,,,,", "epc and gtin are missing; expected at least one"),
        ("xyz,,S1,,,,,,,", "epc is 'xyz'; expected hexadecimal digits"),
        ("ab,123,S1,,,,,,,", "gtin is '123'; expected 8, 12, 13 or 14 digits"),
        ("ab,,S1,,,z,1,,,", "only one of home_x_m and home_y_m is there; expected both or none"),
        ("ab,,S1,,,z,a,1,,", "home_x_m is 'a'; expected a number like 12.50"),
        ("ab,,S1,,,,,,20260101,", "valid_from is '20260101'; expected a date like 2026-01-05"),
        ("ab,,S1,,,,,,,2026-02-30", "valid_to is '2026-02-30'; expected a date like 2026-01-05"),
        ("ab,,S1,,,,,,2026-03-02,2026-03-01", "valid_to 2026-03-01 is before valid_from 2026-03"),
    ],
)
def test_a_bad_line_is_rejected_with_its_reason(read, line, reason):
    parsed = read(HEADER + line + "\nab,,S1,,,,,,,\n")
    assert parsed.rows["source_line"].to_pylist() == [3]
    (row,) = parsed.rejects.to_pylist()
    assert row["source_line"] == 2
    assert row["reason"].startswith(reason)
    assert row["content"] == line


def test_a_bad_line_is_rejected_also_when_it_is_not_valid_on_the_date(read):
    parsed = read("epc,sku,valid_to\nxyz,S,2020-01-01\nab,S,2020-01-01\n")
    assert (parsed.rows.num_rows, parsed.rejects.num_rows, parsed.not_valid) == (0, 1, 1)


def test_formulas_umlauts_and_decimal_commas(read):
    text = "\ufeffepc;sku;name;home_x_m;home_y_m\r\nab;S;=CMD();1,5;2.5\r\nab;S;Mütze;;\r\n"
    parsed = read(text)
    assert parsed.rows["name"].to_pylist() == ["=CMD()", "Mütze"]
    assert parsed.rows["home_x_m"].to_pylist() == [1.5, None]
    tabs = read(text.replace(";", "\t"))
    assert tabs.rows.equals(parsed.rows)


def test_a_file_without_its_header_is_refused(read):
    with pytest.raises(ShopFileError, match="the header lacks sku, epc or gtin; it has name"):
        read("name\nCoat\n")


def test_an_empty_file_has_no_rows(read):
    parsed = read("")
    assert parsed.records == 0
    check(
        conform(parsed.rows, load_contract("bronze.products"), STAMPS),
        load_contract("bronze.products"),
    )


def test_counts_add_up(read):
    print("seed 0")
    chance = random.Random(0)
    lines = [
        chance.choice(
            ["ab,S,,", ",S,,", "ab,S,2027-01-01,", "ab,S,x,", "ab,,,", "ab,S,,2026-01-05"]
        )
        for _ in range(500)
    ]
    parsed = read("epc,sku,valid_from,valid_to\n" + "\n".join(lines))
    assert parsed.records == 500
    assert parsed.not_valid == lines.count("ab,S,2027-01-01,")
    assert parsed.rows.num_rows == lines.count("ab,S,,") + lines.count("ab,S,,2026-01-05")


@pytest.mark.parametrize(
    "gtin", ["96385074", "036000291452", "4006381333931", "9780306406157", "10614141543219"]
)
def test_check_digits_of_known_numbers(gtin):
    assert check_digit(gtin[:-1]) == int(gtin[-1])
    assert check_digit(gtin[:-1].zfill(13)) == int(gtin[-1])
