"""Sequences of symbols to be written once more: the first task of the Annotated Transformer.

They are written as they were read, from the last to the first, or sorted.
"""

import numpy as np

START, END = 1, 2  # as everywhere where sequences are written; 0 is padding
FIRST_SYMBOL = 3
ORDERS = ("same", "reversed", "sorted")


def copied_symbols(batch_size, length, num_symbols=10, rng=None, order="same"):
    """Draw sequences of random symbols that a model must read and write.

    Symbols are the integers from 3 on. In the notebook they begin with 1, which begins a sequence
    too, and nothing ends one.

    Args:
        batch_size: Positive integer.
        length: Positive integer, or a pair `(smallest, largest)`.
        num_symbols: Positive integer.
        rng: `numpy.random.Generator` or a seed.
        order: In which order they must be written: the `"same"`, `"reversed"`, or `"sorted"`.

    Returns:
        A batch as `TranslationPairs` gives it: `({"source", "target"}, labels, weights)`, all of
        the shape `(batch, largest + 1)`. Sources and labels end with 2, targets begin with 1.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> inputs, labels, weights = copied_symbols(1, length=4, rng=0)
        >>> inputs["source"].tolist(), inputs["target"].tolist()
        ([[11, 9, 8, 5, 2]], [[1, 11, 9, 8, 5]])
        >>> copied_symbols(1, length=4, rng=0, order="sorted")[1].tolist()
        [[5, 8, 9, 11, 2]]

    References:
        - [Rush et al., 2018](https://nlp.seas.harvard.edu/annotated-transformer/#a-first-example)
    """
    smallest, largest = (length,) * 2 if isinstance(length, int) else length
    if not 1 <= smallest <= largest:
        raise ValueError(
            "`length` must be a positive integer, or a pair (smallest, largest) of such. "
            f"Received: length={length}"
        )
    if batch_size < 1 or num_symbols < 1:
        raise ValueError(
            "`batch_size` and `num_symbols` must be positive. "
            f"Received: batch_size={batch_size}, num_symbols={num_symbols}"
        )
    if order not in ORDERS:
        raise ValueError(f"`order` must be one of {ORDERS}. Received: order={order!r}")
    rng = np.random.default_rng(rng)
    lengths = rng.integers(smallest, largest + 1, (batch_size, 1))
    symbols = rng.integers(FIRST_SYMBOL, FIRST_SYMBOL + num_symbols, (batch_size, largest + 1))
    places = np.arange(largest + 1)[None]
    labels = np.where(places < lengths, symbols, FIRST_SYMBOL + num_symbols)
    if order == "reversed":
        labels = np.take_along_axis(labels, np.abs(lengths - 1 - places), axis=1)
    elif order == "sorted":
        labels = np.sort(labels, axis=1)
    return batch_of(_ended(symbols, lengths), _ended(labels, lengths))


def batch_of(sources, labels):
    """Return sequences that are read and written as `TranslationPairs` gives them.

    Args:
        sources: Int array `(batch, length)`, each row with its end, padded with 0.
        labels: Int array `(batch, target_length)` likewise.
    """
    labels = labels.astype("int32")
    fed = np.roll(np.where(labels == END, 0, labels), 1, axis=1)
    fed[:, 0] = START
    inputs = {"source": sources.astype("int32"), "target": fed}
    return inputs, labels, (labels != 0).astype("float32")


def _ended(symbols, lengths):
    places = np.arange(symbols.shape[1])[None]
    return np.where(places < lengths, symbols, np.where(places == lengths, END, 0))
