"""Reads the shop's own CSV files: sales and products."""

from storeday.shop_files.product_states import ProductStates, product_states
from storeday.shop_files.products import parse_products
from storeday.shop_files.sales import parse_sales
from storeday.shop_files.sheet import ParsedFile, ShopFileError

__all__ = [
    "ParsedFile",
    "ProductStates",
    "ShopFileError",
    "parse_products",
    "parse_sales",
    "product_states",
]
