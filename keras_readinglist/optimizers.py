"""Optimizers of the papers, beside those of `keras.optimizers`."""

import keras
from keras import ops

__all__ = ["CoupledDecaySGD", "FiniteAdam", "graves_rmsprop"]


@keras.saving.register_keras_serializable(package="keras_readinglist")
class CoupledDecaySGD(keras.optimizers.SGD):
    """Gradient descent with momentum, and weight decay within the momentum.

    `v = momentum v - decay rate w - rate g`, `w = w + v`
    ([Krizhevsky et al., 2012](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks),
    section 5), as in Caffe and `torch.optim.SGD`. The `weight_decay` of Keras stays outside of `v`.
    The paper divides the rate by 10 where the validation error no longer falls, three times:
    `keras.callbacks.ReduceLROnPlateau(factor=0.1)`.

    Args:
        learning_rate: Float or schedule. Defaults to 0.01.
        momentum: Float in [0, 1]. Defaults to 0.9.
        coupled_decay: Float of at least 0. Defaults to 5e-4.
        **kwargs: Further arguments of `keras.optimizers.SGD`.

    Raises:
        ValueError: If `coupled_decay` is negative.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(CoupledDecaySGD(), "mse")
    """

    def __init__(self, learning_rate=0.01, momentum=0.9, coupled_decay=5e-4, **kwargs):
        super().__init__(learning_rate, momentum, **kwargs)
        if not coupled_decay >= 0:
            raise ValueError(
                f"`coupled_decay` must not be negative. Received: coupled_decay={coupled_decay}"
            )
        self.coupled_decay = coupled_decay

    def update_step(self, gradient, variable, learning_rate):
        decayed = ops.cast(gradient, variable.dtype) + self.coupled_decay * variable
        super().update_step(decayed, variable, learning_rate)

    def get_config(self):
        return {**super().get_config(), "coupled_decay": self.coupled_decay}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class FiniteAdam(keras.optimizers.Adam):
    """Adam that takes a gradient that has overflown as zero.

    Sharpening multiplies gradients, and an episode of repeat copies has up to 112 steps: one in
    thousands overflows, of which no bound on the norm can make a number.

    Args:
        *args: Arguments of `keras.optimizers.Adam`.
        **kwargs: Keyword arguments of `keras.optimizers.Adam`.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(FiniteAdam(1e-3, global_clipnorm=1.0), "mse")
    """

    def apply(self, grads, trainable_variables=None):
        finite = ops.all(ops.stack([ops.all(ops.isfinite(grad)) for grad in grads]))
        grads = [ops.where(finite, grad, ops.zeros_like(grad)) for grad in grads]
        return super().apply(grads, trainable_variables)


def graves_rmsprop(learning_rate=1e-4, **kwargs):
    """Return RMSProp in the form of Graves.

    `n = 0.95 n + 0.05 g^2`, `m = 0.95 m + 0.05 g`, `d = 0.9 d - rate g / sqrt(n - m^2 + 1e-4)`
    ([Graves, 2013](https://arxiv.org/abs/1308.0850), Eq. 38 to 45).

    Args:
        learning_rate: Float or schedule. Defaults to 1e-4.
        **kwargs: Further arguments of `keras.optimizers.RMSprop`.

    Returns:
        A `keras.optimizers.RMSprop`.

    Example:
        >>> float(graves_rmsprop(1e-3).rho)
        0.95
    """
    return keras.optimizers.RMSprop(
        learning_rate, rho=0.95, momentum=0.9, epsilon=1e-4, centered=True, **kwargs
    )
