"""Reading a set by repeated attention (Vinyals, Bengio, Kudlur, 2015, section 4.1).

An LSTM without inputs asks the memory what it wants to know, gets an answer, and asks again. No
step knows an order of the elements, so the answer does not depend on one.
"""

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers import masking, segments
from keras_readinglist.layers.recurrent import LSTMCell, steps
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class NoInputLSTMCell(keras.layers.Layer):
    """One step of an LSTM that reads nothing but its own last query and its answer.

    `q_t, c_t = LSTM(q*_{t-1}, c_{t-1})` with `q* = [q; r]` as the hidden state: the gates, packed
    as i, f, c, o, are `q* W + b`. That is `8 units^2 + 4 units` weights; the usual form, which
    feeds `q*` as input and `q` as state once more, has `12 units^2` for the same functions.

    Args:
        units: Positive integer, the width of a query.
        unit_forget_bias: Boolean, whether the forget bias starts at one. Defaults to `True`.
        kernel_initializer: Initializer of the weights.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        query_and_answer: Float tensor `(batch, 2 * units)`.
        cell: Float tensor `(batch, units)`.

    Input shape:
        `(batch, 2 * units)` and `(batch, units)`.

    Output shape:
        `(batch, units)` twice: the next query and the next cell.

    Raises:
        ValueError: If an argument is out of range or a shape does not fit.

    Example:
        >>> query, cell = NoInputLSTMCell(4)(np.zeros((2, 8)), np.zeros((2, 4)))
        >>> query.shape, cell.shape
        ((2, 4), (2, 4))

    References:
        - [Vinyals et al., 2015, Order Matters](https://arxiv.org/abs/1511.06391), Eqs. 3 to 7
    """

    def __init__(self, units, unit_forget_bias=True, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        check_size("units", units)
        self.units, self.unit_forget_bias = units, unit_forget_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_and_answer_shape=None, cell_shape=None):
        if query_and_answer_shape is not None and query_and_answer_shape[-1] != 2 * self.units:
            raise ValueError(
                f"`query_and_answer` must have the width {2 * self.units}. "
                f"Received shape: {tuple(query_and_answer_shape)}"
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(2 * self.units, 4 * self.units),
            initializer=self.kernel_initializer,
        )
        self.bias = self.add_weight(
            name="bias", shape=(4 * self.units,), initializer=self._initial_bias
        )

    def _initial_bias(self, shape, dtype=None):
        gate = ops.arange(shape[0]) // self.units
        forget = ops.cast(gate == 1, dtype)
        return forget if self.unit_forget_bias else ops.zeros_like(forget)

    def call(self, query_and_answer, cell):
        query, cell = self.step(query_and_answer, cell)
        return ops.cast(query, self.compute_dtype), ops.cast(cell, self.compute_dtype)

    def step(self, query_and_answer, cell):
        """Return query and cell in float32."""
        states = [ops.cast(query_and_answer, "float32"), ops.cast(cell, "float32")]
        bias = ops.cast(self.bias, "float32")
        return steps.lstm_step(bias, states, ops.convert_to_tensor(self.kernel))

    def compute_output_shape(self, query_and_answer_shape, cell_shape):
        return (query_and_answer_shape[0], self.units), (query_and_answer_shape[0], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "unit_forget_bias": self.unit_forget_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


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


@keras.saving.register_keras_serializable(package="keras_readinglist")
class Set2Set(keras.layers.Layer):
    """Turns a set of any size into one vector that no order of its elements can change.

    The last `q*` of a `ProcessBlock`; as a read-out of graphs it takes the nodes of all graphs at
    once, with `segment_ids`.

    Args:
        units: Positive integer, the width of a query. It must be that of the memory, unless
            `project` is set. Defaults to the width of the memory.
        processing_steps: Non-negative integer; with 0 the answer is zero. Defaults to 3.
        num_layers: Positive integer, the layers of the LSTM. Defaults to 1.
        return_sequence: Boolean, whether to return the vectors after all steps.
        return_attention: Boolean, whether to return the attention too.
        project: Boolean, whether a linear map takes the memory to `units` first.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments: as for `ProcessBlock`.

    Input shape:
        `(batch, elements, features)` or `(elements, features)`.

    Output shape:
        `(batch, 2 * units)`, or `(batch, steps, 2 * units)` with `return_sequence`; and the
        attention, as from `ProcessBlock`, if asked for.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> nodes, graph = np.random.rand(5, 4), np.array([0, 1, 0, 1, 1])
        >>> Set2Set()(nodes, segment_ids=graph, num_segments=2).shape
        (2, 8)

    References:
        - [Vinyals et al., 2015, Order Matters](https://arxiv.org/abs/1511.06391), section 4.1
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), the read-out of graphs
    """

    def __init__(
        self,
        units=None,
        processing_steps=3,
        num_layers=1,
        return_sequence=False,
        return_attention=False,
        project=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if units is None and project:
            raise ValueError("`units` must be given if `project` is set. Received: units=None")
        if units is not None:
            check_size("units", units)
        ProcessBlock(units or 1, processing_steps, num_layers)  # raises if they are out of range
        self.units, self.processing_steps, self.num_layers = units, processing_steps, num_layers
        self.return_sequence, self.return_attention = return_sequence, return_attention
        self.project, self.supports_masking = project, True

    def build(self, memory_shape):
        width = memory_shape[-1]
        if self.units not in (None, width) and not self.project:
            raise ValueError(
                f"`units` must be the width of the memory, {width}, or `project` be set. "
                f"Received: units={self.units}"
            )
        units = self.units or width
        self.projection = None
        if self.project:
            self.projection = keras.layers.Dense(units, use_bias=False, dtype=self.dtype_policy)
            self.projection.build(memory_shape)
        self.process = ProcessBlock(
            units, self.processing_steps, self.num_layers, dtype=self.dtype_policy
        )
        self.process.build((*memory_shape[:-1], units))

    def call(self, memory, mask=None, segment_ids=None, num_segments=None):
        if (segment_ids is None) != (num_segments is None) or len(memory.shape) != (
            3 if segment_ids is None else 2
        ):
            raise ValueError(
                "`memory` must have the shape (batch, elements, features), or (elements, features) "
                "with `segment_ids` and `num_segments`. Received: memory of shape "
                f"{tuple(memory.shape)}, num_segments={num_segments}"
            )
        if self.project:
            memory = self.projection(memory)
        queries, attention = self.process(
            memory, mask=mask, segment_ids=segment_ids, num_segments=num_segments
        )
        if not self.return_sequence:
            queries = queries[:, -1] if self.processing_steps else ops.sum(queries, axis=1)
        return (queries, attention) if self.return_attention else queries

    def compute_output_shape(self, memory_shape, num_segments=None):
        width = self.units or memory_shape[-1]
        sets = num_segments if len(memory_shape) == 2 else memory_shape[0]
        steps = self.processing_steps
        shape = (sets, steps, 2 * width) if self.return_sequence else (sets, 2 * width)
        if not self.return_attention:
            return shape
        if len(memory_shape) == 2:
            return shape, (steps, memory_shape[0])
        return shape, (sets, steps, memory_shape[1])

    def compute_output_spec(self, memory, mask=None, segment_ids=None, num_segments=None):
        shapes = self.compute_output_shape(memory.shape, num_segments)
        if not self.return_attention:
            return keras.KerasTensor(shapes, self.compute_dtype)
        return tuple(map(keras.KerasTensor, shapes, (self.compute_dtype, "float32")))

    def compute_mask(self, memory, mask=None):
        return (None, None) if self.return_attention else None

    def get_config(self):
        names = ("units", "processing_steps", "num_layers", "return_sequence", "return_attention")
        names += ("project",)
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def from_torch_geometric(module, **kwargs):
    """Return our layer with the weights of a `torch_geometric.nn.Set2Set`.

    That module gives its LSTM `q*` as input and `q` as state. As `q*` contains `q`, the matrix of
    the state can be added to those rows of the other: the function stays the same.

    Args:
        module: A `torch_geometric.nn.Set2Set`.
        **kwargs: Further arguments of `Set2Set`, such as `return_attention`.

    Returns:
        A built `Set2Set`.
    """
    units, num_layers = module.in_channels, module.lstm.num_layers
    layer = Set2Set(units, module.processing_steps, num_layers, **kwargs)
    layer.build((None, None, units))
    state = {name: tensor.numpy(force=True) for name, tensor in module.lstm.state_dict().items()}
    weights = []
    for index in range(num_layers):
        kernel, recurrent = state[f"weight_ih_l{index}"].T, state[f"weight_hh_l{index}"].T
        bias = state[f"bias_ih_l{index}"] + state[f"bias_hh_l{index}"]
        if num_layers == 1:
            kernel = np.concatenate([kernel[:units] + recurrent, kernel[units:]])
            weights += [kernel, bias]
        else:
            weights += [kernel, recurrent, bias]
    layer.set_weights(weights)
    return layer
