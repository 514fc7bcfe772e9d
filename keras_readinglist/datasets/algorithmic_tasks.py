"""The five tasks of neural Turing machines: copy, repeat copy, recall, n-grams and sorting.

An *episode* function turns given contents into `(inputs, targets, mask)`; a *task* function draws
random contents, all of one batch of the same size. The mask marks the steps at which an answer is
due. Section 4 of [Graves et al., 2014](https://arxiv.org/abs/1410.5401).
"""

import numpy as np


def copy_task(batch_size, length, width=8, rng=None):
    """Draw binary vectors that must be repeated after a delimiter.

    Args:
        batch_size: Positive integer.
        length: Positive integer, the number of vectors.
        width: Positive integer, the number of bits of a vector.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Inputs `(batch, 2 * length + 1, width + 1)`, whose last channel is the delimiter, targets
        `(batch, 2 * length + 1, width)`, and the Boolean mask `(batch, 2 * length + 1)`.

    Example:
        >>> inputs, targets, mask = copy_task(2, length=3, rng=0)
        >>> bool((inputs[:, :3, :8] == targets[:, 4:]).all()), mask[0].sum()
        (True, np.int64(3))
    """
    _check(batch_size=batch_size, length=length, width=width)
    return copy_episode(_bits(rng, batch_size, length, width))


def copy_episode(vectors):
    """Return the copy task of given vectors `(batch, length, width)`."""
    batch, length, width = vectors.shape
    inputs, targets, mask = _empty(batch, 2 * length + 1, width + 1, width)
    inputs[:, :length, :width] = vectors
    inputs[:, length, width] = 1
    targets[:, length + 1 :] = vectors
    mask[:, length + 1 :] = True
    return inputs, targets, mask


def repeat_copy_task(batch_size, length, repeats, width=8, rng=None, max_repeats=10):
    """Draw binary vectors that must be repeated a given number of times, then an end marker.

    Args:
        batch_size: Positive integer.
        length: Positive integer, the number of vectors.
        repeats: Positive integer, how often they are due.
        width: Positive integer, the number of bits of a vector.
        rng: `numpy.random.Generator` or a seed.
        max_repeats: Positive integer: the channel of repeats has mean 0 and variance 1 if they are
            uniform from 1 to this.

    Returns:
        Inputs `(batch, length + length * repeats + 2, width + 2)`, with a channel for the
        delimiter and one for the number of repeats; targets of `width + 1` channels, of which the
        last is the end marker; mask.

    Example:
        >>> inputs, targets, mask = repeat_copy_task(1, length=2, repeats=3, rng=0)
        >>> inputs.shape, targets.shape, mask[0].sum()
        ((1, 10, 10), (1, 10, 9), np.int64(7))
    """
    _check(batch_size=batch_size, length=length, repeats=repeats, width=width)
    _check(max_repeats=max_repeats)
    return repeat_copy_episode(_bits(rng, batch_size, length, width), repeats, max_repeats)


def repeat_copy_episode(vectors, repeats, max_repeats=10):
    """Return the repeat copy task of given vectors `(batch, length, width)`."""
    batch, length, width = vectors.shape
    inputs, targets, mask = _empty(batch, length * (repeats + 1) + 2, width + 2, width + 1)
    inputs[:, :length, :width] = vectors
    inputs[:, length, width] = 1
    spread = np.sqrt((max_repeats**2 - 1) / 12) or 1.0  # of a uniform integer
    inputs[:, length, width + 1] = (repeats - (max_repeats + 1) / 2) / spread
    targets[:, length + 1 : -1, :width] = np.tile(vectors, (1, repeats, 1))
    targets[:, -1, width] = 1
    mask[:, length + 1 :] = True
    return inputs, targets, mask


def associative_recall_task(batch_size, num_items, item_length=3, width=6, rng=None):
    """Draw items and one of them as a query; the answer is the item that followed it.

    Args:
        batch_size: Positive integer.
        num_items: Integer of at least 2.
        item_length: Positive integer, the number of vectors of an item.
        width: Positive integer, the number of bits of a vector.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Inputs `(batch, time, width + 2)`: every item after a step with the item delimiter, the
        query between two steps with the query delimiter, then empty steps; targets
        `(batch, time, width)`; mask.

    Example:
        >>> inputs, targets, mask = associative_recall_task(1, num_items=2, rng=0)
        >>> bool((targets[0, mask[0]] == inputs[0, 5:8, :6]).all())
        True
    """
    _check(batch_size=batch_size, item_length=item_length, width=width)
    _check(2, num_items=num_items)
    rng = np.random.default_rng(rng)
    items = _bits(rng, batch_size, num_items * item_length, width)
    query = rng.integers(0, num_items - 1, batch_size)  # never the last: nothing follows it
    return associative_recall_episode(items.reshape(batch_size, num_items, item_length, -1), query)


def associative_recall_episode(items, query):
    """Return the recall task of given items `(batch, number, length, width)` and queries."""
    batch, number, length, width = items.shape
    block, rows = length + 1, np.arange(batch)
    inputs, targets, mask = _empty(batch, block * (number + 2), width + 2, width)
    blocks = inputs.reshape(batch, number + 2, block, width + 2)
    blocks[:, :number, 0, width] = 1
    blocks[:, :number, 1:, :width] = items
    blocks[:, number:, 0, width + 1] = 1
    blocks[:, number, 1:, :width] = items[rows, query]
    targets[:, -length:] = items[rows, query + 1]
    mask[:, -length:] = True
    return inputs, targets, mask


def dynamic_ngrams_task(batch_size, length=200, order=6, rng=None):
    """Draw bits of which each depends on those before it, by a table drawn for every sequence.

    The probability of a one after every context is drawn from Beta(1/2, 1/2).

    Args:
        batch_size: Positive integer.
        length: Integer larger than `order - 1`.
        order: Positive integer; the context is the `order - 1` bits before.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Inputs `(batch, length, 1)`, the bit before (0 at first); targets `(batch, length, 1)`, the
        bit itself; mask, which leaves out the first `order - 1` bits: they are fair coin flips.

    Example:
        >>> inputs, targets, mask = dynamic_ngrams_task(1, length=20, rng=0)
        >>> bool((inputs[:, 1:] == targets[:, :-1]).all()), mask[0].sum()
        (True, np.int64(15))
    """
    _check(batch_size=batch_size, order=order)
    _check(order, length=length)
    rng = np.random.default_rng(rng)
    table = rng.beta(0.5, 0.5, (batch_size, 2 ** (order - 1)))
    draws, rows = rng.random((batch_size, length)), np.arange(batch_size)
    bits = np.zeros((batch_size, length), "int64")
    context = np.zeros(batch_size, "int64")
    for step in range(length):
        p = table[rows, context] if step >= order - 1 else 0.5
        bits[:, step] = draws[:, step] < p
        context = (2 * context + bits[:, step]) % table.shape[1]
    inputs, targets, mask = _empty(batch_size, length, 1, 1)
    targets[..., 0] = bits
    inputs[:, 1:, 0] = bits[:, :-1]
    mask[:, order - 1 :] = True
    return inputs, targets, mask


def optimal_ngram_predictor(bits, order=6):
    """Return the best possible predictions of `dynamic_ngrams_task`, given its prior.

    `P(1 | c) = (N1 + 1/2) / (N0 + N1 + 1)`, with the counts of what followed the context `c` so
    far.

    Args:
        bits: Array `(batch, length)` of zeros and ones.
        order: Positive integer.

    Returns:
        Array `(batch, length)`: the probability that the bit is one, 1/2 without a full context.
    """
    bits = np.asarray(bits).astype("int64")
    counts = np.zeros((len(bits), 2 ** (order - 1), 2))
    context, rows = np.zeros(len(bits), "int64"), np.arange(len(bits))
    predicted = np.full(bits.shape, 0.5)
    for step in range(bits.shape[1]):
        if step >= order - 1:
            zeros, ones = counts[rows, context].T
            predicted[:, step] = (ones + 0.5) / (zeros + ones + 1)
            counts[rows, context, bits[:, step]] += 1
        context = (2 * context + bits[:, step]) % counts.shape[1]
    return predicted


def priority_sort_task(batch_size, num_vectors=20, num_sorted=16, width=8, rng=None):
    """Draw binary vectors with priorities in [-1, 1]; the answer are those of the highest.

    Args:
        batch_size: Positive integer.
        num_vectors: Positive integer.
        num_sorted: Positive integer, at most `num_vectors`.
        width: Positive integer, the number of bits of a vector.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Inputs `(batch, num_vectors + 1 + num_sorted, width + 2)`, with a channel for the priority
        and one for the delimiter; targets of `width` channels, the highest priority first; mask.

    Example:
        >>> inputs, targets, mask = priority_sort_task(1, 3, 2, rng=0)
        >>> best = inputs[0, :3, 8].argmax()
        >>> bool((targets[0, 4] == inputs[0, best, :8]).all())
        True
    """
    _check(batch_size=batch_size, num_vectors=num_vectors, width=width, num_sorted=num_sorted)
    if num_sorted > num_vectors:
        raise ValueError(
            f"`num_sorted` must be at most num_vectors={num_vectors}. Received: {num_sorted}"
        )
    rng = np.random.default_rng(rng)
    priorities = rng.uniform(-1, 1, (batch_size, num_vectors)).astype("float32")
    vectors = _bits(rng, batch_size, num_vectors, width)
    return priority_sort_episode(vectors, priorities, num_sorted)


def priority_sort_episode(vectors, priorities, num_sorted):
    """Return the sorting task of given vectors `(batch, number, width)` and priorities."""
    batch, number, width = vectors.shape
    inputs, targets, mask = _empty(batch, number + 1 + num_sorted, width + 2, width)
    inputs[:, :number, :width], inputs[:, :number, width] = vectors, priorities
    inputs[:, number, width + 1] = 1
    order = np.argsort(-priorities, axis=1, kind="stable")[:, :num_sorted, None]
    targets[:, number + 1 :] = np.take_along_axis(vectors, order, axis=1)
    mask[:, number + 1 :] = True
    return inputs, targets, mask


def pad_time(episode, steps):
    """Pad a batch with empty, unmasked steps at its end, so that few lengths need compiling.

    Args:
        episode: `(inputs, targets, mask)`.
        steps: Integer, the number of steps to have, at least that of the episode.

    Returns:
        The same, of `steps` steps.
    """
    missing = steps - episode[0].shape[1]
    if missing < 0:
        raise ValueError(f"`steps` must be at least {episode[0].shape[1]}. Received: {steps}")
    return tuple(
        np.pad(array, ((0, 0), (0, missing)) + ((0, 0),) * (array.ndim - 2)) for array in episode
    )


def _bits(rng, *shape):
    return np.random.default_rng(rng).integers(0, 2, shape).astype("float32")


def _empty(batch, steps, inputs, targets):
    return (
        np.zeros((batch, steps, inputs), "float32"),
        np.zeros((batch, steps, targets), "float32"),
        np.zeros((batch, steps), bool),
    )


def _check(smallest=1, **sizes):
    for name, value in sizes.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < smallest:
            raise ValueError(
                f"`{name}` must be an integer of at least {smallest}. Received: {name}={value}"
            )
