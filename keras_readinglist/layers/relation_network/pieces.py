"""The sum over all pairs, taken at once or piece by piece with recomputation."""

import math

import keras
from keras import ops

from keras_readinglist.backend import known, on_jax_cpu
from keras_readinglist.layers.precision import wide

# Bytes of the vectors of all pairs of a block of examples that a CPU should hold at a time.
_CACHE = 1_500_000


def weighted_sum(pairs, weights=None):
    """Sum `(batch, questions, rows, n, ..., width)` over rows and all further objects.

    Args:
        pairs: Float tensor, what `g` says of every tuple.
        weights: Float tensor `(batch, rows, n, ...)`, or `None` for ones.

    Returns:
        Tensor `(batch, questions, width)`, float32 for half precision.
    """
    pairs = ops.cast(pairs, wide(keras.backend.standardize_dtype(pairs.dtype)))
    if weights is not None:
        pairs = pairs * weights[:, None, ..., None]
    return ops.sum(pairs, axis=tuple(range(2, len(pairs.shape) - 1)))


def run(relate, rows, rest, parameters, weights, width, chunk_size, blocks=True):
    """Return the sum of `relate` over all rows, `(batch, questions, width)`.

    Args:
        relate: Function `(rows, rest, parameters, weights) -> sum` of some rows.
        rows: Tensor `(batch, n, features)`, what varies with the first object.
        rest: Tensor `(batch, questions, n, ..., features)`.
        parameters: List of all tensors that `relate` uses. They are arguments because TensorFlow
            recomputes gradients only of arguments.
        weights: Tensor `(batch, n, n, ...)`, or `None`.
        width: Integer, the width of the sum.
        chunk_size: Integer, how many rows are taken at a time, or `None`.
        blocks: Boolean, whether a CPU may take the examples in blocks.
    """
    if chunk_size is not None:
        return _by_rows(relate, rows, rest, parameters, weights, width, chunk_size)
    block = _examples_per_block(rows, rest, width) if blocks else None
    if block is not None:
        return _by_examples(relate, rows, rest, parameters, weights, block)
    return relate(rows, rest, parameters, *_given(weights))


def _by_rows(relate, rows, rest, parameters, weights, width, size):
    """Take `size` rows at a time; the rows that fill up the last chunk get weights of zero."""
    batch, n = ops.shape(rows)[:2]
    missing = (-n) % size
    dtype = wide(keras.backend.standardize_dtype(rows.dtype))
    if weights is None and known(missing) != 0:
        weights = ops.ones((batch, n, *ops.shape(rest)[2:-1]), dtype=dtype)
    chunked = [_chunks(x, size, missing) for x in (rows, *_given(weights))]
    relate = keras.remat(relate)

    def body(total, chunk):
        total = total + relate(chunk[0], rest, parameters, *chunk[1:])
        return total, total  # TensorFlow wants an output like the carry

    start = ops.zeros((batch, ops.shape(rest)[1], width), dtype=dtype)
    if known(n) == 0:
        return start
    return ops.scan(body, start, chunked)[0]


def _chunks(x, size, missing):
    x = ops.pad(x, [(0, 0), (0, missing), *[(0, 0)] * (len(x.shape) - 2)])
    batch, n, *others = ops.shape(x)
    return ops.swapaxes(ops.reshape(x, (batch, n // size, size, *others)), 0, 1)


def _by_examples(relate, rows, rest, parameters, weights, block):
    """Take a block of examples at a time: their pairs fit into the cache of a CPU.

    With 25 objects, 64 units and a batch of 64 with four questions each, the gradient takes a
    third of the time that it takes over all examples at once.
    """

    def cut(x):
        return ops.reshape(x, (-1, block, *x.shape[1:]))

    relate = keras.remat(relate)

    def body(carry, x):
        return carry, relate(x[0], x[1], parameters, *x[2:])

    _, sums = ops.scan(body, (), [cut(x) for x in (rows, rest, *_given(weights))])
    return ops.reshape(sums, (-1, *sums.shape[2:]))


def _examples_per_block(rows, rest, width):
    """Return the number of examples whose pairs fit into the cache, or `None` for all at once."""
    batch, sizes = rows.shape[0], (rows.shape[1], *rest.shape[1:-1], max(width, rest.shape[-1]))
    if not on_jax_cpu() or None in map(known, (batch, *sizes)):
        return None
    floats = math.prod(sizes)
    if not floats:
        return None
    fit = _CACHE // (4 * floats)
    if batch <= fit or batch == 1:
        return None
    return max(size for size in range(1, max(fit, 1) + 1) if batch % size == 0)


def _given(weights):
    return () if weights is None else (weights,)
