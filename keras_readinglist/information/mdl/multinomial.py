"""Normalized maximum likelihood of the multinomial family, exactly and in linear time."""

import functools
import math

import numpy as np

from keras_readinglist.information.mdl.codes import check_counts, in_unit


def multinomial_complexity(n, categories, method="exact", unit="bits"):
    """Return the parametric complexity `log sum_x max_theta P(x | theta)` of a multinomial.

    The exact sum over all sequences takes `O(sqrt n)` steps for two categories, since
    `C(2, n) = sum_k n! / ((n - k)! n ** k)`, and one step for every further category:
    `C(m + 2, n) = C(m + 1, n) + n / m C(m, n)`.

    Args:
        n: Sample size, an integer of at least 0 or an array of them.
        categories: Number of categories, an integer of at least 1 or an array; it broadcasts.
        method: `"exact"`; `"szpankowski"`, an expansion for `n` much larger than `categories`; or
            `"asymptotic"`, `(m - 1) / 2 log(n / 2 pi) + log integral sqrt(det I)`.
        unit: `"bits"` or `"nats"`.

    Returns:
        Float or array; 0 for `n = 0`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> round(multinomial_complexity(10, 3, unit="nats"), 10)
        2.6851374085

    References:
        - Kontkanen, Myllymäki, 2007, A linear-time algorithm for computing the multinomial
          stochastic complexity; Mononen, Myllymäki, 2008 (the short sum)
        - [Grünwald, 2004](https://arxiv.org/abs/math/0406077), section 2.5
    """
    n, m = np.broadcast_arrays(n, categories)
    for name, value, least in (("n", n, 0), ("categories", m, 1)):
        if value.dtype.kind not in "iu" or (value < least).any():
            raise ValueError(f"`{name}` must be an integer of at least {least}. Received: {value}")
    if method == "exact":
        nats = log_complexities(n, int(m.max()) if m.size else 1)
        nats = np.take_along_axis(nats, m[None] - 1, axis=0)[0]
    elif method in ("szpankowski", "asymptotic"):
        expand = _szpankowski if method == "szpankowski" else _asymptotic
        pairs = zip(n.ravel().tolist(), m.ravel().tolist(), strict=True)
        nats = np.reshape([expand(a, b) if a and b > 1 else 0.0 for a, b in pairs], n.shape)
    else:
        raise ValueError(
            f"`method` must be 'exact', 'szpankowski' or 'asymptotic'. Received: method={method!r}"
        )
    return in_unit(nats, unit)


def log_complexities(n, most):
    """Return `log C(m, n)` in nats for `m` from 1 to `most`, stacked on a first axis."""
    n = np.asarray(n)
    sizes, inverse = np.unique(n, return_inverse=True)
    logs = np.zeros((most, len(sizes)))
    if most > 1:
        logs[1] = [_log_binary(int(size)) for size in sizes]
    with np.errstate(divide="ignore"):
        log_n = np.log(sizes.astype(float))
    for m in range(1, most - 1):
        logs[m + 1] = np.logaddexp(logs[m], log_n - math.log(m) + logs[m - 1])
    return logs[:, inverse].reshape(most, *n.shape)


@functools.lru_cache(maxsize=65536)
def _log_binary(n):
    """Return `log C(2, n)`; the terms fall like `exp(-k**2 / 2n)`."""
    if n == 0:
        return 0.0
    count = min(n, int(math.sqrt(2 * n * 42)) + 2)  # the rest is below exp(-42) of the first
    return math.log1p(float(np.cumprod(1 - np.arange(count) / n).sum()))


def _asymptotic(n, m):
    return (
        (m - 1) / 2 * math.log(n / (2 * math.pi)) + m / 2 * math.log(math.pi) - math.lgamma(m / 2)
    )


def _szpankowski(n, m):
    ratio = math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2))
    return (
        (m - 1) / 2 * math.log(n / 2)
        + math.log(math.pi) / 2
        - math.lgamma(m / 2)
        + math.sqrt(2) * m * ratio / (3 * math.sqrt(n))
        + ((3 + m * (m - 2) * (2 * m + 1)) / 36 - m**2 * ratio**2 / 9) / n
    )


def maximum_likelihood_nats(counts):
    """Return `-log P(x | best theta)` of sequences with these counts, over the last axis."""
    counts = np.asarray(counts, float)
    total = counts.sum(axis=-1)
    return _xlogx(total) - _xlogx(counts).sum(axis=-1)


def _xlogx(x):
    return x * np.log(np.where(x > 0, x, 1.0))


def stochastic_complexity(counts, unit="bits"):
    """Return the normalized maximum likelihood code length of a sequence with these counts.

    Args:
        counts: Integer array `(..., categories)`.
        unit: `"bits"` or `"nats"`.

    Returns:
        Float or array: `-log P(x | best theta) + COMP`.

    Raises:
        ValueError: If a count is negative or not an integer.

    Example:
        >>> stochastic_complexity([0, 0])
        0.0

    References:
        - Shtarkov, 1987; [Grünwald, 2004](https://arxiv.org/abs/math/0406077), section 2.5
    """
    counts = check_counts(counts)
    complexity = log_complexities(counts.sum(axis=-1), counts.shape[-1])[-1]
    return in_unit(maximum_likelihood_nats(counts) + complexity, unit)


def conditional_stochastic_complexity(x, y, score="fnml", unit="bits"):
    """Return the code length of a sequence given another one of equal length.

    Args:
        x: Array of labels, the sequence to describe; missing ones are a label of their own.
        y: Array of labels, what is known.
        score: `"fnml"`: the sum of the stochastic complexities of `x` at every value of `y`; or
            `"qnml"`: that of the pairs less that of `y`, which scores equivalent networks alike.
        unit: `"bits"` or `"nats"`.

    Returns:
        Float.

    Raises:
        ValueError: If the lengths differ or the score is unknown.

    Example:
        >>> x = np.array([0, 1] * 50)
        >>> conditional_stochastic_complexity(x, x) < conditional_stochastic_complexity(x, 0 * x)
        True

    References:
        - Silander, Roos, Kontkanen, Myllymäki, 2008 (fNML); Silander et al., 2018 (qNML)
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"`x` and `y` must be as many labels. Received: {x.shape}, {y.shape}")
    if score not in ("fnml", "qnml"):
        raise ValueError(f"`score` must be 'fnml' or 'qnml'. Received: score={score!r}")
    if x.size == 0:
        return 0.0
    of_x, of_y = _numbered(x), _numbered(y)
    table = np.zeros((of_y.max() + 1, of_x.max() + 1), np.int64)
    np.add.at(table, (of_y, of_x), 1)
    if score == "fnml":
        return float(np.sum(stochastic_complexity(table, unit)))
    return stochastic_complexity(table.ravel(), unit) - stochastic_complexity(table.sum(1), unit)


def _numbered(labels):
    """Return every label as the number of its kind."""
    try:
        return np.unique(labels, return_inverse=True)[1]
    except TypeError:  # None or NaN among strings cannot be sorted: tell them apart as written
        return np.unique([repr(label) for label in labels.tolist()], return_inverse=True)[1]
