"""Pointer networks (Vinyals et al., 2015)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.applications.pointer_networks.targets import END, check_indices
from keras_readinglist.decoding.beam_search import beam_search
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.masking import blank, refuse
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.recurrent import LSTM
from keras_readinglist.layers.validation import check_size
from keras_readinglist.presets import PresetMixin

CONSTRAINTS = (None, "tour", "no_repeat")


class SetToSequence(PresetMixin, keras.Model):
    """An LSTM that reads a set of points and an LSTM that names some of them in order.

    The base of `PointerNetwork` and of its comparison models, which differ in how the state of the
    decoder becomes scores.
    """

    def __init__(self, units=256, input_dim=2, encoder="lstm", **kwargs):
        super().__init__(**kwargs)
        check_size("units", units)
        check_size("input_dim", input_dim)
        if encoder not in ("lstm", "bilstm"):
            raise ValueError(f"`encoder` must be 'lstm' or 'bilstm'. Received: encoder={encoder!r}")
        if encoder == "bilstm" and units % 2:
            raise ValueError(f"`units` must be even for encoder='bilstm'. Received: units={units}")
        self.units, self.input_dim, self.encoder = units, input_dim, encoder
        self._create_reader()
        self.writer = self._lstm(units)
        self.build()

    def _lstm(self, units):
        return LSTM(units, return_sequences=True, return_state=True, dtype=self.dtype_policy)

    def _create_reader(self):
        both_ways = self.encoder == "bilstm"
        reader = self._lstm(self.units // 2 if both_ways else self.units)
        if both_ways:
            reader = keras.layers.Bidirectional(reader, dtype=self.dtype_policy)
        self.reader = reader

    def build(self, inputs_shape=None):
        self._build_reader()
        self.writer.build((None, None, self._writer_width()))
        self.start_symbol = self.add_weight(
            name="start_symbol", shape=(self.input_dim,), initializer="glorot_uniform"
        )
        self._build_scores()

    def _build_reader(self):
        self.reader.build((None, None, self.input_dim))

    def _writer_width(self):
        return self.input_dim

    def call(self, inputs, training=False):
        points, mask = inputs["inputs"], ops.cast(inputs["mask"], "bool")
        memory, states = self._read(points, mask)
        targets = ops.cast(inputs["targets"], "int32")
        previous = self._named_points(points, targets[:, :-1])
        start = ops.broadcast_to(self.start_symbol, (ops.shape(points)[0], 1, self.input_dim))
        start = ops.cast(start, previous.dtype)
        return self._write(ops.concatenate([start, previous], axis=1), memory, states)

    def _read(self, points, mask):
        """Return the memory to point into, a dictionary, and the first states of the decoder."""
        points = blank(points, mask)
        encoded, states = self._encode(points, mask)
        return self._memory(encoded, mask), states

    def _encode(self, points, mask):
        """Return what is kept of every point, and the first states of the decoder."""
        encoded, *states = self.reader(points, mask=mask)
        if self.encoder == "bilstm":
            states = [
                ops.concatenate([states[0], states[2]], axis=-1),
                ops.concatenate([states[1], states[3]], axis=-1),
            ]
        return encoded, states

    def _named_points(self, points, classes):
        """Return the coordinates of the points that classes name; anything for the end symbol."""
        index = ops.maximum(classes - 1, 0)
        return ops.take_along_axis(points, index[..., None], axis=1)

    @property
    def _wide(self):
        """The type of scores, and of points that are given."""
        return wide(self.compute_dtype)

    def get_config(self):
        names = ("units", "input_dim", "encoder")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def generate(self, inputs, mask=None, beam_size=1, constraint=None, max_steps=None):
        """Name points in order, by beam search over all examples at once.

        Args:
            inputs: Array `(batch, n, input_dim)`.
            mask: Boolean array `(batch, n)` of the points that are there, or `None`.
            beam_size: Positive integer; 1 is greedy.
            constraint: `None`; `"no_repeat"`, which refuses points named before; or `"tour"`,
                which also refuses the end until every point was named. Refused symbols are masked
                before the softmax.
            max_steps: Positive integer, the largest number of symbols. Defaults to `n + 1`.

        Returns:
            Pair: indices `(batch, max_steps)`, int32, padded with -1; log-probabilities `(batch,)`.

        Raises:
            ValueError: If an argument is out of range or an example has no point.
        """
        points, mask = self._check_inputs(inputs, mask)
        check_size("beam_size", beam_size)
        if constraint not in CONSTRAINTS:
            raise ValueError(f"`constraint` must be one of {CONSTRAINTS}. Received: {constraint!r}")
        max_steps = points.shape[1] + 1 if max_steps is None else max_steps
        check_size("max_steps", max_steps)
        options = {"beam_size": beam_size, "constraint": constraint, "max_steps": max_steps}
        found = self._search(inputs=points, mask=mask, **options)
        return found["tokens"] - 1, found["scores"]  # the end symbol becomes -1

    def _check_inputs(self, inputs, mask):
        points = np.asarray(inputs, self._wide)
        if points.ndim != 3 or points.shape[2] != self.input_dim:
            raise ValueError(
                f"`inputs` must have the shape (batch, n, {self.input_dim}). "
                f"Received shape: {points.shape}"
            )
        mask = np.ones(points.shape[:2], bool) if mask is None else np.asarray(mask, bool)
        if mask.shape != points.shape[:2]:
            raise ValueError(
                f"`mask` must have the shape {points.shape[:2]}. Received shape: {mask.shape}"
            )
        if not mask.any(axis=1).all():
            raise ValueError("`mask` must leave at least one point in every example.")
        if not np.isfinite(points[mask]).all():
            raise ValueError("`inputs` must be finite where `mask` is true.")
        return points, mask

    @compiled(static=("beam_size", "constraint", "max_steps"))
    def _search(self, inputs, mask, beam_size, constraint, max_steps):
        def spread(tensor):
            return ops.repeat(tensor, beam_size, axis=0)

        points, mask = spread(inputs), spread(ops.cast(mask, "bool"))
        memory, states = self._read(points, mask)
        symbols = self._num_symbols(points.shape[1])
        # Every beam needs its own points: the search permutes them together with the states.
        here = ops.concatenate([ops.ones_like(mask[:, :1]), mask], axis=1)
        here = ops.pad(here, ((0, 0), (0, symbols - points.shape[1] - 1)))
        state = {"points": points, "memory": memory, "states": states, "free": here}

        def step(tokens, state, t):
            named = self._named_points(state["points"], tokens[:, None])
            start = ops.cast(self.start_symbol, named.dtype)
            x = ops.where(t == 0, start, named)
            scores, states = self._write_step(x, state["memory"], state["states"])
            free = self._free(state["free"], tokens, t, constraint)
            allowed = self._allowed(free, constraint)
            log_p = ops.log_softmax(refuse(ops.cast(scores, self._wide), allowed))
            log_p = refuse(log_p, allowed)
            return log_p, {**state, "states": states, "free": free}

        size = ops.shape(inputs)[0]
        sizes = size, symbols, beam_size, max_steps
        tokens, scores = beam_search(step, state, *sizes, END, END, dtype=self._wide)
        return {"tokens": tokens[:, 0], "scores": scores[:, 0]}

    def _free(self, free, tokens, t, constraint):
        """Take the symbol just named off the free ones; the end symbol always stays."""
        if constraint is None:
            return free
        symbols = ops.arange(free.shape[-1], dtype="int32")
        named = ops.logical_and(symbols[None] == tokens[:, None], symbols[None] != END)
        named = ops.logical_and(named, t > 0)
        return ops.logical_and(free, ops.logical_not(named))

    def _allowed(self, free, constraint):
        if constraint != "tour":
            return free
        left = ops.any(free[:, 1:], axis=-1, keepdims=True)
        return ops.concatenate([ops.logical_not(left), free[:, 1:]], axis=1)

    def read(self, inputs, mask=None):
        """Return what the network knows of every set before it writes, `(batch, 2 * units)`.

        Args:
            inputs: Array `(batch, n, input_dim)`.
            mask: Boolean array `(batch, n)` of the points that are there, or `None`.

        Returns:
            Float array, the first states of the decoder, side by side.
        """
        inputs, mask = self._check_inputs(inputs, mask)
        return self._first_states(inputs=inputs, mask=mask)

    @compiled
    def _first_states(self, inputs, mask):
        _, states = self._encode(inputs, ops.cast(mask, "bool"))
        return ops.concatenate(states, axis=-1)

    def pointing(self, inputs, indices, mask=None):
        """Return the distributions with which a given output would be written.

        Args:
            inputs: Array `(batch, n, input_dim)`.
            indices: Int array `(batch, m)`, padded with -1, such as `generate` returns.
            mask: Boolean array `(batch, n)`, or `None`.

        Returns:
            Float array `(batch, m, symbols)`: probability of the end symbol, then of every point.
        """
        points, mask = self._check_inputs(inputs, mask)
        check_indices(indices, mask)
        classes = np.asarray(indices, "int32") + 1
        return self._pointing(inputs=points, mask=mask, targets=classes)

    @compiled
    def _pointing(self, inputs, mask, targets):
        return ops.softmax(self({"inputs": inputs, "mask": mask, "targets": targets}))
