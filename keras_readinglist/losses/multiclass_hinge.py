"""The support vector machine's loss of CS231n (Weston and Watkins, 1999)."""

import keras
from keras import ops

from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_ids, check_positive
from keras_readinglist.losses.labels import class_labels


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MulticlassHinge(keras.losses.Loss):
    """Every score of a wrong class that comes nearer to the right one than a margin costs.

    `L = sum_{j != y} max(0, s_j - s_y + delta)`, or the sum of the squares of these. Of scores that
    are all alike it is `delta (classes - 1)`. `keras.losses.CategoricalHinge` counts the worst
    class alone, and `torch.nn.MultiMarginLoss` divides by the number of classes.

    Args:
        delta: Positive float, the margin. Defaults to 1.
        squared: Boolean, whether each term is squared.
        from_sparse: Boolean, whether labels are integers, `(batch, ...)` or `(batch, ..., 1)`;
            else they are one-hot rows.
        reduction: As in `keras.losses.Loss`. Defaults to the mean over all examples.
        name: String.
        **kwargs: Further arguments of `keras.losses.Loss`.

    Raises:
        ValueError: If the margin is not positive or, wherever values are known, a label is none of
            the classes.

    Example:
        >>> loss = MulticlassHinge()
        >>> float(loss(np.array([0]), np.array([[3.2, 5.1, -1.7]])))
        2.8...

    References:
        - [CS231n, linear classification](https://cs231n.github.io/linear-classify/#svmloss)
    """

    def __init__(
        self,
        delta=1.0,
        squared=False,
        from_sparse=True,
        reduction="sum_over_batch_size",
        name="multiclass_hinge",
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.delta = check_positive("delta", delta)
        self.squared, self.from_sparse = squared, from_sparse

    def call(self, y_true, y_pred):
        scores = ops.cast(y_pred, wide(keras.backend.standardize_dtype(y_pred.dtype)))
        right = ops.cast(y_true, scores.dtype)
        if self.from_sparse:
            check_ids("y_true", y_true, scores.shape[-1])
            labels = class_labels(y_true, scores)
            right = ops.one_hot(labels, scores.shape[-1], dtype=scores.dtype)
        # A product with a one-hot row: of `take_along_axis` a CPU's gradient is a slow scatter.
        own = ops.sum(right * scores, axis=-1, keepdims=True)
        margins = ops.relu(scores - own + self.delta) * (1.0 - right)
        return ops.sum(ops.square(margins) if self.squared else margins, axis=-1)

    def get_config(self):
        names = ("delta", "squared", "from_sparse")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
