"""A relational memory over a sequence."""

from functools import partial

import keras
from keras import ops

from keras_readinglist.layers.recurrent import loops, steps
from keras_readinglist.layers.relational_memory.cell import RelationalMemoryCell

FEW_ROWS = 16  # so many rows of a step are cheaper than its weights


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RelationalMemory(keras.layers.Layer):
    """Runs a `RelationalMemoryCell` over a sequence.

    What depends on the inputs alone is computed for all steps at once. Under mixed precision the
    memory stays in float32, and is returned so. States are passed explicitly (`initial_state`,
    `return_state`); there is no `stateful`, which JAX could not carry.

    Args:
        mem_slots: Positive integer, the number of slots.
        head_size: Positive integer, the width of a value in one head.
        return_sequences: Boolean, whether to return the outputs of all steps.
        return_state: Boolean, whether to return the last states too.
        return_attention: Boolean, whether to return the attention of every step too.
        return_gates: Boolean, whether to return a dictionary of the gates of every step too.
        unroll: Boolean, whether to write the steps out instead of looping: slower to compile.
            Needs a known number of steps.
        **kwargs: `num_heads`, `num_blocks`, `forget_bias`, `input_bias`, `gate_style`,
            `attention_mlp_layers`, `key_size`, `output_gate`, `share_blocks` as for
            `RelationalMemoryCell`; base layer arguments.

    Call arguments:
        sequences: Float tensor `(batch, time, features)`, or `(batch, time, rows, features)` to
            give several rows at every step.
        initial_state: The states `(batch, slots * width)` or `(batch, slots, width)`, one tensor,
            or a list of two if there is an output gate; `None` for the identity.
        mask: Boolean tensor `(batch, time)`, any pattern; where it is `False` the memory is
            carried on, and the input may be anything, even NaN.
        training: Boolean, unused.

    Input shape:
        `(batch, time, features)` or `(batch, time, rows, features)`.

    Output shape:
        `(batch, slots * width)`, or `(batch, time, slots * width)` with `return_sequences`. Then,
        if asked for: the states; attention `(batch, time, blocks, heads, slots, slots + rows)`,
        of which the last columns are the input; gates `(batch, time, slots, gate size)`.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> layer = RelationalMemory(mem_slots=3, head_size=4, num_heads=2, return_attention=True)
        >>> outputs, attention = layer(np.ones((2, 5, 6)))
        >>> outputs.shape, attention.shape
        ((2, 24), (2, 5, 1, 2, 3, 4))

    References:
        - [Santoro et al., 2018](https://arxiv.org/abs/1806.01822), section 3.3
    """

    def __init__(
        self,
        mem_slots,
        head_size,
        return_sequences=False,
        return_state=False,
        return_attention=False,
        return_gates=False,
        unroll=False,
        name=None,
        dtype=None,
        trainable=True,
        **cell_kwargs,
    ):
        # Given states would lose precision if Keras cast them.
        super().__init__(name=name, dtype=dtype, trainable=trainable, autocast=False)
        self.cell = RelationalMemoryCell(
            mem_slots, head_size, dtype=self.dtype_policy, **cell_kwargs
        )
        if return_gates and not self.cell.num_gates:
            raise ValueError("`return_gates` needs a `gate_style`. Received: gate_style=None")
        self.return_sequences, self.return_state = return_sequences, return_state
        self.return_attention, self.return_gates = return_attention, return_gates
        self.unroll, self.supports_masking = unroll, True
        # The gradient of TensorFlow's scan cannot be compiled by XLA.
        self.supports_jit = unroll or keras.config.backend() != "tensorflow"

    def build(self, sequences_shape, initial_state_shape=None):
        if len(sequences_shape) not in (3, 4) or None in sequences_shape[2:]:
            raise ValueError(
                "`sequences` must have the shape (batch, time, features) or (batch, time, rows, "
                f"features) with known rows and features. Received shape: {tuple(sequences_shape)}"
            )
        if self.unroll and sequences_shape[1] is None:
            raise ValueError(
                f"`unroll` needs a known number of steps. Received shape: {tuple(sequences_shape)}"
            )
        self.cell.build((sequences_shape[0], *sequences_shape[2:]))

    def call(self, sequences, initial_state=None, mask=None, training=False):
        projected, mask, states = self._prepare(sequences, initial_state, mask)
        history, last = self._run(projected, mask, states)
        last = [self.cell.as_vector(state) for state in last]
        output = self.cell.as_vector(history[0]) if self.return_sequences else last[0]
        packed = [ops.cast(output, self.compute_dtype)]
        if self.return_state:
            packed += last
        if self.return_attention or self.return_gates:
            gates = self._details(projected, states, history)
            attention = gates.pop("attention")
            packed += [attention] * self.return_attention + [gates] * self.return_gates
        return packed[0] if len(packed) == 1 else tuple(packed)

    def _prepare(self, sequences, initial_state, mask):
        """Return what depends on the inputs alone, the mask and the initial states."""
        sequences = sequences if len(sequences.shape) == 4 else sequences[:, :, None]
        if mask is not None:
            mask = ops.cast(mask, "bool")
            # What is masked may be NaN: it must not reach even the gradient of the product.
            shown = mask[:, :, None, None]
            sequences = ops.where(shown, sequences, ops.zeros_like(sequences))
        return self.cell.project(sequences), mask, self._initial(initial_state)

    def _initial(self, initial_state):
        """Return the initial states as matrices; those of the cell with a batch of 1."""
        cell = self.cell
        if initial_state is None:
            return [cell.as_matrix(state) for state in cell.initial_states(1)]
        states = initial_state if isinstance(initial_state, (list, tuple)) else [initial_state]
        sizes = [state.shape[1:] for state in states]
        known = ((cell.output_size,), (cell.mem_slots, cell.width))
        if len(states) != len(cell.state_size) or any(tuple(s) not in known for s in sizes):
            raise ValueError(
                f"`initial_state` must be {len(cell.state_size)} tensors of the shape "
                f"{(None, *known[0])} or {(None, *known[1])}. "
                f"Received shapes: {[tuple(state.shape) for state in states]}"
            )
        return [cell.as_matrix(state) for state in states]

    def _run(self, projected, mask, states):
        """Return all states `(batch, time, slots, width)` and the last ones."""
        step, (batch, time) = self.cell.step, projected["qkv"].shape[:2]
        few = batch is not None and batch * self.cell.mem_slots <= FEW_ROWS
        scan = loops.scan_deferring_weights if few else loops.scan_storing_products
        run = _run_unrolled if self.unroll else partial(steps.run, scan=scan)
        if batch == 1 or states[0].shape[0] != 1 or time == 0:
            return run(step, projected, states, mask)
        # All examples begin with the same memory: its products are computed once for all of them.
        first = step(keras.tree.map_structure(lambda x: x[:, 0], projected), states)
        if mask is not None:
            first = steps.where_shown(mask[:, :1], first, states)
        if time == 1:
            return [state[:, None] for state in first], first
        later = None if mask is None else mask[:, 1:]
        rest = keras.tree.map_structure(lambda x: x[:, 1:], projected)
        history, last = run(step, rest, first, later)
        pairs = zip(first, history, strict=True)
        return [ops.concatenate([state[:, None], track], axis=1) for state, track in pairs], last

    def _details(self, projected, states, history):
        """Compute attention and gates of all steps at once, from the states before each."""
        cell = self.cell
        before = []
        for first, later in zip(states, history, strict=True):
            first = ops.broadcast_to(first[:, None], ops.shape(later[:, :1]))
            before.append(cell.as_matrix(ops.concatenate([first, later[:, :-1]], axis=1)))
        batch, time = ops.shape(history[0])[:2]
        together = keras.tree.map_structure(lambda x: ops.reshape(x, (-1, *x.shape[2:])), projected)
        details = {}
        cell.step(together, before, details)
        return {
            name: ops.cast(ops.reshape(value, (batch, time, *value.shape[1:])), self.compute_dtype)
            for name, value in details.items()
        }

    def trace(self, sequences, initial_state=None, mask=None):
        """Run the layer and keep everything that happens inside.

        Args:
            sequences: As in the call.
            initial_state: As in the call.
            mask: As in the call.

        Returns:
            Outputs `(batch, time, slots * width)`, list of last states, and a dictionary of
            `"attention"` and the gates `"input"`, `"forget"` and `"output"`, where there are such.
        """
        projected, mask, states = self._prepare(sequences, initial_state, mask)
        history, last = self._run(projected, mask, states)
        details = self._details(projected, states, history)
        flat = self.cell.as_vector
        return flat(history[0]), [flat(state) for state in last], details

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch, time = sequences_shape[:2]
        rows = sequences_shape[2] if len(sequences_shape) == 4 else 1
        cell = self.cell
        width = cell.output_size
        shapes = [(batch, time, width) if self.return_sequences else (batch, width)]
        if self.return_state:
            shapes += [(batch, size) for size in cell.state_size]
        if self.return_attention:
            slots = cell.mem_slots
            shapes.append((batch, time, cell.num_blocks, cell.num_heads, slots, slots + rows))
        if self.return_gates:
            names = ("input", "forget", "output")[: cell.num_gates]
            shapes.append(dict.fromkeys(names, (batch, time, cell.mem_slots, cell.gate_size)))
        return shapes[0] if len(shapes) == 1 else tuple(shapes)

    def compute_mask(self, sequences, mask=None):
        mask = keras.tree.flatten(mask)[0] if mask is not None else None
        kept = mask if self.return_sequences else None
        extra = len(self.cell.state_size) * self.return_state
        extra += self.return_attention + self.return_gates
        return [kept, *[None] * extra] if extra else kept

    def get_config(self):
        config = self.cell.get_config()
        for name in ("name", "trainable", "dtype"):
            config.pop(name, None)
        names = ("return_sequences", "return_state", "return_attention", "return_gates", "unroll")
        config |= {name: getattr(self, name) for name in names}
        return {**super().get_config(), **config}


def _run_unrolled(step, inputs, states, mask):
    """As `steps.run`, without a loop."""
    history = []
    for t in range(keras.tree.flatten(inputs)[0].shape[1]):
        new = step(keras.tree.map_structure(lambda x, t=t: x[:, t], inputs), states)
        if mask is not None:
            new = steps.where_shown(mask[:, t, None], new, states)
        states = new
        history.append(states)
    return [ops.stack(track, axis=1) for track in zip(*history, strict=True)], states
