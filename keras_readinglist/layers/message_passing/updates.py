"""What a node makes of its state and of the messages that it got."""

import keras
from keras import ops

from keras_readinglist.layers.precision import dense, wide
from keras_readinglist.layers.recurrent import GRUCell
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class GatedUpdate(keras.layers.Layer):
    """A gated recurrent unit that reads the message: the update of enn-s2s and of GG-NN.

    States are float32 under mixed precision.

    Args:
        units: Positive integer, the width of a state.
        reset_after: Boolean, whether the reset gate acts behind its matrix, as in cuDNN and in
            torch's `GRUCell`, the default. `False` is the unit of gated graph networks and of the
            authors' code: it acts before, nothing has a bias, and z weighs the new state.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        state: Float tensor `(..., units)`.
        message: Float tensor `(..., width)`.

    Input shape:
        As above.

    Output shape:
        `(..., units)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> GatedUpdate(4)(np.ones((2, 3, 4)), np.ones((2, 3, 5))).shape
        (2, 3, 4)

    References:
        - [Li et al., 2016](https://arxiv.org/abs/1511.05493)
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 5.1
    """

    def __init__(self, units, reset_after=True, **kwargs):
        super().__init__(**kwargs)
        self.units, self.reset_after = check_size("units", units), reset_after
        self.cell = GRUCell(
            self.units,
            reset_after=reset_after,
            update_convention="keras" if reset_after else "olah",
            use_bias=reset_after,
            dtype=self.dtype_policy,
            trainable=self.trainable,
        )

    def build(self, state_shape, message_shape):
        self.cell.build((None, message_shape[-1]))

    def call(self, state, message):
        rows = ops.reshape(ops.cast(state, wide(self.compute_dtype)), (-1, self.units))
        message = ops.reshape(message, (-1, message.shape[-1]))
        new = self.cell.step(self.cell.project(message), [rows])[0]
        return ops.reshape(new, (*ops.shape(state)[:-1], self.units))

    def compute_output_shape(self, state_shape, message_shape):
        return tuple(state_shape)

    def compute_output_spec(self, state, message):
        return keras.KerasTensor(state.shape, wide(self.compute_dtype))

    def get_config(self):
        return {**super().get_config(), "units": self.units, "reset_after": self.reset_after}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class DenseUpdate(keras.layers.Layer):
    """A dense layer of the message alone, `activation(W m + b)`.

    Args:
        units: Positive integer, the width of a state.
        activation: Its activation.
        use_bias: Boolean, whether there is a `b`. Defaults to `False`.
        kernel_initializer: Initializer of the matrix.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments: as for `GatedUpdate`.

    Input shape:
        `(..., units)` and `(..., width)`.

    Output shape:
        `(..., units)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> DenseUpdate(4)(np.ones((2, 3, 4)), np.ones((2, 3, 5))).shape
        (2, 3, 4)

    References:
        - [Kipf, Welling, 2017](https://arxiv.org/abs/1609.02907)
    """

    def __init__(
        self,
        units,
        activation="relu",
        use_bias=False,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = check_size("units", units)
        self.dense = keras.layers.Dense(
            self.units,
            activation,
            use_bias,
            kernel_initializer,
            dtype=self.dtype_policy,
            trainable=self.trainable,
        )

    def build(self, state_shape, message_shape):
        self.dense.build(message_shape)

    def call(self, state, message):
        return dense(self.dense, ops.cast(message, self.compute_dtype))

    def compute_output_shape(self, state_shape, message_shape):
        return (*message_shape[:-1], self.units)

    def get_config(self):
        inner = self.dense.get_config()
        names = ("units", "activation", "use_bias", "kernel_initializer")
        return {**super().get_config(), **{name: inner[name] for name in names}}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ResidualUpdate(keras.layers.Layer):
    """The sum of state and message, `h + m`: the update of deep tensor neural networks.

    Args:
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments: as for `GatedUpdate`.

    Input shape:
        `(..., units)` twice.

    Output shape:
        `(..., units)`.

    Raises:
        ValueError: If the message is not as wide as the state.

    Example:
        >>> ResidualUpdate()(np.ones((2, 4)), np.ones((2, 4))).shape
        (2, 4)

    References:
        - [Schuett et al., 2017](https://arxiv.org/abs/1609.08259)
    """

    def build(self, state_shape, message_shape):
        if state_shape[-1] != message_shape[-1]:
            raise ValueError(
                "`message` must be as wide as the state. "
                f"Received shapes: {tuple(message_shape)} and {tuple(state_shape)}"
            )

    def call(self, state, message):
        return ops.cast(state, self.compute_dtype) + ops.cast(message, self.compute_dtype)

    def compute_output_shape(self, state_shape, message_shape):
        return tuple(state_shape)
