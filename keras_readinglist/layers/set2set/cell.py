"""An LSTM that reads its own answers (Vinyals et al., 2015)."""

import keras
from keras import ops

from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.recurrent import steps
from keras_readinglist.layers.validation import check_shape, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class NoInputLSTMCell(keras.layers.Layer):
    """One step of an LSTM that reads nothing but its own last query and its answer.

    `q_t, c_t = LSTM(q*_{t-1}, c_{t-1})` with `q* = [q; r]` as the hidden state: the gates, packed
    as i, f, c, o, are `q* W + b`. That is `8 units^2 + 4 units` weights; the usual form, which
    feeds `q*` as input and `q` as state once more, has `12 units^2` for the same functions.

    Args:
        units: Positive integer, the width of a query.
        unit_forget_bias: Boolean, whether the forget bias starts at one. Defaults to `True`.
        kernel_initializer: Initializer of the weights.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        query_and_answer: Float tensor `(batch, 2 * units)`.
        cell: Float tensor `(batch, units)`.

    Input shape:
        `(batch, 2 * units)` and `(batch, units)`.

    Output shape:
        `(batch, units)` twice: the next query and the next cell.

    Raises:
        ValueError: If an argument is out of range or a shape does not fit.

    Example:
        >>> query, cell = NoInputLSTMCell(4)(np.zeros((2, 8)), np.zeros((2, 4)))
        >>> query.shape, cell.shape
        ((2, 4), (2, 4))

    References:
        - [Vinyals et al., 2015, Order Matters](https://arxiv.org/abs/1511.06391), Eqs. 3 to 7
    """

    def __init__(self, units, unit_forget_bias=True, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.units, self.unit_forget_bias = check_size("units", units), unit_forget_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_and_answer_shape=None, cell_shape=None):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(2 * self.units, 4 * self.units),
            initializer=self.kernel_initializer,
        )
        self.bias = self.add_weight(
            name="bias", shape=(4 * self.units,), initializer=self._initial_bias
        )

    def _initial_bias(self, shape, dtype=None):
        gate = ops.arange(shape[0]) // self.units
        forget = ops.cast(gate == 1, dtype)
        return forget if self.unit_forget_bias else ops.zeros_like(forget)

    def call(self, query_and_answer, cell):
        check_shape("query_and_answer", query_and_answer.shape, *_LAYOUT, width=2 * self.units)
        check_shape("cell", cell.shape, *_LAYOUT, width=self.units)
        query, cell = self.step(query_and_answer, cell)
        return ops.cast(query, self.compute_dtype), ops.cast(cell, self.compute_dtype)

    def step(self, query_and_answer, cell):
        """Return query and cell, which are float32 under mixed precision."""
        dtype = wide(self.compute_dtype)
        states = [ops.cast(query_and_answer, dtype), ops.cast(cell, dtype)]
        kernel = ops.cast(self.kernel, self.compute_dtype)
        return steps.lstm_step(ops.cast(self.bias, dtype), states, kernel)

    def compute_output_shape(self, query_and_answer_shape, cell_shape):
        return (query_and_answer_shape[0], self.units), (query_and_answer_shape[0], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "unit_forget_bias": self.unit_forget_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


_LAYOUT = ("(batch, features)",)
