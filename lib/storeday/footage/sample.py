"""Sampled frames of a segment, read by another process that is watched."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from storeday.footage.decord_reader import DecordError, read_by_decord
from storeday.footage.gaps import Gap
from storeday.footage.pictures import SampledFrame
from storeday.footage.probe import SegmentProbe
from storeday.footage.reader_process import Limits, ReaderError, ask_reader
from storeday.footage.segment import DecodeOutcome
from storeday.footage.settings import FootageSettings
from storeday.footage.stretches import Stretch

# To the end of the file, however long it turns out to be.
TO_THE_END_US = 2**63 - 1


def sample_segment(
    path: Path, stretches: Sequence[Stretch], settings: FootageSettings, is_raw: bool = False
) -> "SegmentSampling":
    """Samples a segment: iterate the result for its frames, then ask for its `outcome`.

    Args:
        path: A local file.
        stretches: What to keep.
        settings: Size, quality, decoder, limits.
        is_raw: Whether frames are given as pixels instead of JPEG (`picture_of`); by PyAV then.

    Raises:
        FileNotFoundError: There is no such file (on iteration). Bad content raises nothing.
    """
    return SegmentSampling(path, stretches, settings, is_raw=is_raw)


def scout_segment(
    path: Path, looks_per_s: float, longest_gop_s: float, settings: FootageSettings
) -> "SegmentSampling":
    """Looks over a segment: its key frames, decoding nothing else where these lie close enough.

    Args:
        path: A local file.
        looks_per_s: Frames to give a second, at most.
        longest_gop_s: Where key frames lie further apart, frames between them that others build on
            are decoded as well.
        settings: Size, quality, limits.

    Raises:
        FileNotFoundError: There is no such file (on iteration). Bad content raises nothing.
    """
    whole = Stretch(0, TO_THE_END_US, looks_per_s, "scout")
    return SegmentSampling(path, [whole], settings, round(longest_gop_s * 1e6))


def probe_segment(path: Path, settings: FootageSettings | None = None) -> SegmentProbe:
    """Reads a container's head and its first frame. Bad content is no error, but a status.

    Args:
        path: A local file.
        settings: Limits.

    Raises:
        FileNotFoundError: There is no such file.
    """
    _require(path)
    limits = _limits(settings or FootageSettings())
    try:
        ((head, _),) = ask_reader({"do": "probe", "path": str(path)}, limits)
    except ReaderError as error:
        return SegmentProbe(status="unreadable", reason=str(error))
    return SegmentProbe(**head["probe"])


class SegmentSampling:
    """Frames of a segment, once, and what came of it.

    Args:
        path: A local file.
        stretches: What to keep.
        settings: Size, quality, decoder, limits.
        longest_gop_us: Given where the segment is only looked over, see `scout_segment`.
        is_raw: Whether frames are given as pixels instead of JPEG; by PyAV then.
    """

    def __init__(
        self,
        path: Path,
        stretches: Sequence[Stretch],
        settings: FootageSettings,
        longest_gop_us: int | None = None,
        is_raw: bool = False,
    ) -> None:
        self._is_raw = is_raw
        self._longest_gop_us = longest_gop_us
        self._path = path
        self._stretches = stretches
        self._settings = settings
        self._outcome: DecodeOutcome | None = None
        self._ends_us = 0

    @property
    def outcome(self) -> DecodeOutcome:
        """What came of the segment; there is one only after all frames were taken."""
        if self._outcome is None:
            raise RuntimeError(f"{self._path.name} has no outcome yet; iterate its frames first")
        return self._outcome

    def __iter__(self) -> Iterator[SampledFrame]:
        _require(self._path)
        work = yield from self._by_reader(may_decord=not self._is_raw, fault=None)
        if work is not None:
            picks = [(index, time_us, reason) for index, time_us, reason in work["picks"]]
            try:
                yield from read_by_decord(self._path, picks, work["frames"], self._settings)
            except DecordError as error:
                yield from self._by_reader(may_decord=False, fault=f"{error}; read by PyAV")
                return
            first_us, last_us = picks[0][1], picks[-1][1]
            self._outcome = DecodeOutcome(
                "decord", len(picks), first_us, last_us, 0.0, None, _gaps(work["gaps"])
            )

    def _by_reader(
        self, may_decord: bool, fault: str | None
    ) -> Generator[SampledFrame, None, Mapping[str, Any] | None]:
        """Frames by PyAV; returns decord's work where that is to read the segment."""
        order = {
            "do": "sample",
            "path": str(self._path),
            "stretches": [asdict(stretch) for stretch in self._stretches],
            "settings": asdict(self._settings),
            "may_decord": may_decord,
            "fault": fault,
            "longest_gop_us": self._longest_gop_us,
            "is_raw": self._is_raw,
        }
        times: list[int] = []
        work = None
        try:
            for head, body in ask_reader(order, _limits(self._settings)):
                if "frame" in head:
                    times.append(head["frame"]["pts_us"])
                    parts = memoryview(body)
                    jpeg, thumbnail = parts[head["thumbnail"] :], parts[: head["thumbnail"]]
                    yield SampledFrame(
                        jpeg=bytes(jpeg), thumbnail=bytes(thumbnail), **head["frame"]
                    )
                elif "outcome" in head:
                    fields = head["outcome"]
                    self._outcome = DecodeOutcome(**{**fields, "gaps": _gaps(fields["gaps"])})
                else:
                    self._ends_us = head.get("ends_us", self._ends_us)
                    work = head.get("decord")
        except ReaderError as error:
            self._outcome = self._broken_off(times, str(error), fault)
        return work

    def _broken_off(self, times: list[int], error: str, fault: str | None) -> DecodeOutcome:
        """What there is when the reading process did not come to the end."""
        end_us = min(self._ends_us, max((s.to_us for s in self._stretches), default=0))
        from_us = times[-1] if times else 0
        gaps = (Gap(from_us, end_us, error),) if end_us > from_us else ()
        return DecodeOutcome(
            decoder="pyav" if times else "none",
            frames=len(times),
            first_pts_us=times[0] if times else None,
            last_pts_us=times[-1] if times else None,
            lost_s=max(0, end_us - from_us) / 1e6,
            reason="; ".join(text for text in (fault, error) if text),
            gaps=gaps,
        )


def _gaps(rows: Sequence[Mapping[str, Any]]) -> tuple[Gap, ...]:
    return tuple(Gap(**row) for row in rows)


def _limits(settings: FootageSettings) -> Limits:
    return Limits(settings.stall_s, settings.reader_memory_mb)


def _require(path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
