"""How large the updates of weights are beside the weights."""

import keras
import numpy as np

from keras_readinglist.layers.validation import check_size


class UpdateRatio(keras.callbacks.Callback):
    """Measures `||update|| / ||weights||` of every matrix of weights; about 1e-3 is usual.

    The mean over an epoch and all matrices is put into its logs as `update_ratio`.

    Args:
        every: Positive integer: every how many batches it is measured. Defaults to 50.

    Raises:
        ValueError: If `every` is not positive.

    Attributes:
        ratios: Dictionary from the path of a weight to a list of the ratios.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> watch = UpdateRatio(every=1)
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), callbacks=[watch], verbose=0)
        >>> len(watch.ratios), len(history.history["update_ratio"])
        (1, 1)

    References:
        - [CS231n, babysitting](https://cs231n.github.io/neural-networks-3/#ratio)
    """

    def __init__(self, every=50):
        super().__init__()
        self.every = check_size("every", every)
        self.ratios, self._before, self._batches, self._epoch = {}, None, 0, []

    def _matrices(self):
        variables = [v for v in self.model.trainable_variables if len(v.shape) > 1]
        return {v.path: np.array(keras.ops.convert_to_numpy(v)) for v in variables}

    def on_epoch_begin(self, epoch, logs=None):
        """Forget the ratios of the epoch before."""
        self._epoch = []

    def on_train_batch_begin(self, batch, logs=None):
        """Note the weights."""
        self._before = self._matrices() if self._batches % self.every == 0 else None
        self._batches += 1

    def on_train_batch_end(self, batch, logs=None):
        """Compare them."""
        if self._before is None:
            return
        for path, after in self._matrices().items():
            before = self._before[path]
            ratio = float(np.linalg.norm(after - before) / max(np.linalg.norm(before), 1e-12))
            self.ratios.setdefault(path, []).append(ratio)
            self._epoch.append(ratio)

    def on_epoch_end(self, epoch, logs=None):
        """Put the mean into the logs."""
        if logs is not None and self._epoch:
            logs["update_ratio"] = float(np.mean(self._epoch))
