"""The two losses of classifiers, each with its gradient."""

import numpy as np


def softmax_loss(scores, labels):
    """Return the mean cross-entropy of scores, and its gradient.

    Args:
        scores: Array `(n, classes)`.
        labels: Int array `(n,)`.

    Returns:
        Pair of a float and an array `(n, classes)`: `(p - onehot) / n`.

    Example:
        >>> loss, gradient = softmax_loss(np.zeros((2, 4)), np.array([0, 3]))
        >>> round(loss, 4), gradient[0].tolist()
        (1.3863, [-0.375, 0.125, 0.125, 0.125])

    References:
        - [CS231n, linear classification](https://cs231n.github.io/linear-classify/#softmax)
    """
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(scores))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1.0
    return float(-log_p[rows, labels].mean()), gradient / len(scores)


def svm_loss(scores, labels, delta=1.0):
    """Return the mean of `sum_{j != y} max(0, s_j - s_y + delta)`, and its gradient.

    Args:
        scores: Array `(n, classes)`.
        labels: Int array `(n,)`.
        delta: Float, the margin. Defaults to 1.

    Returns:
        Pair of a float and an array `(n, classes)`.

    Example:
        >>> loss, gradient = svm_loss(np.zeros((2, 4)), np.array([0, 3]))
        >>> loss, gradient[0].tolist()
        (3.0, [-1.5, 0.5, 0.5, 0.5])

    References:
        - [CS231n, linear classification](https://cs231n.github.io/linear-classify/#svmloss)
    """
    rows = np.arange(len(scores))
    margins = scores - scores[rows, labels][:, None] + delta
    margins[rows, labels] = 0.0
    gradient = (margins > 0).astype(scores.dtype)
    gradient[rows, labels] = -gradient.sum(axis=1)
    return float(np.maximum(margins, 0.0).sum(axis=1).mean()), gradient / len(scores)
