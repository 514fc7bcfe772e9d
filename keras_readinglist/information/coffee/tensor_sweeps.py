"""Exclusion by tensor operations, for accelerators: the same law as the packed engine."""

import keras
import numpy as np
from keras import ops


class TensorLattice:
    """States `(replicas, height, width)` on the backend's device."""

    def __init__(self, state, seed):
        self.seed = keras.random.SeedGenerator(seed)
        self.write(state)

    def write(self, state):
        """Take the cells of a state."""
        self.cells = ops.convert_to_tensor(state.astype("int32"))

    def read(self):
        """Return the state, uint8."""
        return ops.convert_to_numpy(self.cells).astype(np.uint8)

    def sweeps(self, n, probability):
        """Sweep `n` times over the four matchings."""
        for _ in range(n):
            coins = keras.random.uniform((4, *self.cells.shape), seed=self.seed) < probability
            self.cells = sweep(self.cells, coins)


def sweep(cells, coins):
    """Sweep once over the four matchings: rows 0-1, 2-3, …, then 1-2, 3-4, …, then columns.

    Args:
        cells: Tensor `(replicas, height, width)`.
        coins: Boolean tensor `(4, replicas, height, width)`; that of an edge stands at its first
            cell.

    Returns:
        The cells afterwards. It can be compiled, and called in a loop.
    """
    for matching, (axis, first) in enumerate(((1, 0), (1, 1), (2, 0), (2, 1))):
        size = cells.shape[axis]
        index = np.arange(size)
        is_first = (index % 2 == first) & (index + 1 < size)
        partner = np.where(is_first, index + 1, index)
        is_second = np.roll(is_first, 1)
        is_second[0] = False
        partner = np.where(is_second, index - 1, partner)
        of_edge = np.where(is_second, index - 1, index)
        swap = ops.take(coins[matching], of_edge, axis=axis)
        cells = ops.where(swap, ops.take(cells, partner, axis=axis), cells)
    return cells
