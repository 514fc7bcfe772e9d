"""Recurrent cells: the weights and the equations of one time step.

They follow the protocol of `keras.layers.RNN`, and are what the sequence layers run.
"""

import keras
from keras import ops

from keras_readinglist.layers.recurrent import steps
from keras_readinglist.layers.validation import check_size

GATES = ("f", "i", "o")


class RecurrentCell(keras.layers.Layer):
    """What the cells share: the weights, dropout, validation and configuration."""

    gates = 1
    track_names = ("h",)

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
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_size("units", units)
        for name, rate in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if not 0 <= rate < 1:
                raise ValueError(f"`{name}` must lie in [0, 1). Received: {name}={rate}")
        self.units, self.use_bias = units, use_bias
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
        self.dropout, self.recurrent_dropout, self.seed = dropout, recurrent_dropout, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.state_size = [units]
        self.output_size = units

    def build(self, inputs_shape, states_shape=None):
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
        return "float64" if self.compute_dtype == "float64" else "float32"

    def project(self, inputs):
        """Return the part of the gates that does not depend on the state, `x W + b`."""
        z = ops.matmul(inputs, self.kernel)
        if self.use_bias:
            bias = self.bias if len(self.bias.shape) == 1 else self.bias[0]
            z = z + bias
        return ops.cast(z, self.state_dtype)

    def step(self, z, states, factors=None):
        """Return the states after a step.

        Args:
            z: What `project` returns for the inputs.
            states: List of the states before the step.
            factors: Dropout factors on the recurrent input, or `None`.
        """
        raise NotImplementedError

    def gate_tracks(self, z, history, initial):
        """Return the gates of a whole sequence, from all states and the initial ones."""
        return {"h": history[0]}

    def drop_inputs(self, inputs, training):
        """Drop input features, the same ones at every step of a sequence."""
        if not (training and self.dropout):
            return inputs
        steps_axis = (1,) if len(inputs.shape) == 3 else ()
        shape = (ops.shape(inputs)[0], *steps_axis, inputs.shape[-1])
        return inputs * self._keep_mask(shape, self.dropout, inputs.dtype)

    def recurrent_factors(self, batch_size, training):
        """Return the factors on the recurrent input, one draw for a whole sequence, or `None`."""
        if not (training and self.recurrent_dropout):
            return None
        shape = (batch_size, self.output_size)
        return self._keep_mask(shape, self.recurrent_dropout, self.state_dtype)

    def _keep_mask(self, shape, rate, dtype):
        ones = ops.ones(shape, dtype=dtype)
        return keras.random.dropout(ones, rate, seed=self.seed_generator)

    def call(self, inputs, states, training=False):
        batch = ops.shape(inputs)[0]
        states = [ops.cast(s, self.state_dtype) for s in states]
        z = self.project(self.drop_inputs(inputs, training))
        states = self.step(z, states, self.recurrent_factors(batch, training))
        states = [ops.cast(s, self.compute_dtype) for s in states]
        return states[0], states

    def get_initial_state(self, batch_size=None):
        """Return states of zeros."""
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in self.state_size]

    def get_config(self):
        names = ("units", "use_bias", "dropout", "recurrent_dropout", "seed")
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
        **kwargs: As for `LSTMCell`, without its variants.

    Example:
        >>> keras.layers.RNN(SimpleRNNCell(4))(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - [Olah, 2015](https://colah.github.io/posts/2015-08-Understanding-LSTMs/)
    """

    def step(self, z, states, factors=None):
        kernel = ops.convert_to_tensor(self.recurrent_kernel)
        return steps.rnn_step(z, states, kernel, self.activation, factors)


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
        recurrent_dropout: Float in [0, 1), the same for the recurrent input.
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
    """

    track_names = ("i", "f", "g", "o", "c", "h")

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
            check_size("projection_units", projection_units)
        self.peephole = _peephole_gates(peephole, coupled)
        self.coupled, self.projection_units = coupled, projection_units
        self.unit_forget_bias = unit_forget_bias
        self.gates = 3 if coupled else 4
        self.output_size = projection_units or units
        self.state_size = [self.output_size, units]

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
                initializer=self.kernel_initializer,
            )

    def _bias_initializer(self):
        if not self.unit_forget_bias:
            return self.bias_initializer
        forget = 0 if self.coupled else 1

        def initialize(shape, dtype=None):
            blocks = [
                ops.ones((self.units,), dtype=dtype)
                if block == forget
                else self.bias_initializer((self.units,), dtype=dtype)
                for block in range(self.gates)
            ]
            return ops.concatenate(blocks)

        return initialize

    def _peephole(self):
        return {
            gate: ops.cast(weight, self.state_dtype)
            for gate, weight in self.peephole_weights.items()
        }

    def step(self, z, states, factors=None):
        projection = self.projection_kernel
        if projection is not None:
            projection = ops.convert_to_tensor(projection)
        return steps.lstm_step(
            z,
            states,
            ops.convert_to_tensor(self.recurrent_kernel),
            self._peephole(),
            self.coupled,
            projection,
            self.activation,
            self.recurrent_activation,
            factors,
        )

    def gate_tracks(self, z, history, initial):
        h, c = (
            ops.concatenate([first[:, None], states[:, :-1]], axis=1)
            for first, states in zip(initial, history, strict=True)
        )
        gates = steps.lstm_gates(
            z,
            h,
            c,
            ops.convert_to_tensor(self.recurrent_kernel),
            self._peephole(),
            self.coupled,
            self.activation,
            self.recurrent_activation,
        )
        return {**gates, "c": history[1], "h": history[0]}

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

    Example:
        >>> keras.layers.RNN(GRUCell(4))(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
        - [Chung et al., 2014](https://arxiv.org/abs/1412.3555)
    """

    gates = 3
    track_names = ("z", "r", "g", "h")

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
            "recurrent_bias": bias,
            "reset_after": self.reset_after,
            "update_convention": self.update_convention,
            "activation": self.activation,
            "recurrent_activation": self.recurrent_activation,
        }

    def step(self, z, states, factors=None):
        kernel = ops.convert_to_tensor(self.recurrent_kernel)
        return steps.gru_step(z, states, kernel, **self._options(), factors=factors)

    def gate_tracks(self, z, history, initial):
        before = ops.concatenate([initial[0][:, None], history[0][:, :-1]], axis=1)
        kernel = ops.convert_to_tensor(self.recurrent_kernel)
        gates = steps.gru_gates(z, before, kernel, **self._options())
        return {**gates, "h": history[0]}

    def get_config(self):
        names = ("reset_after", "update_convention")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PeepholeLSTMCell(LSTMCell):
    """`LSTMCell` whose three gates see the cell; arguments as there."""

    def __init__(self, units, peephole=True, **kwargs):
        super().__init__(units, peephole=peephole, **kwargs)


@keras.saving.register_keras_serializable(package="keras_readinglist")
class CoupledLSTMCell(LSTMCell):
    """`LSTMCell` whose input gate is one minus the forget gate; arguments as there."""

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
