"""Words that stand side by side, as examples of several variables."""

import numpy as np


def ngrams(texts, n=5):
    """Return all n-grams of several texts; none reaches from one text into the next.

    Args:
        texts: Sequence of one-dimensional integer arrays.
        n: Positive integer. Defaults to 5.

    Returns:
        Int32 array `(count, n)`, in the order of the texts.

    Raises:
        ValueError: If `n` is not positive, or no text is long enough.

    Example:
        >>> ngrams([[1, 2, 3, 4], [5], [6, 7, 8]], n=3).tolist()
        [[1, 2, 3], [2, 3, 4], [6, 7, 8]]
    """
    if n < 1:
        raise ValueError(f"`n` must be a positive integer. Received: n={n}")
    long = [np.asarray(text, "int32") for text in texts if len(text) >= n]
    if not long:
        raise ValueError(f"`texts` must hold one of at least {n} words. Received: {len(texts)}")
    return np.concatenate([np.lib.stride_tricks.sliding_window_view(text, n) for text in long])


def ngram_batch(batch_size, texts, n=5, rng=None):
    """Draw n-grams uniformly from several texts.

    Args:
        batch_size: Positive integer.
        texts: Sequence of one-dimensional integer arrays, as `WordTokenizer.encode` returns.
        n: Positive integer. Defaults to 5.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Int32 array `(batch_size, n)`.

    Raises:
        ValueError: If an argument is out of range, or no text is long enough.

    Example:
        >>> ngram_batch(2, [[1, 2, 3, 4, 5, 6]], rng=0).shape
        (2, 5)

    References:
        - [Vinyals et al., 2015, Order Matters](https://arxiv.org/abs/1511.06391), section 5.2
    """
    if batch_size < 1:
        raise ValueError(f"`batch_size` must be a positive integer. Received: {batch_size}")
    found = ngrams(texts, n)
    return found[np.random.default_rng(rng).integers(0, len(found), batch_size)]
