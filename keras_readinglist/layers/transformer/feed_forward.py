"""The position-wise feed-forward network of a Transformer."""

import keras
from keras import ops

from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.precision import exact, project
from keras_readinglist.layers.validation import check_rate, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class FeedForward(keras.layers.Layer):
    """Two dense layers at every position, `max(0, x W_1 + b_1) W_2 + b_2`.

    Args:
        units: Positive integer, the width between the two.
        activation: Activation between the two. Defaults to `"relu"`.
        dropout: Float in [0, 1), the share of the hidden units that training drops; the paper
            drops none.
        output_dim: Positive integer, the width of the output. Defaults to that of the input.
        kernel_initializer: Initializer of both matrices.
        seed: Integer for dropout, or `None`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, ..., features)`.
        training: Boolean, whether hidden units are dropped.

    Input shape:
        `(batch, ..., features)`.

    Output shape:
        `(batch, ..., output_dim)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> FeedForward(16)(np.ones((2, 5, 4))).shape
        (2, 5, 4)

    References:
        - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.3, Eq. 2
    """

    def __init__(
        self,
        units,
        activation="relu",
        dropout=0.0,
        output_dim=None,
        kernel_initializer="glorot_uniform",
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = check_size("units", units)
        self.activation = keras.activations.get(activation)
        self.dropout, self.seed = check_rate("dropout", dropout), seed
        self.output_dim = None if output_dim is None else check_size("output_dim", output_dim)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.seed_generator = keras.random.SeedGenerator(seed) if dropout else None

    def build(self, input_shape):
        width = input_shape[-1]
        output = self.output_dim or width
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: width})
        for name, shape in (("hidden", (width, self.units)), ("output", (self.units, output))):
            kernel = self.add_weight(
                name=f"{name}_kernel", shape=shape, initializer=fresh(self.kernel_initializer)
            )
            bias = self.add_weight(name=f"{name}_bias", shape=shape[1:], initializer="zeros")
            setattr(self, f"{name}_kernel", kernel)
            setattr(self, f"{name}_bias", bias)

    def call(self, inputs, training=False):
        hidden = exact(self.activation)(self._product("hidden", inputs))
        if self.dropout and training:
            hidden = keras.random.dropout(hidden, self.dropout, seed=self.seed_generator)
        return self._product("output", hidden)

    def _product(self, name, x):
        kernel, bias = getattr(self, f"{name}_kernel"), getattr(self, f"{name}_bias")
        dtype = self.compute_dtype
        return project(ops.cast(x, dtype), ops.cast(kernel, dtype), ops.cast(bias, dtype))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.output_dim or input_shape[-1])

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "dropout": self.dropout,
            "output_dim": self.output_dim,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "seed": self.seed,
        }
