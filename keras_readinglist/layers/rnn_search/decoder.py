"""The writer: a gated recurrent unit that looks back at what was read."""

import keras
from keras import ops

from keras_readinglist.backend import loops_compile
from keras_readinglist.layers.additive_attention import NARROW
from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.masking import as_mask, blank
from keras_readinglist.layers.maxout import Maxout
from keras_readinglist.layers.precision import dense, matmul, wide
from keras_readinglist.layers.recurrent import steps
from keras_readinglist.layers.rnn_search.cell import AttentionGRUCell, by_example
from keras_readinglist.layers.validation import check_choice, check_rate, check_shape, check_size

_WORDS, _MEMORY = "(batch, steps, features)", "(batch, length, features)"


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RNNSearchDecoder(keras.layers.Layer):
    """Writes a sentence while it looks back at another one.

    `s_0 = tanh(W_s h + b_s)`; at every step the state weighs the memory to a context `c_i`, the
    unit goes on with the word before and the context (`AttentionGRUCell`), and a maxout layer sees
    the state, the word before and the context. In the loop over the steps are the attention and
    the recurrent products alone.

    Args:
        units: Positive integer, the width of the state.
        attention_units: Positive integer, or `None` for no attention: the memory is then one
            vector, the context of every step.
        maxout_units: Positive integer, the width of the output.
        readout_state: `"previous"`, the state that chose the context, as in the paper's appendix;
            or `"current"`, that after it, as in its Eq. 4.
        dropout: Float in [0, 1), the share of the output that is dropped in training.
        kernel_initializer: Initializer of the weights; recurrent ones are orthogonal.
        attention_initializer: Initializer of the matrices of the attention.
        score_initializer: Initializer of its vector.
        seed: Integer seed of the dropout, or `None`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        words: Float tensor `(batch, steps, features)`, the word before each step.
        memory: Float tensor `(batch, length, memory_dim)`, what was read.
        last: Float tensor `(batch, last_dim)`, from which the first state is made.
        memory_mask: Boolean tensor `(batch, length)` or `None`; elements that are `False` get
            weight 0, and may be anything, even NaN.
        training: Boolean, whether dropout is active.

    Input shape:
        `(batch, steps, features)`, `(batch, length, memory_dim)` and `(batch, last_dim)`.

    Output shape:
        `(batch, steps, maxout_units)`, and the attention `(batch, steps, length)`.

    Raises:
        ValueError: If an argument is out of range or a shape does not fit.

    Example:
        >>> layer = RNNSearchDecoder(4, attention_units=3, maxout_units=6)
        >>> outputs, attention = layer(np.ones((2, 5, 3)), np.ones((2, 7, 8)), np.ones((2, 4)))
        >>> outputs.shape, attention.shape
        ((2, 5, 6), (2, 5, 7))

    References:
        - [Bahdanau et al., 2014](https://arxiv.org/abs/1409.0473), section 3.1 and A.2.2
    """

    def __init__(
        self,
        units,
        attention_units,
        maxout_units,
        readout_state="previous",
        dropout=0.0,
        kernel_initializer="glorot_uniform",
        attention_initializer=NARROW,
        score_initializer="zeros",
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = check_size("units", units)
        self.attention_units = attention_units
        self.maxout_units = check_size("maxout_units", maxout_units)
        self.readout_state = check_choice("readout_state", readout_state, ("previous", "current"))
        self.dropout, self.seed = check_rate("dropout", dropout), seed
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.cell = AttentionGRUCell(
            self.units,
            attention_units,
            attention_initializer=attention_initializer,
            score_initializer=score_initializer,
            **self._part("cell"),
        )
        self.first = keras.layers.Dense(self.units, "tanh", **self._part("first"))
        self.readout = Maxout(self.maxout_units, **self._part("readout"))
        self.drop = keras.layers.Dropout(self.dropout, seed=seed, dtype=self.dtype_policy)
        self.supports_masking, self.supports_jit = True, loops_compile()

    def _part(self, name):
        initializer = fresh(self.kernel_initializer)
        return {"name": name, "dtype": self.dtype_policy, "kernel_initializer": initializer}

    def build(self, words_shape, memory_shape, last_shape):
        check_shape("words", words_shape, _WORDS)
        check_shape("memory", memory_shape, _MEMORY)
        check_shape("last", last_shape, "(batch, features)")
        self.cell.build((None, words_shape[-1]), (None, None, memory_shape[-1]))
        self.first.build(last_shape)
        width = self.units + words_shape[-1] + memory_shape[-1]
        self.readout.build((None, None, width))

    def read(self, memory, last, memory_mask=None):
        """Return what all steps need of what was read, a dictionary of tensors `(batch, ...)`.

        Args:
            memory: As in the call.
            last: As in the call.
            memory_mask: As in the call.
        """
        mask = as_mask(memory_mask, "memory", memory, argument="memory_mask")
        memory = blank(ops.cast(memory, self.compute_dtype), mask)
        first = dense(self.first, ops.cast(last, self.compute_dtype))
        first = ops.cast(first, self.cell.state_dtype)
        return {"memory": memory, "first": first, **self.cell.read(memory, mask)}

    def call(self, words, memory, last, memory_mask=None, training=False):
        read = self.read(memory, last, memory_mask)
        return self.write(words, read, training)

    def write(self, words, read, training=False):
        """Return the outputs and the attention of all steps.

        Args:
            words: As in the call.
            read: What `read` returned.
            training: Boolean.
        """
        words = ops.cast(words, self.compute_dtype)
        first = read["first"]
        no_weights = ops.zeros(ops.shape(read["gates"])[:2], first.dtype)

        def step(x, states):
            (state,), weights = self.cell.attentive_step(project(x), states[:1], read)
            return [state, weights]

        inputs, project = words, self.cell.project
        if keras.config.backend() == "torch":  # every operator in the loop costs there
            inputs, project = self.cell.project(words), lambda z: z
        (history, attention), _ = steps.run(step, inputs, [first, no_weights])
        states = history
        if self.readout_state == "previous":
            states = steps.before(first, history)
        return self._outputs(states, words, attention, read, training), attention

    def decode_step(self, words, states, read):
        """Write one step, for a few beams of every example.

        Args:
            words: Float tensor `(batch * beams, features)`, the words before it.
            states: Float tensor `(batch * beams, units)`.
            read: What `read` returned, of the batch without beams.

        Returns:
            The outputs `(batch * beams, maxout_units)`, the new states, and the attention `(batch *
            beams, length)`.
        """
        words = ops.cast(words, self.compute_dtype)
        (after,), attention = self.cell.attentive_step(self.cell.project(words), [states], read)
        shown = states if self.readout_state == "previous" else after
        seen = (by_example(x, read["memory"]) for x in (shown, words, attention))
        outputs = self._outputs(*seen, read, False)
        return ops.reshape(outputs, (-1, self.maxout_units)), after, attention

    def _outputs(self, states, words, attention, read, training):
        memory = read["memory"]
        context = matmul(ops.cast(attention, memory.dtype), memory)
        seen = [ops.cast(states, words.dtype), words, context]
        outputs = self.readout(ops.concatenate(seen, axis=-1))
        return self.drop(outputs, training=training)

    def compute_output_shape(self, words_shape, memory_shape, last_shape=None):
        batch, steps_count = words_shape[:2]
        return (batch, steps_count, self.maxout_units), (batch, steps_count, memory_shape[1])

    def compute_output_spec(self, words, memory, last, memory_mask=None, training=False):
        check_shape("words", words.shape, _WORDS)
        check_shape("memory", memory.shape, _MEMORY)
        shapes = self.compute_output_shape(words.shape, memory.shape)
        types = self.compute_dtype, wide(self.compute_dtype)
        return tuple(map(keras.KerasTensor, shapes, types))

    def compute_mask(self, words, mask=None):
        return None, None

    def get_config(self):
        cell = self.cell.get_config()
        names = ("units", "attention_units", "maxout_units", "readout_state", "dropout", "seed")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            **{name: cell[name] for name in ("attention_initializer", "score_initializer")},
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
