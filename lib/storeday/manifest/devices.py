"""Cameras, RFID readers and tills as the manifest describes them."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)]
Point = tuple[float, float]
Polygon = Annotated[list[Point], Field(min_length=3)]


class Part(BaseModel):
    """A part of the manifest: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Camera(Part):
    """A camera, its calibration to the floor, and why it may be used.

    Attributes:
        id: Name of the camera's folder in the inbox.
        footage_pattern: How a segment's file name, without its ending, gives its start; in the
            words of `strptime`. A name without a zone is read as UTC.
        width_px: Width of the source frame.
        height_px: Height of the source frame.
        calibration_points: At least four pairs of image point (px, from the upper left) and floor
            point (m). Give these or `homography`.
        homography: 3 x 3 matrix that takes image points (px) to floor points (m).
        masks: Polygons in the image (px) in which nobody is looked for.
        purpose: What the camera is used for, in words; without one it is refused.
        retention_days: Days after which frames of this camera are destroyed.
    """

    id: Name
    footage_pattern: str = "%Y%m%dT%H%M%SZ"
    width_px: Annotated[int, Field(gt=0)]
    height_px: Annotated[int, Field(gt=0)]
    calibration_points: list[tuple[Point, Point]] | None = None
    homography: list[tuple[float, float, float]] | None = None
    masks: list[Polygon] = []
    purpose: Annotated[str, Field(min_length=3)]
    retention_days: Annotated[int, Field(ge=0)] = 1

    @model_validator(mode="after")
    def _one_calibration(self) -> Self:
        points, matrix = self.calibration_points, self.homography
        if (points is None) == (matrix is None):
            raise ValueError("give either calibration_points or homography")
        if points is not None and len(points) < 4:
            raise ValueError(f"calibration_points has {len(points)} pairs; at least 4 are needed")
        if matrix is not None and len(matrix) != 3:
            raise ValueError(f"homography has {len(matrix)} rows; 3 are needed")
        return self


class ColumnUnits(Part):
    """Units of a generic log's columns. They are declared, never guessed from the values."""

    time: Literal["iso8601", "s", "ms", "us"] = "iso8601"
    rssi: Literal["dBm", "cdBm", "ddBm"] = "dBm"
    phase: Literal["rad", "deg", "turn4096"] = "rad"
    phase_period: Literal["pi", "2pi"] = "2pi"
    frequency: Literal["MHz", "kHz", "Hz"] = "MHz"
    doppler: Literal["Hz", "sixteenth_Hz"] = "Hz"


class LogFile(Part):
    """What a single log file does not say itself.

    Attributes:
        time_origin: Moment of time zero, for logs that count from their own start.
        epc: The one tag of the file, for logs without a tag column.
    """

    time_origin: dt.datetime | None = None
    epc: Annotated[str, Field(pattern=r"^[0-9A-F]+$")] | None = None


class ReaderLog(Part):
    """How a reader writes its log.

    Attributes:
        format: Name of the log format.
        delimiter: For `generic_csv`: the character between fields.
        decimal: For `generic_csv`: the decimal sign.
        header: For `generic_csv`: whether the first line names the columns.
        columns: For `generic_csv`: position (from 0) or header name of each field that is there.
            Fields: time, epc, antenna, rssi, phase, frequency or channel, doppler, read_count.
        units: For `generic_csv`: units of the fields. For `sllurp_csv`: `rssi`, where a column that
            is named `rssi` holds cdBm.
        files: What single files, by name, do not say themselves.
    """

    format: str
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    header: bool = True
    columns: dict[str, int | str] = {}
    units: ColumnUnits = ColumnUnits()
    files: dict[str, LogFile] = {}


class Antenna(Part):
    """One antenna.

    Attributes:
        port: Its port at the reader.
        x_m: Its place on the floor.
        y_m: Its place on the floor.
        zones: Zones whose products it reads.
        hop_table_mhz: Frequency by channel index, where it differs from the reader's.
    """

    port: Annotated[int, Field(ge=0)]
    x_m: float | None = None
    y_m: float | None = None
    zones: list[Name] = []
    hop_table_mhz: list[Annotated[float, Field(gt=0)]] = []


class Reader(Part):
    """An RFID reader.

    Attributes:
        id: Name of the reader's folder in the inbox.
        log: How it writes its log.
        antennas: Its antennas; ports not listed are read, but stand in no zone.
        hop_table_mhz: Frequency by channel index (from 1), for logs that give only the index.
        sentinel_epcs: Tags that nobody can reach, hung up near this reader's antennas on purpose:
            whatever the day says was handled of these is a false event. Their reads are kept
            whatever the products file says.
    """

    id: Name
    log: ReaderLog
    antennas: list[Antenna] = []
    hop_table_mhz: list[Annotated[float, Field(gt=0)]] = []
    sentinel_epcs: list[Annotated[str, Field(pattern=r"^[0-9A-F]+$")]] = []


class Checkout(Part):
    """A till: the name sales files use, and the zone in which people pay."""

    register_id: Name
    zone: Name | None = None
