"""Walkers that do not see each other: the automaton's non-interacting model."""

import numpy as np


class Walkers:
    """The positions of all walkers of several replicas with as many ones each."""

    def __init__(self, state, boundary):
        self.shape, self.boundary = state.shape, boundary
        self.replica, self.row, self.column = np.nonzero(state)

    def step(self, rng):
        """Send every walker to one of its four neighbours."""
        _, height, width = self.shape
        move = rng.integers(0, 4, len(self.row), np.uint8)
        row = self.row + (move == 0) - (move == 1)
        column = self.column + (move == 2) - (move == 3)
        self.row = _at_walls(row, self.row, height, self.boundary == "torus")
        self.column = _at_walls(column, self.column, width, self.boundary != "reflect")

    def read(self):
        """Return the number of walkers in every cell, uint8."""
        _, height, width = self.shape
        flat = (self.replica * height + self.row) * width + self.column
        counts = np.bincount(flat, minlength=int(np.prod(self.shape)))
        return np.minimum(counts, 255).astype(np.uint8).reshape(self.shape)


def _at_walls(new, old, size, joined):
    if joined:
        return new % size
    return np.where((new < 0) | (new >= size), old, new)
