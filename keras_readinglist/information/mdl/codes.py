"""Codes for integers, Kraft's inequality, and the one place where nats become bits."""

import numpy as np

_LN2 = np.log(2)
_RISSANEN = 2.865064


def in_unit(nats, unit):
    """Return nats as `"bits"` or `"nats"`, a float for a scalar.

    Raises:
        ValueError: If the unit is neither.
    """
    if unit not in ("bits", "nats"):
        raise ValueError(f"`unit` must be 'bits' or 'nats'. Received: unit={unit!r}")
    value = np.asarray(nats) / (_LN2 if unit == "bits" else 1.0)
    return float(value) if value.ndim == 0 else value


def kraft_sum(lengths, base=2):
    """Return `sum base ** -length`: a prefix code of these lengths exists iff it is at most 1.

    Args:
        lengths: Array of code lengths.
        base: Number of code symbols.

    Returns:
        Float.

    Example:
        >>> kraft_sum([1, 2, 2])
        1.0
    """
    return float(np.sum(float(base) ** -np.asarray(lengths, float)))


def integer_code_length(n, code="log_star", unit="bits"):
    """Return the length of a universal code word for positive integers.

    Args:
        n: Integer or array of integers, at least 1.
        code: `"log_star"` (Rissanen's prior, `log2 c + log2 n + log2 log2 n + ...` over positive
            terms), `"elias_gamma"` or `"elias_delta"`.
        unit: `"bits"` or `"nats"`.

    Returns:
        Float or array.

    Raises:
        ValueError: If a number is below 1 or the code is unknown.

    Example:
        >>> integer_code_length([1, 2, 8], "elias_gamma")
        array([1., 3., 7.])

    References:
        - Rissanen, 1983; Elias, 1975
    """
    n = np.asarray(n)
    if n.dtype.kind not in "iu" or (n < 1).any():
        raise ValueError(f"`n` must hold integers from 1 to 2 ** 64 - 1. Received: n={n}")
    if code == "log_star":
        bits, term = np.full(n.shape, np.log2(_RISSANEN)), np.log2(n.astype(float))
        while (term > 0).any():
            bits = bits + np.maximum(term, 0)
            term = np.log2(np.where(term > 1, term, 1))
    elif code in ("elias_gamma", "elias_delta"):
        digits = _floor_log2(n)
        gamma = 2.0 * digits + 1
        length = 2.0 * _floor_log2(digits + 1) + 1
        bits = gamma if code == "elias_gamma" else digits + length
    else:
        raise ValueError(
            f"`code` must be 'log_star', 'elias_gamma' or 'elias_delta'. Received: code={code!r}"
        )
    if unit == "bits":
        return float(bits) if bits.ndim == 0 else bits  # whole bits stay whole
    return in_unit(bits * _LN2, unit)


def _floor_log2(n):
    """Return `floor(log2 n)` of positive integers; a float would round 2 ** 54 - 1 up."""
    n = n.astype(np.uint64)
    high, low = n >> np.uint64(32), n & np.uint64(2**32 - 1)
    return np.where(high > 0, 32 + np.frexp(high)[1], np.frexp(low)[1]) - 1


def log_multinomial(counts, unit="bits"):
    """Return the logarithm of the number of sequences with these counts, `log n! / prod k!`.

    Args:
        counts: Integer array `(..., categories)`.
        unit: `"bits"` or `"nats"`.

    Returns:
        Float or array.

    Raises:
        ValueError: If a count is negative or not an integer.

    Example:
        >>> round(log_multinomial([2, 2]), 6) == round(float(np.log2(6)), 6)
        True
    """
    from scipy.special import gammaln

    counts = check_counts(counts)
    total = counts.sum(axis=-1)
    return in_unit(gammaln(total + 1.0) - gammaln(counts + 1.0).sum(axis=-1), unit)


def check_counts(counts):
    """Return counts as an integer array; `ValueError` if they are none."""
    array = np.asarray(counts)
    if (
        array.ndim == 0
        or array.dtype.kind not in "iubf"
        or not np.isfinite(array).all()
        or (array < 0).any()
        or (array != np.floor(array)).any()
    ):
        raise ValueError("`counts` must be an array of integers of at least 0.")
    return array.astype(np.int64)
