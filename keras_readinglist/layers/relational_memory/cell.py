"""One step of a relational memory (Santoro et al., 2018, section 3)."""

import math
import warnings

import keras
from keras import ops

from keras_readinglist.layers.precision import tanh, wide
from keras_readinglist.layers.recurrent import loops
from keras_readinglist.layers.relational_memory import attention
from keras_readinglist.layers.validation import (
    check_choice,
    check_shape,
    check_size,
    check_states,
)


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RelationalMemoryCell(keras.layers.Layer):
    """A recurrent cell whose state is a matrix of slots that attend to one another.

    With memory `M (slots, width)`, `width = num_heads * head_size`, and input row `u = x W + b`:
    `num_blocks` times `Z <- norm(Z + attention(Z))`, `Z <- norm(Z + mlp(Z))` on `Z = [M; u]`. The
    slots' rows `C` of the result are written through gates, like those of an LSTM:
    `M' = sigmoid(i) tanh(C) + sigmoid(f) M` with `[i, f] = u W_u + tanh(M) W_m` (Eqs. 3 to 7,
    without the output gate, as the authors' code has it).

    All weights are shared by the slots: to permute the slots of the memory is to permute those of
    the result. Each block has its own projection to queries, keys and values and its own norms;
    the row-wise network is one for all blocks. Queries, keys and values of a row are normalised
    together. The memory begins as an identity matrix, so that the slots differ.

    The state is held flat, `(batch, slots * width)`; a state `(batch, slots, width)` is taken too,
    and returned alike. Between steps it has the compute type of the layer; `RelationalMemory`
    keeps it in float32.

    Args:
        mem_slots: Positive integer, the number of slots.
        head_size: Positive integer, the width of a value in one head.
        num_heads: Positive integer. Defaults to 1.
        num_blocks: Positive integer, how often the slots attend in one step. Defaults to 1.
        forget_bias: Float, added to the forget gate before the sigmoid. Defaults to 1.
        input_bias: Float, added to the input gate. Defaults to 0.
        gate_style: `"unit"`, a gate for every number of the memory; `"memory"`, one for every
            slot; or `None`, `M' = C`. Defaults to `"unit"`.
        attention_mlp_layers: Positive integer, the layers of the row-wise network. Defaults to 2.
        key_size: Positive integer, the width of a key; `None` for `head_size`.
        output_gate: Boolean. If set, the output is `sigmoid(o) tanh(M')` and the gates read the
            output before in place of `tanh(M)`, as the paper writes it (Eqs. 5 to 7); the states
            are then `[output, memory]`. Defaults to `False`.
        share_blocks: Boolean, whether all blocks have the same weights. Defaults to `False`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, features)`; or `(batch, rows, features)`, which adds several
            rows to the memory. The gates read the sum of the projected rows.
        states: List of the states.
        training: Boolean, unused.

    Input shape:
        `(batch, features)` or `(batch, rows, features)`.

    Output shape:
        `(batch, mem_slots * num_heads * head_size)`, and the list of new states.

    Raises:
        ValueError: If an argument is out of range or the inputs have another rank.

    Example:
        >>> cell = RelationalMemoryCell(mem_slots=3, head_size=4, num_heads=2)
        >>> keras.layers.RNN(cell)(np.ones((2, 5, 6))).shape
        (2, 24)

    References:
        - [Santoro et al., 2018](https://arxiv.org/abs/1806.01822), section 3.3
    """

    def __init__(
        self,
        mem_slots,
        head_size,
        num_heads=1,
        num_blocks=1,
        forget_bias=1.0,
        input_bias=0.0,
        gate_style="unit",
        attention_mlp_layers=2,
        key_size=None,
        output_gate=False,
        share_blocks=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.mem_slots = check_size("mem_slots", mem_slots)
        self.head_size = check_size("head_size", head_size)
        self.num_heads = check_size("num_heads", num_heads)
        self.num_blocks = check_size("num_blocks", num_blocks)
        self.attention_mlp_layers = check_size("attention_mlp_layers", attention_mlp_layers)
        self.key_size = self.head_size if key_size is None else check_size("key_size", key_size)
        self.gate_style = check_choice("gate_style", gate_style, ("unit", "memory", None))
        if output_gate and gate_style is None:
            raise ValueError("`output_gate` needs a `gate_style`. Received: gate_style=None")
        self.forget_bias, self.input_bias = float(forget_bias), float(input_bias)
        self.output_gate, self.share_blocks = bool(output_gate), bool(share_blocks)
        self.width = self.num_heads * self.head_size
        if self.mem_slots > self.width:
            warnings.warn(
                f"`mem_slots` exceeds the width of a slot: the last {mem_slots - self.width} slots "
                f"begin equal and stay equal. Received: mem_slots={mem_slots}, width={self.width}",
                stacklevel=2,
            )
        self.output_size = self.mem_slots * self.width
        self.state_size = [self.output_size] * (2 if output_gate else 1)

    @property
    def num_gates(self):
        """The number of gates: input and forget gate, and the output gate if there is one."""
        return 0 if self.gate_style is None else 2 + self.output_gate

    @property
    def gate_size(self):
        """The numbers of a gate for one slot."""
        return self.width if self.gate_style == "unit" else 1

    @property
    def state_dtype(self):
        """The type in which a step computes memory, gates and norms."""
        return wide(self.compute_dtype)

    def build(self, inputs_shape, states_shape=None):
        check_shape("inputs", inputs_shape, *_LAYOUTS)
        self.input_width, width = inputs_shape[-1], self.width
        self.input_dense = self._dense("input", inputs_shape[-1], width)
        qkv_size = self.num_heads * (2 * self.key_size + self.head_size)
        blocks = 1 if self.share_blocks else self.num_blocks
        self.qkv = [self._dense(f"qkv_{i}", width, qkv_size) for i in range(blocks)]
        self.qkv_norms = [self._norm(f"qkv_norm_{i}", qkv_size) for i in range(blocks)]
        self.attention_norms = [self._norm(f"attention_norm_{i}", width) for i in range(blocks)]
        self.mlp_norms = [self._norm(f"mlp_norm_{i}", width) for i in range(blocks)]
        self.mlp = [self._dense(f"mlp_{i}", width, width) for i in range(self.attention_mlp_layers)]
        if self.num_gates:
            size = self.num_gates * self.gate_size
            self.gate_input_dense = self._dense("gate_input", width, size)
            self.gate_memory_dense = self._dense("gate_memory", width, size)

    def _dense(self, name, fan_in, fan_out):
        initializer = keras.initializers.TruncatedNormal(stddev=1 / math.sqrt(fan_in))
        kernel = self.add_weight(
            name=f"{name}_kernel", shape=(fan_in, fan_out), initializer=initializer
        )
        return kernel, self.add_weight(name=f"{name}_bias", shape=(fan_out,), initializer="zeros")

    def _norm(self, name, size):
        gain = self.add_weight(name=f"{name}_gain", shape=(size,), initializer="ones")
        return gain, self.add_weight(name=f"{name}_offset", shape=(size,), initializer="zeros")

    def call(self, inputs, states, training=False):
        check_shape("inputs", inputs.shape, *_LAYOUTS, width=self.input_width)
        flat = len(states[-1].shape) == 2
        matrix = (self.mem_slots, self.width)
        if not flat and all(tuple(state.shape[1:]) == matrix for state in states):
            states = [self.as_vector(state) for state in states]
        check_states("states", states, self.state_size, inputs.shape[0])
        states = [self.as_matrix(state) for state in states]
        projected = self.project(inputs[:, None] if len(inputs.shape) == 2 else inputs)
        states = [ops.cast(state, self.compute_dtype) for state in self.step(projected, states)]
        output = self.as_vector(states[0])
        return output, [self.as_vector(state) for state in states] if flat else states

    def as_matrix(self, state):
        """Return a state as `(batch, slots, width)`, in the type of states."""
        return ops.cast(ops.reshape(state, (-1, self.mem_slots, self.width)), self.state_dtype)

    def as_vector(self, state):
        """Return states `(..., slots, width)` as `(..., slots * width)`."""
        return ops.reshape(state, (*ops.shape(state)[:-2], self.output_size))

    def project(self, inputs):
        """Return what depends on the inputs alone.

        Args:
            inputs: Float tensor `(..., rows, features)`.

        Returns:
            Dictionary of tensors in the type of states: the queries, keys and values `"qkv"`
            `(..., rows, size)` of the first block; the `"rows"` `(..., rows, width)`, if a later
            block reads them; and a list of the terms of all `"gates"` `(..., gate size)`, if there
            are any.
        """
        rows = self._linear(inputs, *self.input_dense)
        projected = {"qkv": self._qkv(rows, 0)}
        if self.num_blocks > 1:
            projected["rows"] = rows
        if self.num_gates:
            projected["gates"] = self._gate_terms(rows)
        return projected

    def step(self, projected, states, details=None):
        """Return the states after a step.

        Args:
            projected: What `project` returns for the inputs of the step.
            states: List of states `(batch, slots, width)`; or `(1, slots, width)`, if they are the
                same for all examples.
            details: Dictionary that gets the `"attention"` `(batch, blocks, heads, slots, slots +
                rows)` and the gates `"input"`, `"forget"`, `"output"` `(batch, slots, gate size)`,
                or `None`.
        """
        memory = states[-1]
        candidate = self._attend(memory, projected, details)
        if not self.num_gates:
            return [candidate]
        gates = self._gates(projected["gates"], states)
        if details is not None:
            details.update(zip(("input", "forget", "output"), gates, strict=False))
        memory = gates[0] * tanh(candidate) + gates[1] * memory
        return [gates[2] * tanh(memory), memory] if self.output_gate else [memory]

    def _attend(self, memory, projected, details):
        qkv = [self._qkv(memory, 0), projected["qkv"]]
        z = memory if self.num_blocks == 1 else attention.join([memory, projected["rows"]], 1)
        attentions = []
        for block in range(self.num_blocks):
            own = 0 if self.share_blocks else block
            if block:
                qkv = self._qkv(z, own)
                qkv = [qkv[:, : self.mem_slots], qkv[:, self.mem_slots :]]
            last = block == self.num_blocks - 1
            if last:  # nobody reads what the input's rows become
                z = z[:, : self.mem_slots]
            mixed, weights = attention.attend(qkv, self.num_heads, self.key_size, 1 if last else 2)
            attentions.append(weights)
            z = self._normalise(z + mixed, self.attention_norms[own])
            z = self._normalise(z + self._row_wise(z), self.mlp_norms[own])
        if details is not None:
            attentions = [weights[:, :, : self.mem_slots] for weights in attentions]
            details["attention"] = ops.stack(attentions, axis=1)
        return z

    def _qkv(self, z, block):
        return self._normalise(self._linear(z, *self.qkv[block]), self.qkv_norms[block])

    def _row_wise(self, z):
        for dense in self.mlp[:-1]:
            z = ops.relu(self._linear(z, *dense))
        return self._linear(z, *self.mlp[-1])

    def _gate_terms(self, rows):
        """Return the part of every gate that does not depend on the memory, with all biases."""
        terms = self._linear(ops.sum(rows, axis=-2), *self.gate_input_dense)
        terms = terms + ops.cast(self.gate_memory_dense[1], terms.dtype)
        constants = (self.input_bias, self.forget_bias, 0.0)[: self.num_gates]
        terms = ops.split(terms, self.num_gates, axis=-1)
        return [term + constant for term, constant in zip(terms, constants, strict=True)]

    def _gates(self, gate_terms, states):
        read = states[0] if self.output_gate else tanh(states[0])
        parts = ops.split(self._linear(read, self.gate_memory_dense[0]), self.num_gates, axis=-1)
        return [ops.sigmoid(t[:, None] + p) for t, p in zip(gate_terms, parts, strict=True)]

    def _linear(self, x, kernel, *bias):
        """Multiply in the compute type, and return the type of states."""

        def multiply(x, kernel, *bias):
            x, kernel = ops.cast(x, self.compute_dtype), ops.cast(kernel, self.compute_dtype)
            product = ops.cast(attention.multiply(x, kernel), self.state_dtype)
            return product + ops.cast(bias[0], self.state_dtype) if bias else product

        return loops.with_weights(multiply, x, kernel, *bias)

    def _normalise(self, x, norm):
        return loops.with_weights(attention.layer_norm, x, *norm)

    def get_initial_state(self, batch_size=None):
        """Return the identity as memory, cut or padded with zeros, and zeros as output."""
        return [ops.cast(s, self.compute_dtype) for s in self.initial_states(batch_size)]

    def initial_states(self, batch_size):
        """Return the initial states in the type of states, flat."""
        identity = ops.reshape(ops.eye(self.mem_slots, self.width, dtype=self.state_dtype), (1, -1))
        memory = ops.repeat(identity, batch_size, axis=0)
        return [ops.zeros_like(memory), memory] if self.output_gate else [memory]

    def get_config(self):
        names = ("mem_slots", "head_size", "num_heads", "num_blocks", "attention_mlp_layers")
        names += ("forget_bias", "input_bias", "gate_style", "key_size")
        names += ("output_gate", "share_blocks")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


_LAYOUTS = ("(batch, features)", "(batch, rows, features)")
