"""What is declared about a log's fields: by its format, or by the manifest.

Units are declared and never guessed from values.

Fields: `time`, `epc`, `antenna`, `rssi`, `phase`, `frequency` or `channel`, `doppler`,
`read_count`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FIELDS = (
    "time",
    "epc",
    "antenna",
    "rssi",
    "phase",
    "frequency",
    "channel",
    "doppler",
    "read_count",
)

MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1.0}
DBM = {"dBm": 1.0, "cdBm": 0.01, "ddBm": 0.1}
RADIANS = {"rad": 1.0, "deg": math.pi / 180, "turn4096": 2 * math.pi / 4096}
MEGAHERTZ = {"MHz": 1.0, "kHz": 1e-3, "Hz": 1e-6}
HERTZ = {"Hz": 1.0, "sixteenth_Hz": 1 / 16}
PERIODS = {"pi": math.pi, "2pi": 2 * math.pi}


@dataclass(frozen=True)
class Declared:
    """What is declared about a log's fields.

    Attributes:
        time: `iso8601` (with a zone offset), or the unit of a count from `origin_us`.
        origin_us: Time zero of a count, in microseconds since 1970 UTC; None for ISO times.
        rssi: Unit of the signal strength.
        phase: Unit of the phase.
        phase_period: Period within which the phase is known.
        is_phase_signed: The phase may also be given from minus half a period on; both ways of
            writing an angle mean the same.
        frequency: Unit of the carrier frequency.
        hop_tables_mhz: For logs with channel indices (from 1): frequencies by index, by antenna.
        hop_table_mhz: The same for all other antennas; empty where it is not known, and the
            frequency then is null.
        doppler: Unit of the Doppler shift.
        decimal: The decimal sign; None where the log may use either.
        epc: The tag of all rows, where rows do not name one.
        antenna: The antenna of all rows, where rows do not name one.
    """

    time: Literal["iso8601", "s", "ms", "us"] = "iso8601"
    origin_us: int | None = None
    rssi: Literal["dBm", "cdBm", "ddBm"] = "dBm"
    phase: Literal["rad", "deg", "turn4096"] = "rad"
    phase_period: Literal["pi", "2pi"] = "2pi"
    is_phase_signed: bool = False
    frequency: Literal["MHz", "kHz", "Hz"] = "MHz"
    hop_tables_mhz: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    hop_table_mhz: tuple[float, ...] = ()
    doppler: Literal["Hz", "sixteenth_Hz"] = "Hz"
    decimal: Literal[".", ","] | None = "."
    epc: str | None = None
    antenna: int | None = None
