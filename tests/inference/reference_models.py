"""A manifest of the reference models, whose files lie outside the repository.

Tests elsewhere load this file by its path (`importlib.util.spec_from_file_location`).
"""

import hashlib
from pathlib import Path
from typing import Any

import yaml

CLASSES_OF_COCO = (
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,"
    "stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,"
    "backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,"
    "baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,"
    "banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,"
    "potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,"
    "oven,toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"
)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def yolox_entry(models: Path) -> dict[str, Any]:
    file = models / "yolox_nano.onnx"
    return {
        "role": "person_detector",
        "head": "yolox",
        "file": str(file),
        "sha256": sha256(file),
        "licence": "Apache-2.0",
        "source": "Megvii-BaseDetection/YOLOX 0.1.1rc0",
        "domain": "real",
        "input_width_px": 416,
        "input_height_px": 416,
        "channel_order": "BGR",
        "classes": CLASSES_OF_COCO.split(","),
    }


def fastestdet_entry(models: Path) -> dict[str, Any]:
    file = models / "FastestDet.onnx"
    return yolox_entry(models) | {
        "head": "fastestdet",
        "file": str(file),
        "sha256": sha256(file),
        "licence": "BSD-3-Clause",
        "source": "dog-qiuqiu/FastestDet",
        "input_width_px": 352,
        "input_height_px": 352,
    }


def osnet_entry(models: Path) -> dict[str, Any]:
    file, data = models / "osnet_x0_25_msmt17.onnx", models / "osnet_x0_25_msmt17.onnx.data"
    return {
        "role": "appearance",
        "head": "osnet",
        "file": str(file),
        "sha256": sha256(file),
        "data_files": [{"file": str(data), "sha256": sha256(data)}],
        "licence": "MIT",
        "source": "KaiyangZhou/deep-person-reid",
        "domain": "real",
        "input_width_px": 128,
        "input_height_px": 256,
        "channel_order": "RGB",
    }


def write_reference_manifest(path: Path, real: Path, with_appearance: bool = True) -> Path:
    """A manifest of the reference models below the folder of real data.

    Args:
        path: The YAML file to write.
        real: Folder of real data.
        with_appearance: Whether to name the appearance model too.
    """
    entries = [yolox_entry(real / "models")]
    if with_appearance:
        entries.append(osnet_entry(real / "models"))
    path.write_text(yaml.safe_dump({"models": entries}), "utf-8")
    return path
