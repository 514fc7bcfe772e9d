"""The mean and variance of an activation of a Gaussian (Hinton and van Camp, 1993, section 5)."""

import math

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.precision import exact, wide
from keras_readinglist.layers.validation import check_choice, check_shape, check_size

SMOOTH = ("tanh", "sigmoid", "softplus", "gelu", "silu")
ACTIVATIONS = ("linear", "relu", *SMOOTH)
TINY = 1e-12  # added to variances below a root, whose slope at zero is infinite


@keras.saving.register_keras_serializable(package="keras_readinglist")
class GaussianMoments(keras.layers.Layer):
    """Gives the mean and variance of `activation(z)` for Gaussian `z`, without sampling.

    ReLU has a closed form. A smooth activation is averaged over Gauss-Hermite nodes `z_i`,
    `mean = sum_i w_i f(z_i)` and `variance = sum_i w_i (f(z_i) - mean)^2`. The paper read both from
    tables of 300 by 300 entries.

    Args:
        activation: One of `"linear"`, `"relu"`, `"tanh"`, `"sigmoid"`, `"softplus"`, `"gelu"`,
            `"silu"`. Defaults to `"tanh"`.
        nodes: Integer of at least 2, the number of nodes. Defaults to 16.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        mean: Float tensor of any shape.
        variance: Float tensor of the same shape, what is below zero counts as zero.

    Input shape:
        Two tensors `(..., features)`.

    Output shape:
        Two tensors of the same shape, the mean and the variance, at least in float32.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> mean, variance = GaussianMoments("relu")(np.zeros((1, 1)), np.ones((1, 1)))
        >>> print(round(float(mean[0, 0]), 3), round(float(variance[0, 0]), 3))
        0.399 0.341

    References:
        - [Hinton and van Camp, 1993](https://www.cs.toronto.edu/~hinton/absps/colt93.pdf),
          section 5
    """

    def __init__(self, activation="tanh", nodes=16, **kwargs):
        super().__init__(**kwargs)
        self.activation = check_choice("activation", activation, ACTIVATIONS)
        self.nodes = check_size("nodes", nodes, 2)
        points, weights = np.polynomial.hermite_e.hermegauss(nodes)
        self._points, self._weights = points, weights / weights.sum()

    def build(self, mean_shape, variance_shape):
        if tuple(mean_shape) != tuple(variance_shape):
            raise ValueError(
                "`variance` must have the shape of `mean`. "
                f"Received shapes: {tuple(variance_shape)} and {tuple(mean_shape)}"
            )
        check_shape("mean", mean_shape, f"({', '.join('_' * len(mean_shape))})")

    def call(self, mean, variance):
        dtype = wide(self.compute_dtype)
        mean, variance = ops.cast(mean, dtype), ops.relu(ops.cast(variance, dtype))
        if self.activation == "linear":
            return mean, variance
        if self.activation == "relu":
            return _relu(mean, variance)
        points = ops.convert_to_tensor(self._points, dtype)
        weights = ops.convert_to_tensor(self._weights, dtype)
        spread = ops.sqrt(variance + TINY)[..., None]
        values = exact(keras.activations.get(self.activation))(mean[..., None] + spread * points)
        mean = ops.sum(weights * values, axis=-1)
        return mean, ops.sum(weights * ops.square(values - mean[..., None]), axis=-1)

    def compute_output_shape(self, mean_shape, variance_shape):
        return tuple(mean_shape), tuple(variance_shape)

    def get_config(self):
        return {**super().get_config(), "activation": self.activation, "nodes": self.nodes}


def _relu(mean, variance):
    spread = ops.sqrt(variance + TINY)
    ratio = mean / spread
    below = 0.5 * (1 + ops.erf(ratio / math.sqrt(2)))
    density = ops.exp(-0.5 * ops.square(ratio)) / math.sqrt(2 * math.pi)
    average = mean * below + spread * density
    square = (ops.square(mean) + variance) * below + mean * spread * density
    return average, ops.relu(square - ops.square(average))
