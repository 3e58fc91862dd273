"""Layout and products as association wants them."""

import datetime as dt

import pyarrow as pa

from storeday.manifest import StoreLayout
from storeday.stages.shop import shop_of

BOX = [[0, 0], [2, 0], [2, 1], [0, 1]]
LAYOUT = StoreLayout.model_validate(
    {
        "store_id": "s",
        "valid_from": dt.date(2026, 1, 1),
        "timezone": "UTC",
        "opening_hours": {"days": {}},
        "floor_plan": {"width_m": 5, "height_m": 5},
        "zones": [{"id": "coats", "kind": "display", "polygon_m": BOX}],
        "readers": [
            {
                "id": "rack",
                "log": {"format": "itemtest_csv"},
                "antennas": [{"port": 1, "x_m": 1.0, "y_m": 2.0, "zones": ["coats"]}, {"port": 2}],
            }
        ],
    }
)


def products(rows):
    names = ("epc", "gtin", "sku", "home_zone_id", "home_x_m", "home_y_m")
    texts = {name: pa.string() for name in names[:4]}
    numbers = {name: pa.float64() for name in names[4:]}
    schema = pa.schema(list((texts | numbers).items()))
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema)


def test_reach_and_homes():
    listed = products(
        [
            ("E2801234", None, "shirt", "coats", 1.0, 0.5),
            (None, "80614141123458", "hat", "coats", None, None),
        ]
    )
    # The second tag has the GTIN of the hat, the third nobody knows.
    tags = ["E2801234", "3074257BF7194E4000001A85", "E280FFFF"]
    shop = shop_of(LAYOUT, pa.table({"epc": tags}), listed)
    assert set(shop.reach) == {("rack", 1), ("rack", 2)}
    assert shop.reach["rack", 1].place_m == (1.0, 2.0)
    assert shop.reach["rack", 1].zones_m["coats"].tolist() == BOX
    assert shop.reach["rack", 2].place_m is None
    assert not shop.reach["rack", 2].zones_m
    assert shop.home_m == {"E2801234": (1.0, 0.5)}
    assert shop.home_zone == {tags[0]: "coats", tags[1]: "coats"}


def test_a_store_without_products():
    shop = shop_of(LAYOUT, pa.table({"epc": ["E2801234"]}), products([]))
    assert shop.home_m == shop.home_zone == {}
