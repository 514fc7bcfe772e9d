"""A long sequence as parallel contiguous streams, for truncated back-propagation through time."""

import numbers

import keras
import numpy as np


class StreamBatcher(keras.utils.PyDataset):
    """Cuts a sequence into streams that are read side by side, a chunk at a time.

    Stream `b` holds the integers `[b * n, (b + 1) * n)`, `n = (len - 1) // batch_size`. Batch `s`
    is the columns `[s * T, (s + 1) * T)` of all streams, so that row `b` of a batch goes on where
    row `b` of the batch before ended. Targets are the inputs one place later.

    Args:
        ids: One-dimensional integer array.
        batch_size: Positive integer, the number of streams.
        sequence_length: Positive integer `T`, the length of a chunk.

    Raises:
        ValueError: If the sequence is too short for one batch or holds anything but integers that
            fit into int32.

    Example:
        >>> batches = StreamBatcher(np.arange(9), batch_size=2, sequence_length=2)
        >>> inputs, targets = batches[1]
        >>> inputs.tolist(), targets.tolist()
        ([[2, 3], [6, 7]], [[3, 4], [7, 8]])

    References:
        - [Karpathy, 2015](https://karpathy.github.io/2015/05/21/rnn-effectiveness/)
    """

    def __init__(self, ids, batch_size, sequence_length):
        super().__init__()
        ids = np.asarray(ids)
        for name, value in (("batch_size", batch_size), ("sequence_length", sequence_length)):
            if not isinstance(value, numbers.Integral) or value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}")
        needed = batch_size * sequence_length + 1
        if ids.ndim != 1 or len(ids) < needed:
            raise ValueError(
                f"`ids` must be one sequence of at least {needed} integers for batch_size="
                f"{batch_size} and sequence_length={sequence_length}. Received shape: {ids.shape}"
            )
        if ids.dtype.kind not in "iu" or ids.min() < 0 or ids.max() >= 2**31:
            raise ValueError(
                f"`ids` must be integers from 0 to 2**31 - 1. Received: {ids.dtype} from "
                f"{ids.min()} to {ids.max()}"
            )
        ids = ids.astype("int32")
        self.length, self.sequence_length = (len(ids) - 1) // batch_size, sequence_length
        rows = self.length * batch_size
        self.inputs = ids[:rows].reshape(batch_size, self.length)
        self.targets = ids[1 : rows + 1].reshape(batch_size, self.length)

    def __len__(self):
        """Return the number of whole chunks in a stream."""
        return self.length // self.sequence_length

    def __getitem__(self, index):
        """Return the inputs and the targets of a chunk, `(batch_size, sequence_length)` each."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"`index` must lie below {len(self)}. Received: index={index}")
        index %= len(self)
        columns = slice(index * self.sequence_length, (index + 1) * self.sequence_length)
        return self.inputs[:, columns], self.targets[:, columns]
