"""Sums and softmax over the elements of sets that stand below one another."""

import keras
from keras import ops

from keras_readinglist.layers.masking import TINY, refuse


def take_rows(x, ids):
    """Return `x[ids]`.

    Args:
        x: Tensor `(rows, ...)`.
        ids: Int tensor `(elements,)` of numbers below `rows`.
    """
    if keras.config.backend() == "torch":  # without the checks for negative numbers
        return x.index_select(0, ids)
    return ops.take(x, ids, axis=0)


def segment_sum(values, segment_ids, num_segments):
    """Return the sum over the elements of every set.

    Args:
        values: Tensor `(elements, ...)`.
        segment_ids: Int tensor `(elements,)`, the set of every element, in any order, each at
            least 0 and below `num_segments`.
        num_segments: Positive integer, the number of sets.

    Returns:
        Tensor `(num_segments, ...)`; zeros for a set without elements.
    """
    if keras.config.backend() == "torch":
        # `ops.segment_sum` spreads the ids to the shape of the values: with 128 sets of 18
        # elements of width 128, forward and backward, it takes 1.7 ms in place of 0.2.
        zeros = values.new_zeros((num_segments, *values.shape[1:]))
        return zeros.index_add(0, segment_ids, values)
    return ops.segment_sum(values, segment_ids, num_segments)


def segment_softmax(scores, segment_ids, num_segments, mask=None):
    """Return the softmax of scores within every set.

    Args:
        scores: Float32 tensor `(elements,)`.
        segment_ids: As for `segment_sum`.
        num_segments: As for `segment_sum`.
        mask: Boolean tensor `(elements,)`; elements that are `False` get 0. `None` for all.
    """
    scores = refuse(scores, mask)
    largest = ops.segment_max(ops.stop_gradient(scores), segment_ids, num_segments)
    weights = ops.exp(scores - take_rows(largest, segment_ids))
    if mask is not None:
        weights = weights * ops.cast(mask, weights.dtype)
    sums = take_rows(segment_sum(weights, segment_ids, num_segments), segment_ids)
    return weights / (sums + TINY)
