"""Frames by PyAV: one at a time, each with its own stamp, past damage where the codec can."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from storeday.footage.containers import Timeline, opened, said
from storeday.footage.pictures import FrameMaker, Picture, SampledFrame
from storeday.footage.settings import FootageSettings
from storeday.footage.stretches import Sampler


@dataclass
class PyavReader:
    """Reads a segment straight through and keeps what the sampler wants.

    Memory stays at a few frames, whatever the consumer's pace.

    Attributes:
        path: The segment.
        timeline: Its times.
        sampler: What is wanted.
        settings: Size and quality.
        last_us: Time of the last frame that could be read, kept or not.
        is_cut_short: Whether reading stopped at the end of what was wanted.
        faults: What went wrong, in order; the same thing once.
    """

    path: Path
    timeline: Timeline
    sampler: Sampler
    settings: FootageSettings
    last_us: int | None = None
    is_cut_short: bool = False
    faults: dict[str, int] = field(default_factory=dict)

    def frames(self) -> Iterator[SampledFrame]:
        """The kept frames, in presentation order."""
        maker = FrameMaker(self.settings)
        with opened(self.path) as (container, stream):
            stream.thread_type = "NONE"
            for shown, frame in enumerate(self._decoded(container, stream)):
                time_us = self._time_us(frame, shown)
                if time_us >= self.sampler.end_us:
                    self.is_cut_short = True
                    return
                # A stamp that runs backwards breaks the order: such a frame is dropped.
                if self.last_us is not None and time_us < self.last_us:
                    self._note("frames out of order")
                    continue
                self.last_us = time_us
                reason = self.sampler.wants(time_us)
                if reason is not None:
                    yield maker.make(_picture(frame), time_us, reason)

    def reason(self) -> str | None:
        """What went wrong, in words; None where nothing did."""
        words = [
            text if count == 1 else f"{text} ({count} x)" for text, count in self.faults.items()
        ]
        return "; ".join(words) or None

    def _decoded(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        try:
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except av.FFmpegError as error:
                    self._note(f"a packet cannot be decoded: {said(error)}")
                    continue
                for frame in frames:
                    if not isinstance(frame, VideoFrame):
                        continue
                    if frame.is_corrupt:
                        self._note("a damaged frame")
                        continue
                    yield frame
        except av.FFmpegError as error:
            self._note(f"the container breaks off: {said(error)}")

    def _time_us(self, frame: VideoFrame, shown: int) -> int:
        if frame.pts is not None and not self.timeline.is_counted:
            return max(0, self.timeline.time_us(frame.pts))
        times = self.timeline.times_us
        return int(times[min(shown, len(times) - 1)])

    def _note(self, fault: str) -> None:
        self.faults[fault] = self.faults.get(fault, 0) + 1


def _picture(frame: VideoFrame) -> Picture:
    """Pixels as shown, BGR: turned by the quarters that the container asks for."""
    pixels = frame.to_ndarray(format="bgr24")
    quarters = round(frame.rotation / 90) % 4
    turned = np.rot90(pixels, quarters) if quarters else pixels
    return np.ascontiguousarray(turned, dtype=np.uint8)
