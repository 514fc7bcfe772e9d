"""Residual networks against those of `keras.applications` and torchvision, and stages as loops.

torchvision's runs on the torch backend alone, where it is installed; it halves in another
convolution, which costs it 6 % more products, and has other weights.
"""

import importlib.util
import time

import keras
import numpy as np
from harness import Workload

from keras_readinglist.applications import ResNetCIFAR, optimize_for_inference
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


def _torchvision(images):
    """Return a function that gives the classes of pictures by torchvision's network."""
    import torch
    import torchvision

    model = torchvision.models.resnet50().eval()
    images = torch.tensor(images).permute(0, 3, 1, 2).contiguous()

    def predict():
        with torch.inference_mode():
            return model(images)

    return predict


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


def _folded(ours, theirs, images):
    """Yield the comparisons of the network without normalizations."""
    fast = optimize_for_inference(ours)
    for batch in (1, 16):
        shared = {
            "name": f"ResNet-50, folded, inference, batch {batch}, {SIDE} x {SIDE}",
            "item": "resnet",
            "unit": "ms",
            "ours": _predict(fast, images[:batch]),
            "repeats": 5,
        }
        peer = f"keras.applications {keras.__version__}"
        yield Workload(peer=peer, goal=1.2, theirs=_predict(theirs, images[:batch]), **shared)
        if keras.config.backend() == "torch" and importlib.util.find_spec("torchvision"):
            import torchvision

            peer = f"torchvision {torchvision.__version__.partition('+')[0]}"
            yield Workload(peer=peer, goal=0.87, theirs=_torchvision(images[:batch]), **shared)


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
    yield from _folded(ours, theirs, images)
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
