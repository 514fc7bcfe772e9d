"""The type of long sums, and functions that keep the type of what they are given."""

import keras
from keras import ops


def wide(dtype):
    """Return `"float64"` for it, and `"float32"` for all others.

    States, scores and sums have this type under mixed precision: bfloat16 loses terms below 1/256
    of a sum, and float16 ends at 65504.
    """
    return "float64" if dtype == "float64" else "float32"


def tanh(x):
    """Return the hyperbolic tangent; on JAX that of Keras makes float64 float32."""
    if keras.config.backend() != "jax":
        return ops.tanh(x)
    import jax

    return jax.numpy.tanh(x)


def exact(activation):
    """Return an activation, and for that of Keras named tanh the one above."""
    return tanh if activation in (keras.activations.tanh, ops.tanh) else activation
