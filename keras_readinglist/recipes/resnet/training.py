"""Small pictures, and one way to train deep networks on them."""

import functools

import keras
import numpy as np

from keras_readinglist.datasets import load
from keras_readinglist.datasets.images import ImageBatches, averaged
from keras_readinglist.optimizers import CoupledDecaySGD
from keras_readinglist.recipes.training import fit
from keras_readinglist.visualization import signal_propagation

REDUCED = {
    "dataset": "cifar10_jpeg",
    "pool": 2,
    "images": 10_240,
    "test_images": 2_000,
    "width": 8,
    "depth": 56,
    "augment": False,
    "batch_size": 128,
    "epochs": 5,
    "learning_rate": 0.1,
    "warmup_steps": 40,
    "seeds": (0,),
}
# Section 4.2 of the paper: 64,000 steps of 128 pictures, the rate divided by 10 at 32k and 48k.
FULL = {
    **REDUCED,
    "dataset": "cifar10",
    "pool": 1,
    "images": 45_000,
    "test_images": 10_000,
    "width": 16,
    "augment": True,
    "epochs": 182,
    "warmup_steps": 400,
    "seeds": (0, 1, 2, 3, 4),
}
TINY = {
    "dataset": "fashion_mnist",
    "images": 32,
    "test_images": 8,
    "width": 2,
    "batch_size": 16,
    "epochs": 1,
    "depth": 8,
}


@functools.cache
def pictures(dataset, split, pool):
    """Return pictures of a data set, made smaller by averages of squares, and their classes."""
    images, labels = load(dataset, split)
    images = images if images.ndim == 4 else images[..., None]
    return averaged(images, pool) / 255, labels


@functools.cache
def scale(dataset, pool):
    """Return means and standard deviations of the channels, of pixels from 0 to 1."""
    images, _ = pictures(dataset, "train", pool)
    mean, std = images.mean((0, 1, 2), dtype="float64"), images.std((0, 1, 2), dtype="float64")
    return {"mean": mean.tolist(), "std": std.tolist()}


def split(config, name, count):
    """Return the first pictures of a split as a network takes them, and their classes."""
    images, labels = pictures(config["dataset"], name, config["pool"])
    known = scale(config["dataset"], config["pool"])
    mean, std = (np.array(known[key], "float32") for key in ("mean", "std"))
    return (images[:count] - mean) / std, labels[:count]


def train(make_model, config, callbacks):
    """Train a network of logits.

    Args:
        make_model: Function `(config, **kwargs)` that returns it; it is given the shape of a
            picture and the preprocessing.
        config: The configuration of a run.
        callbacks: List of callbacks that the runner gave to the experiment.
    """
    images, labels = split(config, "train", config["images"])
    keras.utils.set_random_seed(config["seed"])
    model = make_model(
        config,
        input_shape=images.shape[1:],
        preprocessing=scale(config["dataset"], config["pool"]),
    )
    augment = None
    if config["augment"]:
        border = ((4, 4), (4, 4))
        layers = [keras.layers.ZeroPadding2D(border), keras.layers.RandomCrop(*images.shape[1:3])]
        layers.append(keras.layers.RandomFlip("horizontal"))
        augment = keras.layers.Pipeline(layers)
    batches = ImageBatches(
        images, labels, config["batch_size"], augment=augment, seed=config["seed"]
    )
    steps = config["epochs"] * len(batches)
    rate, warm = config["learning_rate"], min(config["warmup_steps"], steps // 4)
    # The paper begins at a tenth of the rate where the network is deep.
    rates = keras.optimizers.schedules.PiecewiseConstantDecay(
        [warm, int(0.6 * steps), int(0.85 * steps)], [rate / 10, rate, rate / 10, rate / 100]
    )
    model.compile(
        CoupledDecaySGD(rates, momentum=0.9, coupled_decay=1e-4),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    fit(model, batches, config["epochs"], callbacks)
    return model


def measure(model, config):
    """Return loss and error on pictures of training and of test, and responses of the units.

    Averages of normalization are those of training: after so few steps of a deep network they lag
    behind, so they are computed anew from training pictures, as for the published networks.
    """
    images, labels = split(config, "train", 2 * config["test_images"])
    model.recompute_batch_norm(images, config["batch_size"])
    found = {}
    for name, (x, y) in (
        ("train", (images, labels)),
        ("test", split(config, "test", config["test_images"])),
    ):
        logits = model.predict(x, batch_size=config["batch_size"], verbose=0)
        losses = keras.ops.convert_to_numpy(
            keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
        )
        found[f"{name}_loss"] = float(losses.mean())
        found[f"{name}_error"] = float((logits.argmax(-1) != y).mean())
    if model.units:
        rows = min(len(images), config["batch_size"])
        signals = signal_propagation(model, images[:rows], labels[:rows], training=False)
        found["response"] = float(signals["response"].mean())
    return found
