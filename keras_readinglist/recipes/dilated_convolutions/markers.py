"""Outlines to be filled with the colour of their marker, by a front end and by context modules.

The front end, trained on crops, sees 7 pixels; the basic module 67 of its scores, and the same
module without dilation 15. `random` starts as He et al. do, and not as the identity.
"""

from functools import partial

import keras
import numpy as np

from keras_readinglist.applications import DilatedFrontEnd, DilatedNet
from keras_readinglist.datasets.marker_fill import MARKERS, marker_fill
from keras_readinglist.losses import PixelwiseCrossentropy
from keras_readinglist.recipes.dilated_convolutions.modules import (
    MODULES,
    mean_iou,
    module,
    scores_of,
    train_on_scores,
)
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, trained_on_generated
from keras_readinglist.recipes.training import MetricsLog, fit_generated, read_log

CLASSES = ("outside", *MARKERS)
_SIZES = {
    "scenes": 2_000,
    "test_scenes": 500,
    "batch_size": 8,
    "crop": 32,
    "learning_rate": 2e-3,
    "seeds": (0, 1, 2),
}
_FRONT = {**_SIZES, "steps": 1_200, "block": 100}
_CONTEXT = {
    **_SIZES,
    "front_steps": 1_200,
    "front_block": 100,
    "context_scenes": 1_000,
    "context_batch": 8,
    "steps": 800,
    "block": 50,
}
REDUCED = {"front": _FRONT, **dict.fromkeys(MODULES, _CONTEXT)}
FULL = {name: {**sizes, "seeds": (0, 1, 2)} for name, sizes in REDUCED.items()}
_TINY = {"scenes": 2, "test_scenes": 2, "batch_size": 1, "steps": 2, "block": 1}
_TINY_CONTEXT = {**_TINY, "front_steps": 1, "front_block": 1, "context_batch": 1}
RUNS = {f"fill_{name}": Run(name) for name in REDUCED}
_TEST_SEED = 1_000_003
REACHED = 0.3  # the loss whose first step is noted, in nats a pixel


def scenes(config):
    """Return the training scenes of a seed."""
    return marker_fill(config["scenes"], rng=(config["seed"], 0))


def train_front(config, callbacks):
    """Train the front end alone, on crops: it sees no further."""
    keras.utils.set_random_seed(config["seed"])
    front = DilatedFrontEnd(len(CLASSES), "near", class_names=CLASSES)
    images, labels = scenes(config)

    def batch(rng, step):
        rows = rng.integers(0, len(images), config["batch_size"])
        top, left = rng.integers(0, images.shape[1] - config["crop"] + 1, 2)
        window = slice(top, top + config["crop"]), slice(left, left + config["crop"])
        return images[rows][:, *window], labels[rows][:, *window]

    optimizer = keras.optimizers.Adam(config["learning_rate"])
    return fit_generated(
        front, batch, config, callbacks, loss=PixelwiseCrossentropy(), optimizer=optimizer
    )


def train_context(name, config, callbacks):
    """Train the front end of the seed again, and then a context module on its scores."""
    front = train_front(
        {**config, "steps": config["front_steps"], "block": config["front_block"]}, []
    )
    keras.utils.set_random_seed(config["seed"])
    net = DilatedNet(context=module(name, config), front_end=front, joint=False)
    images, labels = (part[: config["context_scenes"]] for part in scenes(config))
    train_on_scores(net.context, scores_of(front, images), labels, config, callbacks)
    logs = [callback for callback in callbacks if isinstance(callback, MetricsLog)]
    rows = [row for log in logs for row in read_log(log.path)]
    net.curve = {config["block"] * row["epoch"]: row["loss"] for row in rows}
    return net


def measure(model, config):
    """Measure a model on test scenes, and when its loss was low."""
    images, labels = marker_fill(config["test_scenes"], rng=_TEST_SEED)
    predicted = scores_of(model, images).argmax(-1)
    mean, each = mean_iou(labels, predicted, len(CLASSES))
    found = {"mean_iou": mean, "accuracy": float((predicted == labels).mean())}
    found |= {f"iou_{name}": value for name, value in zip(CLASSES, each, strict=True)}
    curve = getattr(model, "curve", {})
    low = [step for step, loss in curve.items() if loss < REACHED]
    found["steps_to_low_loss"] = min(low, default=config["steps"] + config["block"])
    return found | {f"loss_{step}": loss for step, loss in curve.items()}


def check(model):
    """Return the check of a preset: its result on 20 fixed scenes."""
    images, labels = marker_fill(20, rng=_TEST_SEED)
    predicted = np.stack(model.segment(images))
    return {"mean_iou": mean_iou(labels, predicted, len(CLASSES))[0]}


EXPERIMENTS = {
    "front": Experiment(train_front, measure, _TINY),
    **{name: Experiment(partial(train_context, name), measure, _TINY_CONTEXT) for name in MODULES},
}
CLAIMS = (
    Claim(
        "Marker fill: the basic context module on a front end that sees 7 pixels",
        metric="fill_basic/mean_iou",
        goal=None,
        baseline="fill_front/mean_iou",
        margin=0.10,
        note="No label can be told from 7 pixels, except that of a marker.",
    ),
    Claim(
        "Marker fill: the same weights without dilation",
        metric="fill_basic/mean_iou",
        goal=None,
        baseline="fill_undilated/mean_iou",
        note="The undilated module sees 15 pixels of the scores, the basic one 67.",
    ),
    Claim(
        "Marker fill: identity against random initial values",
        metric="fill_basic/mean_iou",
        goal=None,
        baseline="fill_random/mean_iou",
        note="The paper: random values did not train at all.",
    ),
    Claim(
        "Marker fill: steps until the loss is below 0.3, identity against random initial values",
        metric="fill_basic/steps_to_low_loss",
        goal=None,
        baseline="fill_random/steps_to_low_loss",
        higher_is_better=False,
        note="850 stands for never: there are 800 steps.",
    ),
)
PRESETS = {
    f"dilated_{name}": trained_on_generated(f"fill_{run}", description, check)
    for name, run, description in (
        ("front_end", "front", "Fills outlines by what lies within 3 pixels: its markers alone."),
        ("context", "basic", "Fills outlines with the colour of their marker."),
        ("undilated", "undilated", "The same network without dilation: sees 7 pixels around."),
    )
}
