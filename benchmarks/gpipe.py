"""A pipeline of one cell against `train_on_batch` of Keras: what splitting and summing costs.

Both train the same network on the same batch on the same single device.
"""

import keras
import numpy as np
from harness import Workload

from keras_readinglist.distribution import GPipe

BATCH, TOKENS, WIDTH, BLOCKS = 32, 64, 256, 8


def _model():
    """Return a stack of dense layers, of the same values at every call."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(WIDTH, "relu") for _ in range(BLOCKS)]
    return keras.Sequential([keras.Input((TOKENS, WIDTH)), *layers])


def _pipelined(x, count):
    pipeline = GPipe(_model(), 1, count)
    pipeline.compile(keras.optimizers.Adam(1e-3), "mse")
    step = pipeline.stepper(x, x)
    return lambda: float(keras.ops.convert_to_numpy(step()))


def _plain(x):
    model = _model()
    model.compile(keras.optimizers.Adam(1e-3), "mse")
    return lambda: model.train_on_batch(x, x)


def workloads(peer_path):
    """Yield the comparisons."""
    x = np.random.default_rng(0).standard_normal((BATCH, TOKENS, WIDTH)).astype("float32")
    for count in (1, 4):
        parts = "the whole batch" if count == 1 else f"{count} micro-batches"
        yield Workload(
            name=f"GPipe of one cell, {parts}: {BLOCKS} dense layers of {WIDTH}",
            item="gpipe",
            peer=f"keras.Model.train_on_batch {keras.__version__}",
            unit="ms",
            goal=0.9,
            ours=_pipelined(x, count),
            theirs=_plain(x),
        )
