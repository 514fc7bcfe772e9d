"""How much every pair of objects speaks for an answer."""

from keras import ops

from keras_readinglist.layers.masking import refuse
from keras_readinglist.layers.precision import wide


def contributions(relate, objects, condition, mask=None):
    """Return how far the lead of the best answer falls without each pair of objects.

    Args:
        relate: `RelationNetwork` that sums over pairs.
        objects: As in its call, and so the rest.
        condition: As in its call.
        mask: As in its call; pairs that do not count get zeros.

    Returns:
        Tensor `(batch, n, n)`, or `(batch, questions, n, n)`, in nats.
    """
    terms = relate.relation.relations(objects, condition, mask)
    dtype = wide(relate.compute_dtype)
    terms = ops.cast(terms, dtype)
    total = ops.sum(terms, axis=(-3, -2), keepdims=True)
    scores = ops.cast(relate.conclude(total), dtype)
    best = ops.argmax(scores, axis=-1)
    best = ops.one_hot(best, relate.output_dim, dtype=dtype)
    second = ops.argmax(refuse(scores, best == 0), axis=-1)
    side = best - ops.one_hot(second, relate.output_dim, dtype=dtype)
    return ops.sum((scores - ops.cast(relate.conclude(total - terms), dtype)) * side, axis=-1)
