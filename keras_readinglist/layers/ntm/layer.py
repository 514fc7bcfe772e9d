"""Neural Turing machines over whole sequences."""

import keras
from keras import ops

from keras_readinglist.layers.ntm.cell import NTMCell
from keras_readinglist.layers.recurrent import steps


@keras.saving.register_keras_serializable(package="keras_readinglist")
class NTM(keras.layers.Layer):
    """Neural Turing machine over a sequence: `NTMCell` in one loop over time.

    Equal to `keras.layers.RNN(NTMCell(...))`, and faster: the input and output matrices act on all
    steps at once, outside the loop, and states stay float32 under mixed precision.

    Args:
        memory_slots: Positive integer, the number of rows of the memory. Defaults to 128.
        memory_width: Positive integer, the width of a row. Defaults to 20.
        controller: `"lstm"` (default), `"feedforward"`, or a Keras cell or layer.
        return_sequences: Boolean, whether to return the outputs of all steps. Defaults to `False`.
        return_state: Boolean, whether to return the last states too, those of `NTMCell`.
        return_attention: Boolean, whether to return a dictionary too, `(batch, time, ...)` each:
            `"weightings"` `(..., heads, slots)`, read heads first, and what the heads were told:
            `"key"`, `"strength"`, `"gate"`, `"shift"`, `"gamma"`, `"erase"` and `"add"`.
        **kwargs: Further arguments of `NTMCell`, and base layer keyword arguments.

    Call arguments:
        sequences: Float tensor `(batch, time, features)`.
        initial_state: List of states as `return_state` returns them, or `None`.
        mask: Boolean tensor `(batch, time)`, any pattern; where it is `False` nothing is read or
            written, all states stay, and the output repeats the one before (zeros at first).
        training: Boolean, unused.

    Input shape:
        `(batch, time, features)`.

    Output shape:
        `(batch, output_dim)`, or `(batch, time, output_dim)` with `return_sequences`.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> layer = NTM(8, 4, controller_units=5, output_dim=3, return_attention=True)
        >>> outputs, attention = layer(np.ones((2, 6, 3)))
        >>> outputs.shape, attention["weightings"].shape
        ((2, 3), (2, 6, 2, 8))

    References:
        - [Graves et al., 2014, Neural Turing Machines](https://arxiv.org/abs/1410.5401)
    """

    def __init__(
        self,
        memory_slots=128,
        memory_width=20,
        controller="lstm",
        return_sequences=False,
        return_state=False,
        return_attention=False,
        name=None,
        dtype=None,
        trainable=True,
        **cell_kwargs,
    ):
        super().__init__(name=name, dtype=dtype, trainable=trainable)
        self.cell = NTMCell(
            memory_slots, memory_width, controller, dtype=self.dtype_policy, **cell_kwargs
        )
        self.return_sequences, self.return_state = return_sequences, return_state
        self.return_attention = return_attention
        self.supports_masking = True
        # The gradient of TensorFlow's scan cannot be compiled by XLA.
        self.supports_jit = keras.config.backend() != "tensorflow"

    def build(self, sequences_shape, initial_state_shape=None):
        if len(sequences_shape) != 3 or sequences_shape[-1] is None:
            raise ValueError(
                "`sequences` must have the shape (batch, time, features) with known features. "
                f"Received shape: {tuple(sequences_shape)}"
            )
        self.cell.build((sequences_shape[0], sequences_shape[-1]))

    def call(self, sequences, initial_state=None, mask=None, training=False):
        outputs, last, history = self._run(sequences, initial_state, mask, self.return_attention)
        dtype = self.compute_dtype
        packed = [ops.cast(outputs if self.return_sequences else outputs[:, -1], dtype)]
        if self.return_state:
            packed += last
        if self.return_attention:
            packed.append(self._attention(history))
        return packed[0] if len(packed) == 1 else tuple(packed)

    def trace(self, sequences, initial_state=None, mask=None):
        """Run the layer and keep what its heads did.

        Args:
            sequences: Float tensor `(batch, time, features)`.
            initial_state: List of states, or `None`.
            mask: Boolean tensor `(batch, time)` or `None`.

        Returns:
            Outputs `(batch, time, output_dim)`, list of last states, and the dictionary of
            `return_attention`.
        """
        outputs, last, history = self._run(sequences, initial_state, mask, attention=True)
        return outputs, last, self._attention(history)

    def _run(self, sequences, initial_state, mask, attention):
        """Return the outputs, the last states, and the history of `h`, reads and weightings."""
        first_output, states = self._initial(sequences, initial_state)
        if mask is not None:
            mask = ops.cast(mask, "bool")
            # What is masked may be NaN: it must not reach even the gradient of the product.
            sequences = ops.where(mask[..., None], sequences, ops.zeros_like(sequences))
        z = self.cell.controller.project(sequences)
        history, last = steps.run(self._step(), z, states, mask, keep=2 if attention else 1)
        outputs = self.cell.read_out(history[0])
        if mask is not None:
            begun = ops.cumsum(ops.cast(mask, "int32"), axis=1) > 0
            outputs = ops.where(begun[..., None], outputs, first_output[:, None])
        return outputs, [outputs[:, -1], *last], history

    def _step(self):
        """Return the step; on JAX its inner values are computed again in the backward pass.

        A step costs less than keeping copies of the memory for its gradient: one update of a batch
        of 16, 41 steps and 128 rows of 20 takes a CPU half the time.
        """
        return keras.remat(self.cell.step) if keras.config.backend() == "jax" else self.cell.step

    def _initial(self, sequences, initial_state):
        """Return the output that masked first steps repeat, and the other states."""
        if initial_state is None:
            batch = ops.shape(sequences)[0]
            first_output = ops.zeros((batch, self.cell.output_size))
            return first_output, self.cell.initial_states(batch)
        sizes = [state.shape[-1] for state in initial_state]
        if sizes != self.cell.state_size:
            raise ValueError(
                f"`initial_state` must be tensors of widths {self.cell.state_size}. "
                f"Received widths: {sizes}"
            )
        first_output, *states = (ops.cast(state, "float32") for state in initial_state)
        return first_output, states

    def _attention(self, history):
        """Return what the heads did: their parameters follow from `h`, for all steps at once."""
        features, weightings = history
        cell = self.cell
        batch, time = ops.shape(weightings)[:2]
        shape = (batch, time, cell.heads, cell.memory_slots)
        parameters = cell.head_parameters(features[..., : cell.controller.output_size])
        return {"weightings": ops.reshape(weightings, shape), **parameters}

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch, time = sequences_shape[:2]
        cell, width = self.cell, self.cell.output_size
        shapes = [(batch, time, width) if self.return_sequences else (batch, width)]
        if self.return_state:
            shapes += [(batch, size) for size in cell.state_size]
        if self.return_attention:
            parts = {"weightings": (cell.heads, cell.memory_slots), **cell.parts}
            shapes.append({name: (batch, time, *part) for name, part in parts.items()})
        return shapes[0] if len(shapes) == 1 else tuple(shapes)

    def compute_mask(self, sequences, mask=None):
        mask = keras.tree.flatten(mask)[0] if mask is not None else None
        kept = mask if self.return_sequences else None
        extra = len(self.cell.state_size) * self.return_state + self.return_attention
        return [kept, *[None] * extra] if extra else kept

    def get_config(self):
        config = self.cell.get_config()
        for name in ("name", "trainable", "dtype"):
            config.pop(name, None)
        names = ("return_sequences", "return_state", "return_attention")
        config |= {name: getattr(self, name) for name in names}
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config):
        controller = config.get("controller")
        if isinstance(controller, dict):
            controller = keras.saving.deserialize_keras_object(controller)
            config = {**config, "controller": controller}
        return cls(**config)
