"""Files of the inbox, wherever it is.

Paths are Hadoop paths. They are opened by Arrow's file systems, which know local disks, S3, GCS,
Azure and HDFS; `s3a` and `s3n` mean `s3`. Decoders want a file on disk: `local_copy` lends one.
"""

import datetime as dt
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyarrow import fs

# A whole-file checksum would read 35 TB a night for 200 stores; this much tells files apart.
FINGERPRINT_BYTES = 1 << 16


@dataclass(frozen=True, order=True)
class InputFile:
    """One file of a store-day's inbox folder.

    Attributes:
        path: Path below the store-day's folder, `/` between its parts.
        size_bytes: Size.
        modified_at: Time of last change, UTC; None where the file system does not say.
    """

    path: str
    size_bytes: int
    modified_at: dt.datetime | None


def list_files(folder: str) -> list[InputFile]:
    """All files below a folder, in order of their paths; none where there is no such folder."""
    filesystem, root = open_filesystem(folder)
    if filesystem.get_file_info(root).type != fs.FileType.Directory:
        return []
    found = filesystem.get_file_info(fs.FileSelector(root, recursive=True))
    return sorted(
        InputFile(info.path[len(root) :].lstrip("/"), info.size, info.mtime)
        for info in found
        if info.type == fs.FileType.File
    )


def exists(path: str) -> bool:
    """Whether there is a file of that path."""
    filesystem, inner = open_filesystem(path)
    return bool(filesystem.get_file_info(inner).type == fs.FileType.File)


def read_bytes(path: str) -> bytes:
    """A file's whole content; for small files.

    Raises:
        FileNotFoundError: There is no such file.
    """
    filesystem, inner = open_filesystem(path)
    with filesystem.open_input_stream(inner) as stream:
        return bytes(stream.read())


def write_bytes(path: str, content: bytes) -> None:
    """Writes a file, folders above it included; for small files."""
    filesystem, inner = open_filesystem(path)
    filesystem.create_dir(inner.rsplit("/", 1)[0], recursive=True)
    with filesystem.open_output_stream(inner) as stream:
        stream.write(content)


def fingerprint(folder: str, file: InputFile) -> str:
    """A digest of a file's size, first and last 64 KiB: equal for copies, cheap for footage."""
    filesystem, root = open_filesystem(folder)
    digest = hashlib.sha256(str(file.size_bytes).encode())
    with filesystem.open_input_file(f"{root}/{file.path}") as source:
        digest.update(source.read(FINGERPRINT_BYTES))
        if file.size_bytes > FINGERPRINT_BYTES:
            source.seek(max(FINGERPRINT_BYTES, file.size_bytes - FINGERPRINT_BYTES))
            digest.update(source.read(FINGERPRINT_BYTES))
    return digest.hexdigest()[:32]


@contextmanager
def local_copy(path: str, name: str = "") -> Iterator[Path]:
    """A file on this machine's disk with a path's content, for as long as the block runs.

    A local file is lent itself. A remote one is fetched to a temporary folder and deleted
    afterwards.

    Args:
        path: The file.
        name: What errors of the block call the file, such as its path below the inbox; where it
            happens to lie on this machine where none is given.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: An error of the block that spoke of the file by its place.
    """
    places = [path]
    try:
        with _lent(path) as copy:
            places.insert(0, str(copy))
            yield copy
    except (ValueError, OSError) as error:
        told = str(error)
        for place in places if name else ():
            told = told.replace(place, name)
        if told == str(error):
            raise
        raise ValueError(told) from error


@contextmanager
def _lent(path: str) -> Iterator[Path]:
    filesystem, inner = open_filesystem(path)
    if isinstance(filesystem, fs.LocalFileSystem):
        if not Path(inner).is_file():
            raise FileNotFoundError(f"{path}: no such file")
        yield Path(inner)
        return
    with tempfile.TemporaryDirectory(prefix="storeday-") as folder:
        copy = Path(folder) / Path(inner).name
        with filesystem.open_input_stream(inner) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        yield copy


def absolute_path(path: str) -> str:
    """A path that means the same in every process: a relative one counts from this one's folder.

    Delta takes `lake/gold/alerts` for a table of a catalogue, and an executor has a folder of its
    own. Paths with a scheme and empty ones stay as they are.

    Example:
        >>> absolute_path("s3a://chain/lake"), absolute_path(""), absolute_path("/data/lake")
        ('s3a://chain/lake', '', '/data/lake')
    """
    if not path or "://" in path or path.startswith("file:"):
        return path
    return str(Path(path).absolute())


def open_filesystem(path: str) -> tuple[fs.FileSystem, str]:
    """The file system of a Hadoop path or local path, and the path within it."""
    for scheme in ("s3a://", "s3n://"):
        if path.startswith(scheme):
            path = "s3://" + path[len(scheme) :]
    if "://" not in path and not path.startswith("file:"):
        path = Path(path).absolute().as_uri()
    filesystem, inner = fs.FileSystem.from_uri(path)
    return filesystem, inner.rstrip("/") or "/"
