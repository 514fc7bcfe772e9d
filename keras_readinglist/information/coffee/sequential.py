"""One edge after the other: the chain as the paper has it, from an explicit list of edges."""

import numpy as np


def grid_edges(height, width):
    """Return all pairs of adjacent cells, as flat indices `(edges, 2)`; the grid has walls."""
    cells = np.arange(height * width).reshape(height, width)
    beside = np.stack([cells[:, :-1].ravel(), cells[:, 1:].ravel()], axis=1)
    below = np.stack([cells[:-1].ravel(), cells[1:].ravel()], axis=1)
    return np.concatenate([beside, below])


def sequential_edges(automaton, steps):
    """Draw the edges of the next attempts of an automaton, uniformly and independently.

    Args:
        automaton: A `CoffeeAutomaton`; its random generator moves on.
        steps: Integer, the number of attempts.

    Returns:
        Integer array `(replicas, steps, 2)` of flat cell indices.
    """
    edges = grid_edges(automaton.height, automaton.width)
    if len(edges) == 0:
        return np.zeros((automaton.replicas, steps, 2), np.int64)
    return edges[automaton.rng.integers(0, len(edges), (automaton.replicas, steps))]


def apply_edges(state, edges, method="levels"):
    """Swap the cells of every edge, in the order of the list.

    Args:
        state: Array `(replicas, height, width)`; it is not changed.
        edges: Integer array `(replicas, steps, 2)` of flat cell indices.
        method: `"levels"` swaps at once all edges that are the next ones of both their cells, and
            again; `"loop"` goes edge by edge. The results are equal.

    Returns:
        The state afterwards.

    Raises:
        ValueError: If the method is unknown or shapes do not fit.

    Example:
        >>> apply_edges(np.array([[[1, 0, 0]]]), np.array([[[0, 1], [1, 2]]]))
        array([[[0, 0, 1]]])
    """
    state, edges = np.asarray(state), np.asarray(edges)
    if method not in ("levels", "loop"):
        raise ValueError(f"`method` must be 'levels' or 'loop'. Received: method={method!r}")
    if edges.ndim != 3 or edges.shape[-1] != 2 or len(edges) != len(state):
        raise ValueError(
            f"`edges` must have the shape (replicas, steps, 2). Received shape: {edges.shape}"
        )
    cells = state.reshape(len(state), -1).copy()
    if method == "loop":
        for row, pairs in zip(cells, edges, strict=True):
            for a, b in pairs:
                row[a], row[b] = row[b], row[a]
        return cells.reshape(state.shape)
    flat = cells.reshape(-1)
    offsets = np.arange(len(cells))[:, None, None] * cells.shape[1]
    in_order = (edges + offsets).swapaxes(0, 1)  # replicas share no cell: any order between them
    chunk = max(1, cells.shape[1] // 2)
    for start in range(0, edges.shape[1], chunk):
        swap_in_levels(flat, in_order[start : start + chunk].reshape(-1, 2))
    return cells.reshape(state.shape)


def swap_in_levels(cells, edges):
    """Swap edges in order, in place; return which of them changed anything."""
    changed = np.zeros(len(edges), bool)
    waiting = np.arange(len(edges))
    first = np.empty(len(cells), np.int64)
    while len(waiting):
        a, b = edges[waiting].T
        # Of several writes to a place the last one stays: go backwards to keep the first edge.
        order = np.arange(len(waiting))[::-1]
        first[np.stack([a, b], axis=1)[::-1].ravel()] = np.repeat(order, 2)
        ready = (first[a] == order[::-1]) & (first[b] == order[::-1])
        a, b = a[ready], b[ready]
        changed[waiting[ready]] = cells[a] != cells[b]
        cells[a], cells[b] = cells[b], cells[a]
        waiting = waiting[~ready]
    return changed


def jump(cells, edges_of, swaps):
    """Attempt random edges of one replica until so many attempts have changed it.

    Attempts that change nothing leave the distribution of the next change uniform over the
    differing edges, so this is the chain that chooses a differing pair at every step.

    Args:
        cells: Flat array of one replica, changed in place.
        edges_of: Function `(steps) -> edges (steps, 2)`.
        swaps: Integer.
    """
    while swaps > 0 and cells.min() != cells.max():
        edges = edges_of(max(64, len(cells) // 2))
        before = cells.copy()
        total = np.cumsum(swap_in_levels(cells, edges))
        if total[-1] > swaps:  # too many: go back, and stop at the last one wanted
            cells[:] = before
            swap_in_levels(cells, edges[: np.searchsorted(total, swaps) + 1])
            return
        swaps -= int(total[-1])
