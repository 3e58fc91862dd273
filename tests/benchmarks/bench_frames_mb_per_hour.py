"""What kept frames cost and save: MB per camera-hour at the fixed rate, and a second look at them.

Frames: the table clip (768 x 432, 10 frames a second), kept at two a second as `decode` keeps them.
CPU milliseconds per kept frame: making it (decode, scale, JPEG), the JPEG alone, reading it back,
and detecting people in it. A new model over kept frames spares the first; `again_ratio` is the cost
of that over decoding anew.
"""

import time

import cv2
import numpy as np
import yaml
from measure import Result, real_data


def run() -> Result:
    import tempfile
    from pathlib import Path

    from real_day import write_models

    from storeday.footage import (
        TO_THE_END_US,
        FootageSettings,
        Stretch,
        reader_cpu_s,
        sample_segment,
    )
    from storeday.footage.pictures import encoded
    from storeday.inference import InferenceSettings, infer_frames, load_models, open_models

    settings = FootageSettings()
    clip = real_data() / "video" / "one-by-one-person-detection.mp4"
    stretch = [Stretch(0, TO_THE_END_US, settings.frames_per_s, "detail")]
    before_s = reader_cpu_s() + time.process_time()
    frames = list(sample_segment(clip, stretch, settings))
    made_s = reader_cpu_s() + time.process_time() - before_s
    read_s, pictures = _cpu_s(lambda: [_picture(frame.jpeg) for frame in frames])
    encode_s, _ = _cpu_s(lambda: [encoded(p, settings.jpeg_quality) for p in pictures])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "models.yaml"
        write_models(real_data(), path)
        document = yaml.safe_load(path.read_text())
        document["models"] = [m for m in document["models"] if m["role"] == "person_detector"]
        path.write_text(yaml.safe_dump(document))
        opened = open_models(load_models(path), InferenceSettings(providers="cpu"))
    pairs = [(number, frame.jpeg) for number, frame in enumerate(frames)]
    again_s, _ = _cpu_s(lambda: list(infer_frames(pairs, opened, InferenceSettings())))
    count = len(frames)
    size = sum(len(frame.jpeg) for frame in frames)
    return Result(
        figure=round(size / count * settings.frames_per_s * 3600 / 1e6, 1),
        aim="<= 400",
        unit="MB",
        detail={
            "frames": count,
            "kb_per_frame": round(size / count / 1e3, 1),
            "make_ms": _ms(made_s, count),
            "jpeg_ms": _ms(encode_s, count),
            "read_back_ms": _ms(read_s, count),
            "detect_with_read_back_ms": _ms(again_s, count),
            "again_ratio": round(again_s / (made_s + again_s), 3),
        },
    )


def _picture(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def _cpu_s(work):
    started = time.process_time()
    done = work()
    return time.process_time() - started, done


def _ms(seconds: float, count: int) -> float:
    return round(1000 * seconds / count, 2)
