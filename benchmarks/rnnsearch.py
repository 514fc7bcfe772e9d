"""RNNsearch: training step against a plain torch loop, and its beam search against one by one.

The peer has the structure that tutorials have: fused units read, and a Python loop writes, with the
attention, which projects the source anew at every step, and the output layer inside.
"""

import keras
import numpy as np
from harness import Workload, torch_step

from keras_readinglist.applications.translation import RNNSearch
from keras_readinglist.losses import LabelSmoothedCrossEntropy

BATCH, LENGTH, UNITS, VOCABULARY = 64, 20, 256, 5_000
_WIDE = ("kernel_initializer", "attention_initializer", "score_initializer")


def _data():
    ids = np.random.default_rng(0).integers(4, VOCABULARY, (3, BATCH, LENGTH)).astype("int32")
    return {"source": ids[0], "target": ids[1]}, ids[2]


def _network():
    return RNNSearch(
        VOCABULARY, UNITS, UNITS, UNITS, UNITS, **dict.fromkeys(_WIDE, "glorot_uniform")
    )


def _peer_step():
    import torch
    from torch import nn

    class Peer(nn.Module):
        def __init__(self):
            super().__init__()
            self.source = nn.Embedding(VOCABULARY, UNITS)
            self.target = nn.Embedding(VOCABULARY, UNITS)
            self.reader = nn.GRU(UNITS, UNITS, batch_first=True, bidirectional=True)
            self.first = nn.Linear(UNITS, UNITS)
            self.query = nn.Linear(UNITS, UNITS, bias=False)
            self.key = nn.Linear(2 * UNITS, UNITS, bias=False)
            self.vector = nn.Linear(UNITS, 1, bias=False)
            self.writer = nn.GRUCell(3 * UNITS, UNITS)
            self.hidden = nn.Linear(4 * UNITS, 2 * UNITS)
            self.output = nn.Linear(UNITS, VOCABULARY)

        def forward(self, source, target):
            memory, last = self.reader(self.source(source))
            state, logits = torch.tanh(self.first(last[1])), []
            for word in self.target(target).unbind(1):
                hidden = torch.tanh(self.query(state)[:, None] + self.key(memory))
                weights = torch.softmax(self.vector(hidden)[..., 0], dim=-1)
                context = torch.bmm(weights[:, None], memory)[:, 0]
                hidden = self.hidden(torch.cat([state, word, context], dim=-1))
                state = self.writer(torch.cat([word, context], dim=-1), state)
                hidden = hidden.reshape(-1, UNITS, 2).max(dim=-1).values
                logits.append(self.output(hidden))
            return torch.stack(logits, dim=1)

    return torch_step(Peer(), nn.functional.cross_entropy, *_data())


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    import torch

    network, (inputs, labels) = _network(), _data()
    network.compile(keras.optimizers.Adam(1e-3), LabelSmoothedCrossEntropy(0.0))
    sizes = f"batch {BATCH}, {LENGTH} words, {UNITS} units, {VOCABULARY:,} words known"
    yield Workload(
        name=f"RNNsearch training step: {sizes}",
        item="rnnsearch",
        peer=f"a loop of torch {torch.__version__}",
        unit="ms",
        goal=1.5,
        ours=lambda: network.train_on_batch(inputs, labels),
        theirs=_peer_step(),
    )
    search, source = {"max_steps": LENGTH, "beam_size": 4}, inputs["source"]

    def one_by_one():
        for row in range(4):
            network.generate(source[row : row + 1], **search)

    yield Workload(
        name=f"RNNsearch beam search: beam of 4, {LENGTH} words, {BATCH} sentences at once",
        item="rnnsearch",
        peer="the same search, one sentence at a time 0.1.0",
        unit="sentences/s",
        goal=2.0,
        ours=lambda: network.generate(source, **search),
        theirs=one_by_one,
        amount=BATCH,
        their_amount=4,
    )
