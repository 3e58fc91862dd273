"""What a products file says of a date, as a digest."""

import datetime as dt

import pytest

from storeday.shop_files import parse_products, product_states

BEFORE, DATE = dt.date(2026, 11, 19), dt.date(2026, 11, 20)
HEAD = "epc,sku,name,valid_from,valid_to\n"
COAT, HAT = "3034abcd,S1,Coat,,\n", "3034abce,S2,Hat,2026-11-20,2026-11-25\n"


@pytest.fixture
def state(tmp_path):
    def of(text, date=DATE):
        path = tmp_path / "a.products.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return product_states(path).on(date)

    return of


def test_order_and_what_is_not_valid_do_not_matter(state):
    assert state(HEAD + COAT + HAT) == state(HEAD + HAT + COAT)
    assert state(HEAD + COAT + HAT, BEFORE) == state(HEAD + COAT)
    assert state(HEAD + COAT + HAT) != state(HEAD + COAT)
    assert state(HEAD) == state("") == state(HEAD + HAT, BEFORE)


def test_every_value_matters_and_so_does_how_often(state):
    assert state(HEAD + COAT) != state(HEAD + COAT.replace("Coat", "Cape"))
    assert state(HEAD + COAT) != state(HEAD + COAT + COAT)
    assert state(HEAD) != state(HEAD + HAT + HAT)


def test_what_cannot_be_read_counts_on_every_date(state):
    bad = "nothing,,Bag,,\n"
    assert state(HEAD + COAT + bad, BEFORE) != state(HEAD + COAT, BEFORE)
    assert state(b"\xff\xfe" + "no".encode("utf-16-le")) != state("")


def test_it_changes_when_the_rows_of_the_date_do(tmp_path):
    rows = [
        f"{number:024X},S{number % 7},x,2026-11-{number % 28 + 1:02d},\n" for number in range(200)
    ]
    path = tmp_path / "a.products.csv"
    path.write_text(HEAD + "".join(rows))
    states = product_states(path)
    dates = [dt.date(2026, 11, day) for day in range(1, 31)]
    found = [parse_products(path, date).rows.drop_columns(["source_line"]) for date in dates]
    for one, first in zip(dates, found, strict=True):
        for other, second in zip(dates, found, strict=True):
            assert (states.on(one) == states.on(other)) == first.equals(second)
