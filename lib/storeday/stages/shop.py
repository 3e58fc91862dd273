"""A store's layout and products as association wants them."""

import numpy as np
import pyarrow as pa

from storeday.association import Reach, Shop
from storeday.manifest import StoreLayout
from storeday.rfid.skus import skus_by_epc


def shop_of(layout: StoreLayout, rummage_events: pa.Table, products: pa.Table) -> Shop:
    """What each antenna reaches, and where the handled items are at home.

    Args:
        layout: The store's layout.
        rummage_events: Rows of `silver.rummage_events`.
        products: Rows of `bronze.products`; an item listed by tag goes before its product's GTIN.
    """
    polygons = {zone.id: np.array(zone.polygon_m) for zone in layout.zones}
    reach = {
        (reader.id, antenna.port): Reach(
            {zone: polygons[zone] for zone in antenna.zones},
            None if antenna.x_m is None or antenna.y_m is None else (antenna.x_m, antenna.y_m),
        )
        for reader in layout.readers
        for antenna in reader.antennas
    }
    epcs = sorted(set(rummage_events["epc"].to_pylist()))
    rows = products.select(["epc", "sku", "home_zone_id", "home_x_m", "home_y_m"]).to_pylist()
    by_epc = {row["epc"]: row for row in rows if row["epc"]}
    by_sku = {row["sku"]: row for row in rows if not row["epc"]}
    skus = skus_by_epc(epcs, products)
    found = {epc: by_epc.get(epc) or by_sku.get(skus.get(epc, "")) for epc in epcs}
    return Shop(
        reach,
        {
            epc: (row["home_x_m"], row["home_y_m"])
            for epc, row in found.items()
            if row and row["home_x_m"] is not None and row["home_y_m"] is not None
        },
        {epc: row["home_zone_id"] for epc, row in found.items() if row and row["home_zone_id"]},
    )
