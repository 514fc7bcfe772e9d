"""Recurrent layers whose projected inputs are normalized over batch and time (section 3.2)."""

import functools

import keras
from keras import ops

from keras_readinglist.backend import exporting, loops_compile
from keras_readinglist.layers import masking
from keras_readinglist.layers.audio.sequence_batch_normalization import (
    SequenceBatchNormalization,
)
from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.precision import exact, project, wide
from keras_readinglist.layers.recurrent import fused, steps
from keras_readinglist.layers.validation import check_choice, check_shape, check_size, check_states

STEPS = {
    "gru": (steps.gru_step, 3, 1),
    "rnn": (steps.rnn_step, 1, 1),
    "lstm": (steps.lstm_step, 4, 2),
}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class BatchNormRNN(keras.layers.Layer):
    """Recurrent layer with sequence-wise batch normalization: `h_t = f(B(W x)_t + U h_{t-1})`.

    `W` meets all steps at once, and its products are normalized before the loop; the recurrent
    ones are not. In both directions the layers have a `U` each, share `B(W x)`, and their outputs
    are added, so that the width stays. The shift of the normalization is the bias.

    Args:
        units: Positive integer, the width of the state.
        cell: `"gru"` (its reset gate behind the recurrent product), `"rnn"` or `"lstm"`.
        bidirectional: Boolean, whether the sequence is read from its end, too.
        normalize: Boolean; without normalization there is a bias. Defaults to `True`.
        activation: Activation of the candidate, or of `"rnn"`. Defaults to `"tanh"`.
        kernel_initializer: Initializer of `W`. Defaults to `"glorot_uniform"`.
        recurrent_initializer: Initializer of `U`. Defaults to `"orthogonal"`.
        momentum: Float in [0, 1), that of `SequenceBatchNormalization`.
        **kwargs: Base layer keyword arguments.

    Call arguments:
        sequences: Float tensor `(batch, time, features)`.
        mask: Boolean tensor `(batch, time)`; where it is `False` the state stays.
        training: Boolean, whether the batch normalizes itself.
        initial_state: List of tensors `(batch, units)`, one direction only; or `None` for zeros.
        return_state: Boolean, whether to return the list of last states too.

    Input shape:
        `(batch, time, features)`.

    Output shape:
        `(batch, time, units)`, zeros where the mask is `False`.

    Raises:
        ValueError: If an argument is out of range, or states are asked of both directions.

    Example:
        >>> BatchNormRNN(4, bidirectional=True)(np.ones((2, 5, 3))).shape
        (2, 5, 4)

    References:
        - [Amodei et al., 2015](https://arxiv.org/abs/1512.02595), sections 3.2 and 3.4
    """

    def __init__(
        self,
        units,
        cell="gru",
        bidirectional=False,
        normalize=True,
        activation="tanh",
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        momentum=0.99,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units, self.bidirectional = check_size("units", units), bidirectional
        self.cell, self.normalize = check_choice("cell", cell, tuple(STEPS)), normalize
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.momentum = momentum
        self.norm = None
        if normalize:
            self.norm = SequenceBatchNormalization(momentum, dtype=self.dtype_policy)
        self.step, self.gates, self.states_count = STEPS[cell]
        self.supports_masking, self.supports_jit = True, loops_compile()

    def build(self, sequences_shape):
        check_shape("sequences", sequences_shape, "(batch, time, features)")
        width = self.gates * self.units
        self.kernel = self.add_weight(
            name="kernel", shape=(sequences_shape[-1], width), initializer=self.kernel_initializer
        )
        directions = ("forward", "backward") if self.bidirectional else ("forward",)
        self.recurrent_kernels = [
            self.add_weight(
                name=f"{direction}_kernel",
                shape=(self.units, width),
                initializer=fresh(self.recurrent_initializer),
            )
            for direction in directions
        ]
        self.bias = None
        if self.normalize:
            self.norm.build((*sequences_shape[:-1], width))
        else:
            self.bias = self.add_weight(name="bias", shape=(width,), initializer="zeros")

    def call(self, sequences, mask=None, training=False, initial_state=None, return_state=False):
        if self.bidirectional and (return_state or initial_state is not None):
            raise ValueError("States cannot be carried on where `bidirectional` is set.")
        mask = masking.as_mask(mask, "sequences", sequences)
        sequences = masking.blank(ops.cast(sequences, self.compute_dtype), mask)
        states = self._states(initial_state, sequences)
        answer = self._fused(sequences, mask, training, states)
        if answer is not None:
            outputs = masking.blank(answer[0], mask)
            return (outputs, answer[1]) if return_state else outputs
        z = project(sequences, self.kernel, self.bias)
        if self.normalize:
            z = self.norm(z, mask=mask, training=training)
        z = ops.cast(z, self._state_dtype)
        outputs, last = self._read(z, mask, self.recurrent_kernels[0], states)
        if self.bidirectional:
            backward = None if mask is None else ops.flip(mask, axis=1)
            other, _ = self._read(ops.flip(z, axis=1), backward, self.recurrent_kernels[1], states)
            outputs = outputs + ops.flip(other, axis=1)
        outputs = ops.cast(masking.blank(outputs, mask), self.compute_dtype)
        return (outputs, last) if return_state else outputs

    def _fused(self, sequences, mask, training, states):
        """Return what torch's operator gives for one direction, or `None` where it cannot.

        It knows no normalization, but that of the products is another kernel and bias:
        `s (W x - m) + b = (s W) x + (b - s m)`. In training the products are made once more, for
        their mean; a loop over steps in Python takes longer.
        """
        plain = self.cell != "rnn" and self.activation in (keras.activations.tanh, ops.tanh)
        if keras.config.backend() != "torch" or self.bidirectional or not plain or exporting():
            return None
        if sequences.device.type == "meta" or 0 in sequences.shape or sequences.shape[1] == 1:
            return None
        if self.compute_dtype not in ("float32", "float64"):
            return None
        kernel, bias = ops.convert_to_tensor(self.kernel), self.bias
        if self.normalize:
            z = masking.blank(project(sequences, kernel), mask) if training else None
            scale, mean = self.norm.scale_and_mean(z, mask, training)
            kernel, bias = kernel * scale, self.norm.beta - scale * mean
        bias = ops.convert_to_tensor(bias)
        if self.cell == "gru":
            bias = ops.stack([bias, ops.zeros_like(bias)])
        weights = [kernel, ops.convert_to_tensor(self.recurrent_kernels[0]), bias]
        return fused.run_weights(weights, sequences, states, mask)

    @property
    def _state_dtype(self):
        return wide(self.compute_dtype)

    def _states(self, states, sequences):
        """Return the states before the first step, in the type of states."""
        if states is None:
            return self.initial_state(ops.shape(sequences)[0])
        check_states("initial_state", states, [self.units] * self.states_count, sequences.shape[0])
        return [ops.cast(state, self._state_dtype) for state in states]

    def _read(self, z, mask, kernel, states):
        """Return the outputs of all steps, and the last states."""
        options = {"recurrent_kernel": kernel, "activation": exact(self.activation)}
        history, last = steps.run(functools.partial(self.step, **options), z, states, mask)
        return history[0], last

    def initial_state(self, batch_size):
        """Return the list of states of zeros, `(batch_size, units)` each."""
        shape = (batch_size, self.units)
        return [ops.zeros(shape, dtype=self._state_dtype) for _ in range(self.states_count)]

    def compute_output_shape(self, sequences_shape):
        return (*sequences_shape[:-1], self.units)

    def get_config(self):
        names = ("units", "cell", "bidirectional", "normalize", "momentum")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": keras.initializers.serialize(self.recurrent_initializer),
        }
