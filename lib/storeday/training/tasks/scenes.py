"""Renders labelled frames of random simulated shops."""

import argparse
from pathlib import Path

from storeday.training.scenes import MOMENTS, write_scenes


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds this task's options."""
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--scenes", type=int, default=400, help="shops; two cameras each")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--moments", type=int, default=MOMENTS, help="most frames of each camera")


def run(chosen: argparse.Namespace) -> None:
    """Writes the scenes."""
    scenes = range(chosen.first, chosen.first + chosen.scenes)
    write_scenes(chosen.out, scenes, chosen.seed, chosen.workers, chosen.moments)
