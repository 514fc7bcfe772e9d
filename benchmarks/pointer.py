"""Pointer networks: training step against a public torch implementation, and beam search.

The peer is github.com/ast0414/pointer-networks-pytorch, from a checkout given by `--peer-path`. Its
network gets points instead of numbers and the same width in one direction; the arg-max of its
decoder is replaced, since torch no longer takes byte masks.
"""

import sys

import keras
import numpy as np
from harness import Workload

from keras_readinglist.applications import PointerNetwork
from keras_readinglist.applications.pointer_networks import pointer_loss, training_batch
from keras_readinglist.datasets import tsp_batch

BATCH, POINTS, UNITS = 128, 20, 256


def _data():
    rng = np.random.default_rng(0)
    points = rng.random((BATCH, POINTS, 2), "float32")
    orders = np.argsort(rng.random((BATCH, POINTS)), axis=1).astype("int32")
    return points, np.ones((BATCH, POINTS), bool), orders


def _peer_step(peer_path):
    import torch

    sys.path.insert(0, peer_path)
    import model as peer

    peer.masked_max = lambda vector, mask, dim, keepdim: vector.max(dim=dim, keepdim=keepdim)
    network = peer.PointerNet(2, UNITS, UNITS, bidirectional=False)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    points, _, orders = _data()
    x, y = torch.tensor(points), torch.tensor(orders).long()
    lengths = torch.full((BATCH,), POINTS)

    def step():
        optimizer.zero_grad()
        log_p, _, _ = network(x, lengths)
        torch.nn.functional.nll_loss(log_p.reshape(-1, POINTS), y.reshape(-1)).backward()
        optimizer.step()

    return step


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    if peer_path and keras.config.backend() != "tensorflow":
        model = PointerNetwork(UNITS)
        model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=pointer_loss())
        x, y, weights = training_batch(*_data())
        yield Workload(
            name=f"Pointer network training step: batch {BATCH}, {POINTS} points, {UNITS} units",
            item="pointer-networks",
            peer="ast0414/pointer-networks-pytorch 27aec4e",
            unit="ms",
            goal=2.0,
            ours=lambda: model.train_on_batch(x, y, sample_weight=weights),
            theirs=_peer_step(peer_path),
        )
    tourist = PointerNetwork.from_preset("pointer_network_tsp")
    points, mask, _ = tsp_batch(64, 10, 0)

    def one_by_one():
        for cloud in points[:8]:
            tourist.generate(cloud[None], beam_size=3, constraint="tour")

    yield Workload(
        name="Tours of 10 cities, beam of 3, all examples at once",
        item="pointer-networks",
        peer="the same search, one example at a time 0.1.0",
        unit="tours/s",
        goal=2.0,
        ours=lambda: tourist.generate(points, mask, beam_size=3, constraint="tour"),
        theirs=one_by_one,
        amount=64,
        their_amount=8,
        repeats=5,
    )
