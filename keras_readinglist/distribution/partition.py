"""Cutting a chain of layers into cells of equal cost."""

import numpy as np

from keras_readinglist.layers.validation import check_size

_SLACK = 1e-13  # of the whole: sums of the same costs differ in their last digits


def balance_partitions(costs, num_partitions):
    """Return how many consecutive layers each cell gets, so that the slowest is as fast as can be.

    The largest cost of a cell is the least possible; among all such partitions the sum of squared
    costs is the least, and so their variance. The paper's heuristic minimises the variance alone.

    Args:
        costs: Sequence of non-negative numbers, the cost of every layer.
        num_partitions: Positive integer, the cells; at most as many as there are layers.

    Returns:
        List of positive integers, one for each cell, which sum up to the number of layers.

    Raises:
        ValueError: If there are fewer layers than cells, or a cost is negative or not finite.

    Example:
        >>> balance_partitions([10, 10, 10, 1, 1, 1, 1, 30], 3)
        [2, 5, 1]

    References:
        - [Huang et al., 2018](https://arxiv.org/abs/1811.06965), section 2.2
    """
    costs = np.asarray(costs, dtype=float)
    num_partitions = check_size("num_partitions", num_partitions)
    if costs.ndim != 1 or not np.all(np.isfinite(costs)) or np.any(costs < 0):
        raise ValueError(
            f"`costs` must be a sequence of finite, non-negative numbers. Received: costs={costs}"
        )
    if num_partitions > len(costs):
        raise ValueError(
            "`num_partitions` must be at most the number of layers. "
            f"Received: num_partitions={num_partitions} and {len(costs)} layers"
        )
    sums = np.concatenate([[0.0], costs.cumsum()])
    cuts = _most_even(sums, num_partitions, _least_bound(sums, num_partitions))
    return np.diff(cuts).tolist()


def _least_bound(sums, cells):
    """Return the least cost that no cell exceeds, by bisection down to neighbouring floats."""
    low, high = max(np.diff(sums).max(), sums[-1] / cells), sums[-1]
    if _largest_of_full_cells(sums, cells, low) is not None:
        return low
    while low < (middle := (low + high) / 2) < high:
        if _largest_of_full_cells(sums, cells, middle) is None:
            low = middle
        else:
            high = middle
    return _largest_of_full_cells(sums, cells, high)


def _largest_of_full_cells(sums, cells, bound):
    """Fill cell after cell up to a bound; return the fullest, or `None` if layers are left over."""
    start = largest = 0
    for _ in range(cells):
        full = sums[start] + bound + _SLACK * sums[-1]
        stop = np.searchsorted(sums, full, side="right") - 1
        largest, start = max(largest, sums[stop] - sums[start]), stop
    return largest if start == len(sums) - 1 else None


def _most_even(sums, cells, bound):
    """Return the ends of the cells with the least sum of squares, none of them above a bound."""
    count = len(sums) - 1
    first = np.searchsorted(sums, sums - bound - _SLACK * sums[-1])  # where a cell may begin
    widest = int((np.arange(count + 1) - first).max())
    best = np.full(count + 1, np.inf)
    best[0] = 0.0
    begins = []
    for _ in range(cells):
        found, begin = np.full(count + 1, np.inf), np.zeros(count + 1, int)
        for width in range(widest, 0, -1):  # of equals the earliest cut stays
            stops = np.arange(width, count + 1)
            squares = best[:-width] + (sums[width:] - sums[:-width]) ** 2
            better = (squares < found[width:]) & (stops - width >= first[width:])
            found[width:][better] = squares[better]
            begin[width:][better] = stops[better] - width
        best = found
        begins.append(begin)
    ends = [count]
    for begin in reversed(begins):
        ends.append(int(begin[ends[-1]]))
    return ends[::-1]
