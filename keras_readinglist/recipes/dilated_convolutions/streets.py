"""CamVid at a quarter of its size: a small front end, and context modules on its scores.

The pictures have 120 x 88 pixels, and the scores a fourth of that a side. One front end is trained
for a seed; every module starts from its scores, and at last front end and basic module are trained
together. Classes are weighted by the median of their frequencies over their own.
"""

import keras
import numpy as np

from keras_readinglist import datasets
from keras_readinglist.applications import DilatedFrontEnd, DilatedNet
from keras_readinglist.datasets.camvid import CLASSES
from keras_readinglist.losses import PixelwiseCrossentropy
from keras_readinglist.recipes.dilated_convolutions.modules import (
    MODULES,
    mean_iou,
    module,
    scores_of,
    train_on_scores,
)
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, as_computed
from keras_readinglist.recipes.training import fit_generated

REDUCED = {
    "streets": {
        "width": 0.25,
        "front_steps": 400,
        "batch_size": 8,
        "learning_rate": 2e-3,
        "steps": 400,
        "context_batch": 16,
        "block": 100,
        "joint_steps": 60,
        "joint_learning_rate": 1e-4,
        "seeds": (0,),
    }
}
FULL = {
    "streets": {
        **REDUCED["streets"],
        "width": 1.0,
        "front_steps": 10_000,
        "steps": 10_000,
        "joint_steps": 3_000,
        "seeds": (0, 1, 2),
    }
}
_TINY = {"front_steps": 1, "steps": 1, "joint_steps": 1, "block": 1, "width": 0.05}
RUNS = {"streets": Run("streets")}
_CROP = slice(1, 89)  # of 90 rows, since the stride is 4


def load(split):
    """Return pictures of a split, from 0 to 1 and half as large, and their label maps."""
    images, labels = datasets.load("camvid", split)
    count, height, width, _ = images.shape
    images = images.reshape(count, height // 2, 2, width // 2, 2, 3).mean((2, 4)) / 255
    return images[:, _CROP].astype("float32"), labels[:, 1::2, 1::2][:, _CROP]


def balanced(labels):
    """Return the weights of the classes: the median of their frequencies over their own."""
    counts = np.bincount(labels.ravel(), minlength=256)[: len(CLASSES)]
    shares = np.maximum(counts, 1) / counts.sum()
    return (np.median(shares) / shares).tolist()


def compute(config, callbacks):
    """Train the front end, every module on its scores, and both together; measure all."""
    keras.utils.set_random_seed(config["seed"])
    images, labels = load("train")
    weights = balanced(labels)
    front = DilatedFrontEnd(
        len(CLASSES),
        "small",
        width=config["width"],
        dropout=0.0,
        batch_normalization=True,
        padding="reflect",
        preprocessing={"mean": 0.5, "std": 0.25},
        class_names=CLASSES,
    )
    images = np.stack(front.preprocess(images))
    test = load("test")
    pairs = images, front.targets(labels)
    _fit(front, pairs, config["front_steps"], config["learning_rate"], config, weights)
    both = np.concatenate([images, images[:, :, ::-1]])
    targets = np.concatenate([pairs[1], front.targets(labels[:, :, ::-1])])
    scores = scores_of(front, both)
    found, nets = _measured("front", front, test), {}
    for name in MODULES:
        nets[name] = DilatedNet(context=module(name, config), front_end=front, joint=False)
        train_on_scores(nets[name].context, scores, targets, config, [], weights)
        found |= _measured(name, nets[name], test)
    net = DilatedNet(context=nets["basic"].context, front_end=front)
    front.trainable = True
    _fit(net, pairs, config["joint_steps"], config["joint_learning_rate"], config, weights)
    return found | _measured("joint", net, test)


def _fit(model, pairs, steps, rate, config, weights):
    """Train a network on pictures, mirrored at random, with a rate that falls as a cosine."""
    images, labels = pairs

    def batch(rng, step):
        rows = rng.integers(0, len(images), config["batch_size"])
        turn = -1 if rng.random() < 0.5 else 1
        return images[rows][:, :, ::turn], labels[rows][:, :, ::turn]

    fit_generated(
        model,
        batch,
        {**config, "steps": steps, "block": min(config["block"], steps)},
        [],
        loss=PixelwiseCrossentropy(class_weight=weights),
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps)),
    )


def _measured(name, model, test):
    """Return the mean over classes at the resolution of the pictures, and that of every class."""
    images, labels = test
    predicted = [model.segment(images[i : i + 32]) for i in range(0, len(images), 32)]
    predicted = np.concatenate(predicted)
    mean, each = mean_iou(labels, predicted, len(CLASSES))
    return {name: mean, **{f"{name}_{k}": v for k, v in zip(CLASSES, each, strict=True)}}


EXPERIMENTS = {"streets": Experiment(compute, as_computed, _TINY)}
CLAIMS = (
    Claim(
        "CamVid, 120 x 88 pixels, test: the basic context module on a frozen small front end",
        metric="streets/basic",
        goal=None,
        paper="0.653 at full size, Dilation8",
        baseline="streets/front",
        margin=0.01,
        note="Mean intersection over union of 11 classes. The paper gives no front end alone here; "
        "on VOC the module adds 1.5 points.",
    ),
    Claim(
        "CamVid, 120 x 88 pixels, test: identity against random initial values",
        metric="streets/basic",
        goal=None,
        baseline="streets/random",
    ),
    Claim(
        "CamVid, 120 x 88 pixels, test: the same weights without dilation",
        metric="streets/basic",
        goal=None,
        baseline="streets/undilated",
    ),
    Claim(
        "CamVid, 120 x 88 pixels, test: front end and context trained together",
        metric="streets/joint",
        goal=None,
        baseline="streets/basic",
    ),
)
