"""A layer whose units are the largest of a few linear ones (Goodfellow et al., 2013)."""

import functools

import keras
from keras import ops

from keras_readinglist.layers.precision import maximum, project
from keras_readinglist.layers.validation import check_shape, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class Maxout(keras.layers.Layer):
    """Keeps the largest of every `pool` neighbouring units of a dense layer.

    `t = x W + b`, and `y_k = max(t_{pool k}, ..., t_{pool k + pool - 1})`.

    Args:
        units: Positive integer, the width of the output.
        pool: Positive integer, how many linear units compete for one. Defaults to 2.
        use_bias: Boolean.
        kernel_initializer: Initializer of the weights.
        bias_initializer: Initializer of the bias.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(..., features)`.

    Input shape:
        `(..., features)`.

    Output shape:
        `(..., units)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> Maxout(3)(np.ones((2, 5))).shape
        (2, 3)

    References:
        - [Goodfellow et al., 2013, Maxout Networks](https://arxiv.org/abs/1302.4389)
    """

    def __init__(
        self,
        units,
        pool=2,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units, self.pool = check_size("units", units), check_size("pool", pool)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.supports_masking = True

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, f"({', '.join('_' * len(inputs_shape))})")
        width = self.units * self.pool
        self.kernel = self.add_weight(
            name="kernel", shape=(inputs_shape[-1], width), initializer=self.kernel_initializer
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(width,), initializer=self.bias_initializer
            )

    def call(self, inputs):
        hidden = project(inputs, self.kernel, self.bias)
        grouped = ops.reshape(hidden, (*ops.shape(hidden)[:-1], self.units, self.pool))
        # `ops.max` refuses a batch without rows on torch.
        return functools.reduce(maximum, ops.unstack(grouped, axis=-1))

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape[:-1], self.units)

    def get_config(self):
        serialize = keras.initializers.serialize
        return {
            **super().get_config(),
            "units": self.units,
            "pool": self.pool,
            "use_bias": self.use_bias,
            "kernel_initializer": serialize(self.kernel_initializer),
            "bias_initializer": serialize(self.bias_initializer),
        }
