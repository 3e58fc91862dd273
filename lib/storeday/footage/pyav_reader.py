"""Frames by PyAV: one at a time, each with its own stamp, past damage where the codec can.

Packets that no wanted frame builds on are passed over undecoded; the decoder is emptied before and
cleared after such a leap, so that what it held back comes out and nothing of it is left behind.
"""

# PyAV's Packet takes its parameter in the stubs only.
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from storeday.footage.containers import Timeline, opened, real_packets, said
from storeday.footage.pictures import FrameMaker, Picture, SampledFrame
from storeday.footage.settings import FootageSettings
from storeday.footage.stretches import Sampler

# Packets decoded between two signs of life.
PACKETS_PER_SIGN = 16


@dataclass
class PyavReader:
    """Reads a segment forwards, once, and keeps what the sampler wants.

    Memory stays at a few frames, whatever the consumer's pace.

    Attributes:
        path: The segment.
        timeline: Its times.
        sampler: What is wanted.
        settings: Size and quality.
        needed: Packets to decode, in the order of the file; None for all up to the end of what is
            wanted.
        skip: What the decoder may leave out, in FFmpeg's words: `DEFAULT`, or `NONREF` for frames
            that no other builds on.
        alive: Called now and then, as a sign of life.
        is_raw: Whether frames are given as pixels instead of JPEG.
        last_us: Time of the last frame that could be read, kept or not.
        is_cut_short: Whether reading stopped at the end of what was wanted.
        decoded_us: Times of all frames that could be read.
        faults: What went wrong, in order; the same thing once.
    """

    path: Path
    timeline: Timeline
    sampler: Sampler
    settings: FootageSettings
    needed: NDArray[np.bool_] | None = None
    skip: str = "DEFAULT"
    alive: Callable[[], None] = lambda: None
    is_raw: bool = False
    last_us: int | None = None
    is_cut_short: bool = False
    decoded_us: list[int] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)

    def frames(self) -> Iterator[SampledFrame]:
        """The kept frames, in presentation order."""
        maker = FrameMaker(self.settings, self.is_raw)
        with opened(self.path) as (container, stream):
            stream.thread_type = "NONE"
            stream.codec_context.skip_frame = self.skip  # type: ignore[assignment]
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
                self.decoded_us.append(time_us)
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
        is_running = False
        last = self._last_needed
        try:
            for number, packet in enumerate(real_packets(container, stream)):
                if number > last:
                    self.is_cut_short = True
                    break
                if number % PACKETS_PER_SIGN == 0:
                    self.alive()
                is_needed = self._needs(number)
                if is_running and not is_needed:
                    yield from self._emptied(stream)
                if is_needed:
                    yield from self._pictures(stream, packet)
                is_running = is_needed
        except av.FFmpegError as error:
            self._note(f"the container breaks off: {said(error)}")
        yield from self._pictures(stream, None)

    @property
    def _last_needed(self) -> float:
        if self.needed is None:
            return float("inf")
        found = np.flatnonzero(self.needed)
        return int(found[-1]) if len(found) else -1

    def _needs(self, number: int) -> bool:
        # A file that gives more packets now than it did before is read on.
        return self.needed is None or number >= len(self.needed) or bool(self.needed[number])

    def _emptied(self, stream: VideoStream) -> Iterator[VideoFrame]:
        yield from self._pictures(stream, None)
        stream.codec_context.flush_buffers()

    def _pictures(
        self, stream: VideoStream, packet: Packet[VideoStream] | None
    ) -> Iterator[VideoFrame]:
        """Frames that a packet brings out of the decoder; those left in it for no packet."""
        try:
            frames = stream.codec_context.decode(packet)
        except av.EOFError:
            return
        except av.FFmpegError as error:
            self._note(f"a packet cannot be decoded: {said(error)}")
            return
        for frame in frames:
            if frame.is_corrupt:
                self._note("a damaged frame")
            else:
                yield frame

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
