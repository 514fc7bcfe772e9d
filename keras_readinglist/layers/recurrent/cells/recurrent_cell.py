"""What recurrent cells share: weights, dropout, checks, and the protocol of `keras.layers.RNN`."""

import keras
from keras import ops

from keras_readinglist.layers.precision import project, wide
from keras_readinglist.layers.recurrent.dropout import keep_factors
from keras_readinglist.layers.validation import (
    check_choice,
    check_rate,
    check_shape,
    check_size,
    check_states,
)

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
