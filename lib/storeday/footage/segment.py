"""A segment to sampled frames and an outcome, in this process: what the reading process does.

decord is for dense reading of large frames in short MP4, MOV and Matroska that look sound: no
packet is damaged, and their number and length are those that the container states. All else goes to
PyAV: long segments, those of which few frames are kept or whose frames are small, other containers,
pictures to be turned, anything cut or damaged, and what decord turned out not to read after all.
Both give the same frames with the same times, pixel by pixel on real clips: tests compare them.

Of the other containers, decord refuses GIF, and of MPEG-TS it drops the
first group of pictures and says nothing, so that every frame came one group (25 frames) early.

Reading goes forwards only, up to the end of the last stretch; nobody seeks. Groups of pictures of
which nothing is wanted are passed over, unless the packets look damaged.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storeday.footage.containers import (
    Timeline,
    UnreadableError,
    opened,
    read_timeline,
    stated_length_us,
)
from storeday.footage.gaps import Gap, gaps_of
from storeday.footage.pictures import SampledFrame
from storeday.footage.probe import first_frame
from storeday.footage.pyav_reader import PyavReader
from storeday.footage.schedule import looked_at, needed_packets
from storeday.footage.settings import FootageSettings
from storeday.footage.stretches import Sampler, Stretch

# FFmpeg's names of the containers of which decord was seen to give every frame in its place.
DECORD_FORMATS = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")

# Position of a frame in presentation order, its time in microseconds, the reason to keep it.
Pick = tuple[int, int, str]


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
        gaps: Stretches, as far as wanted, of which no frame could be had.
    """

    decoder: str
    frames: int
    first_pts_us: int | None
    last_pts_us: int | None
    lost_s: float
    reason: str | None
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class DecordWork:
    """What decord should read, since it suits the segment.

    Attributes:
        picks: Frames to keep.
        frames: Frames that the container holds.
        gaps: Stretches for which it holds none.
    """

    picks: list[Pick]
    frames: int
    gaps: tuple[Gap, ...]


@dataclass
class SegmentReading:
    """One segment, read once: take `frames()`, then ask for `outcome`.

    Attributes:
        path: A local file.
        stretches: What to keep.
        settings: Size, quality, decoder.
        alive: Called now and then, as a sign of life.
        longest_gop_us: Where it is given, only key frames are looked at, and where these lie
            further apart than this, frames between them that others build on.
        is_raw: Whether frames are given as pixels instead of JPEG.
        timeline: What the packets say; None before they were read.
        outcome: What came of the segment; None before all frames were taken.
    """

    path: Path
    stretches: Sequence[Stretch]
    settings: FootageSettings
    alive: Callable[[], None] = lambda: None
    longest_gop_us: int | None = None
    is_raw: bool = False
    timeline: Timeline | None = None
    outcome: DecodeOutcome | None = None

    def open(self) -> bool:
        """Reads the packets; False, with an outcome, where nothing can be read."""
        stated_us = None
        try:
            with opened(self.path) as (container, stream):
                stated_us = stated_length_us(container, stream)
                self.timeline = read_timeline(container, stream, self.alive)
        except UnreadableError as error:
            self.outcome = _unreadable(str(error), min(stated_us or 0, self.end_us))
            return False
        return True

    def decord_work(self) -> DecordWork | None:
        """What decord is to read; None where PyAV is."""
        timeline = self._known
        if self.longest_gop_us is not None or timeline.damage is not None:
            return None
        if not self._suits_decord():
            return None
        picks = self._picks()
        read = int(np.searchsorted(timeline.times_us, self.end_us))
        is_short = len(timeline.times_us) <= self.settings.decord_frames
        if not (is_short and picks and len(picks) >= self.settings.decord_share * read):
            return None
        gaps = gaps_of(timeline, np.array([], np.int64), [], self.end_us)
        return DecordWork(picks, len(timeline.times_us), gaps)

    def frames(self, fault: str | None = None) -> Iterator[SampledFrame]:
        """The kept frames, by PyAV, in presentation order.

        Args:
            fault: What went wrong before.
        """
        timeline = self._known
        needed = self._needed()
        reader = PyavReader(
            self.path,
            timeline,
            Sampler(self.stretches),
            self.settings,
            needed,
            "DEFAULT" if self.longest_gop_us is None else "NONREF",
            self.alive,
            self.is_raw,
        )
        count, first_us, last_us = 0, None, None
        for frame in reader.frames():
            count += 1
            first_us = frame.pts_us if first_us is None else first_us
            last_us = frame.pts_us
            yield frame
        lost_us = 0 if reader.is_cut_short else timeline.lost_us(reader.last_us, self.end_us)
        gaps = gaps_of(timeline, self._needed_us(needed), reader.decoded_us, self.end_us)
        reasons = [text for text in (fault, timeline.damage, reader.reason()) if text]
        reasons = reasons or sorted({gap.reason for gap in gaps})
        decoder = "none" if reader.last_us is None and not reader.is_cut_short else "pyav"
        self.outcome = DecodeOutcome(
            decoder,
            count,
            first_us,
            last_us,
            lost_us / 1e6,
            "; ".join(reasons) or None,
            gaps,
        )

    @property
    def end_us(self) -> int:
        """End of what is wanted."""
        return max((stretch.to_us for stretch in self.stretches), default=0)

    @property
    def _known(self) -> Timeline:
        if self.timeline is None:
            raise RuntimeError(f"{self.path.name}: its packets have not been read; call open()")
        return self.timeline

    def _needed(self) -> NDArray[np.bool_] | None:
        """Packets to decode; None for all: where they cannot be told apart, or are damaged."""
        timeline = self._known
        is_scouting = self.longest_gop_us is not None
        if timeline.is_counted or (timeline.damage is not None and not is_scouting):
            return None
        wanted = np.array([time_us for _, time_us, _ in self._picks()], np.int64)
        return needed_packets(timeline.packet_us, timeline.is_key, wanted)

    def _needed_us(self, needed: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """Times of the frames that have to come; of a look over, those of key frames alone."""
        timeline = self._known
        if needed is None:
            times = timeline.times_us
        elif self.longest_gop_us is None:
            times = timeline.packet_us[needed]
        else:
            times = timeline.packet_us[needed & timeline.is_key]
        return np.unique(times[times < self.end_us])

    def _suits_decord(self) -> bool:
        with opened(self.path) as (container, stream):
            frame = first_frame(container, stream)
            is_known = container.format.name in DECORD_FORMATS
            is_large = frame.height >= self.settings.decord_lines
            return is_known and is_large and frame.rotation == 0

    def _picks(self) -> list[Pick]:
        """The frames to keep, by position, from the times alone."""
        times_us = self._known.times_us
        sampler = Sampler(self.stretches)
        end = int(np.searchsorted(times_us, sampler.end_us))
        return [
            (index, time_us, reason)
            for index, time_us in enumerate(times_us[:end].tolist())
            if self._may_take[index] and (reason := sampler.wants(time_us)) is not None
        ]

    @cached_property
    def _may_take(self) -> NDArray[np.bool_]:
        """Frames that may be kept, in the order of their times."""
        timeline = self._known
        if self.longest_gop_us is None or timeline.is_counted:
            return np.ones(len(timeline.times_us), bool)
        keys_us = np.sort(timeline.packet_us[timeline.is_key])
        return looked_at(timeline.times_us, keys_us, self.longest_gop_us)


def _unreadable(reason: str, lost_us: int) -> DecodeOutcome:
    gaps = (Gap(0, lost_us, reason),) if lost_us else ()
    return DecodeOutcome("none", 0, None, None, lost_us / 1e6, reason, gaps)
