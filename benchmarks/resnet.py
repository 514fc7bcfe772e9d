"""Residual networks against those of `keras.applications`, and stages as loops or unrolled."""

import time

import keras
import numpy as np
from harness import Workload

from keras_readinglist.applications import ResNetCIFAR
from keras_readinglist.applications.image_classification import resnets
from keras_readinglist.conversion.keras_applications import copy_weights

SIDE = 224


def _pair():
    """Return ResNet-50 of `keras.applications`, and ours with its weights."""
    theirs = keras.applications.ResNet50(weights=None, input_shape=(SIDE, SIDE, 3))
    ours = resnets.resnet(50, input_shape=(SIDE, SIDE, 3), **resnets.KERAS[1])
    copy_weights(ours, theirs)
    return ours, theirs


def _predict(model, images):
    return lambda: model.predict_on_batch(images)


def _train(model, images, labels):
    model.compile("sgd", "sparse_categorical_crossentropy")
    return lambda: model.train_on_batch(images, labels)


def _first_step(scan, images, labels):
    """Return the seconds to build ResNet-110 and make a training step, compilation included."""
    keras.backend.clear_session()
    began = time.perf_counter()
    model = ResNetCIFAR(110, scan=scan)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.train_on_batch(images, labels)
    return time.perf_counter() - began


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((16, SIDE, SIDE, 3)).astype("float32")
    labels = rng.integers(0, 1000, 16)
    ours, theirs = _pair()
    peer = f"keras.applications {keras.__version__}"
    for batch in (1, 16):
        yield Workload(
            name=f"ResNet-50, inference, batch {batch}, {SIDE} x {SIDE}",
            item="resnet",
            peer=peer,
            unit="ms",
            goal=1.0,
            ours=_predict(ours, images[:batch]),
            theirs=_predict(theirs, images[:batch]),
            repeats=5,
        )
    yield Workload(
        name=f"ResNet-50, training step, batch 4, {SIDE} x {SIDE}",
        item="resnet",
        peer=peer,
        unit="ms",
        goal=1.0,
        ours=_train(ours, images[:4], labels[:4]),
        theirs=_train(theirs, images[:4], labels[:4]),
        repeats=3,
    )
    if keras.config.backend() != "jax":
        return
    small, few = rng.standard_normal((8, 32, 32, 3)).astype("float32"), rng.integers(0, 10, 8)
    yield Workload(
        name="ResNet-110, building and first training step, stages as loops",
        item="resnet",
        peer=f"our unrolled network {keras.__version__}",
        unit="s",
        goal=5.0,
        ours=lambda: _first_step(True, small, few),
        theirs=lambda: _first_step(False, small, few),
    )
