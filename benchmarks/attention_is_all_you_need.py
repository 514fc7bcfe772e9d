"""The Transformer: a training step against torch's own, decoding with its cache and without.

`--peer-path DIR` after `pip install --no-deps --target DIR keras-hub` adds KerasHub's layers.
"""

import functools
import math
import sys

import keras
import numpy as np
import torch
from harness import Workload, torch_step
from torch import nn

from keras_readinglist.applications import Transformer
from keras_readinglist.losses import LabelSmoothedCrossEntropy

WIDTH, HIDDEN, HEADS, LAYERS, VOCABULARY = 256, 1024, 4, 3, 6_000
ROWS, LENGTH = 64, 32  # 2,048 tokens
SENTENCES, STEPS = 32, 32
PEER = f"torch.nn.Transformer {torch.__version__.partition('+')[0]}"


class Peer(nn.Module):
    """`torch.nn.Transformer` with embeddings, sinusoids and one matrix for the logits."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        nn.init.normal_(self.embedding.weight, std=WIDTH**-0.5)
        self.inner = nn.Transformer(
            WIDTH, HEADS, LAYERS, LAYERS, HIDDEN, dropout=0.1, batch_first=True
        )
        rates = 1e4 ** (-torch.arange(0, WIDTH, 2) / WIDTH)
        angles = torch.arange(512)[:, None] * rates
        self.register_buffer("waves", torch.stack([angles.sin(), angles.cos()], -1).flatten(1))

    def embed(self, ids):
        return self.embedding(ids) * math.sqrt(WIDTH) + self.waves[: ids.shape[1]]

    def forward(self, source, target):
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        hidden = source == 0
        read = self.inner(
            self.embed(source),
            self.embed(target),
            tgt_mask=mask,
            tgt_is_causal=True,
            src_key_padding_mask=hidden,
            memory_key_padding_mask=hidden,
        )
        return read @ self.embedding.weight.T


def _batch():
    rng = np.random.default_rng(0)
    source, target = rng.integers(4, VOCABULARY, (2, ROWS, LENGTH + 1)).astype("int32")
    source[:, LENGTH - 4 :] = 0
    return {"source": source[:, :LENGTH], "target": target[:, :-1]}, target[:, 1:]


def _peer_step(inputs, labels):
    torch.manual_seed(0)
    loss = functools.partial(nn.functional.cross_entropy, label_smoothing=0.1)
    return torch_step(Peer(), loss, inputs, labels)


def _hub(path):
    """Return a network of KerasHub's layers that translates, and its version."""
    sys.path.append(path)
    import keras_hub

    layers = keras_hub.layers
    embedding, waves = layers.ReversibleEmbedding(VOCABULARY, WIDTH), layers.SinePositionEncoding()
    inputs = {name: keras.Input((LENGTH,), dtype="int32", name=name) for name in _batch()[0]}
    hidden = keras.ops.not_equal(inputs["source"], 0)

    def embed(ids):
        x = embedding(ids) * math.sqrt(WIDTH)
        return x + waves(x)

    memory = embed(inputs["source"])
    for _ in range(LAYERS):
        memory = layers.TransformerEncoder(HIDDEN, HEADS, dropout=0.1)(memory, padding_mask=hidden)
    read = embed(inputs["target"])
    for _ in range(LAYERS):
        block = layers.TransformerDecoder(HIDDEN, HEADS, dropout=0.1)
        read = block(read, memory, encoder_padding_mask=hidden)
    return keras.Model(inputs, embedding(read, reverse=True)), keras_hub.__version__


def _compiled(model):
    model.compile(
        keras.optimizers.Adam(1e-4, beta_2=0.98, epsilon=1e-9), LabelSmoothedCrossEntropy(0.1)
    )
    return model


def _anew(model, source):
    """Return greedy decoding of the same model that computes everything anew at every step."""

    def decode():
        fed = np.zeros((SENTENCES, STEPS), "int32")
        fed[:, 0] = 1
        for t in range(STEPS):
            logits = model.predict_on_batch({"source": source, "target": fed})[:, t, 2:]
            if t + 1 < STEPS:
                fed[:, t + 1] = 2 + logits.argmax(axis=-1)

    return decode


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    keras.utils.set_random_seed(0)
    sizes = {"num_layers": LAYERS, "d_model": WIDTH, "d_ff": HIDDEN, "num_heads": HEADS}
    model = Transformer(VOCABULARY, **sizes)
    source = _batch()[0]["source"][:SENTENCES]
    yield Workload(  # untrained: no sentence ends early
        name=f"Greedy decoding, {SENTENCES} sentences of {STEPS} tokens, with cache and without",
        item="attention-is-all-you-need",
        peer="ours without a cache 1",
        unit="sentences/s",
        goal=5.0,
        ours=lambda: model.generate(source, max_steps=STEPS),
        theirs=_anew(model, source),
        amount=SENTENCES,
        repeats=3,
    )
    inputs, labels = _batch()
    _compiled(model)
    step = {
        "name": f"Transformer training step: {LAYERS} + {LAYERS} blocks of {WIDTH}, 2,048 tokens",
        "item": "attention-is-all-you-need",
        "unit": "ms",
        "ours": lambda: model.train_on_batch(inputs, labels),
        "repeats": 5,
    }
    yield Workload(peer=PEER, goal=1.2, theirs=_peer_step(inputs, labels), **step)
    if peer_path:
        hub, version = _hub(peer_path)
        _compiled(hub)
        theirs = functools.partial(hub.train_on_batch, inputs, labels)
        yield Workload(peer=f"KerasHub's layers {version}", goal=1.0, theirs=theirs, **step)
