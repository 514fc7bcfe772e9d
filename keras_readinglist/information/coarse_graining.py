"""Coarse graining: the picture that is left when one looks from far away."""

import numpy as np
from keras import ops


def coarse_grain(x, grain, levels=None, window="sliding", adjust=False):
    """Return the mean around every cell, optionally rounded to a few levels.

    A sliding window is centred on its cell (an even one reaches one cell further up and left),
    clipped at the walls, and divided by the cells inside it. Integral images make the cost
    independent of the grain.

    Args:
        x: NumPy array or tensor `(..., height, width)`.
        grain: Positive integer, the side of the window.
        levels: Integer of at least 2, or `None` for the means themselves.
        window: `"sliding"` for an output of the same size, `"block"` for one value per block of
            `grain x grain` cells; the last blocks may be smaller.
        adjust: Boolean, whether every level that differs by at most one from the most frequent
            level of its row is set to that level (the smallest on ties).

    Returns:
        Array or tensor of means, float64 for NumPy; with `levels`, of integers from 0 to
        `levels - 1`, uint8 for NumPy and int32 for tensors.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> coarse_grain(np.eye(4), 2, levels=3, window="block")
        array([[1, 0],
               [0, 1]], dtype=uint8)

    References:
        - [Aaronson, Carroll, Ouellette, 2014](https://arxiv.org/abs/1405.6903), section 4
    """
    numpy = isinstance(x, np.ndarray)
    height, width = x.shape[-2:]
    _check(grain, levels, window, adjust, height, width)
    xp = np if numpy else ops
    x = x.astype("float64") if numpy else ops.cast(x, "float32")
    rows, columns = (_bounds(size, grain, window) for size in (height, width))
    sums = _window_sums(_window_sums(x, *columns, xp, -1), *rows, xp, -2)
    area = np.outer(rows[1] - rows[0], columns[1] - columns[0])
    means = sums / (area if numpy else ops.cast(area, "float32"))
    if levels is None:
        return means
    quantized = xp.round(means * (levels - 1))
    quantized = quantized.astype("uint8") if numpy else ops.cast(quantized, "int32")
    return row_majority(quantized, levels) if adjust else quantized


def row_majority(x, levels):
    """Set levels within one of the most frequent level of their row to that level.

    Args:
        x: Integer array or tensor `(..., height, width)`, values from 0 to `levels - 1`.
        levels: Integer, the number of levels.

    Returns:
        As `x`.
    """
    numpy = isinstance(x, np.ndarray)
    xp = np if numpy else ops
    counts = xp.stack([xp.sum(xp.equal(x, v), axis=-1) for v in range(levels)], axis=-1)
    majority = xp.argmax(counts, axis=-1)[..., None]  # the first, hence the smallest on ties
    signed = x.astype("int16") if numpy else x
    majority = majority.astype("int16") if numpy else ops.cast(majority, x.dtype)
    near = xp.abs(signed - majority) <= 1
    adjusted = xp.where(near, majority, signed)
    return adjusted.astype(x.dtype) if numpy else adjusted


def _bounds(size, grain, window):
    """Return the first cell of every window, and the cell after its last."""
    if window == "block":
        first = np.arange(0, size, grain)
        return first, np.minimum(first + grain, size)
    cells = np.arange(size)
    return np.maximum(cells - grain // 2, 0), np.minimum(cells + (grain + 1) // 2, size)


def _window_sums(x, first, after, xp, axis):
    padding = [(0, 0)] * len(x.shape)
    padding[axis] = (1, 0)
    integral = xp.pad(xp.cumsum(x, axis=axis), padding)
    return xp.take(integral, after, axis=axis) - xp.take(integral, first, axis=axis)


def _check(grain, levels, window, adjust, height, width):
    if not isinstance(grain, (int, np.integer)) or not 1 <= grain <= max(height, width):
        raise ValueError(
            f"`grain` must be an integer from 1 to the size of the grid, {max(height, width)}. "
            f"Received: grain={grain}"
        )
    if levels is not None and (not isinstance(levels, (int, np.integer)) or levels < 2):
        raise ValueError(f"`levels` must be an integer of at least 2. Received: levels={levels}")
    if window not in ("sliding", "block"):
        raise ValueError(f"`window` must be 'sliding' or 'block'. Received: window={window!r}")
    if adjust and levels is None:
        raise ValueError("`adjust` needs `levels`: it compares levels. Received: levels=None")
