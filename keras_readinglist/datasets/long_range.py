"""Tasks whose answer lies many steps back: adding, copying, temporal order."""

import numpy as np


def _check(length, smallest):
    if not isinstance(length, int) or length < smallest:
        raise ValueError(f"`length` must be an integer of at least {smallest}. Received: {length}")


def adding_problem(batch_size, length, rng=None):
    """Draw sequences of numbers of which two are marked; the target is their sum.

    One mark lies in the first half, the other in the second. Always to answer 1 has a mean squared
    error of 1/6.

    Args:
        batch_size: Positive integer.
        length: Integer of at least 2.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Inputs `(batch, length, 2)`, a number in [0, 1) and a mark, and targets `(batch, 1)`.

    Example:
        >>> inputs, targets = adding_problem(3, 10, rng=0)
        >>> bool(np.allclose((inputs[..., 0] * inputs[..., 1]).sum(1), targets[:, 0]))
        True

    References:
        - Hochreiter, Schmidhuber, 1997, Long short-term memory, section 5.4
    """
    _check(length, 2)
    rng = np.random.default_rng(rng)
    inputs = np.zeros((batch_size, length, 2), "float32")
    inputs[..., 0] = rng.random((batch_size, length))
    rows = np.arange(batch_size)
    inputs[rows, rng.integers(0, length // 2, batch_size), 1] = 1
    inputs[rows, rng.integers(length // 2, length, batch_size), 1] = 1
    return inputs, (inputs[..., 0] * inputs[..., 1]).sum(axis=1, keepdims=True)


def copy_memory(batch_size, lag, num_symbols=8, num_items=10, rng=None):
    """Draw symbols that must be repeated after a long wait.

    Args:
        batch_size: Positive integer.
        lag: Integer of at least 1, the number of blanks before the signal to answer.
        num_symbols: Positive integer.
        num_items: Positive integer, how many symbols are to be kept.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Inputs and targets, int32 `(batch, num_items + lag + num_items)`. Symbols are 1 to
        `num_symbols`, 0 is the blank, and `num_symbols + 1` is the signal.

    Example:
        >>> inputs, targets = copy_memory(1, lag=3, num_symbols=2, num_items=2, rng=0)
        >>> inputs.shape, bool((inputs[0, :2] == targets[0, -2:]).all())
        ((1, 7), True)

    References:
        - [Arjovsky, Shah, Bengio, 2015](https://arxiv.org/abs/1511.06464), section 4.1
    """
    if not isinstance(lag, int) or lag < 1:
        raise ValueError(f"`lag` must be a positive integer. Received: {lag}")
    rng = np.random.default_rng(rng)
    items = rng.integers(1, num_symbols + 1, (batch_size, num_items))
    inputs = np.zeros((batch_size, 2 * num_items + lag), "int32")
    targets = np.zeros_like(inputs)
    inputs[:, :num_items] = items
    inputs[:, num_items + lag - 1] = num_symbols + 1
    targets[:, -num_items:] = items
    return inputs, targets


def temporal_order(batch_size, length, rng=None):
    """Draw noise with two signals, X or Y each; the class is which came in which order.

    Args:
        batch_size: Positive integer.
        length: Integer of at least 10. The signals lie in the second and the sixth tenth.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Inputs, int32 `(batch, length)`, with 0 and 1 for the signals X and Y and 2 to 5 for noise;
        classes, int32 `(batch,)`, twice the first signal plus the second.

    Example:
        >>> inputs, classes = temporal_order(2, 20, rng=0)
        >>> inputs.shape, classes.shape
        ((2, 20), (2,))

    References:
        - Hochreiter, Schmidhuber, 1997, Long short-term memory, section 5.6
    """
    _check(length, 10)
    rng = np.random.default_rng(rng)
    inputs = rng.integers(2, 6, (batch_size, length)).astype("int32")
    signals = rng.integers(0, 2, (batch_size, 2))
    rows, tenth = np.arange(batch_size), length // 10
    inputs[rows, rng.integers(tenth, 2 * tenth, batch_size)] = signals[:, 0]
    inputs[rows, rng.integers(5 * tenth, 6 * tenth, batch_size)] = signals[:, 1]
    return inputs, (2 * signals[:, 0] + signals[:, 1]).astype("int32")
