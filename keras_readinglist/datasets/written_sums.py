"""Sums of two numbers, read and written digit by digit."""

import numpy as np

from keras_readinglist.datasets.copied_symbols import END, FIRST_SYMBOL, batch_of

PLUS = FIRST_SYMBOL + 10
NUM_SYMBOLS = 11  # ten digits and the plus


def written_sums(batch_size, digits, rng=None):
    """Draw sums of two numbers that a model must read and add up.

    Digits are the integers from 3 on, the plus is 13. All numbers, and the sum too, are written
    from the ones on, as people add on paper: a carry then is of what is already written.

    Args:
        batch_size: Positive integer.
        digits: Positive integer up to 17, the most digits of a number; both numbers have one or
            more, each length being equally likely. Only the number 0 begins with the digit 0.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        A batch as `TranslationPairs` gives it: `({"source", "target"}, labels, weights)`; sources
        of the shape `(batch, 2 * digits + 2)`, the others `(batch, digits + 2)`. Sources and labels
        end with 2, targets begin with 1.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> inputs, labels, _ = written_sums(1, digits=2, rng=0)  # 56 + 34 = 90
        >>> "".join("0123456789+"[i - 3] for i in inputs["source"][0] if i > 2)
        '65+43'
        >>> "".join("0123456789"[i - 3] for i in labels[0] if i > 2)
        '09'
    """
    if not 1 <= digits <= 17 or batch_size < 1:
        raise ValueError(
            "`digits` must lie in [1, 17], and `batch_size` be positive. "
            f"Received: digits={digits}, batch_size={batch_size}"
        )
    rng = np.random.default_rng(rng)
    lengths = rng.integers(1, digits + 1, (2, batch_size))
    least = np.where(lengths == 1, 0, 10 ** (lengths - 1))
    numbers = rng.integers(least, 10**lengths)
    sources, labels = [], []
    for one, other in numbers.T.tolist():
        sources.append([*symbols_of(one), PLUS, *symbols_of(other), END])
        labels.append([*symbols_of(one + other), END])
    return batch_of(_rectangle(sources, 2 * digits + 2), _rectangle(labels, digits + 2))


def symbols_of(number):
    """Return the symbols of a number from its ones on.

    Args:
        number: Integer, not negative.
    """
    return [FIRST_SYMBOL + int(digit) for digit in reversed(str(number))]


def _rectangle(rows, width):
    return np.array([[*row, *[0] * (width - len(row))] for row in rows])
