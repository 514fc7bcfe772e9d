"""How much every pair of objects speaks for an answer."""

from keras import ops

from keras_readinglist.layers.masking import refuse


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
    terms = ops.cast(terms, "float32")
    total = ops.sum(terms, axis=(-3, -2), keepdims=True)
    scores = relate.conclude(total)
    best = ops.argmax(scores, axis=-1)
    best = ops.one_hot(best, relate.output_dim, dtype="float32")
    second = ops.argmax(refuse(scores, best == 0), axis=-1)
    side = best - ops.one_hot(second, relate.output_dim, dtype="float32")
    return ops.sum((scores - relate.conclude(total - terms)) * side, axis=-1)
