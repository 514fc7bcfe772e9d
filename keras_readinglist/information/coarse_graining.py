"""Coarse graining: the picture that is left when one looks from far away."""

import keras
import numpy as np
from keras import ops


def coarse_grain(x, grain, levels=None, window="sliding", adjust=False):
    """Return the mean around every cell, optionally rounded to a few levels.

    A sliding window is centred on its cell (an even one reaches one cell further up and left),
    clipped at the walls, and divided by the cells inside it. Integral images make the cost
    independent of the grain.

    Args:
        x: NumPy array or tensor `(..., height, width)` of finite numbers; with `levels`, from 0 to
            1 (the values of a tensor are not looked at, since it may be symbolic).
        grain: Positive integer, the side of the window.
        levels: Integer from 2 to 256, or `None` for the means themselves.
        window: `"sliding"` for an output of the same size, `"block"` for one value per block of
            `grain x grain` cells; the last blocks may be smaller.
        adjust: Boolean, whether every level that differs by at most one from the most frequent
            level of its row is set to that level (the smallest on ties).

    Returns:
        Array or tensor of means, float64 for NumPy; with `levels`, of integers from 0 to
        `levels - 1`, uint8 for NumPy and int32 for tensors.

    Raises:
        ValueError: If an argument or a value is out of range.

    Example:
        >>> coarse_grain(np.eye(4), 2, levels=3, window="block")
        array([[1, 0],
               [0, 1]], dtype=uint8)

    References:
        - [Aaronson, Carroll, Ouellette, 2014](https://arxiv.org/abs/1405.6903), section 4
    """
    numpy = not ops.is_tensor(x) and not isinstance(x, keras.KerasTensor)
    x = np.asarray(x) if numpy else x
    if len(x.shape) < 2 or 0 in x.shape[-2:]:
        raise ValueError(f"`x` must have the shape (..., height, width). Received: {x.shape}")
    if numpy and x.size and (x.dtype.kind not in "iubf" or not np.isfinite(x).all()):
        raise ValueError("`x` must hold finite numbers.")
    height, width = x.shape[-2:]
    _check(grain, levels, window, adjust, height, width)
    xp = np if numpy else ops
    if numpy and levels is not None and x.size and (x.min() < 0 or x.max() > 1):
        raise ValueError(
            f"`x` must lie from 0 to 1 for `levels`: divide a picture by its largest value. "
            f"Received values from {x.min()} to {x.max()}"
        )
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
    if levels is not None and (not isinstance(levels, (int, np.integer)) or not 2 <= levels <= 256):
        raise ValueError(f"`levels` must be an integer from 2 to 256. Received: levels={levels}")
    if window not in ("sliding", "block"):
        raise ValueError(f"`window` must be 'sliding' or 'block'. Received: window={window!r}")
    if adjust and levels is None:
        raise ValueError("`adjust` needs `levels`: it compares levels. Received: levels=None")
