"""Neural Turing machines: a training step against a public torch implementation and plain Keras.

The peer is github.com/loudinthecloud/pytorch-ntm, from a checkout given by `--peer-path`, with its
LSTM controller of the same sizes and its own optimizer, one update for a batch as its `train.py`.
"""

import pathlib
import sys

import keras
from harness import Workload

from keras_readinglist.datasets import copy_task
from keras_readinglist.layers import NTM, NTMCell

LENGTH, SLOTS, WIDTH, UNITS = 20, 128, 20, 100


def _step(layer, batch):
    """Return a function that updates a layer once."""
    inputs = keras.Input((None, 9))
    model = keras.Model(inputs, layer(inputs))
    model.compile(
        optimizer=keras.optimizers.RMSprop(1e-4, rho=0.95, momentum=0.9, centered=True),
        loss=keras.losses.BinaryCrossentropy(from_logits=True, reduction="mean_with_sample_weight"),
    )
    x, y, mask = copy_task(batch, LENGTH, rng=0)
    weights = mask.astype("float32")
    return lambda: model.train_on_batch(x, y, sample_weight=weights)


def _ours(batch):
    layer = NTM(SLOTS, WIDTH, controller_units=UNITS, output_dim=8, return_sequences=True)
    return _step(layer, batch)


def _plain_keras(batch):
    cell = NTMCell(SLOTS, WIDTH, controller_units=UNITS, output_dim=8)
    return _step(keras.layers.RNN(cell, return_sequences=True), batch)


def _peer(peer_path, batch):
    import torch

    if str(peer_path) not in sys.path:
        sys.path.insert(0, str(peer_path))
        sys.modules.pop("ntm", None)  # the peer's package has the name of this file
    from ntm.aio import EncapsulatedNTM

    network = EncapsulatedNTM(9, 8, UNITS, 1, 1, SLOTS, WIDTH)
    optimizer = torch.optim.RMSprop(network.parameters(), 1e-4, momentum=0.9, alpha=0.95)
    inputs, targets, _ = copy_task(batch, LENGTH, rng=0)
    x = torch.tensor(inputs[:, : LENGTH + 1]).transpose(0, 1)
    y = torch.tensor(targets[:, LENGTH + 1 :]).transpose(0, 1)

    def step():
        optimizer.zero_grad()
        network.init_sequence(batch)
        for vector in x:
            network(vector)
        written = torch.stack([network()[0] for _ in range(LENGTH)])
        torch.nn.functional.binary_cross_entropy(written, y).backward()
        torch.nn.utils.clip_grad_value_(network.parameters(), 10)
        optimizer.step()

    return step


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    backend = keras.config.backend()
    goals = {16: 5.0, 1: 20.0} if backend == "jax" else {16: 3.0, 1: 1.0}
    has_peer = peer_path and (pathlib.Path(peer_path) / "ntm").is_dir()
    for batch, goal in goals.items():
        name = f"NTM training step: copy of {LENGTH}, batch {batch}, {SLOTS} rows of {WIDTH}"
        common = {"name": name, "item": "neural-turing-machines", "unit": "ms", "repeats": 15}
        if has_peer and backend != "tensorflow":
            yield Workload(
                **common,
                peer="loudinthecloud/pytorch-ntm 3c64937",
                goal=goal,
                ours=_ours(batch),
                theirs=_peer(peer_path, batch),
            )
        yield Workload(
            **common,
            peer=f"keras.layers.RNN(NTMCell) {keras.__version__}",
            goal=1.0,
            ours=_ours(batch),
            theirs=_plain_keras(batch),
        )
