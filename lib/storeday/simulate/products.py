"""Products, their tags, and the products file.

Tags carry SGTIN-96 (GS1 EPC Tag Data Standard, section 14.6.1): header 0x30, filter, partition,
company prefix, item reference with the indicator digit in front, serial number.

Conventions: metres as in the manifest; EPC in upper-case hex, 24 digits.
"""

import csv
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.manifest import StoreLayout
from storeday.simulate.scenario import Scenario
from storeday.simulate.store import CATEGORIES, RAIL_HEIGHT_M, Store
from storeday.simulate.world import Products

Floats = NDArray[np.float64]

SGTIN_96_HEADER = 0x30
# A point-of-sale item; a company prefix of 7 digits is partition 5: 24 bits, 20 for the item.
FILTER, PARTITION, PREFIX_BITS, ITEM_BITS, SERIAL_BITS = 1, 5, 24, 20, 38
# GS1 keeps this prefix for examples.
COMPANY_PREFIX = "9521321"
SENTINEL = "sentinel"
COLUMNS = (
    *("epc", "gtin", "sku", "name", "category"),
    *("home_zone", "home_x_m", "home_y_m", "valid_from", "valid_to"),
)
SENTINEL_HEIGHT_M = 2.45
NOUNS = {
    "jackets": "jacket",
    "shirts": "shirt",
    "knitwear": "jumper",
    "trousers": "trousers",
    "dresses": "dress",
    "accessories": "scarf",
    SENTINEL: "sentinel tag",
}
# Retail prices of the categories, middle of the range; only to fill receipts.
PRICES = {
    "jackets": 120.0,
    "shirts": 40.0,
    "knitwear": 60.0,
    "trousers": 55.0,
    "dresses": 75.0,
    "accessories": 20.0,
    SENTINEL: 0.0,
}


@dataclass(frozen=True)
class Catalogue:
    """Products with what only files tell.

    Attributes:
        products: Products.
        names: Name of each, length p.
        prices: Price of each, shape (p,).
    """

    products: Products
    names: tuple[str, ...]
    prices: Floats


def check_digit(digits: str) -> str:
    """The GTIN's check digit for the 13 digits before it: weights 3 and 1 in turn, modulo 10.

    Example:
        >>> check_digit("8061414112345")
        '8'
    """
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(digits))
    return str(-total % 10)


def sgtin_96(company_prefix: str, item_reference: str, serial: int, filter_value: int = 1) -> str:
    """The EPC of one item.

    Args:
        company_prefix: Seven digits.
        item_reference: Six digits, the indicator first.
        serial: Below 2 ** 38.
        filter_value: Kind of packing, 0 to 7.

    Raises:
        ValueError: A part does not fit.

    Example:
        >>> sgtin_96("0614141", "812345", 6789, 3)
        '3074257BF7194E4000001A85'
    """
    if len(company_prefix) != 7 or len(item_reference) != 6 or not 0 <= serial < 2**SERIAL_BITS:
        raise ValueError(
            f"prefix {company_prefix!r}, item {item_reference!r}, serial {serial}: expected 7 "
            f"digits, 6 digits and a number below 2 ** {SERIAL_BITS}"
        )
    bits = SGTIN_96_HEADER << 3 | filter_value
    bits = bits << 3 | PARTITION
    bits = bits << PREFIX_BITS | int(company_prefix)
    bits = bits << ITEM_BITS | int(item_reference)
    return f"{bits << SERIAL_BITS | serial:024X}"


def make_products(scenario: Scenario, store: Store, rng: np.random.Generator) -> Catalogue:
    """Hangs tagged items on the racks, and sentinel tags above them.

    Items of one product hang side by side, as in a shop.
    """
    tags = scenario.tags
    skus_per_rack = min(tags.skus_per_rack, tags.per_rack)
    rack = np.repeat(np.arange(store.display_racks), tags.per_rack)
    order = np.tile(np.arange(tags.per_rack), store.display_racks)
    sku_number = rack * skus_per_rack + order * skus_per_rack // tags.per_rack
    places = _places_on_racks(store, rack, (order + 0.5) / tags.per_rack, rng)
    above = rng.integers(store.display_racks, size=tags.sentinels)
    middle = np.column_stack(
        [
            store.racks.x_m[above] + store.racks.width_m[above] / 2,
            store.racks.y_m[above] + store.racks.depth_m[above] / 2,
            np.full(tags.sentinels, SENTINEL_HEIGHT_M),
        ]
    )
    middle[:, :2] += rng.uniform(-0.3, 0.3, (tags.sentinels, 2))
    first_sentinel = store.display_racks * skus_per_rack
    sku_number = np.append(sku_number, np.full(tags.sentinels, first_sentinel))
    categories = [CATEGORIES[int(number) % len(CATEGORIES)] for number in rack]
    categories += [SENTINEL] * tags.sentinels
    places = np.vstack([places, middle])
    products = Products(
        epc=_epcs(sku_number, rng),
        gtin=tuple(_gtin(int(number)) for number in sku_number),
        sku=tuple(f"SKU-{number:05d}" for number in sku_number),
        category=tuple(categories),
        rack=np.append(rack, np.full(tags.sentinels, -1)).astype(np.int64),
        x_m=places[:, 0],
        y_m=places[:, 1],
        z_m=places[:, 2],
    )
    # One price a product, ending in .95.
    factor = rng.uniform(0.6, 1.6, first_sentinel + 1)[sku_number]
    base = np.array([PRICES[category] for category in categories])
    prices = np.where(base > 0, np.floor(base * factor) + 0.95, 0.0)
    names = tuple(
        f"{NOUNS[category]} {number:05d}"
        for category, number in zip(categories, sku_number, strict=True)
    )
    return Catalogue(products, names, prices)


def with_sentinels(layout: StoreLayout, products: Products) -> StoreLayout:
    """The layout with every sentinel tag listed at the reader whose antenna hangs nearest to it.

    A store without antennas has nobody to list them with and stays as it is.
    """
    antennas = [(reader.id, antenna) for reader in layout.readers for antenna in reader.antennas]
    if not antennas:
        return layout
    above = np.array([(antenna.x_m, antenna.y_m) for _, antenna in antennas], float)
    listed: dict[str, list[str]] = {reader.id: [] for reader in layout.readers}
    for tag in np.flatnonzero(products.rack < 0):
        distance = np.hypot(above[:, 0] - products.x_m[tag], above[:, 1] - products.y_m[tag])
        listed[antennas[int(np.argmin(distance))][0]].append(products.epc[tag])
    readers = [
        reader.model_copy(update={"sentinel_epcs": listed[reader.id]}) for reader in layout.readers
    ]
    return layout.model_copy(update={"readers": readers})


def products_csv(scenario: Scenario, store: Store, catalogue: Catalogue, seed: int) -> str:
    """The products file: places stand in it as far, and as well, as the store knows them.

    Returns:
        CSV with the columns `epc, gtin, sku, name, category, home_zone, home_x_m, home_y_m,
        valid_from, valid_to`, one line per tag; empty where something is not known.
    """
    rng = np.random.default_rng(seed)
    products = catalogue.products
    count = len(products.epc)
    known = (rng.random(count) < scenario.tags.place_known_share) & (products.rack >= 0)
    error = rng.normal(0, scenario.tags.place_error_m, (count, 2))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for index in range(count):
        home = ["", "", ""]
        if known[index]:
            home = [
                store.racks.zone_id[products.rack[index]],
                f"{products.x_m[index] + error[index, 0]:.2f}",
                f"{products.y_m[index] + error[index, 1]:.2f}",
            ]
        first = [products.epc[index], products.gtin[index], products.sku[index]]
        words = [catalogue.names[index], products.category[index]]
        writer.writerow([*first, *words, *home, scenario.store.business_date.isoformat(), ""])
    return text.getvalue()


def _places_on_racks(
    store: Store, rack: NDArray[np.int64], along: Floats, rng: np.random.Generator
) -> Floats:
    """Rows of goods on both sides of each rack, shape (p, 3)."""
    racks, count = store.racks, len(rack)
    x = racks.x_m[rack] + racks.width_m[rack] * (0.05 + 0.9 * along)
    side = np.where(rng.random(count) < 0.5, 0.25, 0.75)
    y = racks.y_m[rack] + racks.depth_m[rack] * (side + rng.uniform(-0.1, 0.1, count))
    # Tags hang at the middle of garments on a rail, and lie on the top of a table.
    height = racks.height_m[rack]
    drop = np.where(height >= RAIL_HEIGHT_M, rng.uniform(0.25, 0.6, count), 0.0)
    lift = np.where(height >= RAIL_HEIGHT_M, 0.0, rng.uniform(0.02, 0.15, count))
    return np.column_stack([x, y, height - drop + lift])


def _item_reference(sku_number: int) -> str:
    return f"0{sku_number + 1:05d}"


def _gtin(sku_number: int) -> str:
    item = _item_reference(sku_number)
    digits = item[0] + COMPANY_PREFIX + item[1:]
    return digits + check_digit(digits)


def _epcs(sku_number: NDArray[np.int64], rng: np.random.Generator) -> tuple[str, ...]:
    # Serials rise within a day's delivery, so that no two are alike.
    serials = rng.integers(10**6, 10**9) + np.cumsum(rng.integers(1, 50, len(sku_number)))
    return tuple(
        sgtin_96(COMPANY_PREFIX, _item_reference(int(number)), int(serial))
        for number, serial in zip(sku_number, serials, strict=True)
    )
