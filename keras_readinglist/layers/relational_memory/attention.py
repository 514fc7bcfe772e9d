"""Attention among few rows, and layer normalisation."""

import math

import keras
from keras import ops

EPSILON = 1e-5


def layer_norm(x, gain, offset):
    """Normalise the last axis, and scale it."""
    gain, offset = ops.cast(gain, x.dtype), ops.cast(offset, x.dtype)
    if keras.config.backend() == "torch":  # one operator in place of ten
        import torch

        return torch.nn.functional.layer_norm(x, x.shape[-1:], gain, offset, EPSILON)
    centred = x - ops.mean(x, axis=-1, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
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
    heads = [ops.reshape(part, (-1, part.shape[1], num_heads, size)) for part in parts]
    heads = [ops.transpose(part, (0, 2, 1, 3)) for part in heads]
    q = join([part[..., :key_size] for part in heads[:kept]], axis=2)
    k, v = (
        join([part[..., columns] for part in heads], axis=2)
        for columns in (slice(key_size, 2 * key_size), slice(2 * key_size, None))
    )
    weights = ops.softmax(ops.matmul(q / math.sqrt(key_size), ops.swapaxes(k, 2, 3)))
    mixed = ops.transpose(ops.matmul(weights, v), (0, 2, 1, 3))
    return ops.reshape(mixed, (-1, mixed.shape[1], num_heads * (size - 2 * key_size))), weights


def join(parts, axis):
    """Concatenate tensors of which the first may have a batch of 1."""
    if len(parts) == 1:
        return parts[0]
    first, last = parts[0], parts[-1]
    if first.shape[0] == 1:
        first = ops.broadcast_to(first, (ops.shape(last)[0], *first.shape[1:]))
    return ops.concatenate([first, *parts[1:]], axis=axis)
