"""Options that the tasks over labelled frames share."""

import argparse
import datetime as dt
import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch

from storeday.training.label_folders import logged_exports, read_labelled
from storeday.training.labelled_frames import Crop, Frame, read_frames
from storeday.training.nets.fitting import FitSettings, Weights


def add_frames(parser: argparse.ArgumentParser, *, are_needed: bool = True) -> None:
    """Adds where frames come from and where the model goes."""
    for name, what in (("--frames", "labelled frames"), ("--held-out", "frames to judge by")):
        parser.add_argument(name, type=Path, nargs="+", required=are_needed, default=[], help=what)
    parser.add_argument("--out", type=Path, required=True, help="ONNX file to write")


def add_labels(parser: argparse.ArgumentParser) -> None:
    """Adds a shop's own labels."""
    parser.add_argument(
        "--labels", type=Path, nargs="+", default=[], help="filled-in label exports to learn from"
    )
    parser.add_argument(
        "--held-out-labels", type=Path, nargs="+", default=[], help="label exports to judge by"
    )
    parser.add_argument("--lake", help="lake that they were exported from; needed with labels")


def add_fitting(parser: argparse.ArgumentParser, usual: FitSettings) -> None:
    """Adds how the model is fitted."""
    parser.add_argument("--epochs", type=int, default=usual.epochs)
    parser.add_argument("--batch", type=int, default=usual.batch)
    parser.add_argument("--learning-rate", type=float, default=usual.learning_rate)
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--start", type=Path, help="weights to begin with, of an earlier run")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)


def frames_of(chosen: argparse.Namespace) -> tuple[list[Frame], list[Frame]]:
    """Frames to learn from and frames to judge by."""
    threads_of(chosen)
    learnt, held_out = (
        [frame for folder in folders for frame in read_frames(folder)]
        for folders in (chosen.frames, chosen.held_out)
    )
    return learnt, held_out


def threads_of(chosen: argparse.Namespace) -> int:
    """Threads, of which torch is told."""
    torch.set_num_threads(chosen.threads)
    return int(chosen.threads)


def labels_of(chosen: argparse.Namespace, today: dt.date) -> tuple[list[Crop], list[Crop]]:
    """Labelled people to learn from and to judge by.

    Raises:
        ValueError: No lake is named, or a folder may not be used.
    """
    folders = (chosen.labels, chosen.held_out_labels)
    if not any(folders):
        return [], []
    if chosen.lake is None:
        raise ValueError("--labels without --lake; expected the lake whose log knows the exports")
    logged = logged_exports(chosen.lake)
    learnt, held_out = (read_labelled(some, logged, today) for some in folders)
    return learnt, held_out


def fitting_of(chosen: argparse.Namespace) -> FitSettings:
    """How the model is fitted."""
    return FitSettings(
        epochs=chosen.epochs,
        batch=chosen.batch,
        learning_rate=chosen.learning_rate,
        seed=chosen.seed,
    )


def weights_of(chosen: argparse.Namespace) -> Weights:
    """Weights to begin with; those of each epoch are kept beside the model."""
    return Weights(chosen.start, chosen.out.with_suffix(".weights"))


def tell(chosen: argparse.Namespace, figures: Mapping[str, float]) -> None:
    """Prints what was measured and keeps it beside the model."""
    text = json.dumps({name: round(value, 4) for name, value in figures.items()}, indent=1)
    chosen.out.with_suffix(".json").write_text(text + "\n", "utf-8")
    print(text, flush=True)
