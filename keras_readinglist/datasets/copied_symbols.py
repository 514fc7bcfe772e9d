"""Sequences of symbols to be written once more: the first task of the Annotated Transformer."""

import numpy as np

START, END = 1, 2  # as everywhere where sequences are written; 0 is padding
FIRST_SYMBOL = 3


def copied_symbols(batch_size, length, num_symbols=10, rng=None):
    """Draw sequences of random symbols that a model must read and write.

    Symbols are the integers from 3 on. In the notebook they begin with 1, which begins a sequence
    too, and nothing ends one.

    Args:
        batch_size: Positive integer.
        length: Positive integer, or a pair `(smallest, largest)`.
        num_symbols: Positive integer.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        A batch as `TranslationPairs` gives it: `({"source", "target"}, labels, weights)`, all of
        the shape `(batch, largest + 1)`. Sources and labels end with 2, targets begin with 1.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> inputs, labels, weights = copied_symbols(1, length=4, rng=0)
        >>> inputs["source"].tolist(), inputs["target"].tolist()
        ([[11, 9, 8, 5, 2]], [[1, 11, 9, 8, 5]])

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
    rng = np.random.default_rng(rng)
    lengths = rng.integers(smallest, largest + 1, (batch_size, 1))
    symbols = rng.integers(FIRST_SYMBOL, FIRST_SYMBOL + num_symbols, (batch_size, largest + 1))
    places = np.arange(largest + 1)[None]
    ended = np.where(places < lengths, symbols, np.where(places == lengths, END, 0)).astype("int32")
    fed = np.where(places <= lengths, np.roll(ended, 1, axis=1), 0).astype("int32")
    fed[:, 0] = START
    return {"source": ended, "target": fed}, ended, (ended != 0).astype("float32")
