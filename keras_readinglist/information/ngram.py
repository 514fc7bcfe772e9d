"""Interpolated n-gram models with Witten-Bell smoothing, for sequences of integers."""

import numpy as np


class NGram:
    """Predicts a symbol from the `order - 1` symbols before it.

    `p_k(x | u) = (c(u x) + T(u) p_{k-1}(x | u')) / (c(u) + T(u))`, where `c` counts in the
    training sequence, `T(u)` is the number of distinct symbols seen after `u`, and `u'` is `u`
    without its oldest symbol; `p_0` is uniform.

    Args:
        order: Positive integer, the length of the longest n-gram.
        num_symbols: Positive integer, the size of the alphabet.

    Raises:
        ValueError: If an argument is not positive, or n-grams do not fit into 63 bits.

    Example:
        >>> model = NGram(order=2, num_symbols=2).fit([0, 1] * 50)
        >>> bool(model.score([0, 1, 0, 1]).mean() < 0.4)
        True

    References:
        - Witten, Bell, 1991, The zero-frequency problem, method C
    """

    def __init__(self, order, num_symbols):
        for name, value in (("order", order), ("num_symbols", num_symbols)):
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}")
        order, num_symbols = int(order), int(num_symbols)
        if num_symbols**order >= 2**63:
            raise ValueError(
                f"`order` must keep num_symbols ** order below 2 ** 63. Received: order={order}"
            )
        self.order, self.num_symbols = order, num_symbols

    def fit(self, ids):
        """Count the n-grams of a sequence; return the model itself."""
        ids = self._check(ids)
        self._tables = []
        for length in range(1, self.order + 1):
            codes = self._codes(ids, length)
            grams, counts = np.unique(codes, return_counts=True)
            contexts, first = np.unique(grams // self.num_symbols, return_index=True)
            totals = np.add.reduceat(counts, first) if len(counts) else counts
            distinct = np.diff(np.append(first, len(grams)))
            self._tables.append(((grams, counts), (contexts, totals, distinct)))
        return self

    def score(self, ids):
        """Return `-ln p` of every symbol of a sequence; the first ones have shorter contexts."""
        ids = self._check(ids)
        p = np.full(len(ids), 1 / self.num_symbols)
        for length, (grams, contexts) in enumerate(self._tables, start=1):
            codes = self._codes(ids, length)
            p[length - 1 :] = _interpolate(
                codes, p[length - 1 :], grams, contexts, self.num_symbols
            )
        return -np.log(p)

    def distribution(self, context):
        """Return the distribution of the symbol that follows a context, an array of sum 1."""
        context = self._check(context)
        symbols = np.arange(self.num_symbols)
        p = np.full(self.num_symbols, 1 / self.num_symbols)
        for length, (grams, contexts) in enumerate(self._tables, start=1):
            if length - 1 > len(context):
                break
            prefix = 0
            for symbol in context[len(context) - length + 1 :].tolist():
                prefix = prefix * self.num_symbols + symbol
            codes = prefix * self.num_symbols + symbols
            p = _interpolate(codes, p, grams, contexts, self.num_symbols)
        return p

    def sample(self, length, context=(), rng=None):
        """Return `length` symbols drawn one after the other, an int array."""
        rng = np.random.default_rng(rng)
        out = list(context)
        for _ in range(length):
            tail = np.array(out[-(self.order - 1) :] if self.order > 1 else [], dtype=int)
            out.append(int(rng.choice(self.num_symbols, p=self.distribution(tail))))
        return np.array(out[len(context) :], dtype=int)

    def _check(self, ids):
        ids = np.asarray(ids)
        ids = ids.astype("int64") if ids.size == 0 or ids.dtype.kind in "iub" else ids
        if (
            ids.dtype != "int64"
            or ids.ndim != 1
            or (len(ids) and not 0 <= ids.min() <= ids.max() < self.num_symbols)
        ):
            raise ValueError(
                f"`ids` must be one sequence of integers in [0, {self.num_symbols}). "
                f"Received: {ids.dtype} of shape {ids.shape}"
            )
        return ids

    def _codes(self, ids, length):
        """Return every n-gram of a length as one integer, oldest symbol first."""
        count = max(len(ids) - length + 1, 0)
        codes = np.zeros(count, dtype="int64")
        for k in range(length):
            codes = codes * self.num_symbols + ids[k : k + count]
        return codes


def _interpolate(codes, shorter, grams, contexts, num_symbols):
    """Return `p_k` for coded n-grams, given `p_{k-1}`."""
    count = _look_up(grams[0], codes, grams[1])
    before = codes // num_symbols
    total, distinct = (_look_up(contexts[0], before, column) for column in contexts[1:])
    weight = np.maximum(total + distinct, 1)
    return np.where(total > 0, (count + distinct * shorter) / weight, shorter)


def _look_up(keys, wanted, values):
    """Return `values` at the sorted `keys` that are `wanted`, and 0 where there is no such key."""
    if not len(keys):
        return np.zeros(len(wanted))
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)
