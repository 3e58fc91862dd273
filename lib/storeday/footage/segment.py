"""A segment to sampled frames and an outcome.

decord is for dense reading of large frames in short MP4, MOV and Matroska that look sound: no
packet is damaged, and their number and length are those that the container states. All else goes to
PyAV: long segments, those of which few frames are kept or whose frames are small, other containers,
pictures to be turned, anything cut or damaged, and what decord turned out not to read after all.
Both give the same frames with the same times, pixel by pixel on real clips: tests compare them.

Of the other containers, decord refuses GIF, and of MPEG-TS it drops the
first group of pictures and says nothing, so that every frame came one group (25 frames) early.

Reading is straight through, from the first frame to the end of the last stretch; nobody seeks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from storeday.footage.containers import Timeline, UnreadableError, opened, read_timeline
from storeday.footage.decord_reader import DecordError, Pick, read_by_decord
from storeday.footage.pictures import SampledFrame
from storeday.footage.probe import first_frame
from storeday.footage.pyav_reader import PyavReader
from storeday.footage.settings import FootageSettings
from storeday.footage.stretches import Sampler, Stretch

# FFmpeg's names of the containers of which decord was seen to give every frame in its place.
DECORD_FORMATS = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")


@dataclass(frozen=True)
class DecodeOutcome:
    """What decoding made of a segment: fields of `bronze.decode_outcomes`.

    Attributes:
        decoder: `decord`, `pyav`, or `none` where nothing was read.
        frames: Frames kept.
        first_pts_us: Time of the first kept frame; None where there is none.
        last_pts_us: Time of the last kept frame.
        lost_s: Seconds of the stated length, as far as wanted, past the last frame that could
            be read.
        reason: What went wrong; None where nothing did.
    """

    decoder: str
    frames: int
    first_pts_us: int | None
    last_pts_us: int | None
    lost_s: float
    reason: str | None


def sample_segment(
    path: Path, stretches: Sequence[Stretch], settings: FootageSettings
) -> "SegmentSampling":
    """Samples a segment: iterate the result for its frames, then ask for its `outcome`.

    Args:
        path: A local file.
        stretches: What to keep.
        settings: Size, quality, decoder.

    Raises:
        FileNotFoundError: There is no such file (on iteration). Bad content raises nothing.
    """
    return SegmentSampling(path, stretches, settings)


class SegmentSampling:
    """Frames of a segment, once, and what came of it.

    Args:
        path: A local file.
        stretches: What to keep.
        settings: Size, quality, decoder.
    """

    def __init__(self, path: Path, stretches: Sequence[Stretch], settings: FootageSettings) -> None:
        self._path = path
        self._stretches = stretches
        self._settings = settings
        self._outcome: DecodeOutcome | None = None

    @property
    def outcome(self) -> DecodeOutcome:
        """What came of the segment; there is one only after all frames were taken."""
        if self._outcome is None:
            raise RuntimeError(f"{self._path.name} has no outcome yet; iterate its frames first")
        return self._outcome

    def __iter__(self) -> Iterator[SampledFrame]:
        timeline = None
        try:
            with opened(self._path) as (container, stream):
                timeline = read_timeline(container, stream)
            suits_decord = timeline.damage is None and self._suits_decord()
        except UnreadableError as error:
            lost_us = timeline.lost_us(None, self._end_us) if timeline else 0
            self._outcome = DecodeOutcome("none", 0, None, None, lost_us / 1e6, str(error))
            return
        picks = _picks(timeline, self._stretches)
        fault = timeline.damage
        if suits_decord and self._is_worth_decord(timeline, picks):
            try:
                count = len(timeline.times_us)
                yield from read_by_decord(self._path, picks, count, self._settings)
            except DecordError as error:
                fault = f"{error}; read by PyAV"
            else:
                first_us, last_us = picks[0][1], picks[-1][1]
                self._outcome = DecodeOutcome("decord", len(picks), first_us, last_us, 0.0, None)
                return
        yield from self._by_pyav(timeline, fault)

    @property
    def _end_us(self) -> int:
        return max((stretch.to_us for stretch in self._stretches), default=0)

    def _suits_decord(self) -> bool:
        with opened(self._path) as (container, stream):
            frame = first_frame(container, stream)
            is_known = container.format.name in DECORD_FORMATS
            is_large = frame.height >= self._settings.decord_lines
            return is_known and is_large and frame.rotation == 0

    def _is_worth_decord(self, timeline: Timeline, picks: Sequence[Pick]) -> bool:
        read = int(np.searchsorted(timeline.times_us, self._end_us))
        is_short = len(timeline.times_us) <= self._settings.decord_frames
        return is_short and len(picks) > 0 and len(picks) >= self._settings.decord_share * read

    def _by_pyav(self, timeline: Timeline, fault: str | None) -> Iterator[SampledFrame]:
        reader = PyavReader(self._path, timeline, Sampler(self._stretches), self._settings)
        count, first_us, last_us = 0, None, None
        for frame in reader.frames():
            count += 1
            first_us = frame.pts_us if first_us is None else first_us
            last_us = frame.pts_us
            yield frame
        lost_us = 0 if reader.is_cut_short else timeline.lost_us(reader.last_us, self._end_us)
        reasons = "; ".join(text for text in (fault, reader.reason()) if text)
        decoder = "none" if reader.last_us is None and not reader.is_cut_short else "pyav"
        self._outcome = DecodeOutcome(
            decoder, count, first_us, last_us, lost_us / 1e6, reasons or None
        )


def _picks(timeline: Timeline, stretches: Sequence[Stretch]) -> list[Pick]:
    """The frames to keep, by position, from the times alone."""
    sampler = Sampler(stretches)
    end = int(np.searchsorted(timeline.times_us, sampler.end_us))
    return [
        (index, time_us, reason)
        for index, time_us in enumerate(timeline.times_us[:end].tolist())
        if (reason := sampler.wants(time_us)) is not None
    ]
