"""Reader logs of every format with the same reads, for benchmarks: made up, but with the sizes of
real ones (3,000 tags, 8 antennas, 50 channels)."""

import base64
import json

import numpy as np

from storeday.manifest import Antenna, Reader, ReaderLog

TAGS, ANTENNAS, SEED = 3_000, 8, 20261124
HOPS_MHZ = [round(902.75 + 0.5 * index, 2) for index in range(50)]
START_US = 1_775_762_660_000_000
ITEMTEST_HEAD = (
    "// 04/09/2026 14:24:20\n// ReaderName=gate\n"
    "// Timestamp, EPC, TID, Antenna, RSSI, Frequency, Hostname, PhaseAngle, DopplerFrequency\n"
)
SLLURP_HEAD = "timestamp,reader,antenna,rssi,epc,phase_angle,channel_index,doppler_frequency\n"
GENERIC = {
    "format": "generic_csv",
    "columns": {"time": 0, "epc": 1, "channel": 2, "phase": 3, "rssi": 4, "antenna": 5},
    "units": {"time": "us", "rssi": "cdBm", "phase": "turn4096"},
    "files": {"*": {"time_origin": "1970-01-01T00:00:00Z"}},
}
FORMATS = ("itemtest_csv", "generic_csv", "sllurp_csv", "impinj_iot", "zebra_iot")


def reader_of(log_format):
    """The manifest's entry of a reader that writes a format."""
    log = GENERIC if log_format == "generic_csv" else {"format": log_format}
    antennas = [Antenna(port=port) for port in range(1, ANTENNAS + 1)]
    return Reader(id="gate", log=ReaderLog(**log), antennas=antennas, hop_table_mhz=HOPS_MHZ)


def tags():
    """The tags that are read."""
    rng = np.random.default_rng(SEED)
    return [f"3034{int(tag):020X}" for tag in rng.integers(2**62, size=TAGS)]


def text_of(log_format, rows):
    """A log of so many reads, a thousand a second."""
    rng = np.random.default_rng(SEED)
    names = tags()
    micros = START_US + np.cumsum(rng.integers(500, 1_500, rows))
    iso = np.datetime_as_string(micros.astype("datetime64[us]"))
    columns = zip(
        rng.integers(TAGS, size=rows).tolist(),
        rng.integers(1, ANTENNAS + 1, rows).tolist(),
        rng.integers(-140, -80, rows).tolist(),
        rng.integers(4096, size=rows).tolist(),
        rng.integers(len(HOPS_MHZ), size=rows).tolist(),
        micros.tolist(),
        iso.tolist(),
        strict=True,
    )
    head, line = WRITERS[log_format]
    return head + "".join(line(names[row[0]], *row[1:]) + "\n" for row in columns)


def _itemtest(tag, port, half_db, phase, hop, _, iso):
    turn = f"{phase / 4096 * 6.283:.4f}"
    return f"{iso}0+00:00,{tag},,{port},{half_db / 2},{HOPS_MHZ[hop]},gate,{turn},"


def _generic(tag, port, half_db, phase, hop, micros, _):
    return f"{micros},{tag},{hop + 1},{phase},{half_db * 50},{port}"


def _sllurp(tag, port, half_db, phase, hop, micros, _):
    at, name = f"{micros / 1e6:.6f}", f"b'{tag.lower()}'"
    return f"{at},gate:5084,{port},{half_db // 2},{name},{phase},{hop + 1},-16"


def _impinj(tag, port, half_db, phase, hop, _, iso):
    event = {
        "epc": base64.urlsafe_b64encode(bytes.fromhex(tag)).decode(),
        "epcHex": tag,
        "antennaPort": port,
        "antennaName": f"Antenna {port}",
        "peakRssiCdbm": half_db * 50,
        "frequency": round(HOPS_MHZ[hop] * 1000),
        "transmitPowerCdbm": 3000,
        "lastSeenTime": f"{iso}Z",
        "phaseAngle": round(phase / 4096 * 360, 2),
    }
    kind = "tagInventory"
    outer = {"timestamp": f"{iso}123Z", "hostname": "impinj-13-f8-f5", "eventType": kind}
    return json.dumps(outer | {"tagInventoryEvent": event}, separators=(",", ":"))


def _zebra(tag, port, half_db, phase, hop, _, iso):
    data = {
        "antenna": port,
        "channel": HOPS_MHZ[hop],
        "eventNum": 9413,
        "format": "epc",
        "hostName": "FX9600EF2C26",
        "idHex": tag.lower(),
        "peakRssi": half_db // 2,
        "phase": phase / 4096 * 360,
        "reads": 1,
    }
    outer = {"data": data, "timestamp": f"{iso}-0600", "type": "CUSTOM"}
    return json.dumps(outer, separators=(",", ":"))


WRITERS = {
    "itemtest_csv": (ITEMTEST_HEAD, _itemtest),
    "generic_csv": ("time,id,channel,phase,rssi,antenna\n", _generic),
    "sllurp_csv": (SLLURP_HEAD, _sllurp),
    "impinj_iot": ("", _impinj),
    "zebra_iot": ("", _zebra),
}
