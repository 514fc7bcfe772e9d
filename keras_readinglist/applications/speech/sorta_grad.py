"""SortaGrad: the first epoch in order of length, then batches in any order (section 3.3)."""

import keras
import numpy as np

from keras_readinglist.layers.validation import check_size


class SortaGrad(keras.utils.PyDataset):
    """Batches of clips of similar length, from the shortest to the longest in the first epoch.

    The cost of CTC grows with the length, and long clips at the start may drive a network apart.
    Later epochs have the same batches in random order. Clips are batched by length in all epochs,
    so little is padding.

    Args:
        lengths: Sequence of integers, the length of every clip.
        make_batch: Function `(indices)` that returns a batch, as for `keras.utils.PyDataset`.
        batch_size: Positive integer. Defaults to 32; clips that fill no batch are left out.
        sort: Boolean, whether the first epoch is in order. Defaults to `True`.
        seed: Integer.

    Example:
        >>> data = SortaGrad([30, 10, 20, 40], lambda indices: indices.tolist(), batch_size=2)
        >>> [data[0], data[1]]
        [[1, 2], [0, 3]]
    """

    def __init__(self, lengths, make_batch, batch_size=32, sort=True, seed=0):
        super().__init__()
        lengths = np.asarray(lengths)
        count = len(lengths) // check_size("batch_size", batch_size)
        if lengths.ndim != 1 or not count:
            raise ValueError(
                "`lengths` must be those of at least one batch. "
                f"Received: shape {lengths.shape} and batch_size={batch_size}"
            )
        # Which clips are left out is chance, not their length.
        kept = np.random.default_rng(seed).permutation(len(lengths))[: count * batch_size]
        ordered = kept[np.argsort(lengths[kept], kind="stable")]
        self.batches = ordered.reshape(count, batch_size)
        self.make_batch, self.sort, self.seed, self.epoch = make_batch, sort, seed, 0

    def __len__(self):
        """Return the number of batches of an epoch."""
        return len(self.batches)

    def order(self, epoch):
        """Return the order of the batches in an epoch."""
        if self.sort and not epoch:
            return np.arange(len(self))
        return np.random.default_rng((self.seed, epoch)).permutation(len(self))

    def __getitem__(self, index):
        """Return one batch of the running `epoch`, an attribute."""
        return self.make_batch(self.batches[self.order(self.epoch)[index]])

    def on_epoch_end(self):
        """Go on to the next epoch; called by `fit`."""
        self.epoch += 1
