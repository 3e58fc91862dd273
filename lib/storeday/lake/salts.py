"""Salts: one random secret per store-day, outside the lake.

All pseudonyms of a store-day are keyed by its salt. While it exists, a second run gives the same
pseudonyms; once it is destroyed, nobody can tell whose they were.
"""

import secrets

from pyarrow import fs

from storeday.lake.files import open_filesystem
from storeday.lake.store_day import StoreDay

SALT_BYTES = 32


def default_salts(lake_root: str) -> str:
    """Where salts are kept unless the operator says otherwise: beside the lake, never in it."""
    return f"{lake_root.rstrip('/')}-salts"


def salt_path(salts: str, day: StoreDay) -> str:
    """Path of a store-day's salt."""
    return f"{salts.rstrip('/')}/{day.store_id}/{day.business_date}.salt"


def load_or_make_salt(salts: str, day: StoreDay) -> bytes:
    """The store-day's salt; makes one where there is none.

    Args:
        salts: Folder of the salts.
        day: The store-day.

    Raises:
        ValueError: The file is not a salt, for instance because it was cut short.
    """
    filesystem, path = open_filesystem(salt_path(salts, day))
    if filesystem.get_file_info(path).type == fs.FileType.File:
        with filesystem.open_input_stream(path) as stream:
            salt = bytes(stream.read())
        if len(salt) != SALT_BYTES:
            raise ValueError(f"{path}: {len(salt)} bytes; expected a salt of {SALT_BYTES}")
        return salt
    salt = secrets.token_bytes(SALT_BYTES)
    filesystem.create_dir(path.rsplit("/", 1)[0], recursive=True)
    with filesystem.open_output_stream(path) as stream:
        stream.write(salt)
    return salt
