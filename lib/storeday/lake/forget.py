"""Destroying rows for good: out of the table, and out of every file that ever held them.

Deleting rows from a Delta table leaves the old files behind for those who read old versions, until
a vacuum a week later. What has to be forgotten may not wait. Bulky tables have a folder per
store-day, so its files that no longer belong to the table are removed at once, and no other
store-day's: a vacuum without a wait would break whoever writes or reads beside it.
"""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import unquote, urlparse

from pyarrow import fs

from storeday.contracts import load_contract
from storeday.lake.files import open_filesystem
from storeday.lake.lake import Lake
from storeday.lake.salts import salt_path
from storeday.lake.store_day import StoreDay, predicate

BY_DAY = ("business_date", "store_id")


@dataclass(frozen=True)
class Forgotten:
    """What was destroyed.

    Attributes:
        rows: Rows that left the table's current version.
        files: Files removed, those of old versions included.
        size_bytes: Their size.
    """

    rows: int
    files: int
    size_bytes: int


def forget_rows(lake: Lake, table: str, day: StoreDay, and_where: str = "true") -> Forgotten:
    """Deletes rows of a store-day, and removes its files that the table no longer needs.

    Args:
        lake: The lake.
        table: A table with a folder per store-day.
        day: The store-day. No run may write its rows at the same time.
        and_where: SQL condition on the rows; all of the store-day's where none is given.

    Raises:
        ValueError: The table keeps several store-days in one folder.
    """
    where = f"({_of_day(table, day)}) AND ({and_where})"
    rows = lake.read_all(table).where(where).count()
    if rows:
        lake.spark.sql(f"DELETE FROM delta.`{lake.path(table)}` WHERE {where}")
    return _without_old_files(lake, table, day, rows)


def forget_values(lake: Lake, table: str, day: StoreDay, column: str) -> Forgotten:
    """Sets a column of a store-day's rows to null, in every file that the store-day ever had.

    Args:
        lake: The lake.
        table: A table with a folder per store-day.
        day: The store-day. No run may write its rows at the same time.
        column: A column that may be null.

    Raises:
        ValueError: The table keeps several store-days in one folder.
    """
    where = f"({_of_day(table, day)}) AND {column} IS NOT NULL"
    rows = lake.read_all(table).where(where).count()
    if not rows:
        return Forgotten(0, 0, 0)
    lake.spark.sql(f"UPDATE delta.`{lake.path(table)}` SET {column} = NULL WHERE {where}")
    return _without_old_files(lake, table, day, rows)


def _of_day(table: str, day: StoreDay) -> str:
    """Condition on a store-day's rows.

    Raises:
        ValueError: The table keeps several store-days in one folder.
    """
    contract = load_contract(table)
    if tuple(contract.partition) != BY_DAY:
        raise ValueError(
            f"{table} is partitioned by {', '.join(contract.partition)}; "
            f"expected {', '.join(BY_DAY)}, so that a store-day's files stand alone"
        )
    return predicate([day], contract.partition)


def _without_old_files(lake: Lake, table: str, day: StoreDay, rows: int) -> Forgotten:
    """Removes a store-day's files that are no part of the table's current version."""
    live = {_name(path) for path in lake.read(table, [day]).inputFiles()}
    filesystem, folder = open_filesystem(_folder(lake, table, day))
    gone, size_bytes = 0, 0
    for info in filesystem.get_file_info(fs.FileSelector(folder, allow_not_found=True)):
        if info.type == fs.FileType.File and _data_file(info.base_name) not in live:
            filesystem.delete_file(info.path)
            gone, size_bytes = gone + 1, size_bytes + info.size
    return Forgotten(rows, gone, size_bytes)


def days_with_files(lake: Lake, table: str) -> list[StoreDay]:
    """Store-days that have files in a table with a folder per store-day, old versions included."""
    filesystem, root = open_filesystem(lake.path(table))
    selector = fs.FileSelector(root, recursive=True, allow_not_found=True)
    days = set()
    for info in filesystem.get_file_info(selector):
        values = dict(
            part.split("=", 1) for part in info.path[len(root) :].split("/") if "=" in part
        )
        if info.type == fs.FileType.File and set(values) == set(BY_DAY):
            date = dt.date.fromisoformat(values["business_date"])
            days.add(StoreDay(unquote(values["store_id"]), date))
    return sorted(days)


def days_with_salts(salts: str) -> list[StoreDay]:
    """Store-days that have a salt."""
    filesystem, root = open_filesystem(salts)
    selector = fs.FileSelector(root, recursive=True, allow_not_found=True)
    days = []
    for info in filesystem.get_file_info(selector):
        if info.type == fs.FileType.File and info.extension == "salt":
            store_id, name = info.path[len(root) :].strip("/").split("/")
            days.append(StoreDay(store_id, dt.date.fromisoformat(name.removesuffix(".salt"))))
    return sorted(days)


def destroy_salt(salts: str, day: StoreDay) -> Forgotten:
    """Removes a store-day's salt; nothing where there is none."""
    filesystem, path = open_filesystem(salt_path(salts, day))
    info = filesystem.get_file_info(path)
    if info.type != fs.FileType.File:
        return Forgotten(0, 0, 0)
    filesystem.delete_file(path)
    return Forgotten(0, 1, info.size)


def _folder(lake: Lake, table: str, day: StoreDay) -> str:
    return f"{lake.path(table)}/business_date={day.business_date}/store_id={day.store_id}"


def _name(path: str) -> str:
    return unquote(urlparse(path).path).rsplit("/", 1)[-1]


def _data_file(name: str) -> str:
    """The data file that a file belongs to: Hadoop keeps a checksum `.NAME.crc` beside each."""
    is_checksum = name.startswith(".") and name.endswith(".crc")
    return name[1:].removesuffix(".crc") if is_checksum else name
