"""Peak memory of reading an hour of 1080p at 25 frames a second, two frames kept a second.

The hour is ten seconds of a moving texture with noise, encoded once (H.264, a key frame every two
seconds, B-frames) and repeated 360 times without encoding it again. The figure is the peak of the
reading process; what the process that asks takes on top stands beside it.
"""

import os
import tempfile
import time
from pathlib import Path

import av
import numpy as np
from measure import Result

RATE, LOOP_S, LOOPS = 25, 10, 360
WIDTH, HEIGHT = 1920, 1080
SEED = 1


def run() -> Result:
    from storeday.footage import FootageSettings, Stretch, sample_segment

    with tempfile.TemporaryDirectory(prefix="storeday-bench-") as folder:
        path = _hour(Path(folder))
        peak = _Peak()
        before_mb = _status_mb(os.getpid(), "VmRSS")
        started = time.perf_counter()
        sampling = sample_segment(path, [Stretch(0, 1 << 62, 2.0, "detail")], FootageSettings())
        frames = jpeg_bytes = 0
        own_mb = before_mb
        for frame in sampling:
            frames += 1
            jpeg_bytes += len(frame.jpeg)
            own_mb = max(own_mb, _status_mb(os.getpid(), "VmRSS"))
            peak.look()
        seconds = time.perf_counter() - started
        size_mb = path.stat().st_size / 1e6
    assert frames == 2 * LOOP_S * LOOPS
    assert sampling.outcome.reason is None, sampling.outcome
    return Result(
        figure=round(peak.mb, 1),
        aim="<= 300",
        unit="MB",
        detail={
            "seed": SEED,
            "source_frames": RATE * LOOP_S * LOOPS,
            "frames_kept": frames,
            "segment_mb": round(size_mb, 1),
            "jpeg_mb": round(jpeg_bytes / 1e6, 1),
            "asking_process_growth_mb": round(own_mb - before_mb, 1),
            "wall_s": round(seconds, 1),
            "decoder": sampling.outcome.decoder,
        },
    )


class _Peak:
    """Greatest memory of this process's children; the kernel keeps each one's peak."""

    def __init__(self) -> None:
        self.mb = 0.0

    def look(self) -> None:
        me = os.getpid()
        for task in Path(f"/proc/{me}/task").iterdir():
            for child in (task / "children").read_text().split():
                self.mb = max(self.mb, _status_mb(int(child), "VmHWM"))


def _status_mb(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def _hour(folder: Path) -> Path:
    loop, path = folder / "loop.mp4", folder / "20260105T090000Z.mp4"
    _encode(loop)
    with av.open(str(loop)) as source:
        given = source.streams.video[0]
        packets = [packet for packet in source.demux(given) if packet.size]
        length = round(LOOP_S / given.time_base)
        with av.open(str(path), "w") as target:
            stream = target.add_stream_from_template(given)
            for _ in range(LOOPS):
                for packet in packets:
                    packet.stream = stream
                    target.mux(packet)
                    packet.pts += length
                    packet.dts += length
    return path


def _encode(path: Path) -> None:
    rng = np.random.default_rng(SEED)
    texture = rng.integers(60, 190, (HEIGHT // 20, WIDTH // 20, 3), np.uint8)
    still = np.kron(texture, np.ones((20, 20, 1), np.uint8))
    noise = rng.integers(0, 6, (HEIGHT, WIDTH, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = 2 * RATE
        stream.options = {"preset": "ultrafast", "bf": "2", "crf": "28"}
        for number in range(RATE * LOOP_S):
            picture = still + np.roll(noise, 7 * number, axis=0)
            picture[200:900, (4 * number) % 1500 :][:, :300] = (30, 60, 200)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
