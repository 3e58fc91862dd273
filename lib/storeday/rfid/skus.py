"""Which product each tag is on, by the products file.

A file may list tags one by one, or products by GTIN; a tag that is not listed itself is looked up
by the GTIN in its EPC.
"""

from collections.abc import Iterable

import pyarrow as pa

from storeday.rfid.epc import decode_epc


def skus_by_epc(epcs: Iterable[str], products: pa.Table) -> dict[str, str]:
    """Products of tags.

    Args:
        epcs: Tags, upper-case hex.
        products: Rows of `bronze.products`; may be empty. GTINs have 14 digits.

    Returns:
        SKU by tag; tags that the products do not know are not in it.

    Example:
        >>> products = pa.table({
        ...     "epc": [None], "gtin": ["80614141123458"], "sku": ["shirt"]})
        >>> skus_by_epc(["3074257BF7194E4000001A85", "E280"], products)
        {'3074257BF7194E4000001A85': 'shirt'}
    """
    rows = products.select(["epc", "gtin", "sku"]).to_pylist()
    by_epc = {row["epc"]: row["sku"] for row in rows if row["epc"]}
    by_gtin = {row["gtin"]: row["sku"] for row in rows if row["gtin"] and not row["epc"]}
    found = {}
    for epc in sorted(set(epcs)):
        sku = by_epc.get(epc)
        if sku is None and by_gtin:
            sku = by_gtin.get(decode_epc(epc).gtin or "")
        if sku is not None:
            found[epc] = sku
    return found
