"""What is known exactly: the expected density obeys the heat equation."""

import numpy as np


def exact_density(automaton, t):
    """Return the expected number of ones in every cell after `t` steps.

    Exclusion with symmetric swaps is self-dual, so the expectation of one cell obeys a linear
    equation of its own: `E[x'] = (I + L / edges) E[x]` for attempts, with the graph's Laplacian
    `L`, and the product of the four averages over matchings for parallel sweeps. Rows and columns
    then act on either side of the grid, and powers of two small matrices give any time at once.

    Args:
        automaton: A `CoffeeAutomaton`, whose initial state is taken.
        t: Integer of at least 0, steps of the automaton.

    Returns:
        Array `(replicas, height, width)`.

    Raises:
        ValueError: If `t` is negative, or the density of the dynamics obeys no such equation: that
            of stirring depends on its random phases, that of the clock of swaps on the state.

    Example:
        >>> from keras_readinglist.information import CoffeeAutomaton
        >>> float(exact_density(CoffeeAutomaton(8), 1000).std()) < 1e-3
        True

    References:
        - [Aaronson, Carroll, Ouellette, 2014](https://arxiv.org/abs/1405.6903), appendix
        - Liggett, 1985, Interacting Particle Systems, chapter VIII
    """
    if t < 0:
        raise ValueError(f"`t` must not be negative. Received: t={t}")
    start = automaton.initial_state.astype(float)
    height, width = start.shape[1:]
    if automaton.dynamics == "non_interacting":
        joined = {"periodic": (False, True), "torus": (True, True), "reflect": (False, False)}
        rows, columns = joined[automaton.boundary]
        return _mix(start, _walk(height, rows), _walk(width, columns), t)
    if automaton.dynamics == "stirred":
        raise ValueError("`automaton` must not be stirred: its density depends on the phases.")
    if automaton.update == "parallel":
        p = automaton.swap_probability
        by_row, by_column = (
            np.linalg.matrix_power(_matching(size, 1, p) @ _matching(size, 0, p), t)
            for size in (height, width)
        )
        return by_row @ start @ by_column.T
    if automaton.clock == "swaps":
        raise ValueError("`automaton` must count attempts: with swaps the equation is not linear.")
    edges = height * (width - 1) + width * (height - 1)
    if edges == 0:
        return start
    # A random edge: the Laplacians of rows and columns add up, each 1 / edges a step.
    return _mix(start, *(np.eye(s) + 2 * _laplacian(s) / edges for s in (height, width)), t)


def _mix(start, by_row, by_column, t):
    """Apply `(by_row + by_column) / 2` to the grid `t` times, in their common eigenbasis."""
    row_values, row_vectors = np.linalg.eigh(by_row)
    column_values, column_vectors = np.linalg.eigh(by_column)
    decay = ((row_values[:, None] + column_values) / 2) ** t
    modes = row_vectors.T @ start @ column_vectors
    return row_vectors @ (modes * decay) @ column_vectors.T


def _matching(size, first, p):
    """Return the average over the swaps of cells `first` and `first + 1`, and so on."""
    matrix = np.eye(size)
    for k in range(first, size - 1, 2):
        matrix[k : k + 2, k : k + 2] = [[1 - p, p], [p, 1 - p]]
    return matrix


def _laplacian(size):
    beside = np.eye(size, k=1) + np.eye(size, k=-1)
    return beside - np.diag(beside.sum(axis=0))


def _walk(size, joined):
    """Return the step of a walker along one axis."""
    matrix = (np.eye(size, k=1) + np.eye(size, k=-1)) / 2
    if joined:
        matrix[0, -1] += 0.5
        matrix[-1, 0] += 0.5
    return matrix + np.diag(1 - matrix.sum(axis=0))
