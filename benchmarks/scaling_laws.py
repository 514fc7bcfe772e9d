"""Decoders of the sweep: a training step against a plain torch loop, and writing from a cache.

The peer of the step is a few lines of torch in the shape of nanoGPT: fused attention, one matrix
for queries, keys and values, a tied embedding, fused updates of AdamW, clipped gradients. Writing
is compared with the same decoder that reads its whole text anew for every letter, compiled once.
Seeds of the sweep are trained at once, on JAX, and one after the other.
"""

import keras
import numpy as np
import torch
from harness import Workload
from torch import nn
from torch.nn import functional

from keras_readinglist.applications import DecoderLM
from keras_readinglist.distribution import ModelBatch

VOCABULARY, WIDTH, LAYERS, HEADS, CONTEXT, BATCH = 128, 64, 2, 4, 64, 64
SIZES = f"{LAYERS} blocks of {WIDTH}"


class _Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.feed = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
        )

    def forward(self, x):
        batch, time, _ = x.shape
        parts = self.qkv(self.norms[0](x)).view(batch, time, 3, HEADS, WIDTH // HEADS)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        read = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.out(read.transpose(1, 2).reshape(batch, time, WIDTH))
        return x + self.feed(self.norms[1](x))


class Peer(nn.Module):
    """A decoder in the shape of nanoGPT."""

    def __init__(self):
        super().__init__()
        self.embedding, self.places = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(_Block() for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, ids):
        x = self.embedding(ids) + self.places.weight[: ids.shape[1]]
        return self.norm(self.blocks(x)) @ self.embedding.weight.T


def _their_step(x, y):
    """Return a training step of the peer, as a function without arguments."""
    model = Peer()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, betas=(0.9, 0.95), fused=True)
    ids, targets = torch.tensor(x).long(), torch.tensor(y).long().flatten()

    def step():
        optimizer.zero_grad(set_to_none=True)
        functional.cross_entropy(model(ids).flatten(0, 1), targets).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def _uncached(model, prompt, length):
    """Return a function that writes the likeliest letters, each from the whole text before it."""
    before = prompt.shape[1]

    def write():
        ids = np.zeros((len(prompt), CONTEXT), "int32")  # one shape, so that it is compiled once
        ids[:, :before] = prompt
        for at in range(before, before + length):
            ids[:, at] = model.predict_on_batch(ids)[:, at - 1].argmax(-1)
        return ids[:, before : before + length]

    return write


def _decoder(width, seed=0):
    """Return a decoder of ours that can be trained."""
    keras.utils.set_random_seed(seed)
    model = DecoderLM(VOCABULARY, LAYERS, width, num_heads=HEADS, context=CONTEXT)
    model.compile(
        keras.optimizers.AdamW(1e-3, beta_2=0.95, global_clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def _seeds(width, seeds=3, steps=50, batch=16):
    """Yield seeds of the sweep at once, against the same one after the other."""
    rng = np.random.default_rng(0)
    text = rng.integers(VOCABULARY, size=(steps, seeds, batch, CONTEXT + 1)).astype("int32")
    x, y = text[..., :-1], text[..., 1:]
    together = ModelBatch([_decoder(width, seed) for seed in range(seeds)])
    apart = [_decoder(width, seed) for seed in range(seeds)]

    def one_after_the_other():
        for seed, model in enumerate(apart):
            for step in range(steps):
                model.train_on_batch(x[step, seed], y[step, seed])

    yield Workload(
        name=f"{seeds} seeds of the sweep, {steps} steps: {LAYERS} blocks of {width}",
        item="scaling-laws",
        peer=f"one after the other, keras {keras.version()}",
        unit="ms",
        goal=1.5,
        ours=lambda: together.train_on_batches(x, y),
        theirs=one_after_the_other,
        repeats=5,
    )


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    if keras.config.backend() == "jax":
        for width in (8, 32):
            yield from _seeds(width)
    rng = np.random.default_rng(0)
    text = rng.integers(VOCABULARY, size=(BATCH, CONTEXT + 1)).astype("int32")
    x, y = text[:, :-1], text[:, 1:]
    model = _decoder(WIDTH)
    yield Workload(
        name=f"Decoder training step: {SIZES}, batch {BATCH} x {CONTEXT}",
        item="scaling-laws",
        peer=f"nanoGPT's loop in torch {torch.__version__.partition('+')[0]}",
        unit="ms",
        goal=2.0,
        ours=lambda: model.train_on_batch(x, y),
        theirs=_their_step(x, y),
    )
    prompt, length = x[:1, :8], CONTEXT - 8
    yield Workload(
        name=f"Decoder writing {length} letters: {SIZES}",
        item="scaling-laws",
        peer=f"the same without a cache {keras.version()}",
        unit="ms",
        goal=3.0,
        ours=lambda: model.generate(prompt, length, temperature=0),
        theirs=_uncached(model, prompt, length),
        repeats=5,
    )
