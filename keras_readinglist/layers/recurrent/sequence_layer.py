"""What all layers over sequences share: checks, masks, states, packing and configuration."""

import keras
from keras import ops

from keras_readinglist.backend import known, loops_compile, tensors
from keras_readinglist.layers import masking
from keras_readinglist.layers.validation import check_shape, check_states

BASE = ("name", "dtype", "trainable", "activity_regularizer")
FOREIGN = {
    "stateful": "states are passed with `initial_state` and returned with `return_state`",
    "unroll": "the loop over time is the backend's",
    "implementation": "there is one, the fastest for the backend",
}


class SequenceLayer(keras.layers.Layer):
    """A cell over a sequence: the base of the recurrent layers.

    A subclass names its `cell_class` and says in `_run` how the cell goes over a sequence. What is
    masked is zero when it gets there, states fit the batch, and time runs forwards.

    Args:
        cell_arguments: Dictionary of arguments of the cell.
        return_sequences: Boolean, whether to return the outputs of all steps.
        return_state: Boolean, whether to return the last states too.
        go_backwards: Boolean, whether to begin with the last step. Results are then in the order
            of reading.
        zero_output_for_mask: Boolean, whether outputs of masked steps are zero.
        **kwargs: Further arguments of the cell, and of the base layer.
    """

    cell_class = None
    layouts = ("(batch, time, features)",)
    switches = ("return_sequences", "return_state", "go_backwards", "zero_output_for_mask")

    def __init__(
        self,
        cell_arguments,
        return_sequences,
        return_state,
        go_backwards=False,
        zero_output_for_mask=False,
        **kwargs,
    ):
        base = {name: kwargs.pop(name) for name in BASE if name in kwargs}
        # Given states would lose precision if Keras cast them.
        super().__init__(autocast=False, **base)
        for name in FOREIGN:
            if kwargs.pop(name, False):
                raise ValueError(
                    f"`{name}` is no argument of {type(self).__name__}: {FOREIGN[name]}."
                )
        self.cell = self.cell_class(
            **cell_arguments, **kwargs, dtype=self.dtype_policy, trainable=self.trainable
        )
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.zero_output_for_mask = go_backwards, zero_output_for_mask
        self.stateful, self.states = False, None  # read by keras.layers.Bidirectional
        self.features = None
        self.supports_masking, self.supports_jit = True, loops_compile()

    def build(self, sequences_shape, initial_state_shape=None):
        check_shape("sequences", sequences_shape, *self.layouts)
        self.features = sequences_shape[-1]
        self.cell.build((sequences_shape[0], *sequences_shape[2:]))

    def call(self, sequences, initial_state=None, mask=None, training=False, sequences_mask=None):
        # Keras hands the mask of one tensor among several to the argument of that name.
        mask = sequences_mask if mask is None else mask
        outputs, last, tracks = self._process(
            sequences, initial_state, mask, training, self._wants_tracks()
        )
        packed = [ops.cast(outputs if self.return_sequences else last[0], self.compute_dtype)]
        packed += [*last * self.return_state, *self._pack_tracks(tracks)]
        return packed[0] if len(packed) == 1 else tuple(packed)

    def trace(self, sequences, initial_state=None, mask=None):
        """Run the layer and keep everything that happens inside.

        Args:
            sequences: As in the call.
            initial_state: As in the call.
            mask: As in the call.

        Returns:
            Outputs of all steps, list of last states, and a dictionary of tracks, `(batch, time,
            ...)` each.
        """
        return self._process(*tensors((sequences, initial_state, mask)), False, True)

    def _process(self, sequences, initial_state, mask, training, tracked):
        check_shape("sequences", sequences.shape, *self.layouts, width=self.features)
        states = self._states(initial_state, sequences)
        mask = masking.as_mask(mask, "sequences", sequences)
        # What is masked may be NaN: it must not reach even the gradient of the product.
        sequences = masking.blank(ops.cast(sequences, self.compute_dtype), mask)
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            mask = None if mask is None else ops.flip(mask, axis=1)
        outputs, last, tracks = self._run(sequences, states, mask, training, tracked)
        if self.zero_output_for_mask:
            outputs = masking.blank(outputs, mask)
        return outputs, last, tracks

    def _states(self, initial_state, sequences):
        """Return the given states in the type of states and for the whole batch, or `None`."""
        if initial_state is None:
            return None
        states = self._check_states(initial_state, sequences)
        states = [ops.cast(state, self.cell.state_dtype) for state in states]
        if all(known(state.shape[0]) not in (None, 1) for state in states):
            return states
        batch = ops.shape(sequences)[0]
        return [ops.broadcast_to(state, (batch, state.shape[1])) for state in states]

    def _check_states(self, initial_state, sequences):
        nested = isinstance(initial_state, (list, tuple))
        states = [self._flat(state) for state in (initial_state if nested else [initial_state])]
        check_states("initial_state", states, self.cell.state_size, sequences.shape[0])
        return states

    def _flat(self, state):
        """Return a state as `(batch, size)`."""
        return state

    def _run(self, sequences, states, mask, training, tracked):
        """Run the cell.

        Args:
            sequences: Tensor `(batch, time, ...)` in the compute type.
            states: List of tensors `(batch, size)` in the type of states, or `None`.
            mask: Boolean tensor `(batch, time)` or `None`.
            training: Boolean.
            tracked: Boolean, whether tracks are wanted.

        Returns:
            Outputs `(batch, time, width)`; the last states, the output first; and the dictionary
            of tracks or `None`.
        """
        raise NotImplementedError

    def _wants_tracks(self):
        """Return whether the call returns tracks."""
        return False

    def _pack_tracks(self, tracks):
        """Return the list of what the call returns of the tracks, or of their shapes or types."""
        return []

    def _track_shapes(self, sequences_shape):
        """Return the dictionary of the shapes of all tracks."""
        return {}

    def _track_dtype(self):
        return self.compute_dtype

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch, time = sequences_shape[:2]
        width = self.cell.output_size
        shapes = [(batch, time, width) if self.return_sequences else (batch, width)]
        if self.return_state:
            shapes += [(batch, size) for size in self.cell.state_size]
        shapes += self._pack_tracks(self._track_shapes(sequences_shape))
        return shapes[0] if len(shapes) == 1 else tuple(shapes)

    def compute_output_spec(self, sequences, initial_state=None, mask=None, **kwargs):
        check_shape("sequences", sequences.shape, *self.layouts, width=self.features)
        if initial_state is not None:
            self._check_states(initial_state, sequences)
        shapes = self.compute_output_shape(sequences.shape)
        if not isinstance(shapes[0], tuple):
            return keras.KerasTensor(shapes, self.compute_dtype)
        count = len(self.cell.state_size) * self.return_state
        types = [self.compute_dtype, *[self.cell.state_dtype] * count]
        types += [self._track_dtype()] * (len(shapes) - len(types))
        return tuple(_symbols(*pair) for pair in zip(shapes, types, strict=True))

    def compute_mask(self, sequences, mask=None):
        mask = keras.tree.flatten(mask)[0] if mask is not None else None
        kept = mask if self.return_sequences else None
        extra = len(self.cell.state_size) * self.return_state
        extra += len(self._pack_tracks(self._track_shapes((None, None, 1))))
        return [kept, *[None] * extra] if extra else kept

    def get_config(self):
        config = self.cell.get_config()
        for name in ("name", "trainable", "dtype"):
            config.pop(name, None)
        config |= {name: getattr(self, name) for name in self.switches}
        return {**super().get_config(), **config}


def _symbols(shape, dtype):
    if isinstance(shape, dict):
        return {name: _symbols(inner, dtype) for name, inner in shape.items()}
    return keras.KerasTensor(shape, dtype)
