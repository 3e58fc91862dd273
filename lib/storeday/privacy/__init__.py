"""Pseudonyms of people and things within one store-day, and when what is left of them has to go."""

from storeday.privacy.pseudonyms import namer, pseudonym
from storeday.privacy.retention import EVERYTHING, Due, due

__all__ = ["EVERYTHING", "Due", "due", "namer", "pseudonym"]
