"""Cells of long short-term memory: with peepholes, coupled gates and projections."""

import keras
from keras import ops

from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.precision import exact
from keras_readinglist.layers.recurrent import steps
from keras_readinglist.layers.recurrent.cells.recurrent_cell import RecurrentCell
from keras_readinglist.layers.validation import check_size

GATES = ("f", "i", "o")


@keras.saving.register_keras_serializable(package="keras_readinglist")
class LSTMCell(RecurrentCell):
    """Long short-term memory cell, with the variants in use.

    Weights have the names, order and shapes of `keras.layers.LSTMCell` when the variants are off:
    gates are packed as i, f, c, o.

    Args:
        units: Positive integer, the width of the cell.
        peephole: `False`, `True`, or those of `"f"`, `"i"`, `"o"` that see the cell. The output
            gate sees the new cell. Defaults to `False`.
        coupled: Boolean, whether the input gate is one minus the forget gate; packed then as
            f, c, o. Defaults to `False`.
        projection_units: Positive integer, the width of the output if it is projected, or `None`.
        unit_forget_bias: Boolean, whether the forget bias starts at one. Defaults to `True`.
        activation: Activation of candidate and cell.
        recurrent_activation: Activation of the gates.
        use_bias: Boolean.
        kernel_initializer: Initializer of the input weights.
        recurrent_initializer: Initializer of the recurrent weights.
        bias_initializer: Initializer of the bias.
        dropout: Float in [0, 1), share of input features dropped, alike at all steps of a sequence.
        recurrent_dropout: Float in [0, 1), the share dropped in the recurrence.
        recurrent_dropout_mode: What is dropped there: `"sequence"`, the same units of the recurrent
            input at all steps (Gal, Ghahramani); `"step"`, others at every step, which destroys
            what is remembered (Zaremba et al.); `"update"`, others at every step and only of the
            candidate (Semeniuta et al.). Defaults to `"sequence"`.
        seed: Integer seed of the dropout masks, or `None`.
        **kwargs: Regularizers and constraints as in Keras, and base layer arguments.

    Call arguments:
        inputs: Float tensor `(batch, features)`.
        states: `[h, c]`.
        training: Boolean, whether dropout is active.

    Input shape:
        `(batch, features)`.

    Output shape:
        `(batch, units)`, and the list of new states.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> keras.layers.RNN(LSTMCell(4, peephole=True))(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - Hochreiter, Schmidhuber, 1997; Gers, Schmidhuber, Cummins, 2000 (forget gate); Gers,
          Schmidhuber, 2000 (peepholes); [Greff et al., 2015](https://arxiv.org/abs/1503.04069)
        - Dropout: [Zaremba et al., 2014](https://arxiv.org/abs/1409.2329); [Gal, Ghahramani,
          2016](https://arxiv.org/abs/1512.05287); [Semeniuta et al.,
          2016](https://arxiv.org/abs/1603.05118)
    """

    def __init__(
        self,
        units,
        peephole=False,
        coupled=False,
        projection_units=None,
        unit_forget_bias=True,
        **kwargs,
    ):
        super().__init__(units, **kwargs)
        if projection_units is not None:
            projection_units = check_size("projection_units", projection_units)
        self.peephole = _peephole_gates(peephole, coupled)
        self.coupled, self.projection_units = coupled, projection_units
        self.unit_forget_bias = unit_forget_bias
        self.gates = 3 if coupled else 4
        self.output_size = projection_units or self.units
        self.state_size = [self.output_size, self.units]

    def build(self, inputs_shape, states_shape=None):
        super().build(inputs_shape)
        self.peephole_weights = {
            gate: self.add_weight(name=f"peephole_{gate}", shape=(self.units,), initializer="zeros")
            for gate in self.peephole
        }
        self.projection_kernel = None
        if self.projection_units:
            self.projection_kernel = self.add_weight(
                name="projection_kernel",
                shape=(self.units, self.projection_units),
                initializer=fresh(self.kernel_initializer),
            )

    def _bias_initializer(self):
        if not self.unit_forget_bias:
            return self.bias_initializer
        forget = 0 if self.coupled else 1

        def initialize(shape, dtype=None):
            bias = self.bias_initializer(shape, dtype=dtype)
            return ops.where(ops.arange(shape[0]) // self.units == forget, 1.0, bias)

        return initialize

    def _options(self):
        peephole = self.peephole_weights.items()
        return {
            "recurrent_kernel": self._computed(self.recurrent_kernel),
            "peephole": {gate: ops.cast(weight, self.state_dtype) for gate, weight in peephole},
            "coupled": self.coupled,
            "activation": exact(self.activation),
            "recurrent_activation": self.recurrent_activation,
        }

    def step(self, z, states, factors=None):
        projection = self._computed(self.projection_kernel)
        options = {**self._options(), **self._placed(factors)}
        return steps.lstm_step(z, states, **options, projection=projection)

    def gate_tracks(self, z, history, initial, factors=None):
        h, c = (steps.before(*pair) for pair in zip(initial, history, strict=True))
        gates = steps.lstm_gates(z, h, c, **self._options(), **self._placed(factors))
        return {**gates, "c": history[1], "h": history[0]}

    def track_sizes(self):
        """Return the width of everything that `gate_tracks` returns."""
        return {**dict.fromkeys(("i", "f", "g", "o", "c"), self.units), "h": self.output_size}

    def get_config(self):
        names = ("peephole", "coupled", "projection_units", "unit_forget_bias")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PeepholeLSTMCell(LSTMCell):
    """`LSTMCell` whose three gates see the cell.

    Args, Call arguments, Input shape, Output shape, Raises: as for `LSTMCell`, `units` among them;
    `peephole` defaults to `True`.

    Example:
        >>> keras.layers.RNN(PeepholeLSTMCell(4))(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - Gers, Schmidhuber, 2000, Recurrent nets that time and count
    """

    def __init__(self, units, peephole=True, **kwargs):
        super().__init__(units, peephole=peephole, **kwargs)


@keras.saving.register_keras_serializable(package="keras_readinglist")
class CoupledLSTMCell(LSTMCell):
    """`LSTMCell` whose input gate is one minus the forget gate.

    Args, Call arguments, Input shape, Output shape, Raises: as for `LSTMCell`, `units` among them;
    `coupled` defaults to `True`.

    Example:
        >>> keras.layers.RNN(CoupledLSTMCell(4))(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - [Greff et al., 2015](https://arxiv.org/abs/1503.04069)
    """

    def __init__(self, units, coupled=True, **kwargs):
        super().__init__(units, coupled=coupled, **kwargs)


def _peephole_gates(peephole, coupled):
    """Return the gates that see the cell, as a sorted list."""
    if isinstance(peephole, bool):
        gates = set(GATES) - ({"i"} if coupled else set()) if peephole else set()
    else:
        gates = set(peephole)
    if gates - set(GATES):
        raise ValueError(
            f"`peephole` must be a Boolean or some of {GATES}. Received: peephole={peephole}"
        )
    if coupled and "i" in gates:
        raise ValueError(
            "`peephole` must not name 'i' when `coupled` is set: there is no input gate of its own."
        )
    return sorted(gates)
