"""Trains the rummage classifier on labelled reader logs."""

import argparse
from pathlib import Path

import numpy as np

from storeday.training.labelled_logs import labelled_windows
from storeday.training.rummage_cnn import TrainSettings, export, train


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds this task's options."""
    parser.add_argument("--logs", type=Path, nargs="+", required=True, help="labelled logs")
    parser.add_argument("--out", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--epochs", type=int, default=TrainSettings.epochs)
    parser.add_argument("--seed", type=int, default=TrainSettings.seed)
    parser.add_argument("--stills", type=int, default=8, help="still windows for a handled one")


def run(chosen: argparse.Namespace) -> None:
    """Trains on all logs of the folders given and writes one ONNX file."""
    rng = np.random.default_rng(chosen.seed)
    found = [
        (tensors, label)
        for folder in chosen.logs
        for _, tensors, label in labelled_windows(folder, chosen.stills, rng)
    ]
    tensors, label = (np.concatenate(column) for column in zip(*found, strict=True))
    print(f"{len(label)} windows of {len(found)} logs, {int(label.sum())} of them handled")
    settings = TrainSettings(epochs=chosen.epochs, seed=chosen.seed)
    export(train(tensors, label, settings), chosen.out)
