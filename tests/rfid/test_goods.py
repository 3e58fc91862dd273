"""Which tags are the shop's goods on a day."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from storeday.rfid import FOREIGN, KEPT, SOLD, goods_of, skus_by_epc, sold_before, verdicts

SGTIN, GTIN = "3074257BF7194E4000001A85", "80614141123458"
SAME_PRODUCT = "3074257BF7194E4000001A86"
PRODUCTS = pa.table(
    {
        "epc": [None, "30AA", "30BB"],
        "gtin": [GTIN, None, "00884514039059"],
        "sku": ["shirt", "coat", "hat"],
    }
)
# Of the product that is listed tag by tag, and not one of those tags.
UNLISTED = "303435FC8803D056D15B963F"


def test_goods_are_the_tags_that_have_a_product():
    goods = goods_of(PRODUCTS)
    tags = [SGTIN, SAME_PRODUCT, "30AA", "30BB", "E280", UNLISTED, "30740000001D884000000001"]
    kept = {tag for tag in tags if goods.verdict(tag) == KEPT}
    assert kept == set(skus_by_epc(tags, PRODUCTS)) == {SGTIN, SAME_PRODUCT, "30AA", "30BB"}
    assert {goods.verdict(tag) for tag in set(tags) - kept} == {FOREIGN}


def test_sentinels_are_kept_and_sold_tags_are_not():
    goods = goods_of(PRODUCTS, sentinels=["E280", "30AA"], sold=["30AA", "30BB", "FF"])
    assert [goods.verdict(tag) for tag in ("E280", "30AA", "30BB", "FF")] == [
        KEPT,
        KEPT,
        SOLD,
        SOLD,
    ]


def test_nothing_is_goods_where_nothing_is_valid_that_day():
    goods = goods_of(PRODUCTS.slice(0, 0))
    assert goods.verdict(SGTIN) == FOREIGN


def test_verdicts_by_read():
    epcs = pa.chunked_array([["30AA", "E280", "30AA"], ["30BB"]])
    goods = goods_of(PRODUCTS, sold=["30BB"])
    assert verdicts(epcs, goods).tolist() == [KEPT, FOREIGN, KEPT, SOLD]
    assert verdicts(epcs, None).tolist() == [KEPT] * 4
    assert verdicts(epcs.slice(0, 0), goods).dtype == np.int8


@pytest.mark.parametrize(
    ("day", "expected"), [(5, set()), (6, {"A", "B"}), (7, {"A"}), (8, {"A", "B"}), (9, {"B"})]
)
def test_sold_is_what_was_not_returned_before_the_day(day, expected):
    rows = [(5, "A", 1), (5, "B", 1), (6, "B", -1), (7, "B", 1), (8, "A", -1), (9, "C", 1)]
    sales = pa.table(
        {
            "business_date": [dt.date(2026, 1, row[0]) for row in rows],
            "epc": [row[1] for row in rows],
            "quantity": [row[2] for row in rows],
        }
    )
    assert sold_before(sales, dt.date(2026, 1, day)) == expected
