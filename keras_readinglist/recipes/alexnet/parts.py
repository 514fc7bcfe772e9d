"""What AlexNet says of its parts: rectifiers, normalization, overlapping pooling, regularization.

Everything is measured with the small network on pictures of CIFAR-10 that were compressed as JPEG,
averaged over 2 x 2 pixels, with a ninth of the training set. `activations` tries every learning
rate for rectifiers and for the hyperbolic tangent, without normalization and dropout, and counts
updates until an epoch has 25 % of the training pictures wrong; a rate is given up where another
was faster. `regularization` trains the same network twice.
"""

from functools import cache

import keras
import numpy as np

from keras_readinglist import datasets
from keras_readinglist.applications import AlexNet
from keras_readinglist.datasets.images import ImageBatches, averaged
from keras_readinglist.layers import PCAColorAugmentation
from keras_readinglist.recipes.alexnet.training import LOSS, accuracy, train
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, as_computed
from keras_readinglist.recipes.training import fit

_SHARED = {
    "data": "cifar10_jpeg",
    "side": 16,
    "images": 5_000,
    "tested": 5_000,
    "batch_size": 128,
    "seeds": (0,),
}
REDUCED = {
    "activations": {
        **_SHARED,
        "activations": ("relu", "tanh"),
        "learning_rates": (0.03, 0.1, 0.01, 0.003),
        "training_error": 0.25,
        "epochs": 50,
    },
    "ablation": {
        **_SHARED,
        "normalization": "lrn",
        "overlapping": True,
        "learning_rate": 0.03,
        "epochs": 8,
        "seeds": (0, 1, 2),
    },
    "regularization": {
        **_SHARED,
        "dropout": 0.5,
        "shift": 0.1,
        "learning_rate": 0.03,
        "epochs": 14,
    },
}
_WHOLE = {"side": 32, "images": 45_000, "tested": 10_000}
FULL = {
    "activations": {**REDUCED["activations"], **_WHOLE},
    "ablation": {**REDUCED["ablation"], **_WHOLE, "epochs": 60},
    "regularization": {**REDUCED["regularization"], **_WHOLE, "epochs": 100, "seeds": (0, 1, 2)},
}
_TINY = {"images": 64, "tested": 50, "batch_size": 32, "epochs": 1}
RUNS = {
    "activations": Run("activations"),
    "lrn": Run("ablation"),
    "no_lrn": Run("ablation", {"normalization": None}),
    "plain_pooling": Run("ablation", {"overlapping": False}),
    "regularization": Run("regularization"),
}
_load = cache(datasets.load)


def pictures(split, config):
    """Return pictures of CIFAR-10 at the side of a run, from -1 to 1, and their labels."""
    images, labels = _load(config["data"], split)
    count = config["images" if split == "train" else "tested"]
    images, labels = images[:count], labels[:count]
    return averaged(images, 32 // config["side"]) / 127.5 - 1, labels


def build(config, **kwargs):
    """Return an untrained small network for CIFAR-10, with logits."""
    return AlexNet(
        variant="small",
        input_shape=(config["side"], config["side"], 3),
        classes=10,
        classifier_activation=None,
        seed=config["seed"],
        **{"dropout": 0.0, **kwargs},
    )


def batches_of(config, images, labels, augment=None):
    """Return the batches of a run."""
    return ImageBatches(images, labels, config["batch_size"], augment, seed=config["seed"])


class UntilError(keras.callbacks.Callback):
    """Ends training when an epoch has few enough pictures wrong, or has become hopeless.

    Args:
        error: The share of wrong training pictures, measured while it trains.
        most: The number of updates after which it is given up.
    """

    def __init__(self, error, most):
        super().__init__()
        self.error, self.most, self.steps, self.reached = error, most, 0, False

    def on_epoch_end(self, epoch, logs=None):
        """Count, and stop."""
        self.steps += self.params["steps"]
        self.reached = 1 - logs["accuracy"] <= self.error
        if self.reached or self.steps >= self.most or not np.isfinite(logs["loss"]):
            self.model.stop_training = True


def compare_activations(config, callbacks):
    """Return the fewest updates to the training error for every activation, and their ratio."""
    images, labels = pictures("train", config)
    found = {}
    for activation in config["activations"]:
        most = config["epochs"] * (len(images) // config["batch_size"])
        found[f"{activation}_steps"] = most  # at least so many, if it is never reached
        for rate in config["learning_rates"]:
            keras.utils.set_random_seed(config["seed"])
            model = build(config, activation=activation, normalization=None)
            model.compile(keras.optimizers.SGD(rate, 0.9), LOSS, metrics=["accuracy"])
            until = UntilError(config["training_error"], found[f"{activation}_steps"])
            batches = batches_of(config, images, labels)
            fit(model, batches, config["epochs"], [until])
            print(f"{activation} at {rate}: {until.steps}, reached: {until.reached}", flush=True)
            if until.reached and until.steps <= found[f"{activation}_steps"]:
                found |= {f"{activation}_steps": until.steps, f"{activation}_rate": rate}
    first, second = (found[f"{name}_steps"] for name in config["activations"])
    return {**found, "ratio": second / first}


def train_ablation(config, callbacks):
    """Train the small network with and without its parts."""
    keras.utils.set_random_seed(config["seed"])
    model = build(config, normalization=config["normalization"], overlapping=config["overlapping"])
    return train(model, batches_of(config, *pictures("train", config)), config, callbacks)


def measure(model, config):
    """Measure the share of wrong answers on test pictures."""
    return {"error": 1 - accuracy(model, *pictures("test", config))}


def compare_regularization(config, callbacks):
    """Measure training and test accuracy without and with dropout and changed pictures."""
    images, labels = pictures("train", config)
    tested = pictures("test", config)
    colours = PCAColorAugmentation(value_range=(-1, 1), clip=False, seed=config["seed"])
    colours.adapt(images)
    augment = keras.layers.Pipeline([
        keras.layers.RandomFlip("horizontal", seed=config["seed"]),
        keras.layers.RandomTranslation(config["shift"], config["shift"], seed=config["seed"]),
        colours,
    ])  # fmt: skip
    found = {}
    for name, dropout, layer in (("plain", 0.0, None), ("regular", config["dropout"], augment)):
        keras.utils.set_random_seed(config["seed"])
        batches = batches_of(config, images, labels, augment=layer)
        model = train(build(config, dropout=dropout), batches, config, [])
        right = accuracy(model, images, labels), accuracy(model, *tested)
        found |= {f"{name}_train": right[0], f"{name}_test": right[1]}
        found[f"{name}_gap"] = right[0] - right[1]
    # After few updates there is no gap to divide by.
    return {**found, "gap_ratio": found["regular_gap"] / max(found["plain_gap"], 1e-3)}


EXPERIMENTS = {
    "activations": Experiment(
        compare_activations,
        as_computed,
        {**_TINY, "learning_rates": (0.01,), "training_error": 1.0},
    ),
    "ablation": Experiment(train_ablation, measure, _TINY),
    "regularization": Experiment(compare_regularization, as_computed, _TINY),
}
CLAIMS = (
    Claim(
        "Updates to 25 % training error: the hyperbolic tangent takes how many times those of "
        "rectifiers",
        metric="activations/ratio",
        paper=6.0,
        goal=2.0,
        note="CIFAR-10, each at the best of four learning rates. Training stops at whole "
        "epochs of 39 updates.",
    ),
    Claim(
        "Test error on CIFAR-10 with local response normalization, against none",
        metric="lrn/error",
        paper=0.11,
        goal=None,
        baseline="no_lrn/error",
        higher_is_better=False,
        note="The paper: 11 % against 13 %, on whole pictures.",
    ),
    Claim(
        "Test error on CIFAR-10 with overlapping pooling, against none",
        metric="lrn/error",
        goal=None,
        baseline="plain_pooling/error",
        higher_is_better=False,
        note="The paper: 0.4 points on ImageNet.",
    ),
    Claim(
        "Dropout and changed pictures: what is left of the gap between training and test accuracy",
        metric="regularization/gap_ratio",
        goal=0.667,
        higher_is_better=False,
    ),
    Claim(
        "Test accuracy with dropout and changed pictures, against none",
        metric="regularization/regular_test",
        goal=None,
        baseline="regularization/plain_test",
    ),
)
