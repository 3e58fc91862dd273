"""A store-day of copies of the table clip, with the detector's entry of the model manifest."""

import shutil
from pathlib import Path

import yaml
from measure import real_data

DATE = "2023-01-06"
CLIP = "one-by-one-person-detection.mp4"


def write_clip_day(folder: Path, scenario: Path, copies: int) -> tuple[Path, list[Path]]:
    """Inbox and manifest of store `bench`; the model manifest and the clips, five minutes apart."""
    from real_day import write_models

    real = real_data()
    for name in ("stores", "inbox"):
        (folder / name).mkdir()
    shutil.copy(scenario, folder / "stores" / "bench.yaml")
    footage = folder / "inbox" / "bench" / DATE / "footage" / "hall"
    footage.mkdir(parents=True)
    clip = (real / "video" / CLIP).read_bytes()
    files = [footage / f"20230106T10{copy * 5:02d}00Z.mp4" for copy in range(copies)]
    for copy, file in enumerate(files):
        file.write_bytes(clip + _free_box(copy))  # equal files would be read once
    models = folder / "models.yaml"
    write_models(real, models)
    document = yaml.safe_load(models.read_text())
    document["models"] = [m for m in document["models"] if m["role"] == "person_detector"]
    models.write_text(yaml.safe_dump(document))
    return models, files


def _free_box(number: int) -> bytes:
    """A box of MP4 that players skip, ISO/IEC 14496-12 section 8.1.2."""
    return (12).to_bytes(4, "big") + b"free" + number.to_bytes(4, "big")
