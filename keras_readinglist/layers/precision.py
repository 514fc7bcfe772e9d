"""The type of long sums, and operators that keep float64.

Keras counts float64 as float32 where it joins types: on JAX its tanh and mean, and on torch its
products, maxima and dense layers, have the precision of float32.
"""

import keras
from keras import ops

from keras_readinglist.backend import on_jax_cpu


def wide(dtype):
    """Return `"float64"` for it, and `"float32"` for all others.

    States, scores and sums have this type under mixed precision: bfloat16 loses terms below 1/256
    of a sum, and float16 ends at 65504.
    """
    return "float64" if dtype == "float64" else "float32"


def tanh(x):
    """Return the hyperbolic tangent."""
    if keras.config.backend() != "jax":
        return ops.tanh(x)
    import jax

    return jax.numpy.tanh(x)


def exact(activation):
    """Return an activation, and for that of Keras named tanh the one above."""
    return tanh if activation in (keras.activations.tanh, ops.tanh) else activation


def matmul(x, y):
    """Return the matrix product of two tensors of one type."""
    if keras.config.backend() != "torch" or "16" in str(x.dtype):
        return ops.matmul(x, y)
    import torch

    return torch.matmul(x, y)


def maximum(x, y):
    """Return the larger of two tensors of one type, element by element."""
    if keras.config.backend() != "torch":
        return ops.maximum(x, y)
    import torch

    return torch.maximum(x, y)


def project(x, kernel, bias=None):
    """Return `x @ kernel + bias` over the last axis of a tensor with any axes before it.

    Args:
        x: Float tensor `(..., n)`.
        kernel: Float tensor `(n, m)` of the same type.
        bias: Float tensor `(m,)`, or `None`.
    """
    if len(x.shape) > 2 and on_jax_cpu():
        x = _flat_product(x, kernel)
    else:
        x = matmul(x, kernel)
    return x if bias is None else x + bias


def _flat_product(x, kernel):
    """Multiply as two matrices: of the gradient of more axes XLA makes slow loops on a CPU.

    The barriers keep XLA from undoing it. A training step of a small Transformer takes 0.6 of the
    time.
    """
    import jax

    flat = jax.lax.optimization_barrier(ops.reshape(x, (-1, x.shape[-1])))
    product = jax.lax.optimization_barrier(ops.matmul(flat, kernel))
    return ops.reshape(product, (*x.shape[:-1], kernel.shape[-1]))


def mean(x):
    """Return the mean over the last axis, which stays."""
    return ops.sum(x, axis=-1, keepdims=True) / x.shape[-1]


def dense(layer, x):
    """Return what a `keras.layers.Dense` makes of a tensor."""
    if layer.compute_dtype != "float64" or layer.quantization_mode:
        return layer(x)
    x = matmul(x, ops.convert_to_tensor(layer.kernel))
    x = x + layer.bias if layer.use_bias else x
    return exact(layer.activation)(x)


def normalized(layer, x, training=False):
    """Return what a layer or batch normalization makes of a tensor, over its last axis.

    The averages of a batch, in training, have the precision of float32.
    """
    batch = isinstance(layer, keras.layers.BatchNormalization)
    if layer.compute_dtype != "float64" or (batch and training):
        return layer(x, training=training)
    if batch:
        middle, variance = layer.moving_mean, layer.moving_variance
    else:
        middle = mean(x)
        variance = mean(ops.square(x - middle))
    return (x - middle) / ops.sqrt(variance + layer.epsilon) * layer.gamma + layer.beta
