"""Relational memory: forward and backward pass, against a public torch implementation.

The peer is github.com/L0SG/relational-rnn-pytorch, from a checkout given by `--peer-path`. One of
its lines writes in place into a view, which torch refuses today; it is replaced on import.
"""

import pathlib
import types

import keras
import numpy as np
from harness import Workload

from keras_readinglist.layers import LSTM, RelationalMemory

SLOTS, HEADS, HEAD_SIZE, TIME, FEATURES = 8, 8, 32, 8, 32
GOALS = {1: 3.0, 32: 1.2, 256: 1.0}


def _peer(peer_path):
    source = (pathlib.Path(peer_path) / "relational_rnn_general.py").read_text()
    module = types.ModuleType("relational_rnn_general")
    exec(source.replace("q *= ", "q = q * "), module.__dict__)
    return module.RelationalMemory(SLOTS, HEAD_SIZE, FEATURES, num_heads=HEADS)


def _peer_pass(peer_path, x):
    import torch

    network, x = _peer(peer_path), torch.tensor(x)

    def run():
        network.zero_grad()
        output, _ = network(x, network.initial_state(len(x)))
        output.square().sum().backward()

    return run


def _pass(layer, x):
    """Return a function that computes the loss and the gradient of all weights."""
    layer.build(x.shape)
    backend = keras.config.backend()
    if backend == "jax":
        import jax

        weights = [v.value for v in layer.trainable_variables]
        others = [v.value for v in layer.non_trainable_variables]

        def loss(weights, x):
            return (layer.stateless_call(weights, others, x)[0] ** 2).sum()

        gradient = jax.jit(jax.grad(loss))
        return lambda: jax.block_until_ready(gradient(weights, x))
    if backend == "tensorflow":
        import tensorflow as tf

        @tf.function
        def run():
            with tf.GradientTape() as tape:
                value = tf.reduce_sum(layer(tf.constant(x)) ** 2)
            return tape.gradient(value, [v.value for v in layer.trainable_variables])

        return run
    import torch

    tensor = torch.tensor(x)

    def run():
        layer.zero_grad()
        layer(tensor).square().sum().backward()

    return run


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    for batch, goal in GOALS.items():
        x = np.random.default_rng(0).standard_normal((batch, TIME, FEATURES)).astype("float32")
        ours = _pass(RelationalMemory(SLOTS, HEAD_SIZE, num_heads=HEADS), x)
        common = {"item": "relational-rnns", "unit": "ms", "ours": ours, "repeats": 20}
        sizes = f"batch {batch}, {TIME} steps, {SLOTS} slots, {HEADS} heads of {HEAD_SIZE}"
        name = f"Relational memory, forward and backward: {sizes}"
        if peer_path and keras.config.backend() != "tensorflow":
            yield Workload(
                name=name,
                peer="L0SG/relational-rnn-pytorch 1b16ae3",
                goal=goal,
                theirs=_peer_pass(peer_path, x),
                **common,
            )
        if batch == 32:
            units = SLOTS * HEADS * HEAD_SIZE
            yield Workload(
                name=f"{name}, against an LSTM of as many numbers",
                peer=f"our LSTM of {units} units 0.1.0",
                goal=0.5,
                theirs=_pass(LSTM(units), x),
                **common,
            )
