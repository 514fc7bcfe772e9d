"""One forward pass of a Transformer in NumPy, with every number on the way."""

from dataclasses import dataclass

import numpy as np
from keras import ops

from keras_readinglist.applications.translation.translator import PADDING


@dataclass(frozen=True)
class Attention:
    """What the heads of one attention did; the first axis is the head.

    Args:
        queries: Array `(heads, queries, width)`.
        keys: Array `(heads, length, width)`.
        values: Array `(heads, length, width)`.
        scores: Array `(heads, queries, length)`, products of queries and keys by the root of the
            width, before the mask.
        mask: Boolean array `(queries, length)` of who may see what.
        weights: Array `(heads, queries, length)`, the softmax of what may be seen.
    """

    queries: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    scores: np.ndarray
    mask: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Walk:
    """A forward pass for one sentence; `"source"` and `"target"` are the keys of dictionaries.

    Args:
        embedded: Dictionary of arrays `(length, features)`, the embeddings.
        positions: Dictionary of arrays `(length, features)`, what is added to them.
        encoder: List of the `Attention` of every block.
        decoder: List of the `Attention` to the target of every block.
        cross: List of the `Attention` to the source of every block of the decoder.
        logits: Array `(target_length, vocab_size)`.
    """

    embedded: dict
    positions: dict
    encoder: list
    decoder: list
    cross: list
    logits: np.ndarray


def walk_through(model, source, target, notebook_norm=False):
    """Compute what a `Transformer` computes, in NumPy and float64.

    Args:
        model: A `Transformer`.
        source: Sequence of integers with the end, the tokens that are read.
        target: Sequence of integers from the start on, the tokens that are fed.
        notebook_norm: Boolean, whether to normalize as the Annotated Transformer does: by the
            deviation with `d - 1` in place of `d`, and with epsilon outside the root.

    Returns:
        A `Walk`.

    Example:
        >>> model = Transformer(20, num_layers=1, d_model=8, d_ff=16, num_heads=2)
        >>> walk = walk_through(model, [5, 6, 2], [1, 7])
        >>> walk.cross[0].weights.shape
        (2, 2, 3)
        >>> logits = model({"source": np.array([[5, 6, 2]]), "target": np.array([[1, 7]])})
        >>> bool(np.allclose(logits[0], walk.logits, atol=1e-4))
        True

    References:
        - [Rush et al., 2018](https://nlp.seas.harvard.edu/annotated-transformer/)
    """
    source, target = np.asarray(source), np.asarray(target)
    norm = _notebook_norm if notebook_norm else _norm
    seen = np.broadcast_to(source != PADDING, (len(source), len(source)))
    looked = np.broadcast_to(source != PADDING, (len(target), len(source)))
    past = np.tri(len(target), dtype=bool) & (target != PADDING)
    embedded = {"source": _embed(model.embedding, source)}
    embedded["target"] = _embed(model.target_embedding, target)
    positions = {name: _positions(model, len(x)) for name, x in embedded.items()}
    encoder, decoder, cross = [], [], []

    def around(block, index, x, sublayer):
        if model.norm_first:
            return x + sublayer(norm(block.norms[index], x))
        return norm(block.norms[index], x + sublayer(x))

    def attend(kept, layer, mask, memory=None):
        def sublayer(x):
            output, found = _attend(layer, x, x if memory is None else memory, mask)
            kept.append(found)
            return output

        return sublayer

    x = embedded["source"] + positions["source"]
    for block in model.encoder:
        x = around(block, 0, x, attend(encoder, block.self_attention, seen))
        x = around(block, 1, x, lambda y, block=block: _feed(block.feed_forward, y))
    memory = norm(model.last_norms[0], x) if model.norm_first else x
    x = embedded["target"] + positions["target"]
    for block in model.decoder:
        x = around(block, 0, x, attend(decoder, block.self_attention, past))
        x = around(block, 1, x, attend(cross, block.cross_attention, looked, memory))
        x = around(block, 2, x, lambda y, block=block: _feed(block.feed_forward, y))
    x = norm(model.last_norms[1], x) if model.norm_first else x
    if model.tied:
        logits = x @ _value(model.target_embedding.embeddings).T
    else:
        logits = x @ _value(model.generator_kernel) + _value(model.generator_bias)
    return Walk(embedded, positions, encoder, decoder, cross, logits)


def _value(tensor):
    return ops.convert_to_numpy(tensor).astype("float64")


def _embed(layer, ids):
    return _value(layer.embeddings)[ids] * (np.sqrt(layer.dim) if layer.scale else 1.0)


def _positions(model, length):
    if model.positions == "learned":
        return _value(model.position_embeddings)[:length]
    width, places = model.d_model, np.arange(length)[:, None]
    if model.positions == "none":
        return np.zeros((length, width))
    pairs = np.arange(width) // 2
    angles = places / 10_000.0 ** (2 * pairs / width)
    return np.where(np.arange(width) % 2, np.cos(angles), np.sin(angles))


def _norm(layer, x):
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt(x.var(axis=-1, keepdims=True) + layer.epsilon)
    return _value(layer.gamma) * scaled + _value(layer.beta)


def _notebook_norm(layer, x):
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / (x.std(axis=-1, ddof=1, keepdims=True) + layer.epsilon)
    return _value(layer.gamma) * scaled + _value(layer.beta)


def _dense(layer, name, x):
    y = x @ _value(getattr(layer, f"{name}_kernel"))
    bias = getattr(layer, f"{name}_bias", None)
    return y if bias is None else y + _value(bias)


def _feed(layer, x):
    return _dense(layer, "output", np.maximum(_dense(layer, "hidden", x), 0.0))


def _attend(layer, x, memory, mask):
    """Return the output of an attention, and what its heads did."""

    def heads(name, y):
        return np.swapaxes(_dense(layer, name, y).reshape(len(y), layer.num_heads, -1), 0, 1)

    queries, keys, values = heads("query", x), heads("key", memory), heads("value", memory)
    scores = queries @ np.swapaxes(keys, 1, 2) / np.sqrt(layer.key_dim)
    raised = np.where(mask, np.exp(scores - scores.max(axis=-1, keepdims=True)), 0.0)
    weights = raised / np.maximum(raised.sum(axis=-1, keepdims=True), 1e-30)
    read = np.swapaxes(weights @ values, 0, 1).reshape(len(x), -1)
    found = Attention(queries, keys, values, scores, mask, weights)
    return _dense(layer, "output", read), found
