"""The class of the nearest known examples (CS231n, image classification)."""

import math

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.validation import check_choice, check_size

_BLOCK = 256_000_000  # bytes of distances, or of differences where they are not summed at once


class KNearestNeighbors:
    """Votes of the `k` nearest training examples.

    `"l2"` is one matrix product, `||x||^2 - 2 x y + ||y||^2`; `"l1"` has no such form. Of examples
    equally near those that come first count, and of classes with equally many votes the smallest
    wins.

    The course's figures, CIFAR-10: 38.6 % right with one neighbour and `"l1"`, 35.4 % with `"l2"`.

    Args:
        k: Positive integer, the number of neighbours. Defaults to 1.
        metric: `"l1"` or `"l2"`. Defaults to `"l2"`.

    Raises:
        ValueError: If an argument is out of range, or there are fewer examples than `k`.

    Example:
        >>> model = KNearestNeighbors(k=1).fit([[0.0, 0.0], [1.0, 1.0]], [3, 5])
        >>> model.predict([[0.9, 0.8]]).tolist()
        [5]

    References:
        - [CS231n, image classification](https://cs231n.github.io/classification/)
    """

    def __init__(self, k=1, metric="l2"):
        self.k, self.metric = check_size("k", k), check_choice("metric", metric, ("l1", "l2"))
        self._distances = _squared if metric == "l2" else _absolute
        if keras.config.backend() == "jax":
            import jax

            self._distances = jax.jit(self._distances)

    def fit(self, x, y):
        """Keep the examples, and return the classifier.

        Args:
            x: Array `(n, ...)`; what is behind the first axis is one example.
            y: Int array `(n,)`.
        """
        self._x, self._y = _rows(x), np.asarray(y)
        if self._y.shape != (len(self._x),) or self._y.dtype.kind not in "iu":
            raise ValueError(
                f"`y` must be {len(self._x)} integers. Received: {self._y.dtype} of the shape "
                f"{self._y.shape}"
            )
        if len(self._x) < self.k:
            raise ValueError(
                f"`k` must be at most the number of examples, {len(self._x)}. Received: k={self.k}"
            )
        self._known = ops.convert_to_tensor(self._x)
        return self

    def kneighbors(self, x, k=None):
        """Return the distances and the places of the nearest examples, the nearest first.

        Args:
            x: Array `(m, ...)`.
            k: Positive integer, or `None` for that of the classifier.

        Returns:
            Pair of arrays `(m, k)`.
        """
        if not hasattr(self, "_known"):
            raise ValueError("`fit` must be called before neighbours can be found.")
        x, k = _rows(x), self.k if k is None else check_size("k", k)
        if x.shape[1] != self._x.shape[1] or k > len(self._x):
            raise ValueError(
                f"`x` must have {self._x.shape[1]} numbers a row, and `k` be at most "
                f"{len(self._x)}. Received: {x.shape[1]} and k={k}"
            )
        size = max(1, min(len(x), _BLOCK // (4 * len(self._x))))
        if self.metric == "l1" and keras.config.backend() != "jax":
            size = 1  # the differences are an array of their own, see `_absolute`
        size = min(size, 64) if self.metric == "l1" else size
        found = []
        for start in range(0, len(x), size):
            part = x[start : start + size]
            part = np.concatenate([part, np.repeat(part[:1], size - len(part), axis=0)])
            distances = ops.convert_to_numpy(self._distances(part, self._known))
            found.append(_smallest(distances[: len(x) - start], k))
        distances, places = map(np.concatenate, zip(*found, strict=True))
        return np.sqrt(np.maximum(distances, 0)) if self.metric == "l2" else distances, places

    def predict(self, x):
        """Return the classes that win the votes, int `(m,)`; `x` as for `kneighbors`."""
        _, places = self.kneighbors(x)
        return _elected(self._y[places])

    def fold_accuracies(self, x, y, ks=(1, 3, 5, 8, 10), folds=5):
        """Measure which number of neighbours is best, without a test set: cross-validation.

        The examples are cut into folds in their order; each is predicted once, from all others.
        Afterwards the classifier keeps the examples of the last fit.

        Args:
            x: As for `fit`.
            y: As for `fit`.
            ks: Sequence of positive integers.
            folds: Integer of at least 2, at most the number of examples.

        Returns:
            Dictionary from every number of neighbours to an array `(folds,)`, the shares that were
            right.

        Raises:
            ValueError: If there are too few examples.

        Example:
            >>> x, y = np.arange(8.0)[:, None], [0, 1, 0, 1, 0, 1, 0, 1]
            >>> KNearestNeighbors().fold_accuracies(x, y, ks=(1, 2), folds=2)[1].tolist()
            [0.5, 0.5]

        References:
            - [CS231n, cross-validation](https://cs231n.github.io/classification/#validation)
        """
        x, y, ks = _rows(x), np.asarray(y), [check_size("ks", k) for k in ks]
        if not 2 <= check_size("folds", folds) <= len(x):
            raise ValueError(
                f"`folds` must be from 2 to {len(x)}, the number of examples. "
                f"Received: folds={folds}"
            )
        found = {k: np.empty(folds) for k in ks}
        for fold, rows in enumerate(np.array_split(np.arange(len(x)), folds)):
            self.fit(np.delete(x, rows, axis=0), np.delete(y, rows))
            votes = self._y[self.kneighbors(x[rows], max(ks))[1]]
            for k in ks:
                found[k][fold] = (_elected(votes[:, :k]) == y[rows]).mean()
        return found


def _elected(votes):
    """Return the class of most votes in every row, and of equally many the smallest."""
    classes, places = np.unique(votes, return_inverse=True)
    counts = np.eye(len(classes), dtype=int)[places.reshape(votes.shape)].sum(axis=1)
    return classes[counts.argmax(axis=1)]


def _rows(x):
    x = np.asarray(x, "float32")
    if x.ndim < 2 or not x.size:
        raise ValueError(f"`x` must be rows of numbers, at least one. Received shape: {x.shape}")
    return x.reshape(len(x), math.prod(x.shape[1:]))


def _squared(x, known):
    x = ops.convert_to_tensor(x)
    product = ops.matmul(x, ops.transpose(known))
    return ops.sum(ops.square(x), 1)[:, None] - 2.0 * product + ops.sum(ops.square(known), 1)


def _absolute(x, known):
    """Return sums of absolute differences; XLA sums them without keeping the differences."""
    return ops.sum(ops.abs(ops.convert_to_tensor(x)[:, None] - known), axis=-1)


def _smallest(distances, k):
    """Return the `k` smallest of every row and their places; of equal ones the first."""
    if k == 1:
        places = distances.argmin(axis=1)[:, None]
    else:
        # All that are as near as the k-th come into question.
        limit = np.partition(distances, k - 1, axis=1)[:, k - 1 : k]
        places = np.empty((len(distances), k), int)
        for row, (values, bound) in enumerate(zip(distances, limit, strict=True)):
            near = np.flatnonzero(values <= bound)
            places[row] = near[np.argsort(values[near], kind="stable")[:k]]
    return np.take_along_axis(distances, places, axis=1), places
