"""RFID readers of a simulated store-day: who is read when, how strongly, and the logs of it.

Physics stands in `radio_channel`, tags in `radio_tags` and `radio_motion`, bodies in
`radio_people`, the order of reading in `radio_inventory`, a reader in `radio_reader`, log formats
in `radio_write`, and every parameter with its source in `radio_settings`.

Time is true time in seconds since the start of the day, until a log is written, which has the
reader's clock. The day is made in stretches of `chunk_s`, so that memory does not grow with its
length. The same world, settings and seed give the same bytes.
"""

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa

from storeday.simulate.radio_people import Crowd, crowd_between
from storeday.simulate.radio_reader import ReadBatch, Receiver, reads_between, set_up
from storeday.simulate.radio_settings import RadioSettings
from storeday.simulate.radio_tags import TagMotion, draw_motion
from storeday.simulate.radio_write import Scribe, file_name, head, rows, scribe_of
from storeday.simulate.world import World

__all__ = ["RadioSettings", "ReadBatch", "simulate_reads", "write_reads"]

# Fast and small enough: higher levels take three times as long for a tenth less.
_GZIP_LEVEL = 1


def simulate_reads(
    world: World, settings: RadioSettings, seed: int
) -> Iterator[tuple[str, ReadBatch]]:
    """Reads of all readers, without writing them.

    Args:
        world: The store-day.
        settings: Readers and channel.
        seed: Seed of all chance.

    Yields:
        Reader and its reads, by stretch of `chunk_s` and then by reader in the manifest's order.
    """
    air = _Air(world, settings, seed)
    for number, span_s in enumerate(_spans(0.0, world.duration_s, settings.report.chunk_s)):
        crowd = crowd_between(world, *span_s)
        for index, receiver in enumerate(air.receivers):
            yield receiver.reader_id, air.reads(index, number, span_s, crowd)


def write_reads(
    world: World, settings: RadioSettings, inbox_store_day: Path, seed: int
) -> pa.Table:
    """Writes the logs of all readers of a store-day.

    Files go to `rfid/<reader_id>/` below the given folder, one per `file_s` of true time, also
    where nothing was read.

    Args:
        world: The store-day; every reader needs a clock.
        settings: Readers and channel.
        inbox_store_day: Folder `<inbox>/<store_id>/<business_date>`; made if it is missing.
        seed: Seed of all chance.

    Returns:
        One row per antenna: `reader_id`, `antenna`, `reads`, `tags` (that were read at least once)
        and `mean_rssi_dbm` (null without reads).

    Raises:
        ValueError: A reader's log format is not simulated, or `file_s` is no multiple of `chunk_s`.
        KeyError: A reader has no clock.
    """
    report = settings.report
    chunks = round(report.file_s / report.chunk_s)
    if chunks < 1 or abs(chunks * report.chunk_s - report.file_s) > 1e-6:
        raise ValueError(
            f"file_s is {report.file_s}; expected a multiple of chunk_s, {report.chunk_s}"
        )
    air = _Air(world, settings, seed)
    scribes = [scribe_of(world, receiver.reader_id) for receiver in air.receivers]
    tally = [_Tally(receiver, len(world.products.epc)) for receiver in air.receivers]
    number = 0
    for file_span_s in _spans(0.0, world.duration_s, report.file_s):
        with ExitStack() as stack:
            files = [
                _begin(stack, scribe, inbox_store_day, file_span_s[0], settings)
                for scribe in scribes
            ]
            for span_s in _spans(*file_span_s, report.chunk_s):
                crowd = crowd_between(world, *span_s)
                for index, (scribe, file) in enumerate(zip(scribes, files, strict=True)):
                    batch = air.reads(index, number, span_s, crowd)
                    file.write(rows(scribe, batch, report, air.chance(3, index, number)))
                    tally[index].add(batch)
                number += 1
    return _summary(tally)


class _Air:
    """The readers and tags of a day, and the chance that is theirs."""

    receivers: list[Receiver]
    motion: TagMotion

    def __init__(self, world: World, settings: RadioSettings, seed: int) -> None:
        self._settings, self._seed = settings, seed
        self.motion = draw_motion(world, settings.channel, settings.motion, self.chance(0))
        self.receivers = [
            set_up(world.layout, reader, settings, self.chance(1, index))
            for index, reader in enumerate(world.layout.readers)
        ]

    def chance(self, *key: int) -> np.random.Generator:
        """A source of chance that depends on the seed and its use only."""
        return np.random.default_rng(np.random.SeedSequence(self._seed, spawn_key=key))

    def reads(
        self, reader: int, chunk: int, span_s: tuple[float, float], crowd: Crowd
    ) -> ReadBatch:
        """Reads of one reader in one stretch."""
        chance = self.chance(2, reader, chunk)
        return reads_between(
            self.receivers[reader], self.motion, crowd, span_s, self._settings, chance
        )


@dataclass
class _Tally:
    """Counts of one reader so far, by antenna."""

    receiver: Receiver
    products: int
    reads: list[int] = field(default_factory=list)
    rssi_sum: list[float] = field(default_factory=list)
    heard: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        for _ in self.receiver.ports:
            self.reads.append(0)
            self.rssi_sum.append(0.0)
            self.heard.append(np.zeros(self.products, np.bool_))

    def add(self, batch: ReadBatch) -> None:
        for index, port in enumerate(self.receiver.ports):
            at = batch.port == port
            self.reads[index] += int(at.sum())
            self.rssi_sum[index] += float(batch.rssi_dbm[at].sum())
            self.heard[index][batch.tag[at]] = True


def _spans(start_s: float, end_s: float, step_s: float) -> list[tuple[float, float]]:
    starts = start_s + step_s * np.arange(int(np.ceil((end_s - start_s) / step_s - 1e-9)))
    return [(float(start), min(float(start) + step_s, end_s)) for start in starts]


def _begin(
    stack: ExitStack, scribe: Scribe, folder: Path, start_s: float, settings: RadioSettings
) -> BinaryIO:
    report = settings.report
    path = folder / "rfid" / scribe.reader_id / file_name(scribe, start_s, report)
    path.parent.mkdir(parents=True, exist_ok=True)
    file: BinaryIO = stack.enter_context(path.open("wb"))
    if report.is_gzip:
        # Without name and time in the head, equal rows give equal bytes.
        packed = gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0)
        file = cast(BinaryIO, stack.enter_context(packed))
    file.write(head(scribe, start_s, report))
    return file


def _summary(tally: list[_Tally]) -> pa.Table:
    table: dict[str, list[object]] = {
        name: [] for name in ("reader_id", "antenna", "reads", "tags", "mean_rssi_dbm")
    }
    for reader in tally:
        for index, port in enumerate(reader.receiver.ports):
            reads = reader.reads[index]
            table["reader_id"].append(reader.receiver.reader_id)
            table["antenna"].append(port)
            table["reads"].append(reads)
            table["tags"].append(int(reader.heard[index].sum()))
            table["mean_rssi_dbm"].append(reader.rssi_sum[index] / reads if reads else None)
    schema = pa.schema(
        [
            ("reader_id", pa.string()),
            ("antenna", pa.int32()),
            ("reads", pa.int64()),
            ("tags", pa.int64()),
            ("mean_rssi_dbm", pa.float64()),
        ]
    )
    return pa.table(table, schema=schema)
