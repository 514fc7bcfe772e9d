"""Asking a memory several times: the process block (Vinyals et al., 2015)."""

import keras
from keras import ops

from keras_readinglist.backend import value
from keras_readinglist.layers import masking, segments
from keras_readinglist.layers.precision import matmul, wide
from keras_readinglist.layers.recurrent import LSTMCell
from keras_readinglist.layers.set2set.cell import NoInputLSTMCell
from keras_readinglist.layers.validation import check_same, check_shape, check_size


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
        segment_ids: Int tensor `(elements,)`, the set of every element, in any order, each at
            least 0 and below `num_segments`: checked where values are known, outside of programs.
        num_segments: Positive integer, the number of sets. It must be given with `segment_ids`.
        memory_mask: The mask that Keras knows of `memory`; used if there is no `mask`.

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
        self.units, self.steps = check_size("units", units), check_size("steps", steps, minimum=0)
        self.num_layers = check_size("num_layers", num_layers)
        kind = NoInputLSTMCell if self.num_layers == 1 else LSTMCell
        base = {"dtype": self.dtype_policy, "trainable": self.trainable}
        self.cells = [kind(self.units, **base) for _ in range(self.num_layers)]
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

    def call(self, memory, mask=None, segment_ids=None, num_segments=None, memory_mask=None):
        # Keras hands the mask of one tensor among several to the argument of that name.
        mask = memory_mask if mask is None else mask
        check_sets(memory, self.units, segment_ids, num_segments)
        mask = masking.as_mask(mask, "memory", memory, axes=len(memory.shape) - 1)
        memory, dtype = masking.blank(memory, mask), wide(self.compute_dtype)
        if segment_ids is None:
            sets, ask = ops.shape(memory)[0], _rows(memory, mask, dtype)
        else:
            sets, ask = num_segments, _segments(memory, mask, segment_ids, num_segments, dtype)
        queries, attention = [], []
        state = ops.zeros((1, 2 * self.units), dtype), self._first_states()
        for _ in range(self.steps):
            query, states = self._ask(*state)
            query = ops.broadcast_to(query, (sets, self.units))  # the first is one for all sets
            answer, weights = ask(query)
            state = ops.concatenate([query, answer], axis=-1), states
            queries.append(state[0])
            attention.append(weights)
        if not self.steps:
            shape = (0,) if segment_ids is not None else (sets, 0)
            nothing = ops.zeros((*shape, ops.shape(memory)[-2]), dtype)
            return ops.zeros((sets, 0, 2 * self.units), self.compute_dtype), nothing
        attention = ops.stack(attention, axis=1 if segment_ids is None else 0)
        return ops.cast(ops.stack(queries, axis=1), self.compute_dtype), attention

    def _first_states(self):
        zeros = ops.zeros((1, self.units), wide(self.compute_dtype))
        return zeros if self.num_layers == 1 else [[zeros, zeros]] * self.num_layers

    def _ask(self, query_and_answer, states):
        """Return the next query and the states of the LSTM."""
        if self.num_layers == 1:
            return self.cells[0].step(query_and_answer, states)
        hidden, after = query_and_answer, []
        for cell, state in zip(self.cells, states, strict=True):
            state = cell.step(cell.project(hidden), state)
            hidden = state[0]
            after.append(state)
        return hidden, after

    def compute_output_shape(self, memory_shape, num_segments=None):
        if len(memory_shape) == 2:
            return (num_segments, self.steps, 2 * self.units), (self.steps, memory_shape[0])
        batch, elements = memory_shape[:2]
        return (batch, self.steps, 2 * self.units), (batch, self.steps, elements)

    def compute_output_spec(
        self, memory, mask=None, segment_ids=None, num_segments=None, memory_mask=None
    ):
        check_sets(memory, self.units, segment_ids, num_segments)
        queries, attention = self.compute_output_shape(memory.shape, num_segments)
        dtypes = self.compute_dtype, wide(self.compute_dtype)
        return tuple(map(keras.KerasTensor, (queries, attention), dtypes))

    def compute_mask(self, memory, mask=None):
        return None, None

    def get_config(self):
        names = ("units", "steps", "num_layers")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def check_sets(memory, width, segment_ids, num_segments, name="memory"):
    """Raise `ValueError` unless a memory and the segments of its elements fit.

    Args:
        memory: Tensor, the argument of the call.
        width: Integer, the width that it must have, or `None`.
        segment_ids: Tensor, or `None`.
        num_segments: Integer, or scalar tensor where it is not known yet, or `None`.
        name: What the argument is called.
    """
    rank = 3 if segment_ids is None else 2
    if (segment_ids is None) != (num_segments is None) or len(memory.shape) != rank:
        raise ValueError(
            f"`{name}` must have the shape (batch, elements, features), or (elements, features) "
            f"with `segment_ids` and `num_segments`. Received: {name} of shape "
            f"{tuple(memory.shape)}, num_segments={num_segments}"
        )
    layout = "(batch, elements, features)" if rank == 3 else "(elements, features)"
    check_shape(name, memory.shape, layout, width=width)
    if segment_ids is None:
        return
    if not ops.is_tensor(num_segments):  # TensorFlow knows it only when the program runs
        check_size("num_segments", num_segments)
    if len(segment_ids.shape) != 1 or "int" not in str(segment_ids.dtype):
        raise ValueError(
            "`segment_ids` must be integers of the shape (elements,). Received: shape "
            f"{tuple(segment_ids.shape)}, {segment_ids.dtype}"
        )
    check_same("segment_ids", segment_ids.shape, name, memory.shape)
    ids = value(segment_ids)
    if ids is not None and ids.size and not 0 <= ids.min() <= ids.max() < num_segments:
        raise ValueError(
            f"`segment_ids` must be at least 0 and less than num_segments={num_segments}. "
            f"Received: from {ids.min()} to {ids.max()}"
        )


def _rows(memory, mask, dtype):
    """Return the function that lets queries `(batch, units)` read `(batch, elements, units)`."""

    def read(query):
        query = ops.cast(query, memory.dtype)[..., None]
        scores = ops.cast(matmul(memory, query)[..., 0], dtype)
        weights = masking.masked_softmax(scores, mask)
        answer = matmul(ops.cast(weights, memory.dtype)[:, None], memory)[:, 0]
        return ops.cast(answer, dtype), weights

    return read


def _segments(memory, mask, segment_ids, num_segments, dtype):
    """Return the function that lets queries `(sets, units)` read `(elements, units)`."""
    memory = ops.cast(memory, dtype)

    def read(query):
        scores = ops.sum(memory * segments.take_rows(query, segment_ids), axis=-1)
        weights = segments.segment_softmax(scores, segment_ids, num_segments, mask)
        return segments.segment_sum(weights[:, None] * memory, segment_ids, num_segments), weights

    return read
