"""Character-level recurrent language model (Karpathy, 2015)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist import layers
from keras_readinglist.decoding.compiled import Compiled
from keras_readinglist.decoding.sampling import check_sampling, choose
from keras_readinglist.presets import PresetMixin
from keras_readinglist.tokenizers import CharTokenizer

CELLS = {"lstm": layers.LSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN}
_READ = 64  # characters per compiled step when reading
_WRITE = 32  # and when writing
_START = "\n"


@keras.saving.register_keras_serializable(package="keras_readinglist")
class CharRNN(PresetMixin, keras.Model):
    r"""Stacked recurrent layers that predict the next character.

    `x_t = E[id_t]`, `h^l_t = cell(dropout(h^{l-1}_t), h^l_{t-1})`,
    `logits_t = dropout(h^L_t) W + b`. Dropout acts between layers only, never on the recurrence.

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
        self.embedding = keras.layers.Embedding(len(vocabulary), embedding_dim, dtype=dtype)
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
        self._compiled = {}
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
        x = self.embedding(ids)
        states = self.initial_state(ops.shape(ids)[0]) if states is None else list(states)
        per_layer = len(states) // self.num_layers
        new_states = []
        for i, layer in enumerate(self.recurrent):
            x = self.dropouts[i](x, training=training)
            initial = states[i * per_layer : (i + 1) * per_layer]
            x, *carried = layer(x, initial_state=initial, mask=mask)
            new_states += carried
            if self.layer_norm:
                x = self.norms[i](x)
        x = self.dropouts[-1](x, training=training)
        logits = self._logits(x)
        return (logits, new_states) if return_state else logits

    def _logits(self, x):
        if not self.tie_weights:
            return self.head(x)
        matrix = ops.transpose(ops.cast(self.embedding.embeddings, x.dtype))
        return ops.matmul(x, matrix) + ops.cast(self.head_bias, x.dtype)

    def compute_output_shape(self, ids_shape):
        return (*ids_shape, len(self.tokenizer))

    def initial_state(self, batch_size):
        """Return the zero states of all layers, a list of tensors `(batch_size, units)`."""
        count = self.num_layers * (2 if self.cell == "lstm" else 1)
        return [ops.zeros((batch_size, self.units), dtype=self.compute_dtype) for _ in range(count)]

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

    def generate(
        self, prompt="", length=200, temperature=1.0, top_k=None, top_p=None, seed=None, stop=None
    ):
        """Write text that goes on from a prompt.

        The loop over characters is compiled, and the cost of a character does not depend on how
        many came before. The noise is drawn by NumPy, so a seed gives the same text on every
        backend, up to rounding.

        Args:
            prompt: String; the empty prompt stands for a new line.
            length: Integer, the number of characters to write.
            temperature: Non-negative float; 0 takes the likeliest character.
            top_k: Positive integer or `None`: choose among the `k` likeliest.
            top_p: Float in (0, 1] or `None`: choose among the likeliest that hold mass `p`.
            seed: Integer, or `None` for a new text every time.
            stop: String at whose first occurrence the text ends, or `None`.

        Returns:
            The text written, without the prompt.

        Raises:
            ValueError: If an argument is out of range or the prompt has unknown characters.
        """
        if length < 0:
            raise ValueError(f"`length` must be at least 0. Received: {length}")
        text = ""
        for character, _ in self.stream(prompt, length, temperature, top_k, top_p, seed):
            text += character
            if stop and text.endswith(stop):
                break
        return text

    def stream(self, prompt="", length=200, temperature=1.0, top_k=None, top_p=None, seed=None):
        """Write as `generate` does, one `(character, surprisal in bits)` after the other.

        The surprisal is `-log2 p(character)` under the model itself, before temperature.
        """
        check_sampling(temperature, top_k, top_p)
        logits, states = self._read(self.tokenizer.encode(prompt or _START))
        logits = logits[:, -1]
        settings = {
            "temperature": np.array([temperature], "float32"),
            "top_k": np.array([min(top_k or len(self.tokenizer), len(self.tokenizer))], "int32"),
            "top_p": np.array([top_p or 1.0], "float32"),
        }
        rng = np.random.default_rng(seed)
        write = self._function("write", self._write_chunk)
        while length > 0:
            noise = rng.gumbel(size=(1, _WRITE, len(self.tokenizer))).astype("float32")
            written = write(logits=logits, states=states, noise=noise, **settings)
            logits, states = written["logits"], written["states"]
            ids, bits = written["ids"][0, :length], written["bits"][0, :length]
            yield from zip(self.tokenizer.decode(ids), bits.tolist(), strict=True)
            length -= _WRITE

    def score(self, text):
        """Return the surprisal of every character of a text, in nats.

        The first character is predicted after a new line.

        Args:
            text: String.

        Returns:
            Float array of `len(text)` numbers, `-ln p(x_t | x_<t)`.
        """
        if not text:
            return np.zeros(0, "float32")
        ids = self.tokenizer.encode(text)
        logits, _ = self._read(np.concatenate([self.tokenizer.encode(_START), ids[:-1]]))
        logits = logits[0].astype("float64")
        top = logits.max(axis=-1, keepdims=True)
        log_z = top[:, 0] + np.log(np.exp(logits - top).sum(axis=-1))
        return log_z - logits[np.arange(len(ids)), ids]

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
        trace = self._function("trace", self._trace_chunk)
        states, pieces = self._zero_states(), []
        for chunk, length in _chunks(ids, 4 * _READ):
            traced = trace(states=states, **chunk)
            states = traced.pop("states")
            pieces.append({k: v[0, :, :length] for k, v in traced.items()})
        return {k: np.concatenate([p[k] for p in pieces], axis=1) for k in pieces[0]}

    def _function(self, name, function):
        """Compile a method once per model."""
        holder = self._compiled
        if name not in holder:
            holder[name] = Compiled(function, self)
        return holder[name]

    def _zero_states(self):
        return [ops.convert_to_numpy(state) for state in self.initial_state(1)]

    def _read(self, ids):
        """Run over a sequence, in chunks of one shape; return all logits and the last states."""
        read = self._function("read", self._read_chunk)
        states, logits = self._zero_states(), []
        for chunk, length in _chunks(ids, _READ if len(ids) < 16 * _READ else 16 * _READ):
            answer = read(states=states, **chunk)
            states = answer["states"]
            logits.append(answer["logits"][:, :length])
        return np.concatenate(logits, axis=1), states

    def _read_chunk(self, inputs):
        logits, states = self(
            inputs["ids"], states=inputs["states"], mask=inputs.get("mask"), return_state=True
        )
        return {"logits": ops.cast(logits, "float32"), "states": states}

    def _write_chunk(self, inputs):
        settings = [inputs[name][0] for name in ("temperature", "top_k", "top_p")]
        places = ops.arange(_WRITE)

        # TensorFlow's `ops.scan` stacks only what has the shape of the carry, so the results are
        # written into arrays that are part of it.
        def step(t, carry):
            logits, states, ids, bits = carry
            chosen = choose(logits, inputs["noise"][:, t], *settings)
            log_p = ops.take_along_axis(ops.log_softmax(logits), chosen[:, None], axis=-1)
            ids = ops.where(places == t, chosen[:, None], ids)
            bits = ops.where(places == t, -log_p / np.log(2.0), bits)
            logits, states = self(chosen[:, None], states=states, return_state=True)
            return ops.cast(logits[:, 0], "float32"), states, ids, bits

        empty = ops.zeros((1, _WRITE))
        start = (inputs["logits"], list(inputs["states"]), ops.cast(empty, "int32"), empty)
        logits, states, ids, bits = ops.fori_loop(0, _WRITE, step, start)
        return {"logits": logits, "states": list(states), "ids": ids, "bits": bits}

    def _trace_chunk(self, inputs):
        x, states = self.embedding(inputs["ids"]), list(inputs["states"])
        per_layer = len(states) // self.num_layers
        tracks, new_states = [], []
        for i, layer in enumerate(self.recurrent):
            initial = states[i * per_layer : (i + 1) * per_layer]
            x, carried, gates = layer.trace(x, initial_state=initial, mask=inputs.get("mask"))
            new_states += carried
            tracks.append(gates)
            if self.layer_norm:
                x = self.norms[i](x)
        stacked = {name: ops.stack([t[name] for t in tracks], axis=1) for name in tracks[0]}
        return {**stacked, "states": new_states}


def _chunks(ids, size):
    """Cut a sequence into inputs of shape `(1, size)`, each with its length before padding.

    Only the last one is padded, and only that one has a mask: the others take the fast path.
    """
    for begin in range(0, len(ids), size):
        piece = ids[None, begin : begin + size]
        length = piece.shape[1]
        chunk = {"ids": np.pad(piece, ((0, 0), (0, size - length)))}
        if length < size:
            chunk["mask"] = np.arange(size)[None] < length
        yield chunk, length


def _check_arguments(units, num_layers, cell, embedding_dim, dropout, tie_weights):
    sizes = {"units": units, "num_layers": num_layers, "embedding_dim": embedding_dim}
    for name, value in sizes.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}")
    if cell not in CELLS:
        raise ValueError(f"`cell` must be one of {tuple(CELLS)}. Received: cell={cell!r}")
    if not 0 <= dropout < 1:
        raise ValueError(f"`dropout` must lie in [0, 1). Received: dropout={dropout}")
    if tie_weights and embedding_dim != units:
        raise ValueError(
            "`tie_weights` needs `embedding_dim` equal to `units`. "
            f"Received: embedding_dim={embedding_dim}, units={units}"
        )
