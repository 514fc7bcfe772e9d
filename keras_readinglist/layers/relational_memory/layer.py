"""A relational memory over a sequence."""

import keras
from keras import ops

from keras_readinglist.backend import known
from keras_readinglist.layers.recurrent import loops, steps
from keras_readinglist.layers.recurrent.sequence_layer import SequenceLayer
from keras_readinglist.layers.relational_memory.cell import RelationalMemoryCell

FEW_ROWS = 16  # so many rows of a step are cheaper than its weights


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RelationalMemory(SequenceLayer):
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
            `RelationalMemoryCell`; `go_backwards` and `zero_output_for_mask` as for `LSTM`; base
            layer arguments.

    Call arguments:
        sequences: Float tensor `(batch, time, features)`, or `(batch, time, rows, features)` to
            give several rows at every step.
        initial_state: The states `(batch, slots * width)` or `(batch, slots, width)`, one tensor,
            or a list of two if there is an output gate; `None` for the identity.
        mask: Boolean tensor `(batch, time)`, any pattern; where it is `False` the memory is
            carried on, and the input may be anything, even NaN.
        training: Boolean, unused.
        sequences_mask: The mask that Keras knows of `sequences`; used if there is no `mask`.

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

    cell_class = RelationalMemoryCell
    layouts = ("(batch, time, features)", "(batch, time, rows, features)")
    switches = (*SequenceLayer.switches, "return_attention", "return_gates", "unroll")

    def __init__(
        self,
        mem_slots,
        head_size,
        return_sequences=False,
        return_state=False,
        return_attention=False,
        return_gates=False,
        unroll=False,
        **kwargs,
    ):
        cell = {"mem_slots": mem_slots, "head_size": head_size}
        super().__init__(cell, return_sequences, return_state, **kwargs)
        if return_gates and not self.cell.num_gates:
            raise ValueError("`return_gates` needs a `gate_style`. Received: gate_style=None")
        self.return_attention, self.return_gates = return_attention, return_gates
        self.unroll, self.supports_jit = unroll, unroll or self.supports_jit

    def build(self, sequences_shape, initial_state_shape=None):
        if None in sequences_shape[2:]:
            raise ValueError(
                "`sequences` must have known rows and features. "
                f"Received shape: {tuple(sequences_shape)}"
            )
        if self.unroll and sequences_shape[1] is None:
            raise ValueError(
                f"`unroll` needs a known number of steps. Received shape: {tuple(sequences_shape)}"
            )
        super().build(sequences_shape)

    def _flat(self, state):
        cell = self.cell
        matrix = len(state.shape) == 3 and tuple(state.shape[1:]) == (cell.mem_slots, cell.width)
        return cell.as_vector(state) if matrix else state

    def _run(self, sequences, states, mask, training, tracked):
        cell = self.cell
        rows = sequences if len(sequences.shape) == 4 else sequences[:, :, None]
        projected = cell.project(rows)
        states = cell.initial_states(1) if states is None else states
        states = [cell.as_matrix(state) for state in states]
        history, last = self._loop(projected, mask, states)
        tracks = self._details(projected, states, history) if tracked else None
        return cell.as_vector(history[0]), [cell.as_vector(state) for state in last], tracks

    def _loop(self, projected, mask, states):
        """Return all states `(batch, time, slots, width)` and the last ones."""
        step, (batch, time) = self.cell.step, map(known, projected["qkv"].shape[:2])
        if not time or batch == 1 or known(states[0].shape[0]) != 1:
            sizes = ops.shape(projected["qkv"])[:1]
            states = [ops.broadcast_to(state, (*sizes, *state.shape[1:])) for state in states]
            return self._steps(projected, states, mask)
        # All examples begin with the same memory: its products are computed once for all of them.
        first = step(keras.tree.map_structure(lambda x: x[:, 0], projected), states)
        if mask is not None:
            first = steps.where_shown(mask[:, :1], first, states)
        if time == 1:
            return [state[:, None] for state in first], first
        later = None if mask is None else mask[:, 1:]
        rest = keras.tree.map_structure(lambda x: x[:, 1:], projected)
        history, last = self._steps(rest, first, later)
        pairs = zip(first, history, strict=True)
        return [ops.concatenate([state[:, None], track], axis=1) for state, track in pairs], last

    def _steps(self, projected, states, mask):
        batch, time = map(known, projected["qkv"].shape[:2])
        if self.unroll and time:
            return _run_unrolled(self.cell.step, projected, states, mask)
        few = batch is not None and batch * self.cell.mem_slots <= FEW_ROWS
        # The weights of a cell of another class need not stand in `with_weights`.
        few = few and type(self.cell) is RelationalMemoryCell
        scan = loops.scan_deferring_weights if few else loops.scan_storing_products
        return steps.run(self.cell.step, projected, states, mask, scan=scan)

    def _details(self, projected, states, history):
        """Compute attention and gates of all steps at once, from the states before each."""
        before = []
        for first, later in zip(states, history, strict=True):
            first = ops.broadcast_to(first, (ops.shape(later)[0], *first.shape[1:]))
            before.append(self.cell.as_matrix(steps.before(first, later)))
        batch, time = ops.shape(history[0])[:2]
        together = keras.tree.map_structure(lambda x: ops.reshape(x, (-1, *x.shape[2:])), projected)
        details = {}
        self.cell.step(together, before, details)
        return {
            name: ops.cast(ops.reshape(value, (batch, time, *value.shape[1:])), self.compute_dtype)
            for name, value in details.items()
        }

    def _wants_tracks(self):
        return self.return_attention or self.return_gates

    def _pack_tracks(self, tracks):
        packed = [tracks["attention"]] if self.return_attention else []
        if self.return_gates:
            packed.append({name: track for name, track in tracks.items() if name != "attention"})
        return packed

    def _track_shapes(self, sequences_shape):
        batch, time, *rows, _ = sequences_shape
        cell, (rows,) = self.cell, rows or (1,)
        shape = (cell.num_blocks, cell.num_heads, cell.mem_slots, cell.mem_slots + rows)
        names = ("input", "forget", "output")[: cell.num_gates]
        gates = dict.fromkeys(names, (batch, time, cell.mem_slots, cell.gate_size))
        return {"attention": (batch, time, *shape), **gates}


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
