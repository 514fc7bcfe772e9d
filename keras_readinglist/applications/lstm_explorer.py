"""A look inside recurrent layers: a regressor over sequences, its gates and its gradients."""

import keras
import numpy as np
from keras import ops

from keras_readinglist import layers
from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers.precision import dense, wide
from keras_readinglist.presets import PresetMixin

CELLS = {
    "rnn": (layers.SimpleRNN, {}),
    "lstm": (layers.LSTM, {}),
    "peephole": (layers.LSTM, {"peephole": True}),
    "coupled": (layers.LSTM, {"coupled": True}),
    "gru": (layers.GRU, {}),
}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class LSTMExplorer(PresetMixin, keras.Model):
    """One recurrent layer of any kind, and a linear read-out of its last state.

    Olah's essay has no figures; the works it cites say that a plain network fails beyond lags of
    10 to 20 steps, and that the LSTM bridges more than 1000.

    Args:
        cell: `"rnn"`, `"lstm"`, `"peephole"`, `"coupled"` or `"gru"`. Defaults to `"lstm"`.
        units: Positive integer, the width of the state. Defaults to 64.
        input_dim: Positive integer, the number of features. Defaults to 2.
        output_dim: Positive integer, the number of outputs. Defaults to 1.
        **kwargs: Base model keyword arguments.

    Call arguments:
        sequences: Float tensor `(batch, time, input_dim)`.
        mask: Boolean tensor `(batch, time)` or `None`.

    Input shape:
        `(batch, time, input_dim)`.

    Output shape:
        `(batch, output_dim)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = LSTMExplorer("gru", units=4)
        >>> model(np.ones((2, 5, 2))).shape
        (2, 1)
        >>> sorted(model.gate_trace(np.ones((1, 5, 2))))
        ['g', 'h', 'r', 'z']

    References:
        - [Olah, 2015, Understanding LSTM
          Networks](https://colah.github.io/posts/2015-08-Understanding-LSTMs/)
    """

    def __init__(self, cell="lstm", units=64, input_dim=2, output_dim=1, **kwargs):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"`cell` must be one of {tuple(CELLS)}. Received: cell={cell!r}")
        self.cell, self.units = cell, units
        self.input_dim, self.output_dim = input_dim, output_dim
        layer_class, variant = CELLS[cell]
        self.recurrent = layer_class(units, **variant, dtype=self.dtype_policy)
        self.head = keras.layers.Dense(output_dim, dtype=self.dtype_policy)
        self.build((None, None, input_dim))

    def build(self, sequences_shape):
        self.recurrent.build(sequences_shape)
        self.head.build((None, self.units))

    def call(self, sequences, mask=None):
        return dense(self.head, self.recurrent(sequences, mask=mask))

    def compute_output_shape(self, sequences_shape):
        return (sequences_shape[0], self.output_dim)

    def gate_trace(self, sequences):
        """Return the gates and states of the layer over sequences; see `gate_trace`."""
        return gate_trace(self.recurrent, sequences)

    def get_config(self):
        names = ("cell", "units", "input_dim", "output_dim")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def gate_trace(layer, sequences):
    """Return everything that happens inside a recurrent layer of this package.

    Args:
        layer: A built `LSTM`, `GRU` or `SimpleRNN`.
        sequences: Float array `(batch, time, features)`.

    Returns:
        Dictionary of arrays `(batch, time, units)`: `"h"`, and what else the cell has of the gates
        `"i"`, `"f"`, `"o"`, `"z"`, `"r"`, the candidate `"g"` and the cell state `"c"`.
    """
    sequences = ops.convert_to_tensor(np.asarray(sequences, wide(layer.compute_dtype)))
    _, _, tracks = layer.trace(sequences)
    return {name: np.array(ops.convert_to_numpy(track)) for name, track in tracks.items()}


def gradient_norm_by_lag(model, sequences):
    """Return how much the last output depends on the input `k` steps before it.

    Args:
        model: A built model `(batch, time, features) -> (batch, outputs)`.
        sequences: Float array `(batch, time, features)`.

    Returns:
        Array `(time,)`: entry `k` is the norm of the gradient of the summed output with respect to
        the input `k` steps before the last, averaged over the batch.

    Raises:
        ValueError: If there is no sequence.

    References:
        - Bengio, Simard, Frasconi, 1994, Learning long-term dependencies is difficult
    """
    if not len(sequences):
        raise ValueError("`sequences` must hold at least one sequence.")
    sequences = np.asarray(sequences, wide(model.compute_dtype))
    _, (gradient,) = Differentiable(model, ops.sum).gradients(sequences)
    return np.sqrt((gradient**2).sum(axis=-1)).mean(axis=0)[::-1]
