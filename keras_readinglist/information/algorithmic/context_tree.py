"""Context-tree weighting: the code length of a string under all tree sources at once."""

import math

import numpy as np


def context_code_length(x, depth=8, alphabet=256):
    """Return the bits of a string in the context-tree weighting code.

    At every context the estimator of Krichevsky and Trofimov is mixed, half and half, with the
    product of its longer contexts; the result is a single universal code without a header, and a
    fraction of a bit counts. Bytes are coded bit by bit, with whole bytes as contexts. Since only
    the final counts matter, all contexts of one length are processed at once.

    Args:
        x: Bytes, a string (as UTF-8), or an array of integers below `alphabet`.
        depth: Integer of at least 0, symbols of the longest context; before the first symbol
            there are zeros.
        alphabet: 2 or 256.

    Returns:
        Float, bits.

    Raises:
        ValueError: If symbols are out of range, or an argument is.

    Example:
        >>> context_code_length(b"abracadabra" * 20) < 8 * 40
        True
        >>> context_code_length([0, 1] * 50, alphabet=2) < 20
        True

    References:
        - Willems, Shtarkov, Tjalkens, 1995, The context-tree weighting method
    """
    if alphabet not in (2, 256):
        raise ValueError(f"`alphabet` must be 2 or 256. Received: alphabet={alphabet}")
    if not isinstance(depth, (int, np.integer)) or depth < 0:
        raise ValueError(f"`depth` must be an integer of at least 0. Received: depth={depth!r}")
    x = as_symbols(x, alphabet)
    if len(x) == 0:
        return 0.0
    width = 1 if alphabet == 2 else 8
    shifts = np.arange(width - 1, -1, -1)
    bits = (x[:, None] >> shifts & 1).ravel()
    # What of its own byte is known before a bit: a one, then the bits so far.
    nodes = ((x[:, None] | 1 << width) >> (shifts + 1)).ravel()
    padded = np.concatenate([np.zeros(depth, np.int64), x])
    groups, parents, sizes = [], [], []
    _, group = np.unique(nodes, return_inverse=True)
    for k in range(depth + 1):
        groups.append(group)
        sizes.append(int(group.max()) + 1)
        if k == depth:
            break
        before = np.repeat(padded[depth - 1 - k : len(padded) - 1 - k], width)
        pairs, finer = np.unique(group * alphabet + before, return_inverse=True)
        parents.append(pairs // alphabet)
        group = finer
    weighted = _estimate(groups[-1], bits, sizes[-1])
    for k in range(depth - 1, -1, -1):
        longer = np.bincount(parents[k], weighted, minlength=sizes[k])
        weighted = np.logaddexp(_estimate(groups[k], bits, sizes[k]), longer) - math.log(2)
    return float(-weighted.sum() / math.log(2))


def _estimate(group, bits, size):
    """Return the log probability of the bits at every context by Krichevsky and Trofimov."""
    from scipy.special import gammaln

    ones = np.bincount(group, bits, minlength=size)
    total = np.bincount(group, minlength=size)
    zeros = total - ones
    return gammaln(zeros + 0.5) + gammaln(ones + 0.5) - gammaln(total + 1.0) - math.log(math.pi)


def as_symbols(x, alphabet=256):
    """Return bytes, a string or integers as an array of symbols; `ValueError` if they are none."""
    if isinstance(x, str):
        x = x.encode("utf-8", "surrogatepass")  # halves of characters, as broken files have them
    if isinstance(x, (bytes, bytearray)):
        x = np.frombuffer(bytes(x), np.uint8)
    x = np.asarray(x)
    if x.size == 0:
        return np.zeros(0, np.int64)
    if x.dtype.kind not in "iub" or x.min() < 0 or x.max() >= alphabet:
        raise ValueError(f"`x` must hold integers from 0 to {alphabet - 1}, bytes or text.")
    return x.ravel().astype(np.int64)
