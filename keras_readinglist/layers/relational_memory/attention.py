"""Attention among few rows, products and layer normalisation."""

import math

import keras
from keras import ops

from keras_readinglist.layers.precision import matmul, mean

EPSILON = 1e-5


def multiply(x, kernel):
    """Return `x @ kernel` of a tensor `(..., n)` and a matrix."""
    if keras.config.backend() != "jax":
        return matmul(x, kernel)
    # The gradient of the kernel is so one product, without a transposed copy of its operands: a
    # training step of 8 slots of 256 takes 440 ms in place of 500 (256 sequences, two threads).
    rows = matmul(ops.reshape(x, (-1, kernel.shape[0])), kernel)
    return ops.reshape(rows, (*ops.shape(x)[:-1], kernel.shape[1]))


def layer_norm(x, gain, offset):
    """Normalise the last axis, and scale it."""
    gain, offset = ops.cast(gain, x.dtype), ops.cast(offset, x.dtype)
    if keras.config.backend() == "torch":  # one operator in place of ten
        import torch

        return torch.nn.functional.layer_norm(x, x.shape[-1:], gain, offset, EPSILON)
    centred = x - mean(x)
    variance = mean(ops.square(centred))
    return centred * ops.rsqrt(variance + EPSILON) * gain + offset


def attend(parts, num_heads, key_size, kept=None):
    """Let rows attend to all rows, `softmax(q k^T / sqrt(key_size)) v` in every head.

    Args:
        parts: List of float tensors `(batch, rows, heads * (2 * key_size + value_size))`, rows
            that stand below one another; a head has its query, key and value side by side. The
            first part may have a batch of 1.
        num_heads: Positive integer.
        key_size: Positive integer.
        kept: How many of the parts attend, the first ones; `None` for all.

    Returns:
        Float tensor `(batch, attending rows, heads * value_size)`, and the weights `(batch, heads,
        attending rows, rows)`.
    """
    size = parts[0].shape[2] // num_heads
    rows = join(parts, axis=1)
    rows = ops.reshape(rows, (-1, rows.shape[1], num_heads, size))
    q, k, v = ops.split(rows, [key_size, 2 * key_size], axis=3)
    attending = sum(part.shape[1] for part in parts[:kept])
    scores = ops.einsum("bqhd,bkhd->bhqk", q[:, :attending] / math.sqrt(key_size), k)
    weights = ops.softmax(scores)
    mixed = ops.einsum("bhqk,bkhd->bqhd", weights, v)
    return ops.reshape(mixed, (-1, attending, num_heads * (size - 2 * key_size))), weights


def join(parts, axis):
    """Concatenate tensors of which the first may have a batch of 1."""
    if len(parts) == 1:
        return parts[0]
    first, last = parts[0], parts[-1]
    if first.shape[0] == 1:
        first = ops.broadcast_to(first, (ops.shape(last)[0], *first.shape[1:]))
    return ops.concatenate([first, *parts[1:]], axis=axis)
