"""Writes reads as readers do: Impinj IoT Device Interface NDJSON, or ItemTest CSV.

Times are the reader's own clock. Rows come in the order of reporting, which is not that of
reading. Field names and units of the NDJSON are those of the Impinj IoT Device Interface (EPC in
base64url and hex, RSSI in 1/100 dBm, phase in degrees, frequency in kHz); the CSV has the three
`//` lines and nine columns of Impinj ItemTest, with local times, phase in radians and frequency in
MHz.
"""

import base64
import datetime as dt
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.simulate.radio_reader import ReadBatch
from storeday.simulate.radio_settings import ReportSettings
from storeday.simulate.world import Clock, World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NDJSON_FORMATS = ("impinj_iot", "impinj_iot_ndjson")
FORMATS = (*NDJSON_FORMATS, "itemtest_csv")
# A late report stands up to this many rows behind its place.
_LATEST_ROWS = 5
# Measured on 200,000 rows with the delays used here.
_HIDDEN = 0.7
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Scribe:
    """How one reader writes.

    Attributes:
        log_format: One of `FORMATS`.
        reader_id: Used as the host name.
        ports: Its antennas.
        timezone: IANA name of the store's zone.
        starts_at: UTC moment of true second 0.
        clock: The reader's clock.
        epc_hex: EPC of each product.
        epc_base64: The same in base64url.
    """

    log_format: str
    reader_id: str
    ports: tuple[int, ...]
    timezone: str
    starts_at: dt.datetime
    clock: Clock
    epc_hex: pa.Array
    epc_base64: pa.Array


def scribe_of(world: World, reader_id: str) -> Scribe:
    """How a reader of the store writes.

    Raises:
        ValueError: The manifest gives it a log format that is not simulated.
    """
    reader = next(reader for reader in world.layout.readers if reader.id == reader_id)
    if reader.log.format not in FORMATS:
        raise ValueError(
            f"reader {reader_id!r} has log format {reader.log.format!r}; "
            f"simulated are {', '.join(FORMATS)}"
        )
    return Scribe(
        reader.log.format,
        reader_id,
        tuple(antenna.port for antenna in reader.antennas),
        world.layout.timezone,
        world.starts_at,
        world.clocks[reader_id],
        pa.array(world.products.epc, pa.string()),
        pa.array([_base64(epc) for epc in world.products.epc], pa.string()),
    )


def file_name(scribe: Scribe, start_s: float, report: ReportSettings) -> str:
    """Name of the file that begins at a true time; it holds what the reader's clock shows."""
    moment = _EPOCH + dt.timedelta(microseconds=int(_device_us(scribe, np.array([start_s]))[0]))
    ending = "ndjson" if scribe.log_format in NDJSON_FORMATS else "csv"
    return f"{moment:%Y%m%dT%H%M%SZ}.{ending}" + (".gz" if report.is_gzip else "")


def head(scribe: Scribe, start_s: float, report: ReportSettings) -> bytes:
    """What stands before the first row."""
    if scribe.log_format in NDJSON_FORMATS:
        return b""
    moment_us = pa.array(_device_us(scribe, np.array([start_s])), pa.timestamp("us", tz="UTC"))
    moment = pc.local_timestamp(moment_us.cast(pa.timestamp("us", tz=scribe.timezone)))[0].as_py()
    date = "%d/%m/%Y" if report.itemtest_style == "fr" else "%m/%d/%Y"
    ports = ",".join(str(port) for port in scribe.ports)
    return (
        f"// {moment.strftime(date + ' %H:%M:%S')}\n"
        f"// ReaderName={scribe.reader_id}, AntennaIDs={ports}, InventoryMode=SingleTarget, "
        "ModeIndex=1000, Population=32, PowerInDbm=30, Session=1\n"
        "// Timestamp, EPC, TID, Antenna, RSSI, Frequency, Hostname, PhaseAngle, "
        "DopplerFrequency\n"
    ).encode()


def rows(
    scribe: Scribe, batch: ReadBatch, report: ReportSettings, rng: np.random.Generator
) -> bytes:
    """The rows of some reads, in the order of reporting.

    Args:
        scribe: How the reader writes.
        batch: Reads in order of time.
        report: What it writes.
        rng: Source of chance, for the order.

    Returns:
        Lines, each with its end; empty for no reads. About 1-3 s of CPU per million.
    """
    order = report_order(len(batch.time_s), report.shuffled_share, rng)
    if not len(order):
        return b""
    time_us = _device_us(scribe, batch.time_s[order])
    columns = {
        "tag": pa.array(batch.tag[order]),
        "port": pa.array(batch.port[order]).cast(pa.string()),
        "rssi_dbm": batch.rssi_dbm[order],
        "phase_rad": batch.phase_rad[order],
        "frequency_mhz": batch.frequency_mhz[order],
    }
    if scribe.log_format in NDJSON_FORMATS:
        lines = _impinj_iot(scribe, time_us, columns, report)
    else:
        lines = _itemtest(scribe, time_us, columns, report)
    # The strings of an Arrow array lie one after the other: they are the file.
    offsets = np.frombuffer(lines.buffers()[1], np.int32)
    return bytes(memoryview(lines.buffers()[2])[offsets[0] : offsets[len(lines)]])


def report_order(count: int, share: float, rng: np.random.Generator) -> Ints:
    """An order of rows in which about a share of rows comes before one that was read earlier.

    Args:
        count: Rows.
        share: Share of rows whose time is before that of the row above, 0 to about 0.3.
        rng: Source of chance.

    Returns:
        Indices in the order of reporting, shape (count,).
    """
    # Of q late rows, q x _HIDDEN stand behind another late one and do not go back in time.
    late = (1 - np.sqrt(1 - 4 * _HIDDEN * min(share, 0.3))) / (2 * _HIDDEN)
    is_late = rng.random(count) < late
    delay = rng.integers(1, _LATEST_ROWS + 1, count) + 0.5
    return np.argsort(np.arange(count) + is_late * delay, kind="stable")


def _base64(epc: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(epc)).decode()


def _device_us(scribe: Scribe, time_s: Floats) -> Ints:
    start_us = (scribe.starts_at - _EPOCH) // dt.timedelta(microseconds=1)
    return start_us + np.rint(scribe.clock.reads(time_s) * 1e6).astype(np.int64)


def _impinj_iot(
    scribe: Scribe, time_us: Ints, columns: dict[str, pa.Array], report: ReportSettings
) -> pa.Array:
    utc = _text(pa.array(time_us, pa.timestamp("us")))
    rssi = np.rint(columns["rssi_dbm"] * 100).astype(np.int64)
    khz = np.rint(columns["frequency_mhz"] * 1000).astype(np.int64)
    phase = np.round(np.degrees(columns["phase_rad"]), 2)
    parts: list[pa.Array | str] = [
        '{"timestamp":"', utc, f'000Z","hostname":"{scribe.reader_id}",'
        '"eventType":"tagInventory","tagInventoryEvent":{"epc":"',
        scribe.epc_base64.take(columns["tag"]), '","epcHex":"',
        scribe.epc_hex.take(columns["tag"]), '","antennaPort":', columns["port"],
        ',"antennaName":"Antenna ', columns["port"], '","peakRssiCdbm":', _numbers(rssi),
        ',"frequency":', _numbers(khz), ',"transmitPowerCdbm":3000,"lastSeenTime":"', utc, 'Z"',
    ]  # fmt: skip
    if report.has_phase:
        parts += [',"phaseAngle":', _numbers(phase)]
    return pc.binary_join_element_wise(*parts, "}}\n", "")


def _itemtest(
    scribe: Scribe, time_us: Ints, columns: dict[str, pa.Array], report: ReportSettings
) -> pa.Array:
    is_french = report.itemtest_style == "fr"
    comma = ";" if is_french else ","
    moment = pa.array(time_us, pa.timestamp("us", tz=scribe.timezone))
    local = pc.local_timestamp(moment)
    numbers = [_numbers(columns["rssi_dbm"]), _numbers(np.round(columns["frequency_mhz"], 4))]
    if report.has_phase:
        numbers.append(_numbers(np.round(columns["phase_rad"], 4)))
    if is_french:
        numbers = [pc.replace_substring(number, ".", ",") for number in numbers]
    rssi, frequency = numbers[:2]
    phase = numbers[2] if report.has_phase else ""
    return pc.binary_join_element_wise(
        _text(local), "0", _offsets(local.cast(pa.int64()).to_numpy() - time_us), comma,
        scribe.epc_hex.take(columns["tag"]), comma + comma, columns["port"], comma, rssi, comma,
        frequency, comma + scribe.reader_id + comma, phase, comma + "\n", "",
    )  # fmt: skip


def _text(moments: pa.Array) -> pa.Array:
    """ISO 8601 with six decimals."""
    return pc.binary_replace_slice(moments.cast(pa.string()), 10, 11, "T")


def _numbers(values: Floats | Ints) -> pa.Array:
    return pa.array(values).cast(pa.string())


def _offsets(offset_us: Ints) -> pa.Array:
    """Offsets from UTC as +HH:MM; there are two on the days the clocks change."""
    distinct, index = np.unique(offset_us // 60_000_000, return_inverse=True)
    words = [
        f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
        for minutes in distinct.tolist()
    ]
    return pa.array(words).take(pa.array(index))
