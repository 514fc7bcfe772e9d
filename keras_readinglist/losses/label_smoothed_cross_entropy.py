"""Losses of the papers, beside those of `keras.losses`."""

import math

import keras
from keras import ops

from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_rate
from keras_readinglist.losses.labels import class_labels

__all__ = ["LabelSmoothedCrossEntropy"]


@keras.saving.register_keras_serializable(package="keras_readinglist")
class LabelSmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy against targets that give a share to all other classes, from logits.

    `-sum_k q_k log p_k` with `q = (1 - epsilon) onehot + epsilon / classes`. No target is made:
    the loss is `log-sum-exp - (1 - epsilon) logit_target - epsilon mean(logits)`. Where a share `e`
    goes to all but the target, as in tensor2tensor, that is `epsilon = e classes / (classes - 1)`.

    Args:
        epsilon: Float in [0, 1), the share. Defaults to 0.1.
        ignore_id: Integer, a class whose targets do not count, such as padding, or `None`.
        exclude_ignored: Boolean: the share is spread over the `classes - 2` that are neither the
            target nor `ignore_id`, as in the Annotated Transformer; else over all.
        from_kl: Boolean, whether to take off the entropy of the targets, so that the least loss
            is 0: the Kullback-Leibler divergence.
        reduction: As in `keras.losses.Loss`. Defaults to the mean over what counts.
        name: String.
        **kwargs: Further arguments of `keras.losses.Loss`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> loss = LabelSmoothedCrossEntropy(epsilon=0.1)
        >>> logits = np.log([[0.9, 0.05, 0.05]])
        >>> round(float(loss(np.array([0]), logits)), 3)
        0.298

    References:
        - [Szegedy et al., 2015](https://arxiv.org/abs/1512.00567), section 7
        - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 5.4
    """

    def __init__(
        self,
        epsilon=0.1,
        ignore_id=None,
        exclude_ignored=False,
        from_kl=False,
        reduction="mean_with_sample_weight",
        name="label_smoothed_cross_entropy",
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.epsilon = check_rate("epsilon", epsilon)
        if exclude_ignored and ignore_id is None:
            raise ValueError("`exclude_ignored` needs `ignore_id`. Received: ignore_id=None")
        self.ignore_id, self.exclude_ignored, self.from_kl = ignore_id, exclude_ignored, from_kl

    def __call__(self, y_true, y_pred, sample_weight=None):
        if self.ignore_id is not None:
            labels = class_labels(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
            counts = ops.cast(ops.not_equal(labels, self.ignore_id), self.dtype)
            sample_weight = counts if sample_weight is None else counts * sample_weight
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        labels = class_labels(y_true, y_pred)
        counts = None if self.ignore_id is None else ops.not_equal(labels, self.ignore_id)
        if counts is not None:  # no class at all, perhaps
            labels = ops.where(counts, labels, ops.zeros_like(labels))
        logits = ops.cast(y_pred, wide(keras.backend.standardize_dtype(y_pred.dtype)))
        classes = logits.shape[-1]
        total = ops.logsumexp(logits, axis=-1)
        # A product with a one-hot row: of `take_along_axis` a CPU's gradient is a slow scatter.
        right = ops.sum(ops.one_hot(labels, classes, dtype=logits.dtype) * logits, axis=-1)
        others, spread = ops.sum(logits, axis=-1), classes
        share = self.epsilon
        if self.exclude_ignored:
            others, spread = others - right - logits[..., self.ignore_id], classes - 2
        losses = total - (1.0 - share) * right - share * others / spread
        if self.from_kl:
            losses = losses - self._entropy(classes)
        if counts is not None:
            losses = ops.where(counts, losses, ops.zeros_like(losses))
        return losses

    def _entropy(self, classes):
        """Return the entropy of a target, in nats."""
        share = self.epsilon
        spread = classes - 2 if self.exclude_ignored else classes
        peak = 1 - share if self.exclude_ignored else 1 - share + share / classes
        rest = classes - 2 if self.exclude_ignored else classes - 1
        least = share / spread
        return -sum(n * q * math.log(q) for n, q in ((1, peak), (rest, least)) if q > 0)

    def get_config(self):
        names = ("epsilon", "ignore_id", "exclude_ignored", "from_kl")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
