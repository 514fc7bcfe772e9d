"""The copy task and greedy decoding, against the structure of the Annotated Transformer.

The peer is a port of the notebook's modules to a few lines of torch: attention that keeps its
weights, normalization before the sublayers, and greedy decoding of one sentence at a time that
computes its whole prefix anew at every step.
"""

import copy
import math

import keras
import torch
from harness import Workload, torch_step
from torch import nn

from keras_readinglist.datasets import copied_symbols
from keras_readinglist.recipes.annotated_transformer import RECIPE, build, compile_options

TRAINED = RECIPE.config("copy_notebook", "full", 0)  # 2 + 2 blocks of 512, batches of 80
DECODED = RECIPE.config("copy_notebook", "reduced", 0)  # 2 + 2 blocks of 128
LENGTH, SENTENCES, THEIR_SENTENCES = 20, 100, 4
PEER = "port of harvardnlp/annotated-transformer 2022"


class _Norm(nn.Module):
    def __init__(self, width, epsilon=1e-6):
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.epsilon = epsilon

    def forward(self, x):
        centred = x - x.mean(-1, keepdim=True)
        return self.gain * centred / (x.std(-1, keepdim=True) + self.epsilon) + self.bias


class _Attention(nn.Module):
    def __init__(self, heads, width, dropout):
        super().__init__()
        self.heads, self.dropout = heads, nn.Dropout(dropout)
        self.linears = nn.ModuleList(nn.Linear(width, width) for _ in range(4))

    def forward(self, query, key, value, mask):
        query, key, value = (
            linear(x).view(len(x), -1, self.heads, x.shape[-1] // self.heads).transpose(1, 2)
            for linear, x in zip(self.linears[:3], (query, key, value), strict=True)
        )
        scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
        self.attention = self.dropout(scores.masked_fill(~mask[:, None], -1e9).softmax(-1))
        read = (self.attention @ value).transpose(1, 2).flatten(2)
        return self.linears[3](read)


class _Block(nn.Module):
    def __init__(self, attentions, heads, width, hidden, dropout):
        super().__init__()
        attention = _Attention(heads, width, dropout)
        self.attentions = nn.ModuleList(copy.deepcopy(attention) for _ in range(attentions))
        self.feed = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout),
                                  nn.Linear(hidden, width))  # fmt: skip
        self.norms = nn.ModuleList(_Norm(width) for _ in range(attentions + 1))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask, memory=None, memory_mask=None):
        for attention, norm, known, seen in zip(
            self.attentions, self.norms, (None, memory), (mask, memory_mask), strict=False
        ):
            y = norm(x)
            known = y if known is None else known
            x = x + self.dropout(attention(y, known, known, seen))
        return x + self.dropout(self.feed(self.norms[-1](x)))


class Peer(nn.Module):
    """The notebook's `EncoderDecoder` with its generator."""

    def __init__(self, size, layers, width, hidden, heads, dropout):
        super().__init__()
        self.width, options = width, (heads, width, hidden, dropout)
        self.embeddings = nn.ModuleList(nn.Embedding(size, width) for _ in range(2))
        self.encoder = nn.ModuleList(_Block(1, *options) for _ in range(layers))
        self.decoder = nn.ModuleList(_Block(2, *options) for _ in range(layers))
        self.norms = nn.ModuleList(_Norm(width) for _ in range(2))
        self.generator, self.dropout = nn.Linear(width, size), nn.Dropout(dropout)
        places, rates = torch.arange(500)[:, None], 1e4 ** (-torch.arange(0, width, 2) / width)
        angles = places * rates
        self.register_buffer("waves", torch.stack([angles.sin(), angles.cos()], -1).flatten(1))

    def embed(self, index, ids):
        x = self.embeddings[index](ids) * math.sqrt(self.width) + self.waves[: ids.shape[1]]
        return self.dropout(x)

    def encode(self, source, mask):
        x = self.embed(0, source)
        for block in self.encoder:
            x = block(x, mask)
        return self.norms[0](x)

    def decode(self, memory, memory_mask, target):
        x = self.embed(1, target)
        mask = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).tril()[None]
        for block in self.decoder:
            x = block(x, mask & (target != 0)[:, None], memory, memory_mask)
        return self.norms[1](x)

    def forward(self, source, target):
        mask = (source != 0)[:, None]
        decoded = self.decode(self.encode(source, mask), mask, target)
        return self.generator(decoded).log_softmax(-1)


def _peer(config):
    torch.manual_seed(0)
    size = 3 + config["num_symbols"]
    sizes = (config[name] for name in ("num_layers", "d_model", "d_ff", "num_heads", "dropout"))
    return Peer(size, *sizes)


def _peer_greedy(sources):
    peer = _peer(DECODED).eval()

    def decode():
        with torch.no_grad():
            for row in torch.tensor(sources).long():
                source, mask = row[None], (row != 0)[None, None]
                memory, written = peer.encode(source, mask), torch.ones(1, 1).long()
                for _ in range(LENGTH):
                    logits = peer.generator(peer.decode(memory, mask, written)[:, -1])
                    written = torch.cat([written, logits.argmax(-1)[:, None]], dim=1)

    return decode


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    if keras.config.backend() == "tensorflow":
        return
    keras.utils.set_random_seed(0)
    writer, sources = build(DECODED), copied_symbols(SENTENCES, LENGTH, rng=0)[0]["source"]
    # Untrained, so that none of either side ends early.
    yield Workload(
        name=f"Greedy decoding of {LENGTH} tokens: {_sizes(DECODED)}, {SENTENCES} sentences",
        item="annotated-transformer",
        peer=PEER,
        unit="sentences/s",
        goal=20.0,
        ours=lambda: writer.generate(sources, max_steps=LENGTH),
        theirs=_peer_greedy(sources[:THEIR_SENTENCES]),
        amount=SENTENCES,
        their_amount=THEIR_SENTENCES,
        repeats=3,
    )
    model, batch = build(TRAINED), copied_symbols(TRAINED["batch_size"], 10, rng=0)
    model.compile(**compile_options(TRAINED))
    yield Workload(
        name=f"Copy task training step: {_sizes(TRAINED)}, batch {TRAINED['batch_size']}",
        item="annotated-transformer",
        peer=PEER,
        unit="ms",
        goal=1.2,
        ours=lambda: model.train_on_batch(*batch),
        theirs=torch_step(_peer(TRAINED), nn.functional.nll_loss, *batch[:2]),
        repeats=5,
    )


def _sizes(config):
    return "{num_layers} + {num_layers} blocks of {d_model}".format(**config)
