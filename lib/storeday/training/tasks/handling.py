"""Trains the handling classifier on people in labelled frames, or on a shop's own labels."""

import argparse
import datetime as dt

import numpy as np

from storeday.training.labelled_frames import Crop, Frame, crops_of
from storeday.training.nets import handling
from storeday.training.nets.fitting import FitSettings
from storeday.training.tasks import options

# Of whom less is seen, or who is smaller, shows no hands.
LEAST_SEEN, LEAST_HEIGHT_PX = 0.4, 24.0
# The least share of handling people that the threshold has to find, and some more: other shops
# are not those that it is picked on.
LEAST_RECALL = 0.92


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds this task's options."""
    options.add_frames(parser, are_needed=False)
    options.add_labels(parser)
    options.add_fitting(parser, FitSettings(epochs=20, batch=64, learning_rate=3e-3))


def run(chosen: argparse.Namespace) -> None:
    """Trains, picks the threshold on the held-out people, exports."""
    own = options.labels_of(chosen, dt.datetime.now(dt.UTC).date())
    crops, others = (
        [*_labelled(frames), *some]
        for frames, some in zip(options.frames_of(chosen), own, strict=True)
    )
    label = np.array([bool(crop.is_handling) for crop in others])
    for name, some in (("to learn from", crops), ("held out", others)):
        kinds = {crop.is_handling for crop in some}
        if kinds != {True, False}:
            raise ValueError(f"{len(some)} people {name} are {kinds}; expected both kinds of label")
    print(f"{len(crops)} crops, {sum(bool(crop.is_handling) for crop in crops)} handle", flush=True)
    net = handling.train(crops, options.fitting_of(chosen), options.weights_of(chosen))
    told = handling.logits(net, others, chosen.seed)
    threshold = handling.pick_threshold(told, label, LEAST_RECALL)
    handling.export(net, threshold, chosen.out)
    options.tell(
        chosen,
        {
            "recall": threshold.recall,
            "accuracy": threshold.accuracy,
            "precision": threshold.precision,
            "threshold": threshold.logit,
            "held_out_crops": len(others),
            "held_out_handling": int(label.sum()),
        },
    )


def _labelled(frames: list[Frame]) -> list[Crop]:
    crops = crops_of(frames, LEAST_SEEN, LEAST_HEIGHT_PX)
    return [crop for crop in crops if crop.is_handling is not None]
