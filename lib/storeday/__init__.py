"""storeday: from a shop's closed day to tables that say who handled what, where and when."""

from importlib.metadata import version

__version__ = version("storeday")
