"""One step of a decoder that looks back at what was read (Bahdanau, Cho, Bengio, 2014)."""

import keras
from keras import ops

from keras_readinglist.layers import masking
from keras_readinglist.layers.additive_attention import NARROW, AdditiveAttention
from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.precision import matmul, project
from keras_readinglist.layers.recurrent import GRUCell
from keras_readinglist.layers.validation import check_shape, check_size, check_states


@keras.saving.register_keras_serializable(package="keras_readinglist")
class AttentionGRUCell(GRUCell):
    """Gated recurrent unit that reads, besides its input, a blend of a memory.

    The state before the step weighs the memory, `a_j = softmax(v . tanh(W_a s + U_a h_j))`; the
    context `c = sum_j a_j h_j` enters the update gate, the reset gate and the candidate by matrices
    of its own, `z = sigmoid(W_z y + U_z s + C_z c + b_z)` and so on.

    As `sum_j a_j (h_j C) = c C`, the memory is multiplied with `C`, as with `U_a`, once for all
    steps, by `read`.

    Args:
        units: Positive integer, the width of the state.
        attention_units: Positive integer, the width of the hidden layer that weighs the memory; or
            `None` for no attention: the memory is then one vector, the context of every step.
        reset_after: Boolean. Defaults to `False`, as printed.
        update_convention: Defaults to `"olah"`, `s' = (1 - z) s + z g`, as printed.
        attention_initializer: Initializer of `W_a` and `U_a`.
        score_initializer: Initializer of `v`.
        **kwargs: As for `GRUCell`; `recurrent_dropout_mode` is `"sequence"`.

    Call arguments:
        inputs: Float tensor `(batch, features)`.
        states: `[s]`.
        memory: Float tensor `(batch, length, memory_dim)`.
        memory_mask: Boolean tensor `(batch, length)` or `None`; elements that are `False` get
            weight 0, and may be anything, even NaN. Where there are none, the context is zero.
        training: Boolean, whether dropout is active.

    Input shape:
        `(batch, features)` and `(batch, length, memory_dim)`.

    Output shape:
        `(batch, units)`, and the list of new states.

    Raises:
        ValueError: If an argument is out of range or a shape does not fit.

    Example:
        >>> cell = AttentionGRUCell(4, attention_units=3)
        >>> cell.build((None, 5), (None, None, 6))
        >>> output, states = cell(np.ones((2, 5)), [np.zeros((2, 4))], np.ones((2, 7, 6)))
        >>> output.shape
        (2, 4)

    References:
        - [Bahdanau et al., 2014](https://arxiv.org/abs/1409.0473), section A.1.2 and A.2.2
    """

    recurrent_dropout_modes = ("sequence",)

    def __init__(
        self,
        units,
        attention_units,
        reset_after=False,
        update_convention="olah",
        attention_initializer=NARROW,
        score_initializer="zeros",
        **kwargs,
    ):
        super().__init__(units, reset_after, update_convention, **kwargs)
        self.attention_units, self.attention = attention_units, None
        self.attention_initializer = keras.initializers.get(attention_initializer)
        self.score_initializer = keras.initializers.get(score_initializer)
        if attention_units is not None:
            self.attention_units = check_size("attention_units", attention_units)
            self.attention = AdditiveAttention(
                self.attention_units,
                kernel_initializer=self.attention_initializer,
                score_initializer=self.score_initializer,
                dtype=self.dtype_policy,
                name="attention",
            )

    def build(self, inputs_shape, memory_shape):
        super().build(inputs_shape)
        check_shape("memory", memory_shape, "(batch, length, features)")
        self.context_kernel = self.add_weight(
            name="context_kernel",
            shape=(memory_shape[-1], 3 * self.units),
            initializer=fresh(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.attention is not None:
            self.attention.build((None, None, self.units), memory_shape)

    def read(self, memory, memory_mask=None):
        """Return what all steps need of a memory.

        Args:
            memory: As in the call.
            memory_mask: As in the call.

        Returns:
            Dictionary of tensors `(batch, length, ...)`: `"gates"`, the memory times `C`; and with
            attention `"keys"`, the memory times `U_a`, and `"mask"`.
        """
        check_shape("memory", memory.shape, "(batch, length, features)")
        mask = masking.as_mask(memory_mask, "memory", memory, argument="memory_mask")
        memory = masking.blank(ops.cast(memory, self.compute_dtype), mask)
        read = {"gates": project(memory, self._computed(self.context_kernel))}
        if self.attention is not None:
            read["keys"] = self.attention.project_key(memory)
            read["mask"] = ops.ones(ops.shape(memory)[:2], "bool") if mask is None else mask
        return read

    def attentive_step(self, z, states, read, factors=None):
        """Return the states after a step, and the weights `(rows, length)` of the memory.

        Args:
            z: What `project` returns for the inputs, `(rows, 3 * units)`.
            states: `[s]`.
            read: What `read` returned for a memory. It may have fewer rows than there are states:
                then as many states in a row as it takes look at the same example.
            factors: Dropout factors on the recurrent input, or `None`.
        """
        gates = read["gates"]
        if self.attention is None:
            weights = ops.ones_like(states[0][:, :1])
        else:
            query = by_example(states[0], gates)
            weights = self.attention.weigh(query, read["keys"], read["mask"][:, None])
            weights = ops.reshape(weights, (-1, ops.shape(gates)[1]))
        context = matmul(by_example(ops.cast(weights, gates.dtype), gates), gates)
        z = z + ops.cast(ops.reshape(context, (-1, 3 * self.units)), z.dtype)
        return self.step(z, states, factors), weights

    def call(self, inputs, states, memory, memory_mask=None, training=False):
        check_shape("inputs", inputs.shape, "(batch, features)", width=self.kernel.shape[0])
        check_states("states", states, self.state_size, inputs.shape[0])
        states = [ops.cast(s, self.state_dtype) for s in states]
        factors = self.recurrent_factors(ops.shape(inputs)[0], training)
        z = self.project(self.drop_inputs(inputs, training))
        states, _ = self.attentive_step(z, states, self.read(memory, memory_mask), factors)
        states = [ops.cast(s, self.compute_dtype) for s in states]
        return states[0], states

    def get_config(self):
        serialize = keras.initializers.serialize
        return {
            **super().get_config(),
            "attention_units": self.attention_units,
            "attention_initializer": serialize(self.attention_initializer),
            "score_initializer": serialize(self.score_initializer),
        }


def by_example(x, memory):
    """Return rows `(batch * beams, width)` as `(batch, beams, width)`.

    Args:
        x: Tensor `(batch * beams, width)`.
        memory: Tensor `(batch, ...)`.
    """
    rows, examples = (ops.shape(tensor)[0] for tensor in (x, memory))
    at_least = max if isinstance(examples, int) else ops.maximum
    return ops.reshape(x, (examples, rows // at_least(examples, 1), ops.shape(x)[1]))
