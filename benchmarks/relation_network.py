"""Relation networks: a training step against torch, and the factorised sum against the naive one.

The peer is github.com/kimhc6028/relational-networks, from a checkout given by `--peer-path`: four
convolutions of 24, `g` of four layers of 256 on concatenated pairs of 25 cells, `f` of two; on 64
images with one question each. Ours has the same layers. Memory is what a process takes at its
peak beyond what it took before, measured in a process of its own for either form.
"""

import subprocess
import sys
import types
from functools import partial

import keras
import numpy as np
from harness import Workload, peak_memory

from keras_readinglist.applications import RelationNetworkVQA
from keras_readinglist.datasets import sort_of_clevr
from keras_readinglist.layers import PairwiseRelation

BATCH, UNITS = 64, (256, 256, 256, 256)


def _peer_step(peer_path):
    import torch

    sys.path.insert(0, peer_path)
    import model as peer

    arguments = types.SimpleNamespace(relation_type="binary", batch_size=BATCH, cuda=False, lr=1e-4)
    network = peer.RN(arguments)
    scenes = sort_of_clevr(BATCH, rng=0, questions_per_type=1)
    images = torch.tensor(scenes.images.transpose(0, 3, 1, 2) / 255, dtype=torch.float32)
    questions = torch.nn.functional.pad(torch.tensor(scenes.questions[:, 0]), (0, 7))
    answers = torch.tensor(scenes.answers[:, 0]).long()
    return lambda: network.train_(images, questions, answers)


def _model():
    model = RelationNetworkVQA(
        (75, 75, 3),
        10,
        question_dim=18,  # as wide as the peer's
        filters=(24, 24, 24, 24),
        g_units=UNITS,
        f_units=(256, 256),
        f_dropout=0.5,
    )
    model.compile(
        optimizer=keras.optimizers.Adam(1e-4),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def _relation_step(n, units, batch=BATCH, **kwargs):
    """Return a training step of a `PairwiseRelation` on random objects."""
    objects, questions = keras.Input((n, 26)), keras.Input((11,))
    outputs = PairwiseRelation(units, **kwargs)(objects, condition=questions)
    model = keras.Model([objects, questions], outputs)
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    shapes = (batch, n, 26), (batch, 11), (batch, units[-1])
    *inputs, targets = (rng.standard_normal(shape).astype("float32") for shape in shapes)
    return lambda: model.train_on_batch(inputs, targets)


def memory(**kwargs):
    """Return the megabytes that a training step takes."""
    warm = "m._relation_step(2, (8,), batch=2)()"
    return peak_memory("relation_network", warm, f"m._relation_step(**{kwargs!r})()")


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    if peer_path and keras.config.backend() != "tensorflow":
        model, scenes = _model(), sort_of_clevr(BATCH, rng=0, questions_per_type=1)
        questions = np.pad(scenes.questions[:, 0], ((0, 0), (0, 7)))
        inputs = {"scenes": scenes.images, "questions": questions}
        yield Workload(
            name="Relation network training step: 64 images, 25 objects, g of 4 x 256",
            item="relation-networks",
            peer="kimhc6028/relational-networks " + _version(peer_path),
            unit="ms",
            goal=1.3,
            ours=lambda: model.train_on_batch(inputs, scenes.answers[:, 0]),
            theirs=_peer_step(peer_path),
        )
    shared = {"item": "relation-networks", "peer": "concatenated pairs 0.1.0"}
    for units, goal in ((UNITS, 1.1), (UNITS[:2], 1.3)):
        yield Workload(
            name=f"Pair sum with gradients, factorised: 64 x 25 objects, g of {len(units)} x 256",
            unit="ms",
            goal=goal,
            ours=_relation_step(25, units),
            theirs=_relation_step(25, units, factorized=False),
            repeats=5,
            **shared,
        )
    for n, chunk_size, goal in ((25, 5, 2.0), (64, 8, 4.0)):
        yield Workload(
            name=f"Memory of a pair sum with gradients: 64 x {n} objects, by {chunk_size} rows",
            unit="MB",
            goal=goal,
            ours=partial(memory, n=n, units=UNITS, chunk_size=chunk_size),
            theirs=partial(memory, n=n, units=UNITS, factorized=False),
            **shared,
        )


def _version(path):
    command = ["git", "-C", path, "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
