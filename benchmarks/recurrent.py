"""LSTM and GRU: forward pass and training step, against Keras on the same backend and torch.nn."""

import keras
import numpy as np
from harness import Workload

from keras_readinglist import layers

SHAPES = ((64, 100, 256), (20, 35, 650), (16, 50, 128), (32, 1, 256))
STEPS = ((1, 128), (32, 128), (1, 650), (32, 650))


def _model(layer, batch, time, units):
    model = keras.Sequential([keras.Input((time, units)), layer, keras.layers.Dense(65)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss=loss)
    return model


def _torch_step(cell, batch, time, units, x, y):
    import torch

    network = torch.nn.ModuleList(
        [getattr(torch.nn, cell)(units, units, batch_first=True), torch.nn.Linear(units, 65)]
    )
    optimizer = torch.optim.SGD(network.parameters(), 0.01)
    x, y = torch.tensor(x), torch.tensor(y).long()

    def step():
        optimizer.zero_grad()
        logits = network[1](network[0](x)[0])
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, 65), y.reshape(-1))
        loss.backward()
        optimizer.step()

    def forward():
        with torch.no_grad():
            network[1](network[0](x)[0])

    return step, forward


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    for shape in SHAPES:
        for cell in ("LSTM", "GRU"):
            yield from _comparisons(cell, *shape)
    if keras.config.backend() == "torch":
        for batch, units in STEPS:
            for cell in ("LSTM", "GRU"):
                yield from _single_step(cell, batch, units)


def _single_step(cell, batch, units):
    """Yield the comparisons of one step from given states, as in decoding, called eagerly."""
    import torch

    options = {"return_sequences": True, "return_state": True}
    ours, theirs = (getattr(part, cell)(units, **options) for part in (layers, keras.layers))
    network = getattr(torch.nn, cell)(units, units, batch_first=True)
    x = torch.randn(batch, 1, units)
    states = [torch.randn(batch, units) for _ in range(2 if cell == "LSTM" else 1)]
    given = tuple(s[None] for s in states) if cell == "LSTM" else states[0][None]

    def without_gradient(function, *given):
        with torch.no_grad():
            return function(*given)

    shared = {
        "name": f"{cell}, one step from given states: batch {batch}, {units} units",
        "item": "understanding-lstms",
        "unit": "ms",
        "ours": lambda: without_gradient(ours, x, states),
    }
    peer = f"keras.layers {keras.version()}"
    yield Workload(
        **shared, peer=peer, goal=1.0, theirs=lambda: without_gradient(theirs, x, states)
    )
    peer = f"torch.nn.{cell} " + torch.__version__.split("+")[0]
    yield Workload(
        **shared, peer=peer, goal=0.9, theirs=lambda: without_gradient(network, x, given)
    )


def _comparisons(cell, batch, time, units):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, time, units)).astype("float32")
    y = rng.integers(0, 65, (batch, time))
    ours, theirs = (
        _model(getattr(part, cell)(units, return_sequences=True), batch, time, units)
        for part in (layers, keras.layers)
    )
    shape = f"batch {batch}, {time} steps, {units} units"
    common = {"item": "understanding-lstms", "unit": "ms"}
    step = {
        **common,
        "name": f"{cell} training step: {shape}",
        "ours": lambda: ours.train_on_batch(x, y),
    }
    forward = {
        **common,
        "name": f"{cell} forward: {shape}",
        "ours": lambda: ours.predict_on_batch(x),
    }
    peer = {"peer": f"keras.layers {keras.version()}", "goal": 1.0}
    yield Workload(**step, **peer, theirs=lambda: theirs.train_on_batch(x, y))
    yield Workload(**forward, **peer, theirs=lambda: theirs.predict_on_batch(x))
    if keras.config.backend() == "tensorflow":
        return  # TensorFlow and torch share a process badly
    import torch

    torch_step, torch_forward = _torch_step(cell, batch, time, units, x, y)
    version = torch.__version__.split("+")[0]
    goal = 0.9 if keras.config.backend() == "torch" else 0.71
    peer = {"peer": f"torch.nn.{cell} {version}", "goal": goal}
    yield Workload(**step, **peer, theirs=torch_step)
    yield Workload(**forward, **peer, theirs=torch_forward)
