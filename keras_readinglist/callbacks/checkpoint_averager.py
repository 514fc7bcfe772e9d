"""The mean of the last checkpoints, which translates better than the last one."""

from collections import deque

import keras
import numpy as np

from keras_readinglist.callbacks.average_weights import mean_of
from keras_readinglist.layers.validation import check_size


class CheckpointAverager(keras.callbacks.Callback):
    """Gives a model, when its training ends, the mean of its weights after the last epochs.

    Averages of normalization are averaged, too; states of random generators are not. Place it
    behind callbacks that set weights when training ends. `callbacks.average_weights` does it with
    files.

    Args:
        last: Positive integer, of how many epochs. Defaults to 5, as for the paper's base models;
            for the big ones it is 20.

    Raises:
        ValueError: If `last` is not positive.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> average, x = CheckpointAverager(last=2), np.ones((4, 2))
        >>> history = model.fit(x, x[:, :1], epochs=3, callbacks=[average], verbose=0)

    References:
        - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 6.1
    """

    def __init__(self, last=5):
        super().__init__()
        self.last = check_size("last", last)

    def on_train_begin(self, logs=None):
        """Forget an earlier training."""
        self._kept = deque(maxlen=self.last)

    def on_epoch_end(self, epoch, logs=None):
        """Keep the weights."""
        # Copies, for a backend may hand out its own memory.
        self._kept.append([np.array(values) for values in self.model.get_weights()])

    def on_train_end(self, logs=None):
        """Set the mean of what was kept."""
        if self._kept:
            self.model.set_weights([mean_of(values) for values in zip(*self._kept, strict=True)])
