"""Asking a memory several times: the process block (Vinyals et al., 2015)."""

import keras
from keras import ops

from keras_readinglist.layers import masking, segments
from keras_readinglist.layers.recurrent import LSTMCell
from keras_readinglist.layers.set2set.cell import NoInputLSTMCell
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ProcessBlock(keras.layers.Layer):
    """Asks a memory `steps` times: the process block of Read-Process-Write.

    `q_t = LSTM(q*_{t-1})`, `a_t = softmax(m_i . q_t)`, `r_t = sum_i a_{t,i} m_i`,
    `q*_t = [q_t; r_t]`, from `q*_0 = 0`. To permute the memory permutes the attention and changes
    nothing else. Scores, attention and the cell are float32.

    Args:
        units: Positive integer, the width of the memory and of a query.
        steps: Non-negative integer.
        num_layers: Positive integer, the layers of the LSTM. With one it is a `NoInputLSTMCell`;
            with more the lowest reads `q*` and the highest gives the query. Defaults to 1.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        memory: Float tensor `(batch, elements, units)`; or `(elements, units)`, the elements of
            all sets below one another, with `segment_ids`.
        mask: Boolean tensor, `memory` without its last axis; elements that are `False` do not
            count, and may be anything, even NaN. A set without elements answers with zeros.
        segment_ids: Int tensor `(elements,)`, the set of every element, in any order.
        num_segments: Positive integer, the number of sets. It must be given with `segment_ids`.

    Input shape:
        `(batch, elements, units)` or `(elements, units)`.

    Output shape:
        `(batch, steps, 2 * units)`, all `q*`; and the attention `(batch, steps, elements)`, or
        `(steps, elements)` with `segment_ids`.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> queries, attention = ProcessBlock(units=4, steps=3)(np.ones((2, 5, 4)))
        >>> queries.shape, attention.shape
        ((2, 3, 8), (2, 3, 5))

    References:
        - [Vinyals et al., 2015, Order Matters](https://arxiv.org/abs/1511.06391), Eqs. 3 to 7
    """

    def __init__(self, units, steps, num_layers=1, **kwargs):
        super().__init__(**kwargs)
        check_size("units", units)
        check_size("num_layers", num_layers)
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
            raise ValueError(f"`steps` must be an integer of at least 0. Received: {steps}")
        self.units, self.steps, self.num_layers = units, steps, num_layers
        if num_layers == 1:
            self.cells = [NoInputLSTMCell(units, dtype=self.dtype_policy)]
        else:
            self.cells = [LSTMCell(units, dtype=self.dtype_policy) for _ in range(num_layers)]
        self.supports_masking = True

    def build(self, memory_shape):
        if memory_shape[-1] != self.units:
            raise ValueError(
                f"`memory` must have the width of a query, units={self.units}. "
                f"Received shape: {tuple(memory_shape)}"
            )
        if self.num_layers == 1:
            self.cells[0].build()
        for layer, cell in enumerate(self.cells if self.num_layers > 1 else ()):
            cell.build((None, self.units if layer else 2 * self.units))

    def call(self, memory, mask=None, segment_ids=None, num_segments=None):
        if segment_ids is None:
            sets, ask = ops.shape(memory)[0], _rows(memory, mask)
        else:
            sets, ask = num_segments, _segments(memory, mask, segment_ids, num_segments)
        queries, attention = [], []
        state = ops.zeros((1, 2 * self.units), "float32"), self._first_states()
        for _ in range(self.steps):
            query, states = self._ask(*state)
            query = ops.broadcast_to(query, (sets, self.units))  # the first is one for all sets
            answer, weights = ask(query)
            state = ops.concatenate([query, answer], axis=-1), states
            queries.append(state[0])
            attention.append(weights)
        if not self.steps:
            shape = (0,) if segment_ids is not None else (sets, 0)
            nothing = ops.zeros((*shape, ops.shape(memory)[-2]), "float32")
            return ops.zeros((sets, 0, 2 * self.units), self.compute_dtype), nothing
        attention = ops.stack(attention, axis=1 if segment_ids is None else 0)
        return ops.cast(ops.stack(queries, axis=1), self.compute_dtype), attention

    def _first_states(self):
        zeros = ops.zeros((1, self.units), "float32")
        return zeros if self.num_layers == 1 else [[zeros, zeros]] * self.num_layers

    def _ask(self, query_and_answer, states):
        """Return the next query and the states of the LSTM, in float32."""
        if self.num_layers == 1:
            return self.cells[0].step(query_and_answer, states)
        hidden, after = query_and_answer, []
        for cell, state in zip(self.cells, states, strict=True):
            state = cell.step(cell.project(ops.cast(hidden, self.compute_dtype)), state)
            hidden = state[0]
            after.append(state)
        return hidden, after

    def compute_output_shape(self, memory_shape, num_segments=None):
        if len(memory_shape) == 2:
            return (num_segments, self.steps, 2 * self.units), (self.steps, memory_shape[0])
        batch, elements = memory_shape[:2]
        return (batch, self.steps, 2 * self.units), (batch, self.steps, elements)

    def compute_output_spec(self, memory, mask=None, segment_ids=None, num_segments=None):
        queries, attention = self.compute_output_shape(memory.shape, num_segments)
        dtypes = self.compute_dtype, "float32"
        return tuple(map(keras.KerasTensor, (queries, attention), dtypes))

    def compute_mask(self, memory, mask=None):
        return None, None

    def get_config(self):
        names = ("units", "steps", "num_layers")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _rows(memory, mask):
    """Return the function that lets queries `(batch, units)` read `(batch, elements, units)`."""
    shown = None if mask is None else ops.cast(mask, "bool")
    memory = masking.blank(memory, shown)

    def read(query):
        query = ops.cast(query, memory.dtype)[..., None]
        scores = ops.cast(ops.matmul(memory, query)[..., 0], "float32")
        weights = masking.masked_softmax(scores, shown)
        answer = ops.matmul(ops.cast(weights, memory.dtype)[:, None], memory)[:, 0]
        return ops.cast(answer, "float32"), weights

    return read


def _segments(memory, mask, segment_ids, num_segments):
    """Return the function that lets queries `(sets, units)` read `(elements, units)`."""
    memory = ops.cast(memory, "float32")
    if mask is not None:
        mask = ops.cast(mask, "bool")
        memory = masking.blank(memory, mask)

    def read(query):
        scores = ops.sum(memory * segments.take_rows(query, segment_ids), axis=-1)
        weights = segments.segment_softmax(scores, segment_ids, num_segments, mask)
        return segments.segment_sum(weights[:, None] * memory, segment_ids, num_segments), weights

    return read
