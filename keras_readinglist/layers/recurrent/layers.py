"""Recurrent layers: a cell, run over a sequence as fast as the backend can.

What can be computed for all steps at once is kept out of the loop where that pays.
"""

import keras
from keras import ops

from keras_readinglist.layers.recurrent import cells, fused, steps


class RecurrentLayer(keras.layers.Layer):
    """A recurrent cell over a sequence; the base of `LSTM`, `GRU` and `SimpleRNN`."""

    cell_class = None

    def __init__(
        self,
        units,
        return_sequences=False,
        return_state=False,
        return_gates=False,
        go_backwards=False,
        zero_output_for_mask=False,
        seed=None,
        name=None,
        dtype=None,
        trainable=True,
        **cell_kwargs,
    ):
        super().__init__(name=name, dtype=dtype, trainable=trainable)
        self.cell = self.cell_class(units, seed=seed, dtype=self.dtype_policy, **cell_kwargs)
        self.return_sequences, self.return_state = return_sequences, return_state
        self.return_gates, self.go_backwards = return_gates, go_backwards
        self.zero_output_for_mask = zero_output_for_mask
        self.stateful, self.states = False, None  # read by keras.layers.Bidirectional
        self.supports_masking = True
        # The gradient of TensorFlow's scan cannot be compiled by XLA.
        self.supports_jit = keras.config.backend() != "tensorflow"

    @property
    def units(self):
        """The width of the state."""
        return self.cell.units

    def build(self, sequences_shape, initial_state_shape=None):
        if len(sequences_shape) != 3 or sequences_shape[-1] is None:
            raise ValueError(
                "`sequences` must have the shape (batch, time, features) with known features. "
                f"Received shape: {tuple(sequences_shape)}"
            )
        self.cell.build((sequences_shape[0], sequences_shape[-1]))

    def call(self, sequences, initial_state=None, mask=None, training=False):
        states = self._initial(sequences, initial_state)
        if mask is not None:
            mask = ops.cast(mask, "bool")
            # What is masked may be NaN: it must not reach even the gradient of the product.
            sequences = ops.where(mask[..., None], sequences, ops.zeros_like(sequences))
        sequences = self.cell.drop_inputs(sequences, training)
        factors = self.cell.recurrent_factors(ops.shape(sequences)[0], training)
        outputs, last, gates = self._run(sequences, states, mask, factors)
        if self.zero_output_for_mask and mask is not None:
            shown = ops.flip(mask, axis=1) if self.go_backwards else mask
            outputs = outputs * ops.cast(shown[..., None], outputs.dtype)
        return self._pack(outputs, last, gates)

    def _initial(self, sequences, initial_state):
        dtype = self.cell.state_dtype
        if initial_state is None:
            batch = ops.shape(sequences)[0]
            return [ops.zeros((batch, size), dtype=dtype) for size in self.cell.state_size]
        states = initial_state if isinstance(initial_state, (list, tuple)) else [initial_state]
        sizes = [state.shape[-1] for state in states]
        if sizes != self.cell.state_size:
            raise ValueError(
                f"`initial_state` must be {len(self.cell.state_size)} tensors of widths "
                f"{self.cell.state_size}. Received widths: {sizes}"
            )
        return [ops.cast(state, dtype) for state in states]

    def _run(self, sequences, states, mask, factors):
        """Return the outputs, the last states and, if they are wanted, the gates."""
        if sequences.shape[1] == 0:
            empty = ops.zeros((ops.shape(sequences)[0], 0, self.cell.output_size), states[0].dtype)
            return empty, states, {}
        portable = self.return_gates or factors is not None or self.go_backwards
        portable = portable or sequences.shape[1] == 1
        if keras.config.backend() == "torch" and not portable:
            answer = fused.run_fused(self.cell, sequences, states, mask)
            if answer is not None:
                return *answer, None
        history, last = self._loop(sequences, states, mask, factors)
        gates = self._gates(sequences, history, states) if self.return_gates else None
        return history[0], last, gates

    def _loop(self, sequences, states, mask, factors=None):
        cell = self.cell
        if keras.config.backend() == "torch":  # every operator in the loop costs there
            inputs, project = cell.project(sequences), lambda z: z
        else:  # XLA and TensorFlow are faster with the small product in the loop
            inputs, project = sequences, cell.project
        return steps.run(
            lambda x, states: cell.step(project(x), states, factors),
            inputs,
            states,
            mask,
            self.go_backwards,
        )

    def _gates(self, sequences, history, states):
        z = self.cell.project(sequences)
        z = ops.flip(z, axis=1) if self.go_backwards else z
        return self.cell.gate_tracks(z, history, states)

    def _pack(self, outputs, last, gates):
        dtype = self.compute_dtype
        result = outputs if self.return_sequences else last[0]
        packed = [ops.cast(result, dtype)]
        if self.return_state:
            packed += [ops.cast(state, dtype) for state in last]
        if self.return_gates:
            packed.append({name: ops.cast(track, dtype) for name, track in gates.items()})
        return packed[0] if len(packed) == 1 else tuple(packed)

    def trace(self, sequences, initial_state=None, mask=None):
        """Run the layer and keep everything that happens inside.

        Args:
            sequences: Float tensor `(batch, time, features)`.
            initial_state: List of states, or `None` for zeros.
            mask: Boolean tensor `(batch, time)` or `None`.

        Returns:
            Outputs `(batch, time, units)`, list of last states, and a dictionary of tracks
            `(batch, time, units)`: `"h"` and, where the cell has them, the gates, the candidate
            `"g"` and the cell state `"c"`.
        """
        states = self._initial(sequences, initial_state)
        history, last = self._loop(sequences, states, mask)
        return history[0], last, self._gates(sequences, history, states)

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch, time = sequences_shape[:2]
        width = self.cell.output_size
        shapes = [(batch, time, width) if self.return_sequences else (batch, width)]
        if self.return_state:
            shapes += [(batch, size) for size in self.cell.state_size]
        if self.return_gates:
            shapes.append(dict.fromkeys(self.cell.track_names, (batch, time, self.units)))
        return shapes[0] if len(shapes) == 1 else tuple(shapes)

    def compute_mask(self, sequences, mask=None):
        mask = keras.tree.flatten(mask)[0] if mask is not None else None
        kept = mask if self.return_sequences else None
        extra = len(self.cell.state_size) * self.return_state + self.return_gates
        return [kept, *[None] * extra] if extra else kept

    def get_config(self):
        config = self.cell.get_config()
        for name in ("name", "trainable", "dtype"):
            config.pop(name, None)
        names = ("return_sequences", "return_state", "return_gates", "go_backwards")
        config |= {name: getattr(self, name) for name in names}
        config["zero_output_for_mask"] = self.zero_output_for_mask
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class SimpleRNN(RecurrentLayer):
    """Plain recurrent layer: `h_t = tanh(x_t W + h_{t-1} U + b)`.

    Weights are those of `keras.layers.SimpleRNN`. Its gradient passes through `diag(1 - h^2) U^T`
    at every step, so it shrinks or grows geometrically with the distance.

    Args:
        units: Positive integer, the width of the state.
        **kwargs: As for `LSTM`, without its variants.

    Call arguments: as for `LSTM`.

    Input shape:
        `(batch, time, features)`.

    Output shape:
        `(batch, units)`, or `(batch, time, units)` with `return_sequences`.

    Example:
        >>> SimpleRNN(4)(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - [Olah, 2015, Understanding LSTM
          Networks](https://colah.github.io/posts/2015-08-Understanding-LSTMs/)
    """

    cell_class = cells.SimpleRNNCell


@keras.saving.register_keras_serializable(package="keras_readinglist")
class LSTM(RecurrentLayer):
    """Long short-term memory, with peepholes, coupled gates and projection.

    `f, i, o = sigmoid(x_t W + h_{t-1} U + b)`, `g = tanh(x_t W_c + h_{t-1} U_c + b_c)`,
    `c_t = f c_{t-1} + i g`, `h_t = o tanh(c_t)`.

    Along the cell `dc_t / dc_{t-1} = f`: an open forget gate lets the gradient through unchanged.
    With the variants off the weights have the names, order and shapes of `keras.layers.LSTM`.
    States are float32 or better under mixed precision. States are passed explicitly
    (`initial_state`, `return_state`); there is no `stateful`, which JAX could not carry.

    Args:
        units: Positive integer, the width of the cell.
        peephole: `False`, `True`, or those of `"f"`, `"i"`, `"o"` that see the cell; the output
            gate sees the new cell. Defaults to `False`.
        coupled: Boolean, whether the input gate is one minus the forget gate (CIFG); packed then
            as f, c, o. Defaults to `False`.
        projection_units: Positive integer, the width of the output if it is projected, or `None`.
        unit_forget_bias: Boolean, whether the forget bias starts at one. Defaults to `True`.
        return_sequences: Boolean, whether to return the outputs of all steps.
        return_state: Boolean, whether to return the last states too.
        return_gates: Boolean, whether to return a dictionary of all gates too.
        go_backwards: Boolean, whether to read from the end; outputs come in the order of reading.
        zero_output_for_mask: Boolean, whether outputs of masked steps are zero; else they repeat
            the output before.
        seed: Integer seed of the dropout masks, or `None`.
        **kwargs: `activation`, `recurrent_activation`, `use_bias`, initializers, regularizers,
            constraints, `dropout`, `recurrent_dropout` as for `LSTMCell`; base layer arguments.

    Call arguments:
        sequences: Float tensor `(batch, time, features)`.
        initial_state: `[h, c]`, or `None` for zeros.
        mask: Boolean tensor `(batch, time)`, any pattern; where it is `False` the state is carried
            on, and the input may be anything, even NaN.
        training: Boolean, whether dropout is active.

    Input shape:
        `(batch, time, features)`.

    Output shape:
        `(batch, units)`, or `(batch, time, units)` with `return_sequences`.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> layer = LSTM(4, peephole=("f", "o"), return_sequences=True)
        >>> layer(np.ones((2, 3, 5))).shape
        (2, 3, 4)

    References:
        - [Olah, 2015, Understanding LSTM
          Networks](https://colah.github.io/posts/2015-08-Understanding-LSTMs/)
        - Hochreiter, Schmidhuber, 1997, Long short-term memory
    """

    cell_class = cells.LSTMCell


@keras.saving.register_keras_serializable(package="keras_readinglist")
class GRU(RecurrentLayer):
    """Gated recurrent unit: `z, r = sigmoid(...)`, `h_t = z h_{t-1} + (1 - z) g`.

    Weights have the names, order and shapes of `keras.layers.GRU`.

    Args:
        units: Positive integer, the width of the state.
        reset_after: Boolean, whether the reset gate acts after the recurrent product. Defaults
            to `True`.
        update_convention: `"keras"` (default) or `"olah"`, which swaps the roles of `z` and
            `1 - z`.
        **kwargs: As for `LSTM`, without its variants.

    Call arguments: as for `LSTM`; the state is `[h]`.

    Input shape:
        `(batch, time, features)`.

    Output shape:
        `(batch, units)`, or `(batch, time, units)` with `return_sequences`.

    Example:
        >>> GRU(4)(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
        - [Olah, 2015](https://colah.github.io/posts/2015-08-Understanding-LSTMs/)
    """

    cell_class = cells.GRUCell
