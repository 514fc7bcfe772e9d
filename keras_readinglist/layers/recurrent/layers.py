"""Recurrent layers: a cell, run over a sequence as fast as the backend can.

What can be computed for all steps at once is kept out of the loop where that pays.
"""

import keras
from keras import ops

from keras_readinglist.backend import known
from keras_readinglist.layers.recurrent import cells, fused, loops, steps
from keras_readinglist.layers.recurrent.sequence_layer import SequenceLayer


class RecurrentLayer(SequenceLayer):
    """A recurrent cell over a sequence; the base of `LSTM`, `GRU` and `SimpleRNN`."""

    switches = (*SequenceLayer.switches, "return_gates")

    def __init__(
        self,
        units,
        return_sequences=False,
        return_state=False,
        return_gates=False,
        **kwargs,
    ):
        super().__init__({"units": units}, return_sequences, return_state, **kwargs)
        self.return_gates = return_gates

    @property
    def units(self):
        """The width of the state."""
        return self.cell.units

    def _run(self, sequences, states, mask, training, tracked):
        batch, time = ops.shape(sequences)[:2]
        if states is None:
            states = self.cell.initial_states(batch)
        sequences = self.cell.drop_inputs(sequences, training)
        steps_drawn = 1 if self.cell.recurrent_dropout_mode == "sequence" else time
        factors = self.cell.recurrent_factors(batch, training, steps_drawn)
        if not tracked and factors is None and keras.config.backend() == "torch":
            answer = fused.run_fused(self.cell, sequences, states, mask)
            if answer is not None:
                return *answer, None
        history, last = self._loop(sequences, states, mask, factors)
        if not tracked:
            return history[0], last, None
        tracks = self.cell.gate_tracks(self.cell.project(sequences), history, states, factors)
        return history[0], last, tracks

    def _loop(self, sequences, states, mask, factors):
        cell, few = self.cell, self._few_rows(sequences)
        if few or keras.config.backend() == "torch":  # every operator in the loop costs on torch
            inputs, project = cell.project(sequences), lambda z: z
        else:  # XLA and TensorFlow are faster with the small product in the loop
            inputs, project = sequences, cell.project
        scan = loops.scan_storing_products if few else ops.scan
        if factors is None or cell.recurrent_dropout_mode == "sequence":
            once = None if factors is None else factors[:, 0]

            def step(x, states):
                return cell.step(project(x), states, once)

        else:  # of one type, as TensorFlow's loop wants; what is widened is narrowed by `project`
            inputs = [ops.cast(inputs, cell.state_dtype), factors]

            def step(x, states):
                return cell.step(project(x[0]), states, x[1])

        return steps.run(step, inputs, states, mask, scan=scan)

    def _few_rows(self, sequences):
        """Return whether a loop's gradient costs more for its weights than for its rows, on JAX.

        It adds to the gradient of every weight in the loop at every step. With 20 sequences of 35
        steps and 650 units a training step takes an LSTM 0.6 and a GRU 0.8 of the time if only the
        recurrent product is in the loop and stored; with 64 of 100 steps and 256 units both 1.2.
        """
        rows = known(sequences.shape[0])
        weights = sequences.shape[-1] + self.units
        return keras.config.backend() == "jax" and rows is not None and 32 * rows <= weights

    def _wants_tracks(self):
        return self.return_gates

    def _pack_tracks(self, tracks):
        if not self.return_gates:
            return []
        return [
            {
                name: ops.cast(track, self.compute_dtype) if hasattr(track, "dtype") else track
                for name, track in tracks.items()
            }
        ]

    def _track_shapes(self, sequences_shape):
        sizes = self.cell.track_sizes()
        return {name: (*sequences_shape[:2], size) for name, size in sizes.items()}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class SimpleRNN(RecurrentLayer):
    """Plain recurrent layer: `h_t = tanh(x_t W + h_{t-1} U + b)`.

    Weights are those of `keras.layers.SimpleRNN`. Its gradient passes through `diag(1 - h^2) U^T`
    at every step, so it shrinks or grows geometrically with the distance.

    Args:
        units: Positive integer, the width of the state.
        **kwargs: As for `LSTM`, without its variants.

    Call arguments, Input shape, Output shape, Raises: as for `LSTM`.

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
            constraints, `dropout`, `recurrent_dropout`, `recurrent_dropout_mode` as for `LSTMCell`;
            base layer arguments.

    Call arguments:
        sequences: Float tensor `(batch, time, features)`.
        initial_state: `[h, c]`, `(batch, units)` each, or `None` for zeros; a batch of 1 is used
            for all examples.
        mask: Boolean tensor `(batch, time)`, any pattern; where it is `False` the state is carried
            on, and the input may be anything, even NaN.
        training: Boolean, whether dropout is active.
        sequences_mask: The mask that Keras knows of `sequences`; used if there is no `mask`.

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

    Call arguments, Input shape, Output shape, Raises: as for `LSTM`; the state is `[h]`.

    Example:
        >>> GRU(4)(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
        - [Olah, 2015](https://colah.github.io/posts/2015-08-Understanding-LSTMs/)
    """

    cell_class = cells.GRUCell
