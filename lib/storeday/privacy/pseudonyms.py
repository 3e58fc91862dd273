"""Pseudonyms: names that nobody can take back once the salt is gone.

A pseudonym is a keyed BLAKE2b digest (RFC 7693) of a name. Whoever has the salt can make it again,
so that a second run gives the same ids; without the salt it can neither be reversed nor linked to
another store or day. The salt is made and destroyed elsewhere; this module reads no randomness.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable

# 64 bits: among 10 million names of one store-day the odds that any two collide are
# n^2 / 2 / 2^64 = 2.7e-6 (birthday bound), so one store-day in 370,000.
PSEUDONYM_BYTES = 8

# Shorter keys could be tried out one by one; BLAKE2b takes no longer ones.
MIN_SALT_BYTES = 16
MAX_SALT_BYTES = hashlib.blake2b.MAX_KEY_SIZE


def pseudonym(salt: bytes, name: str) -> str:
    """The pseudonym of a name.

    Args:
        salt: Secret key, 16 to 64 bytes.
        name: Any text.

    Returns:
        16 lower-case hexadecimal digits.

    Raises:
        ValueError: The salt is too short or too long.

    Example:
        >>> pseudonym(bytes(32), "tracklet/cam1/17")
        '63df09e3311780e8'
    """
    if not MIN_SALT_BYTES <= len(salt) <= MAX_SALT_BYTES:
        raise ValueError(
            f"the salt has {len(salt)} bytes; expected {MIN_SALT_BYTES} to {MAX_SALT_BYTES}"
        )
    digest = hashlib.blake2b(name.encode(), key=salt, digest_size=PSEUDONYM_BYTES)
    return digest.hexdigest()


def namer(salt: bytes, store_id: str, business_date: dt.date | str) -> Callable[[str], str]:
    """A function that gives pseudonyms within one store-day.

    Store and date go into the key, so that equal names of two store-days differ even if an operator
    reuses a salt.

    Args:
        salt: The store-day's secret, 16 to 64 bytes.
        store_id: Store.
        business_date: Business date, as a date or as `YYYY-MM-DD`.

    Returns:
        From a name, such as `tracklet/cam1/17`, to 16 hexadecimal digits.

    Raises:
        ValueError: The salt is too short or too long.

    Example:
        >>> make_id = namer(bytes(32), "s1", "2026-01-05")
        >>> make_id("tracklet/cam1/17") == make_id("tracklet/cam1/17")
        True
        >>> make_id("tracklet/cam1/17") == namer(bytes(32), "s2", "2026-01-05")("tracklet/cam1/17")
        False
    """
    pseudonym(salt, "")
    # JSON keeps the two parts apart whatever they hold.
    scope = json.dumps([store_id, str(business_date)]).encode()
    key = hashlib.blake2b(scope, key=salt, digest_size=32).digest()

    def make_id(name: str) -> str:
        return pseudonym(key, name)

    return make_id
