"""Pseudonyms of people and things within one store-day."""

from storeday.privacy.pseudonyms import namer, pseudonym

__all__ = ["namer", "pseudonym"]
