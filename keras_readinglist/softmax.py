"""The softmax of NumPy arrays, for what is computed beside a network."""

import numpy as np


def softmax(scores, axis=-1):
    """Return shares that are proportional to the exponentials of scores, and sum to one.

    Args:
        scores: Float array.
        axis: Integer, the axis whose shares sum to one. Defaults to the last.

    Example:
        >>> softmax(np.log([1.0, 3.0])).round(2).tolist()
        [0.25, 0.75]
    """
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)
