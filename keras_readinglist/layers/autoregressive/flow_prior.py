"""A prior of codes that is learned (Chen et al., 2017)."""

import math

import keras
from keras import ops

from keras_readinglist.layers.autoregressive.flow import AutoregressiveFlow


@keras.saving.register_keras_serializable(package="keras_readinglist")
class AutoregressiveFlowPrior(AutoregressiveFlow):
    """The density of codes that a flow turns into standard Gaussian noise.

    Args:
        *args: As for `AutoregressiveFlow`.
        **kwargs: As for `AutoregressiveFlow`.

    Call arguments:
        inputs: Float tensor `(..., size)`, codes.
        context: Float tensor `(..., features)`, or `None`.

    Input shape:
        `(..., size)`.

    Output shape:
        `(...)`, the logarithm of the density.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> prior = AutoregressiveFlowPrior(hidden=(8,))
        >>> prior(np.zeros((5, 3), "float32")).shape
        (5,)
        >>> prior.sample(4, seed=0).shape
        (4, 3)

    References:
        - [Chen et al., 2017](https://arxiv.org/abs/1611.02731), equation 12
    """

    def build(self, inputs_shape, context_shape=None):
        super().build(inputs_shape, context_shape)
        self.size = inputs_shape[-1]

    def call(self, inputs, context=None):
        noise, log_det = super().call(inputs, context)
        nats = 0.5 * ops.sum(ops.square(noise) + math.log(2 * math.pi), axis=-1)
        return log_det - nats

    def sample(self, count, seed=None):
        """Return codes, `(count, size)`.

        Args:
            count: Positive integer.
            seed: Integer, or `None`.
        """
        noise = keras.random.normal((count, self.size), dtype=self.compute_dtype, seed=seed)
        return self.invert(noise)

    def compute_output_shape(self, inputs_shape, context_shape=None):
        return inputs_shape[:-1]
