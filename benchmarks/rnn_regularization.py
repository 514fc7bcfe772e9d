"""A training step of a model of words: what dropout costs, and against Keras and torch."""

import keras
import numpy as np
from harness import Workload

from keras_readinglist.layers import RecurrentStack

BATCH, TIME, WORDS = 20, 35, 2_000


def _model(units, *stack):
    embedding, head = keras.layers.Embedding(WORDS, units), keras.layers.Dense(WORDS)
    model = keras.Sequential([keras.Input((TIME,), BATCH, dtype="int32"), embedding, *stack, head])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.SGD(0.01, global_clipnorm=5.0), loss=loss)
    return model


def _torch_step(units, x, y):
    import torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.drop = torch.nn.Embedding(WORDS, units), torch.nn.Dropout(0.5)
            self.stack = torch.nn.LSTM(units, units, 2, batch_first=True, dropout=0.5)
            self.head = torch.nn.Linear(units, WORDS)

        def forward(self, ids):
            return self.head(self.drop(self.stack(self.drop(self.embedding(ids)))[0]))

    network = Network()
    optimizer = torch.optim.SGD(network.parameters(), 0.01)
    x, y = torch.tensor(x), torch.tensor(y).long().reshape(-1)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(x).reshape(-1, WORDS), y).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()

    return step


def workloads(peer_path):
    """Yield the comparisons of the running backend, of the widths of the small and the medium."""
    for units in (200, 650):
        yield from _comparisons(units)


def _comparisons(units):
    rng = np.random.default_rng(0)
    x, y = (rng.integers(0, WORDS, (BATCH, TIME)).astype("int32") for _ in range(2))
    ours = _model(units, RecurrentStack(units, dropout=0.5))
    without = _model(units, RecurrentStack(units, dropout_mode="none"))
    keras_layers = [
        layer
        for _ in range(2)
        for layer in (
            keras.layers.Dropout(0.5),
            keras.layers.LSTM(units, return_sequences=True),
        )
    ]
    theirs = _model(units, *keras_layers, keras.layers.Dropout(0.5))
    common = {
        "name": f"Words, training step: 2 LSTMs of {units} with dropout, {BATCH} x {TIME}",
        "item": "rnn-regularization",
        "unit": "ms",
        "ours": lambda: ours.train_on_batch(x, y),
    }
    yield Workload(
        **common, peer="the same without", goal=0.97, theirs=lambda: without.train_on_batch(x, y)
    )
    peer = f"keras.layers.LSTM and Dropout {keras.version()}"
    yield Workload(**common, peer=peer, goal=1.0, theirs=lambda: theirs.train_on_batch(x, y))
    if keras.config.backend() == "tensorflow":
        return  # TensorFlow and torch share a process badly
    import torch

    goal = 0.9 if keras.config.backend() == "torch" else 0.71
    peer = "torch.nn.LSTM " + torch.__version__.split("+")[0]
    yield Workload(**common, peer=peer, goal=goal, theirs=_torch_step(units, x, y))
