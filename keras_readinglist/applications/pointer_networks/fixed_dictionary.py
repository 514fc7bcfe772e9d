"""The two models that pointer networks are compared with (Vinyals et al., 2015)."""

import keras

from keras_readinglist.applications.pointer_networks.set_to_sequence import SetToSequence
from keras_readinglist.layers.validation import check_size


class FixedDictionary(SetToSequence):
    """What the comparison models share: one output class for every place up to `max_points`."""

    def __init__(self, max_points, units=256, input_dim=2, encoder="lstm", **kwargs):
        check_size("max_points", max_points)
        self.max_points = max_points
        super().__init__(units, input_dim, encoder, **kwargs)

    def _build_scores(self):
        self.head = keras.layers.Dense(self.max_points + 1, dtype=self.dtype_policy)
        self.head.build((None, None, self._head_width()))

    def _head_width(self):
        return self.units

    def _num_symbols(self, num_points):
        if num_points > self.max_points:
            raise ValueError(
                f"`inputs` must hold at most max_points={self.max_points} points: the dictionary "
                f"of this model is fixed. Received: {num_points}"
            )
        return self.max_points + 1

    def _memory(self, encoded, mask):
        self._num_symbols(encoded.shape[1] or 0)
        return {"memory": encoded, "memory_mask": mask}

    def get_config(self):
        return {**super().get_config(), "max_points": self.max_points}
