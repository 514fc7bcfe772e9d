"""Local response normalization across channels (Krizhevsky et al., 2012, section 3.3)."""

import functools

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_choice, check_positive, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class LocalResponseNormalization(keras.layers.Layer):
    """Divides every activity by the energy of the channels beside it.

    `b_i = a_i / (bias + alpha * sum_j a_j^2)^beta`, where `j` runs over the channels from
    `i - depth_radius` to `i + depth_radius` that exist.

    The defaults are the paper's: `k = 2`, `n = 5`, `alpha = 1e-4`, `beta = 0.75`. Caffe and
    `torch.nn.LocalResponseNorm(n, alpha, beta, k)` divide `alpha` by `n`; that is
    `alpha_mode="mean"`. Squares and sums are float32 under mixed precision: in float16 the square
    of 256 is infinite. On TensorFlow in float32, and on torch,
    there is no second derivative.

    Args:
        depth_radius: Integer of at least 0, channels on either side: `n // 2`. Defaults to 2.
        bias: Positive float, the paper's `k`. Defaults to 2.
        alpha: Float of at least 0. Defaults to 1e-4.
        beta: Float. Defaults to 0.75.
        axis: Integer, the axis of the channels. Defaults to -1.
        alpha_mode: `"sum"`, the paper's, or `"mean"`. Defaults to `"sum"`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor of two axes or more.

    Input shape:
        Any of two axes or more.

    Output shape:
        That of the input.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> LocalResponseNormalization(bias=4.0, alpha=0.0, beta=0.5)(np.ones((1, 3))).tolist()
        [[0.5, 0.5, 0.5]]

    References:
        - [Krizhevsky et al., 2012, ImageNet Classification with Deep Convolutional Neural
          Networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks),
          section 3.3
    """

    def __init__(
        self,
        depth_radius=2,
        bias=2.0,
        alpha=1e-4,
        beta=0.75,
        axis=-1,
        alpha_mode="sum",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.depth_radius = check_size("depth_radius", depth_radius, minimum=0)
        self.bias = check_positive("bias", bias)
        if not alpha >= 0:
            raise ValueError(f"`alpha` must not be negative. Received: alpha={alpha}")
        self.alpha, self.beta, self.axis = alpha, beta, axis
        self.alpha_mode = check_choice("alpha_mode", alpha_mode, ("sum", "mean"))
        self.supports_masking = True

    def build(self, inputs_shape):
        rank = len(inputs_shape)
        if rank < 2 or not -rank <= self.axis < rank:
            raise ValueError(
                f"`inputs` must have two axes or more, and an axis {self.axis}. "
                f"Received shape: {tuple(inputs_shape)}"
            )

    def call(self, inputs):
        x = ops.cast(inputs, wide(self.compute_dtype))
        if self.axis not in (-1, len(x.shape) - 1):
            x = ops.moveaxis(x, self.axis, -1)
        window = 2 * self.depth_radius + 1
        alpha = self.alpha / window if self.alpha_mode == "mean" else self.alpha
        x = _normalized(x, self.depth_radius, self.bias, alpha, self.beta)
        if self.axis not in (-1, len(x.shape) - 1):
            x = ops.moveaxis(x, -1, self.axis)
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        names = ("depth_radius", "bias", "alpha", "beta", "axis", "alpha_mode")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _normalized(x, radius, bias, alpha, beta):
    """Normalize over the last axis.

    TensorFlow has an operator, which takes a third of the time of sums of slices; torch is given
    the gradient as one more sum over the window, which halves the time of forward and backward.
    """
    backend = keras.config.backend()
    if backend == "tensorflow" and x.dtype == "float32":
        import tensorflow as tf

        flat = tf.reshape(x, (-1, 1, 1, x.shape[-1]))
        flat = tf.nn.local_response_normalization(flat, radius, bias, alpha, beta)
        return tf.reshape(flat, tf.shape(x))
    if backend == "torch":
        return _torch_function().apply(x, radius, bias, alpha, beta)
    return x * _power(bias + alpha * _window_sums(x * x, radius), beta)


def _power(x, beta):
    """Return `x ** -beta`; roots are several times as fast as powers."""
    if beta == 0.75:
        root = ops.rsqrt(x)
        return root * ops.sqrt(root)
    return ops.rsqrt(x) if beta == 0.5 else x**-beta


def _window_sums(x, radius):
    """Return the sums over `2 radius + 1` neighbours along the last axis.

    XLA knows them as one operation: forward and backward take a seventh to a half of the time of
    slices.
    """
    if keras.config.backend() == "jax":
        from jax import lax

        rest = len(x.shape) - 1
        shape, padding = (*[1] * rest, 2 * radius + 1), [*[(0, 0)] * rest, (radius, radius)]
        zero = np.zeros((), x.dtype)  # a constant: of another JAX does not know the gradient
        return lax.reduce_window(x, zero, lax.add, shape, (1,) * len(x.shape), padding)
    channels = x.shape[-1]
    padded = ops.pad(x, [*[(0, 0)] * (len(x.shape) - 1), (radius, radius)])
    return sum(padded[..., k : k + channels] for k in range(2 * radius + 1))


@functools.cache
def _torch_function():
    """Return the normalization as a function of torch with a gradient of its own.

    `dx_j = g_j s_j^-beta - 2 alpha beta x_j sum_i g_i x_i s_i^(-beta - 1)`, where `s` are the sums
    that are raised to a power, and `i` runs over the window of `j`.
    """
    import torch
    from torch.autograd.function import once_differentiable

    def sums(x, radius):
        total, channels = x.clone(), x.shape[-1]
        for k in range(1, min(radius, channels - 1) + 1):
            total[..., k:] += x[..., :-k]
            total[..., :-k] += x[..., k:]
        return total

    class Normalization(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, radius, bias, alpha, beta):
            energy = sums(x * x, radius).mul_(alpha).add_(bias)
            power = _power(energy, beta)
            ctx.save_for_backward(x, energy, power)
            ctx.radius, ctx.factor = radius, -2 * alpha * beta
            return x * power

        @staticmethod
        @once_differentiable
        def backward(ctx, gradient):
            x, energy, power = ctx.saved_tensors
            direct = gradient * power
            spread = sums((direct * x).div_(energy), ctx.radius)
            return direct.addcmul_(spread, x, value=ctx.factor), None, None, None, None

    return Normalization
