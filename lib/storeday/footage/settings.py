"""Settings of decoding."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FootageSettings:
    """How frames are sampled and kept.

    Attributes:
        scout: `fixed` decodes every segment at `frames_per_s`. `keyframes` looks at key frames
            first and decodes only where it pays (settings of `scouting`); it needs models.
        frames_per_s: Rate at which a stretch is sampled where nothing else decides. At two a second
            somebody who walks (1.4 m/s) moves 0.7 m between frames: boxes of one person still
            overlap from most ceiling cameras, and a reach to a shelf, a second or two, is seen.
        max_lines: Frames with more lines are scaled down to this many. The detector's input has at
            most 416 lines, so 540 lose nothing for it and leave detail for appearance.
        jpeg_quality: 0 to 100. On 960 x 540 frames of three real clips, 75 / 80 / 85 / 90 gave
            38 / 43 / 49 / 62 KB and 41.5 / 42.2 / 43.0 / 43.9 dB of PSNR.
        stall_s: Reading is given up when it makes no progress for so long. decord has stood still
            for ever on files whose frame count is wrong.
        reader_memory_mb: Reading by PyAV is given up when its process takes more. It holds the
            frames that the codec refers to: about 100 MB for 1080p, some 300 MB for 4K.
        decord_share: decord reads a sound segment of whose frames at least this share is kept; 0
            takes it for all, more than 1 for none. Reading 139 s of 768 x 432, decord and PyAV took
            2.0 and 1.3 s of CPU for a tenth of the frames and 5.3 and 3.6 s for all; 40 s of 1080p:
            7.2 and 6.5 s for a twelfth, 13.5 and 11.2 s for all. decord decodes in a second thread
            while JPEGs are made, so with idle cores it is done sooner when many frames are kept;
            for a few it only costs more.
        decord_lines: decord reads only frames of at least so many lines. It decodes ahead without
            bound where packing a frame takes longer than decoding it: all 1,394 frames of a
            768 x 432 clip took 366 to 873 MB, all 1,000 of a 1080p clip 250 MB.
        decord_frames: decord reads only segments of at most so many frames, since what it decodes
            ahead grows with them: 3,000 frames of 1080p took 444 MB where all were kept.
        decord_memory_mb: decord is given up when its process takes more all the same.
    """

    scout: str = "fixed"
    frames_per_s: float = 2.0
    max_lines: int = 540
    jpeg_quality: int = 80
    stall_s: float = 60.0
    reader_memory_mb: int = 1000
    decord_share: float = 0.25
    decord_lines: int = 1080
    decord_frames: int = 3000
    decord_memory_mb: int = 500

    def __post_init__(self) -> None:
        if self.scout not in ("fixed", "keyframes"):
            raise ValueError(f"scout is {self.scout!r}; expected fixed or keyframes")
        if not self.frames_per_s > 0:
            raise ValueError(f"frames_per_s is {self.frames_per_s}; expected more than 0")
        if self.max_lines < 16:
            raise ValueError(f"max_lines is {self.max_lines}; expected at least 16")
        if not 1 <= self.jpeg_quality <= 100:
            raise ValueError(f"jpeg_quality is {self.jpeg_quality}; expected 1 to 100")
        if not self.stall_s > 0:
            raise ValueError(f"stall_s is {self.stall_s}; expected more than 0")
        if not self.decord_share >= 0:
            raise ValueError(f"decord_share is {self.decord_share}; expected 0 or more")
        for name in ("decord_memory_mb", "reader_memory_mb"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected at least 1")
