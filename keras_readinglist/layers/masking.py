"""What is masked does not count, and may be anything, even NaN."""

from keras import ops

REFUSED = -1e9  # the score of what must not be chosen: its softmax is 0 in float32
TINY = 1e-30  # the sum of a row without elements


def refuse(scores, mask):
    """Return scores with `REFUSED` where `mask` is `False`; the scores themselves for `None`."""
    return scores if mask is None else ops.where(mask, scores, REFUSED)


def blank(x, mask):
    """Return `x` with zeros where `mask`, without the last axis of `x`, is `False`.

    A product with zero would keep NaN, and a `where` behind a product would keep it in the gradient
    of the kernel: blank before the first product.
    """
    if mask is None:
        return x
    return ops.where(ops.expand_dims(ops.cast(mask, "bool"), -1), x, ops.zeros_like(x))


def masked_softmax(scores, mask=None):
    """Return the softmax of scores within every row, zeros for a row without elements.

    Args:
        scores: Float tensor `(..., elements)`.
        mask: Boolean tensor of the same shape; elements that are `False` get 0. `None` for all.
    """
    scores = refuse(scores, mask)
    weights = ops.exp(scores - ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True)))
    if mask is not None:
        weights = weights * ops.cast(mask, weights.dtype)
    return weights / ops.maximum(ops.sum(weights, axis=-1, keepdims=True), TINY)
