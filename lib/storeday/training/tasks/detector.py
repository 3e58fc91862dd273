"""Trains the person detector on labelled frames, or on what a large detector sees in frames."""

import argparse
from pathlib import Path

from storeday.training.figures import detector_figures, score_scale
from storeday.training.labelled_frames import Frame
from storeday.training.nets import detector
from storeday.training.nets.fitting import FitSettings
from storeday.training.tasks import options
from storeday.training.teaching import open_teacher, read_pictures, taught_frames


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds this task's options."""
    options.add_frames(parser)
    parser.add_argument(
        "--teacher",
        type=Path,
        help="YOLOX model (ONNX) whose boxes and scores take the place of labels, held-out frames "
        "included: figures then say how far the light detector agrees with it",
    )
    options.add_fitting(parser, FitSettings(epochs=10, batch=16, learning_rate=2e-3))


def run(chosen: argparse.Namespace) -> None:
    """Trains, exports and measures on the held-out frames."""
    frames, held_out = _taught(chosen) if chosen.teacher else options.frames_of(chosen)
    print(f"{len(frames)} frames, {sum(len(frame.people) for frame in frames)} people", flush=True)
    net = detector.train(frames, options.fitting_of(chosen), options.weights_of(chosen))
    detector.export(net, chosen.out)
    net.slope, net.offset = score_scale(chosen.out, held_out)
    detector.export(net, chosen.out)
    options.tell(chosen, detector_figures(chosen.out, held_out))


def _taught(chosen: argparse.Namespace) -> tuple[list[Frame], list[Frame]]:
    teacher = open_teacher(chosen.teacher, options.threads_of(chosen))
    learnt, held_out = (
        [frame for folder in folders for frame in taught_frames(read_pictures(folder), teacher)]
        for folders in (chosen.frames, chosen.held_out)
    )
    return learnt, held_out
