"""Sets of numbers, and the order in which they grow."""

import numpy as np


def sorting_batch(batch_size, num_values, rng=None, low=0.0, high=1.0):
    """Draw sets of numbers with the places of their elements from the smallest to the largest.

    Args:
        batch_size: Positive integer.
        num_values: Positive integer, or a pair `(smallest, largest)`.
        rng: `numpy.random.Generator` or a seed.
        low: Float, the smallest number.
        high: Float, the largest.

    Returns:
        Values `(batch, n, 1)`, float32; mask `(batch, n)`, true where there is a number; and order
        `(batch, n)`, int32, padded with -1.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> values, mask, order = sorting_batch(2, (3, 5), rng=0)
        >>> sorted_values = values[0, order[0, : mask[0].sum()], 0]
        >>> bool((np.diff(sorted_values) >= 0).all())
        True

    References:
        - [Vinyals et al., 2015, Order Matters](https://arxiv.org/abs/1511.06391), section 4.2
    """
    smallest, largest = (num_values,) * 2 if isinstance(num_values, int) else num_values
    if not 1 <= smallest <= largest:
        raise ValueError(
            "`num_values` must be a positive integer, or a pair (smallest, largest) of such. "
            f"Received: num_values={num_values}"
        )
    if batch_size < 1 or not low < high:
        raise ValueError(
            "`batch_size` must be positive and `low` below `high`. "
            f"Received: batch_size={batch_size}, low={low}, high={high}"
        )
    rng = np.random.default_rng(rng)
    mask = np.arange(largest)[None] < rng.integers(smallest, largest + 1, (batch_size, 1))
    values = rng.random((batch_size, largest), "float32") * (high - low) + low
    values = np.where(mask, values, 0).astype("float32")
    return values[..., None], mask, ascending(values, mask)


def ascending(values, mask):
    """Return the places of the numbers `(batch, n)` from the smallest on, padded with -1."""
    order = np.where(mask, values, np.inf).argsort(axis=1, kind="stable")
    return np.where(np.sort(~np.asarray(mask), axis=1), -1, order).astype("int32")
