"""Character-level recurrent language model (Karpathy, 2015)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist import layers
from keras_readinglist.applications.language_models.recurrent_language_model import (
    READ,
    RecurrentLanguageModel,
    chunks,
    embedding,
    tied_logits,
)
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.precision import dense, normalized
from keras_readinglist.layers.validation import check_rate, check_size
from keras_readinglist.tokenizers import CharTokenizer

CELLS = {"lstm": layers.LSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class CharRNN(RecurrentLanguageModel):
    r"""Stacked recurrent layers that predict the next character.

    `x_t = E[id_t]`, `h^l_t = cell(dropout(h^{l-1}_t), h^l_{t-1})`,
    `logits_t = dropout(h^L_t) W + b`. Dropout acts between layers only, never on the recurrence.

    An empty prompt and the beginning of a scored text stand behind a new line, if the vocabulary
    has one; else the first character is as likely as any other.

    The paper's figures: 2 layers of 512 units (3.5 M parameters) for about 1 MB of essays, 3 layers
    of 512 for 4.4 MB of Shakespeare. Karpathy, Johnson and Li report 1.08 nats per character on
    *War and Peace* for the LSTM and about 1.24 for the plain RNN.

    Args:
        vocabulary: String of distinct characters, as `CharTokenizer.from_text(text).vocabulary`.
        units: Positive integer, the width of every layer. Defaults to 256.
        num_layers: Positive integer. Defaults to 2.
        cell: `"lstm"`, `"gru"` or `"rnn"`. Defaults to `"lstm"`.
        embedding_dim: Positive integer, the width of the character embedding. Defaults to 64.
        dropout: Float in [0, 1), applied to the input of every layer and of the softmax.
        tie_weights: Boolean, whether the softmax uses the embedding matrix (then
            `embedding_dim` must equal `units`). Defaults to `False`.
        layer_norm: Boolean, whether the output of every layer is normalised. Defaults to `False`.
        seed: Integer seed of the dropout masks, or `None`.
        **kwargs: Base model keyword arguments, such as `name` and `dtype`.

    Call arguments:
        ids: Integer tensor `(batch, time)`.
        states: List of state tensors `(batch, units)`, as `initial_state` gives; `None` for zeros.
        mask: Boolean tensor `(batch, time)`; where it is `False` the state is carried on.
        training: Boolean, whether dropout is active.
        return_state: Boolean, whether to return the new states too.

    Input shape:
        `(batch, time)`.

    Output shape:
        `(batch, time, len(vocabulary))`, logits; with `return_state` also the list of states.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = CharRNN(vocabulary="\nabc", units=8, num_layers=1)
        >>> model(np.array([[1, 2, 3]])).shape
        (1, 3, 4)
        >>> len(model.generate("ab", length=5, seed=0))
        5

    References:
        - [Karpathy, 2015, The Unreasonable Effectiveness of Recurrent Neural
          Networks](https://karpathy.github.io/2015/05/21/rnn-effectiveness/)
        - [Karpathy, Johnson, Li, 2015](https://arxiv.org/abs/1506.02078)
    """

    def __init__(
        self,
        vocabulary,
        units=256,
        num_layers=2,
        cell="lstm",
        embedding_dim=64,
        dropout=0.0,
        tie_weights=False,
        layer_norm=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        _check_arguments(units, num_layers, cell, embedding_dim, dropout, tie_weights)
        self.supports_masking = True
        self.tokenizer = CharTokenizer(vocabulary)
        self.units, self.num_layers, self.cell = units, num_layers, cell
        self.embedding_dim, self.dropout = embedding_dim, dropout
        self.tie_weights, self.layer_norm, self.seed = tie_weights, layer_norm, seed
        dtype = self.dtype_policy
        self.embedding = embedding(len(vocabulary), embedding_dim, tie_weights, dtype)
        self.recurrent = [
            CELLS[cell](units, return_sequences=True, return_state=True, dtype=dtype)
            for _ in range(num_layers)
        ]
        self.norms = [
            keras.layers.LayerNormalization(dtype=dtype) for _ in range(num_layers * layer_norm)
        ]
        seeds = [None if seed is None else seed + i for i in range(num_layers + 1)]
        self.dropouts = [keras.layers.Dropout(dropout, seed=s, dtype=dtype) for s in seeds]
        if not tie_weights:
            self.head = keras.layers.Dense(len(vocabulary), dtype=dtype)
        self.build((None, None))

    def build(self, ids_shape):
        self.embedding.build(ids_shape)
        width = self.embedding_dim
        for layer in self.recurrent:
            layer.build((None, None, width))
            width = self.units
        for norm in self.norms:
            norm.build((None, None, width))
        if self.tie_weights:
            self.head_bias = self.add_weight(
                name="head_bias", shape=(len(self.tokenizer),), initializer="zeros"
            )
        else:
            self.head.build((None, None, width))

    def call(self, ids, states=None, mask=None, training=False, return_state=False):
        states = self._check_call(ids, states)
        x = self.embedding(ids)
        per_layer = len(states) // self.num_layers
        new_states = []
        for i, layer in enumerate(self.recurrent):
            x = self.dropouts[i](x, training=training)
            initial = states[i * per_layer : (i + 1) * per_layer]
            x, *carried = layer(x, initial_state=initial, mask=mask)
            new_states += carried
            if self.layer_norm:
                x = normalized(self.norms[i], x)
        x = self.dropouts[-1](x, training=training)
        logits = self._logits(x)
        return (logits, new_states) if return_state else logits

    def _logits(self, x):
        if not self.tie_weights:
            return dense(self.head, x)
        return tied_logits(self.embedding, x, self.head_bias)

    def compute_output_shape(self, ids_shape):
        return (*ids_shape, len(self.tokenizer))

    @property
    def vocab_size(self):
        """The number of characters."""
        return len(self.tokenizer)

    @property
    def start(self):
        """The integer of the new line, which stands before every text, or `None`."""
        place = self.tokenizer.vocabulary.find("\n")
        return None if place < 0 else place

    def initial_state(self, batch_size):
        """Return the zero states of all layers, a list of tensors `(batch_size, units)`."""
        dtype = self.recurrent[0].cell.state_dtype
        return [ops.zeros((batch_size, size), dtype=dtype) for size in self._state_sizes]

    @property
    def _state_sizes(self):
        return [size for layer in self.recurrent for size in layer.cell.state_size]

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary": self.tokenizer.vocabulary,
            "units": self.units,
            "num_layers": self.num_layers,
            "cell": self.cell,
            "embedding_dim": self.embedding_dim,
            "dropout": self.dropout,
            "tie_weights": self.tie_weights,
            "layer_norm": self.layer_norm,
            "seed": self.seed,
        }

    def activations(self, text):
        """Return what the network's cells do while it reads a text.

        Args:
            text: String of at least one character.

        Returns:
            Dictionary of arrays `(layers, time, units)`: the output `"h"`, and for LSTMs the cell
            `"c"` and the gates `"i"`, `"f"`, `"o"` and candidate `"g"`.
        """
        if not text:
            raise ValueError("`text` must hold at least one character.")
        ids = self.tokenizer.encode(text)
        states, pieces = self._first_states(), []
        for chunk, length in chunks(ids, size=4 * READ):
            traced = self._trace(states=states, **chunk)
            states = traced.pop("states")
            pieces.append({k: v[0, :, :length] for k, v in traced.items()})
        return {k: np.concatenate([p[k] for p in pieces], axis=1) for k in pieces[0]}

    @compiled
    def _trace(self, ids, states, mask=None):
        x, states = self.embedding(ids), list(states)
        per_layer = len(states) // self.num_layers
        tracks, new_states = [], []
        for i, layer in enumerate(self.recurrent):
            initial = states[i * per_layer : (i + 1) * per_layer]
            x, carried, gates = layer.trace(x, initial_state=initial, mask=mask)
            new_states += carried
            tracks.append(gates)
            if self.layer_norm:
                x = normalized(self.norms[i], x)
        stacked = {name: ops.stack([t[name] for t in tracks], axis=1) for name in tracks[0]}
        return {**stacked, "states": new_states}


def _check_arguments(units, num_layers, cell, embedding_dim, dropout, tie_weights):
    check_size("units", units)
    check_size("num_layers", num_layers)
    check_size("embedding_dim", embedding_dim)
    check_rate("dropout", dropout)
    if cell not in CELLS:
        raise ValueError(f"`cell` must be one of {tuple(CELLS)}. Received: cell={cell!r}")
    if tie_weights and embedding_dim != units:
        raise ValueError(
            "`tie_weights` needs `embedding_dim` equal to `units`. "
            f"Received: embedding_dim={embedding_dim}, units={units}"
        )
