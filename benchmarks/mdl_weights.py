"""Noisy weights: the exact moments of a layer, against samples of it and against no noise at all.

A step is the loss and its gradient with respect to all weights, full batch, for the network of the
paper's size and for a wider one.
"""

import keras
import numpy as np
from harness import Workload
from keras import ops

from keras_readinglist.layers import NoisyDense

SIZES = {"paper": (105, 128, 4), "wide": (256, 256, 256)}
SAMPLES = 16


def _step(layer, draw, x):
    """Return a function that computes a loss and its gradient; `draw` gives it from a call."""
    import jax

    layer.build(x.shape)
    weights = [v.value for v in layer.trainable_variables]
    others = [v.value for v in layer.non_trainable_variables]

    def loss(weights, x):
        return draw(lambda **kw: layer.stateless_call(weights, others, x, **kw)[0])

    gradient = jax.jit(jax.grad(loss))
    return lambda: jax.block_until_ready(gradient(weights, x))


def _pass_of(x, y, units):
    """Return steps with exact moments, with the mean of samples, and of a plain layer."""

    def exact(call):
        mean, variance = call()
        return ops.sum(ops.square(y - mean) + variance)

    def plain(call):
        return ops.sum(ops.square(y - call()))

    rows = np.tile(x, (SAMPLES, 1))
    targets = np.tile(y, (SAMPLES, 1))

    def repeated(call):
        return ops.sum(ops.square(targets - call(training=True))) / SAMPLES

    return {
        "exact": _step(NoisyDense(units, "tanh"), exact, x),
        "samples": _step(NoisyDense(units, "tanh", estimator="local"), repeated, rows),
        "plain": _step(keras.layers.Dense(units, "tanh"), plain, x),
    }


def workloads(peer_path):
    """Yield the comparisons on JAX."""
    if keras.config.backend() != "jax":
        return
    rng = np.random.default_rng(0)
    for name, (cases, features, units) in SIZES.items():
        x = rng.standard_normal((cases, features)).astype("float32")
        y = rng.standard_normal((cases, units)).astype("float32")
        steps = _pass_of(x, y, units)
        for side, peer, goal in (
            ("samples", f"{SAMPLES} local samples 0.1.0", 5.0),
            ("plain", "keras.layers.Dense 3.15.1", 0.4),
        ):
            yield Workload(
                name=f"Noisy layer by exact moments, {name}: {features} to {units}, {cases} cases",
                item="mdl-weights",
                peer=peer,
                unit="ms",
                goal=goal,
                ours=steps["exact"],
                theirs=steps[side],
            )
