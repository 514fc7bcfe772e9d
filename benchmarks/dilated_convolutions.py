"""A dilated convolution and the context module, forward and backward, against Keras and torch.

Keras' `Conv2D` runs on the same backend; torch's runs on all but TensorFlow, beside which it is
not loaded. Gradients are those of weights and inputs.
"""

import keras
import numpy as np
from harness import Workload

from keras_readinglist.layers import ContextModule, DilatedConv2D

SHAPE, CHANNELS = (2, 64, 64, 64), 64
CLASSES, SIDE = 21, 66
DILATIONS = (1, 1, 2, 4, 8, 16, 1)


def _step(layers, shape):
    """Return a training step of layers one after the other."""
    model = keras.Sequential([keras.Input(shape[1:]), *layers])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")
    y = np.zeros((*shape[:3], model.output_shape[-1]), "float32")
    return lambda: model.train_on_batch(x, y)


def _torch_step(layers, shape):
    """Return the same of torch's layers."""
    import torch

    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    batch, height, width, channels = shape
    x = torch.randn(batch, channels, height, width)

    def step():
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()

    return step


def _stack(convolution, linear):
    """Return the layers of a basic context module."""
    layers = [convolution(rate) for rate in DILATIONS]
    return [*layers, linear]


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    for rate in (2, 16):
        yield Workload(
            name=f"Dilated convolution, training step: 2 x 64 x 64 x 64, dilation {rate}",
            item="dilated-convolutions",
            peer=f"keras.layers.Conv2D {keras.version()}",
            unit="ms",
            goal=1.0,
            ours=_step([DilatedConv2D(CHANNELS, dilation_rate=rate, padding="same")], SHAPE),
            theirs=_step(
                [keras.layers.Conv2D(CHANNELS, 3, dilation_rate=rate, padding="same")], SHAPE
            ),
        )
    shape = (1, SIDE, SIDE, CLASSES)
    name = "Basic context module, training step: 21 classes, 66 x 66"
    shared = {"name": name, "item": "dilated-convolutions", "unit": "ms"}
    theirs = _stack(
        lambda rate: keras.layers.Conv2D(
            CLASSES, 3, dilation_rate=rate, padding="same", activation="relu"
        ),
        keras.layers.Conv2D(CLASSES, 1),
    )
    yield Workload(
        peer=f"keras.layers.Conv2D {keras.version()}",
        goal=1.0,
        ours=_step([ContextModule()], shape),
        theirs=_step(theirs, shape),
        **shared,
    )
    if keras.config.backend() == "tensorflow":
        return
    import torch

    theirs = _stack(
        lambda rate: torch.nn.Sequential(
            torch.nn.Conv2d(CLASSES, CLASSES, 3, dilation=rate, padding=rate), torch.nn.ReLU()
        ),
        torch.nn.Conv2d(CLASSES, CLASSES, 1),
    )
    yield Workload(
        peer=f"torch.nn.Conv2d {torch.__version__.partition('+')[0]}",
        goal=1.0,
        ours=_step([ContextModule()], shape),
        theirs=_torch_step(theirs, shape),
        **shared,
    )
