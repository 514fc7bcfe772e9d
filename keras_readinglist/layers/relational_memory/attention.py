"""Attention among few rows, and layer normalisation."""

import math

from keras import ops

EPSILON = 1e-5


def layer_norm(x, gain, offset):
    """Normalise the last axis, and scale it."""
    gain, offset = ops.cast(gain, x.dtype), ops.cast(offset, x.dtype)
    centred = x - ops.mean(x, axis=-1, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
    return centred * ops.rsqrt(variance + EPSILON) * gain + offset


def attend(qkv, num_heads, key_size, kept=None, return_weights=False):
    """Let rows attend to all rows, `softmax(q k^T / sqrt(key_size)) v` in every head.

    Args:
        qkv: Float tensor `(batch, rows, heads * (2 * key_size + value_size))`; a head has its
            query, key and value side by side.
        num_heads: Positive integer.
        key_size: Positive integer.
        kept: The number of rows that attend, the first ones; `None` for all.
        return_weights: Boolean, whether to return the weights too.

    Returns:
        Float tensor `(batch, kept, heads * value_size)`, and the weights `(batch, heads, kept,
        rows)` or `None`.
    """
    rows, size = qkv.shape[1], qkv.shape[2] // num_heads
    qkv = ops.transpose(ops.reshape(qkv, (-1, rows, num_heads, size)), (0, 2, 1, 3))
    q = qkv[:, :, :kept, :key_size] / math.sqrt(key_size)
    k, v = qkv[..., key_size : 2 * key_size], qkv[..., 2 * key_size :]
    weights = ops.softmax(ops.matmul(q, ops.swapaxes(k, 2, 3)))
    mixed = ops.transpose(ops.matmul(weights, v), (0, 2, 1, 3))
    mixed = ops.reshape(mixed, (-1, mixed.shape[1], num_heads * (size - 2 * key_size)))
    return mixed, weights if return_weights else None
