"""What is masked does not count, and may be anything, even NaN."""

from keras import ops

from keras_readinglist.layers.validation import check_same

REFUSED = -1e9  # the score of what must not be chosen: its softmax is 0 in float32
TINY = 1e-30  # the sum of a row without elements


def refuse(scores, mask):
    """Return scores with `REFUSED` where `mask` is `False`; the scores themselves for `None`."""
    return scores if mask is None else ops.where(mask, scores, REFUSED)


def as_mask(mask, name, x, axes=2, argument="mask"):
    """Return a mask as a Boolean tensor, or `None` for `None`.

    Args:
        mask: Tensor or array of the first axes of `x`, or `None`.
        name: The argument `x`.
        x: What is masked.
        axes: How many axes of `x` the mask has.
        argument: What the mask is called.

    Raises:
        ValueError: If the mask has another shape.
    """
    if mask is None:
        return None
    if len(mask.shape) != axes:
        raise ValueError(
            f"`{argument}` must have the first {axes} axes of `{name}`. "
            f"Received shapes: {tuple(mask.shape)} and {tuple(x.shape)}"
        )
    check_same(argument, mask.shape, name, x.shape, axes)
    return ops.cast(mask, "bool")


def blank(x, mask):
    """Return `x` with zeros where `mask`, a Boolean tensor of its first axes, is `False`.

    A product with zero would keep NaN, and a `where` behind a product would keep it in the gradient
    of the kernel: blank before the first product.
    """
    if mask is None:
        return x
    for _ in range(len(x.shape) - len(mask.shape)):
        mask = mask[..., None]
    return ops.where(mask, x, ops.zeros_like(x))


def masked_softmax(scores, mask=None):
    """Return the softmax of scores within every row, zeros for a row without elements.

    Args:
        scores: Float tensor `(..., elements)`.
        mask: Boolean tensor of the same shape; elements that are `False` get 0. `None` for all.
    """
    if 0 in tuple(scores.shape):  # the largest of nothing is not defined
        return scores
    scores = refuse(scores, mask)
    largest = ops.max(scores, axis=-1, keepdims=True, initial=REFUSED)
    weights = ops.exp(scores - ops.stop_gradient(largest))
    if mask is not None:
        weights = weights * ops.cast(mask, weights.dtype)
    return weights / (ops.sum(weights, axis=-1, keepdims=True) + TINY)


def padding_mask(ids, padding=0):
    """Return where tokens are, of the shape of `ids`: `True` but at padding.

    Args:
        ids: Int tensor `(batch, length)`.
        padding: Integer, the token that fills up.
    """
    return ops.not_equal(ids, padding)


def causal_mask(queries, length):
    """Return who comes not later than whom, Boolean `(1, queries, length)`.

    Args:
        queries: Integer or scalar tensor, how many elements see.
        length: Integer or scalar tensor, how many are seen.
    """
    return ops.arange(length)[None, None] <= ops.arange(queries)[None, :, None]
