"""LSTM and GRU: forward pass and training step, against Keras on the same backend and torch.nn."""

import keras
import numpy as np
from harness import Workload

from keras_readinglist import layers

SHAPES = ((64, 100, 256), (20, 35, 650), (32, 1, 256))


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
    keras_peer = f"keras.layers {keras.version()}"
    rng = np.random.default_rng(0)
    for batch, time, units in SHAPES:
        shape = f"batch {batch}, {time} steps, {units} units"
        x = rng.standard_normal((batch, time, units)).astype("float32")
        y = rng.integers(0, 65, (batch, time))
        for cell in ("LSTM", "GRU"):
            ours, theirs = (
                _model(getattr(part, cell)(units, return_sequences=True), batch, time, units)
                for part in (layers, keras.layers)
            )
            common = {"item": "understanding-lstms", "unit": "ms"}
            step = {
                "name": f"{cell} training step: {shape}",
                "ours": lambda model=ours: model.train_on_batch(x, y),
                **common,
            }
            forward = {
                "name": f"{cell} forward: {shape}",
                "ours": lambda model=ours: model.predict_on_batch(x),
                **common,
            }
            yield Workload(
                **step, peer=keras_peer, goal=1.0, theirs=lambda m=theirs: m.train_on_batch(x, y)
            )
            yield Workload(
                **forward, peer=keras_peer, goal=1.0, theirs=lambda m=theirs: m.predict_on_batch(x)
            )
            if keras.config.backend() == "tensorflow":
                continue  # TensorFlow and torch share a process badly
            import torch

            goal = 0.9 if keras.config.backend() == "torch" else 0.71
            peer = f"torch.nn.{cell} {torch.__version__.split('+')[0]}"
            torch_step, torch_forward = _torch_step(cell, batch, time, units, x, y)
            yield Workload(**step, peer=peer, goal=goal, theirs=torch_step)
            yield Workload(**forward, peer=peer, goal=goal, theirs=torch_forward)
