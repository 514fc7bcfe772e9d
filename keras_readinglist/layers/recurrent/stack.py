"""Recurrent layers one above the other, with dropout at its possible places."""

import keras
from keras import ops

from keras_readinglist.backend import loops_compile
from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.recurrent.dropout import drop
from keras_readinglist.layers.recurrent.layers import GRU, LSTM, SimpleRNN
from keras_readinglist.layers.recurrent.sequence_layer import BASE
from keras_readinglist.layers.validation import (
    check_choice,
    check_rate,
    check_shape,
    check_size,
    check_states,
)

CELLS = {"lstm": LSTM, "gru": GRU, "rnn": SimpleRNN}
# What is dropped in the recurrence in every mode of the stack, in the words of the layers.
MODES = {
    "none": None,
    "non_recurrent": None,
    "naive_recurrent": "step",
    "variational": "sequence",
    "recurrent_update": "update",
}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RecurrentStack(keras.layers.Layer):
    """Recurrent layers one above the other, regularised by dropout.

    `h^l_t = cell(D(h^{l-1}_t), h^l_{t-1})` and the output `D(h^L_t)`, where `D` is dropout. In the
    mode `"non_recurrent"` it is drawn anew for every step, unit, layer and example, and acts on
    nothing that is carried from step to step: what the network remembers for k steps meets it
    `num_layers + 1` times, whatever k is. The other modes are for comparison:

    - `"none"`: nothing is dropped.
    - `"naive_recurrent"`: `h_{t-1}` is dropped too, anew at every step. What is remembered for k
      steps meets k draws more, and is lost.
    - `"variational"`: inputs, `h_{t-1}` and outputs, the same units at all steps of a sequence.
    - `"recurrent_update"`: as `"non_recurrent"`, and also the candidate that is added to the cell.

    Args:
        units: Positive integer, the width of every layer.
        num_layers: Positive integer. Defaults to 2.
        cell: `"lstm"`, `"gru"` or `"rnn"`. Defaults to `"lstm"`.
        dropout: Float in [0, 1), the share dropped. Defaults to 0.5.
        dropout_mode: One of the modes above. Defaults to `"non_recurrent"`.
        recurrent_dropout: Float in [0, 1), the share dropped in the recurrence by the modes that
            do so, or `None` for that of `dropout`.
        input_dropout: The same for the inputs of the first layer.
        output_dropout: The same for the outputs of the last layer.
        return_sequences: Boolean, whether to return the outputs of all steps. Defaults to `True`.
        return_state: Boolean, whether to return the last states of all layers too.
        seed: Integer seed of the masks, or `None`.
        **kwargs: Further arguments of the recurrent layers, such as initializers, and base layer
            arguments.

    Call arguments:
        sequences: Float tensor `(batch, time, features)`.
        initial_state: List of the states of all layers, from the first on, or `None` for zeros.
        mask: Boolean tensor `(batch, time)`; where it is `False` the states are carried on.
        training: Boolean, whether dropout is active.
        sequences_mask: The mask that Keras knows of `sequences`; used if there is no `mask`.

    Input shape:
        `(batch, time, features)`.

    Output shape:
        `(batch, time, units)`, or `(batch, units)` without `return_sequences`; with `return_state`
        also the states, `(batch, units)` each.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> stack = RecurrentStack(4, dropout=0.5, return_state=True, seed=0)
        >>> outputs, *states = stack(np.ones((2, 3, 5)), training=True)
        >>> outputs.shape, len(states)
        ((2, 3, 4), 4)

    References:
        - [Zaremba, Sutskever, Vinyals, 2014](https://arxiv.org/abs/1409.2329)
        - [Gal, Ghahramani, 2016](https://arxiv.org/abs/1512.05287)
        - [Semeniuta, Severyn, Barth, 2016](https://arxiv.org/abs/1603.05118)
    """

    def __init__(
        self,
        units,
        num_layers=2,
        cell="lstm",
        dropout=0.5,
        dropout_mode="non_recurrent",
        recurrent_dropout=None,
        input_dropout=None,
        output_dropout=None,
        return_sequences=True,
        return_state=False,
        seed=None,
        **kwargs,
    ):
        base = {name: kwargs.pop(name) for name in BASE if name in kwargs}
        super().__init__(autocast=False, **base)  # states keep their precision
        self.units = check_size("units", units)
        self.num_layers = check_size("num_layers", num_layers)
        self.cell = check_choice("cell", cell, tuple(CELLS))
        self.dropout = check_rate("dropout", dropout)
        self.dropout_mode = check_choice("dropout_mode", dropout_mode, tuple(MODES))
        self.recurrent_dropout = _check_own_rate("recurrent_dropout", recurrent_dropout)
        self.input_dropout = _check_own_rate("input_dropout", input_dropout)
        self.output_dropout = _check_own_rate("output_dropout", output_dropout)
        self.return_sequences, self.return_state = return_sequences, return_state
        self.seed, self.arguments = seed, kwargs
        seeds = [None if seed is None else seed + i for i in range(2 * self.num_layers + 1)]
        self.recurrent = [self._layer(s) for s in seeds[: self.num_layers]]
        self.seed_generators = [keras.random.SeedGenerator(s) for s in seeds[self.num_layers :]]
        self.supports_masking, self.supports_jit = True, loops_compile()

    def _layer(self, seed):
        own = {name: fresh(value) for name, value in self.arguments.items()}
        if MODES[self.dropout_mode]:
            own["recurrent_dropout"] = _or(self.recurrent_dropout, self.dropout)
            own["recurrent_dropout_mode"] = MODES[self.dropout_mode]
        return CELLS[self.cell](
            self.units,
            return_sequences=True,
            return_state=True,
            seed=seed,
            dtype=self.dtype_policy,
            trainable=self.trainable,
            **own,
        )

    def build(self, sequences_shape, initial_state_shape=None):
        check_shape("sequences", sequences_shape, "(batch, time, features)")
        width = sequences_shape[-1]
        for layer in self.recurrent:
            layer.build((*sequences_shape[:2], width))
            width = layer.cell.output_size

    def call(self, sequences, initial_state=None, mask=None, training=False, sequences_mask=None):
        mask = sequences_mask if mask is None else mask
        states = self._by_layer(initial_state, sequences)
        rates = self._rates() if training else [0.0] * (self.num_layers + 1)
        x, last = ops.cast(sequences, self.compute_dtype), []
        for place, layer in enumerate(self.recurrent):
            x = self._drop(x, rates, place)
            x, *carried = layer(x, initial_state=states[place], mask=mask, training=training)
            last += carried
        x = self._drop(x, rates, self.num_layers)
        outputs = x if self.return_sequences else x[:, -1]
        return (outputs, *last) if self.return_state else outputs

    def _rates(self):
        """Return the rates of the `num_layers + 1` places between layers."""
        if self.dropout_mode == "none":
            return [0.0] * (self.num_layers + 1)
        first, last = (_or(r, self.dropout) for r in (self.input_dropout, self.output_dropout))
        return [first, *[self.dropout] * (self.num_layers - 1), last]

    def _drop(self, x, rates, place):
        locked = self.dropout_mode == "variational"
        return drop(x, rates[place], self.seed_generators[place], locked)

    def _by_layer(self, initial_state, sequences):
        """Return the states of every layer, or `None` for zeros."""
        if initial_state is None:
            return [None] * self.num_layers
        states, count = list(initial_state), len(self.recurrent[0].cell.state_size)
        check_states("initial_state", states, self.state_size, sequences.shape[0])
        return [states[count * i : count * (i + 1)] for i in range(self.num_layers)]

    @property
    def state_size(self):
        """The widths of the states of all layers, from the first on."""
        return [size for layer in self.recurrent for size in layer.cell.state_size]

    @property
    def output_size(self):
        """The width of the outputs."""
        return self.recurrent[-1].cell.output_size

    def initial_states(self, batch_size):
        """Return states of zeros for all layers, in the type of states."""
        return [s for layer in self.recurrent for s in layer.cell.initial_states(batch_size)]

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch, time = sequences_shape[:2]
        width = self.output_size
        outputs = (batch, time, width) if self.return_sequences else (batch, width)
        if not self.return_state:
            return outputs
        return (outputs, *((batch, size) for size in self.state_size))

    def compute_mask(self, sequences, mask=None):
        mask = keras.tree.flatten(mask)[0] if mask is not None else None
        kept = mask if self.return_sequences else None
        return [kept, *[None] * len(self.state_size)] if self.return_state else kept

    def get_config(self):
        names = ("units", "num_layers", "cell", "dropout", "dropout_mode", "recurrent_dropout")
        names += ("input_dropout", "output_dropout", "return_sequences", "return_state", "seed")
        serialized = self.recurrent[0].get_config()
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            **{name: serialized[name] for name in self.arguments},
        }


def _check_own_rate(name, rate):
    return None if rate is None else check_rate(name, rate)


def _or(rate, default):
    return default if rate is None else rate
