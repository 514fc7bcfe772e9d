"""Recurrent cells: the weights and the equations of one time step.

They follow the protocol of `keras.layers.RNN`, and are what the sequence layers run.
"""

import keras
from keras import ops

from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.precision import exact, project, wide
from keras_readinglist.layers.recurrent import steps
from keras_readinglist.layers.recurrent.dropout import keep_factors
from keras_readinglist.layers.validation import (
    check_choice,
    check_rate,
    check_shape,
    check_size,
    check_states,
)

GATES = ("f", "i", "o")
RECURRENT_DROPOUT = ("sequence", "step", "update")
# The class by which `keras.layers.RNN` knows a cell whose dropout it draws once, before its loop.
# Keras exports it only as a base of its own cells.
DrawnBeforeTheLoop = next(
    (b for b in keras.layers.LSTMCell.__bases__ if b is not keras.layers.Layer), object
)


class RecurrentCell(keras.layers.Layer, DrawnBeforeTheLoop):
    """What the cells share: the weights, dropout, validation and configuration."""

    gates = 1
    recurrent_dropout_modes = RECURRENT_DROPOUT

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        recurrent_dropout_mode="sequence",
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if self.activity_regularizer is not None:
            raise ValueError("`activity_regularizer` is an argument of the layer around a cell.")
        self.units, self.use_bias = check_size("units", units), use_bias
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = keras.regularizers.get(recurrent_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.recurrent_constraint = keras.constraints.get(recurrent_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self.dropout = check_rate("dropout", dropout)
        self.recurrent_dropout = check_rate("recurrent_dropout", recurrent_dropout)
        self.recurrent_dropout_mode = check_choice(
            "recurrent_dropout_mode", recurrent_dropout_mode, self.recurrent_dropout_modes
        )
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.reset_dropout_mask()
        self.reset_recurrent_dropout_mask()
        self.state_size, self.output_size = [self.units], self.units

    def build(self, inputs_shape, states_shape=None):
        check_shape("inputs", inputs_shape, "(batch, features)")
        width = self.gates * self.units
        self.kernel = self.add_weight(
            name="kernel",
            shape=(inputs_shape[-1], width),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.output_size, width),
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=self._bias_shape(),
                initializer=self._bias_initializer(),
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _bias_shape(self):
        return (self.gates * self.units,)

    def _bias_initializer(self):
        return self.bias_initializer

    @property
    def state_dtype(self):
        """The type of states between steps: never less than float32."""
        return wide(self.compute_dtype)

    def project(self, inputs):
        """Return the part of the gates that does not depend on the state, `x W + b`."""
        z = project(ops.cast(inputs, self.compute_dtype), self._computed(self.kernel))
        if self.use_bias:
            bias = self._computed(self.bias)
            z = z + (bias if len(bias.shape) == 1 else bias[0])
        return ops.cast(z, self.state_dtype)

    def _computed(self, weight):
        """Return a weight in the compute type, also where Keras does not cast it."""
        return None if weight is None else ops.cast(weight, self.compute_dtype)

    def step(self, z, states, factors=None):
        """Return the states after a step.

        Args:
            z: What `project` returns for the inputs.
            states: List of the states before the step.
            factors: Dropout factors on the recurrent input, or in the mode `"update"` on the
                candidate; or `None`.
        """
        raise NotImplementedError

    def _placed(self, factors):
        """Return dropout factors under the name of what they multiply, for a step."""
        updates = self.recurrent_dropout_mode == "update"
        return {"update_factors" if updates else "factors": factors}

    def gate_tracks(self, z, history, initial, factors=None):
        """Return the gates of a whole sequence.

        Args:
            z: What `project` returns for the sequence.
            history: List of the states after every step.
            initial: List of the states before the first.
            factors: As for `step`, `(batch, time or 1, units)`.
        """
        return {"h": history[0]}

    def track_sizes(self):
        """Return the width of everything that `gate_tracks` returns."""
        return {"h": self.output_size}

    def drop_inputs(self, inputs, training):
        """Drop input features, the same ones at every step of a sequence."""
        if not (training and self.dropout):
            return inputs
        steps_axis = (1,) if len(inputs.shape) == 3 else ()
        shape = (ops.shape(inputs)[0], *steps_axis, inputs.shape[-1])
        return inputs * keep_factors(shape, self.dropout, self.seed_generator, inputs.dtype)

    def recurrent_factors(self, batch_size, training, *steps):
        """Return the dropout factors `(batch, *steps, width)` of the recurrence, or `None`."""
        if not (training and self.recurrent_dropout):
            return None
        width = self.units if self.recurrent_dropout_mode == "update" else self.output_size
        shape = (batch_size, *steps, width)
        return keep_factors(shape, self.recurrent_dropout, self.seed_generator, self.state_dtype)

    def get_dropout_mask(self, step_input):
        """Draw the factors on the inputs for a whole sequence; called by `keras.layers.RNN`."""
        if self.dropout and self._dropout_mask is None:
            self._dropout_mask = self.drop_inputs(ops.ones_like(step_input), True)
        return self._dropout_mask

    def get_recurrent_dropout_mask(self, step_input):
        """Draw the factors on the recurrent input; called by `keras.layers.RNN`."""
        if self.recurrent_dropout and self.recurrent_dropout_mode != "sequence":
            raise ValueError(
                "`recurrent_dropout_mode` must be 'sequence' in `keras.layers.RNN`, which draws "
                f"once for all steps. Received: {self.recurrent_dropout_mode!r}"
            )
        if self.recurrent_dropout and self._recurrent_dropout_mask is None:
            batch = ops.shape(step_input)[0]
            self._recurrent_dropout_mask = self.recurrent_factors(batch, True)
        return self._recurrent_dropout_mask

    def call(self, inputs, states, training=False):
        check_shape("inputs", inputs.shape, "(batch, features)", width=self.kernel.shape[0])
        check_states("states", states, self.state_size, inputs.shape[0])
        states = [ops.cast(s, self.state_dtype) for s in states]
        factors = None
        if training and self._dropout_mask is not None:
            inputs = inputs * self._dropout_mask
        else:
            inputs = self.drop_inputs(inputs, training)
        if training and self.recurrent_dropout:
            factors = self._recurrent_dropout_mask
            if factors is None:
                factors = self.recurrent_factors(ops.shape(inputs)[0], training)
        states = self.step(self.project(inputs), states, factors)
        states = [ops.cast(s, self.compute_dtype) for s in states]
        return states[0], states

    def initial_states(self, batch_size):
        """Return states of zeros, in the type of states."""
        return [ops.zeros((batch_size, size), dtype=self.state_dtype) for size in self.state_size]

    def get_initial_state(self, batch_size=None):
        """Return states of zeros, in the compute type."""
        return [ops.cast(state, self.compute_dtype) for state in self.initial_states(batch_size)]

    def get_config(self):
        names = (
            "units",
            "use_bias",
            "dropout",
            "recurrent_dropout",
            "recurrent_dropout_mode",
            "seed",
        )
        config = {name: getattr(self, name) for name in names}
        config["activation"] = keras.activations.serialize(self.activation)
        config["recurrent_activation"] = keras.activations.serialize(self.recurrent_activation)
        for kind in ("initializer", "regularizer", "constraint"):
            serialize = getattr(keras, f"{kind}s").serialize
            for weight in ("kernel", "recurrent", "bias"):
                config[f"{weight}_{kind}"] = serialize(getattr(self, f"{weight}_{kind}"))
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class SimpleRNNCell(RecurrentCell):
    """Plain recurrent cell: `h_t = tanh(x_t W + h_{t-1} U + b)`.

    Args:
        units: Positive integer, the width of the state.
        **kwargs: As for `LSTMCell`, without its variants and without the dropout of updates.

    Call arguments, Input shape and Output shape: as for `LSTMCell`; the state is `[h]`.

    Raises:
        ValueError: If an argument is out of range or a shape does not fit.

    Example:
        >>> keras.layers.RNN(SimpleRNNCell(4))(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - [Olah, 2015](https://colah.github.io/posts/2015-08-Understanding-LSTMs/)
    """

    recurrent_dropout_modes = ("sequence", "step")

    def step(self, z, states, factors=None):
        kernel = self._computed(self.recurrent_kernel)
        return steps.rnn_step(z, states, kernel, exact(self.activation), factors)


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
class GRUCell(RecurrentCell):
    """Gated recurrent unit.

    Weights have the names, order and shapes of `keras.layers.GRUCell`: gates are packed as z, r, h.

    Args:
        units: Positive integer, the width of the state.
        reset_after: Boolean, whether the reset gate acts after the recurrent product, as in cuDNN
            and torch (then the bias has two rows). Defaults to `True`.
        update_convention: `"keras"` for `h' = z h + (1 - z) g` (Keras, torch, Cho et al. 2014) or
            `"olah"` for `h' = (1 - z) h + z g`. Negating the weights of z turns one into the other.
        **kwargs: As for `LSTMCell`, without its variants.

    Call arguments, Input shape and Output shape: as for `LSTMCell`; the state is `[h]`.

    Raises:
        ValueError: If an argument is out of range or a shape does not fit.

    Example:
        >>> keras.layers.RNN(GRUCell(4))(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
        - [Chung et al., 2014](https://arxiv.org/abs/1412.3555)
    """

    gates = 3

    def __init__(self, units, reset_after=True, update_convention="keras", **kwargs):
        super().__init__(units, **kwargs)
        if update_convention not in ("keras", "olah"):
            raise ValueError(
                "`update_convention` must be 'keras' or 'olah'. "
                f"Received: update_convention={update_convention!r}"
            )
        self.reset_after, self.update_convention = reset_after, update_convention

    def _bias_shape(self):
        width = 3 * self.units
        return (2, width) if self.reset_after else (width,)

    def _options(self):
        bias = None
        if self.use_bias and self.reset_after:
            bias = ops.cast(self.bias[1], self.state_dtype)
        return {
            "recurrent_kernel": self._computed(self.recurrent_kernel),
            "recurrent_bias": bias,
            "reset_after": self.reset_after,
            "update_convention": self.update_convention,
            "activation": exact(self.activation),
            "recurrent_activation": self.recurrent_activation,
        }

    def step(self, z, states, factors=None):
        return steps.gru_step(z, states, **self._options(), **self._placed(factors))

    def gate_tracks(self, z, history, initial, factors=None):
        h = steps.before(initial[0], history[0])
        gates = steps.gru_gates(z, h, **self._options(), **self._placed(factors))
        return {**gates, "h": history[0]}

    def track_sizes(self):
        """Return the width of everything that `gate_tracks` returns."""
        return dict.fromkeys(("z", "r", "g", "h"), self.units)

    def get_config(self):
        names = ("reset_after", "update_convention")
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
