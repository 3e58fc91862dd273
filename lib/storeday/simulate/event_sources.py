"""What level `events` says of footage and reads that were never made, for coverage only."""

import datetime as dt

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.simulate.event_sightings import device_us
from storeday.simulate.world import World

TIME = pa.timestamp("us", tz="UTC")
SEGMENT_S, HEARTBEAT_S = 600.0, 30.0
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def source_tables(world: World) -> dict[str, pa.Table]:
    """`bronze.footage_segments` decoded without gaps, and a sparse `bronze.rfid_reads`."""
    segments = _segments(world)
    return {
        "bronze.footage_segments": segments,
        "bronze.decode_outcomes": _outcomes(segments),
        "bronze.rfid_reads": _reads(world),
    }


def _segments(world: World) -> pa.Table:
    rows: dict[str, list[object]] = {name: [] for name in ("camera", "name", "start", "length")}
    starts = np.arange(0.0, world.duration_s, SEGMENT_S)
    for camera in world.layout.cameras:
        for start_s, start_us in zip(starts, device_us(world, camera.id, starts), strict=True):
            moment = EPOCH + dt.timedelta(microseconds=int(start_us))
            rows["camera"].append(camera.id)
            rows["name"].append(f"{moment:%Y%m%dT%H%M%SZ}.mp4")
            rows["start"].append(int(start_us) // 10**6 * 10**6)
            rows["length"].append(min(SEGMENT_S, world.duration_s - start_s))
    pairs = zip(rows["camera"], rows["name"], strict=True)
    return table_from_columns(
        load_contract("bronze.footage_segments"),
        {
            "camera_id": rows["camera"],
            "segment": rows["name"],
            "source_file": [f"footage/{camera}/{name}" for camera, name in pairs],
            "started_at": pa.array(rows["start"], pa.int64()).cast(TIME),
            "duration_s": rows["length"],
            "size_bytes": [0] * len(rows["camera"]),
            "status": ["ok"] * len(rows["camera"]),
        },
    )


def _outcomes(segments: pa.Table) -> pa.Table:
    """Every segment was read to its end."""
    length_us = np.rint(segments["duration_s"].to_numpy() * 1e6).astype(np.int64)
    count = segments.num_rows
    return table_from_columns(
        load_contract("bronze.decode_outcomes"),
        {
            "camera_id": segments["camera_id"],
            "segment": segments["segment"],
            "decoder": ["pyav"] * count,
            "frames": [0] * count,
            "first_pts_us": [0] * count,
            "last_pts_us": length_us,
            "lost_s": [0.0] * count,
        },
    )


def _reads(world: World) -> pa.Table:
    """One read per antenna and half minute, of a tag that stays: the reader was alive."""
    times_s = np.arange(0.0, world.duration_s, HEARTBEAT_S)
    antennas = [
        (reader.id, antenna.port) for reader in world.layout.readers for antenna in reader.antennas
    ]
    shown = {reader.id: device_us(world, reader.id, times_s) for reader in world.layout.readers}
    count = len(antennas) * len(times_s)
    tag = world.products.epc[-1] if world.products.epc else "00"
    moments = [shown[reader] for reader, _ in antennas]
    return table_from_columns(
        load_contract("bronze.rfid_reads"),
        {
            "reader_id": [reader for reader, _ in antennas for _ in times_s],
            "antenna": [port for _, port in antennas for _ in times_s],
            "epc": [tag] * count,
            "device_time": pa.array(
                np.concatenate(moments) if moments else np.empty(0, np.int64), pa.int64()
            ).cast(TIME),
            "rssi_dbm": np.full(count, -60.0),
            "read_count": [1] * count,
            "source_format": ["simulated"] * count,
            "source_file": ["rfid/simulated"] * count,
            "source_line": np.arange(count) + 1,
            "source_item": [1] * count,
        },
    )
