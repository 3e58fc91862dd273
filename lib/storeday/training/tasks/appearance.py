"""Trains the appearance embedding on people in labelled frames."""

import argparse

from storeday.training.figures import appearance_figures
from storeday.training.labelled_frames import crops_of
from storeday.training.nets import appearance
from storeday.training.nets.fitting import FitSettings
from storeday.training.tasks import options

LEAST_SEEN, LEAST_HEIGHT_PX = 0.4, 24.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds this task's options."""
    options.add_frames(parser)
    options.add_fitting(parser, FitSettings(epochs=30, batch=128, learning_rate=3e-3))


def run(chosen: argparse.Namespace) -> None:
    """Trains, exports and measures on the held-out frames."""
    frames, held_out = options.frames_of(chosen)
    crops = crops_of(frames, LEAST_SEEN, LEAST_HEIGHT_PX)
    print(f"{len(crops)} crops of {len({crop.person for crop in crops})} people", flush=True)
    net = appearance.train(crops, options.fitting_of(chosen), options.weights_of(chosen))
    appearance.export(net, chosen.out)
    held_out_crops = crops_of(held_out, LEAST_SEEN, LEAST_HEIGHT_PX)
    options.tell(chosen, appearance_figures(chosen.out, held_out_crops))
