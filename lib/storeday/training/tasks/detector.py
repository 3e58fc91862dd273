"""Trains the person detector on labelled frames."""

import argparse

from storeday.training.figures import detector_figures, score_scale
from storeday.training.nets import detector
from storeday.training.nets.fitting import FitSettings
from storeday.training.tasks import options


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds this task's options."""
    options.add_frames(parser)
    options.add_fitting(parser, FitSettings(epochs=10, batch=16, learning_rate=2e-3))


def run(chosen: argparse.Namespace) -> None:
    """Trains, exports and measures on the held-out frames."""
    frames, held_out = options.frames_of(chosen)
    print(f"{len(frames)} frames, {sum(len(frame.people) for frame in frames)} people", flush=True)
    net = detector.train(frames, options.fitting_of(chosen), options.weights_of(chosen))
    detector.export(net, chosen.out)
    net.slope, net.offset = score_scale(chosen.out, held_out)
    detector.export(net, chosen.out)
    options.tell(chosen, detector_figures(chosen.out, held_out))
