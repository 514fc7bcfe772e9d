"""The cross-entropy of label maps, in which some pixels do not count."""

import keras
from keras import ops

from keras_readinglist.losses.label_smoothed_cross_entropy import LabelSmoothedCrossEntropy
from keras_readinglist.losses.labels import class_labels


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PixelwiseCrossentropy(LabelSmoothedCrossEntropy):
    """Cross-entropy of scores against label maps: the mean over all pixels that are labelled.

    A batch without a labelled pixel has the loss 0, and no gradient.

    Args:
        ignore_class: Integer, the label of pixels that do not count, or `None`. Defaults to 255.
        class_weight: Sequence of floats, what a pixel of each class counts; `None` for 1. The mean
            is over the weights.
        name: String.
        **kwargs: Further arguments of `keras.losses.Loss`.

    Example:
        >>> loss = PixelwiseCrossentropy()
        >>> scores = np.log([[[0.5, 0.5], [0.9, 0.1]]])
        >>> round(float(loss(np.array([[0, 255]]), scores)), 3)
        0.693

    References:
        - [Yu and Koltun, 2015](https://arxiv.org/abs/1511.07122), section 4
    """

    def __init__(
        self, ignore_class=255, class_weight=None, name="pixelwise_crossentropy", **kwargs
    ):
        super().__init__(epsilon=0.0, ignore_id=ignore_class, name=name, **kwargs)
        self.class_weight = None if class_weight is None else list(map(float, class_weight))

    def __call__(self, y_true, y_pred, sample_weight=None):
        if self.class_weight is not None:
            labels = class_labels(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
            weights = ops.convert_to_tensor(self.class_weight, dtype=self.dtype)
            counts = ops.take(weights, ops.clip(labels, 0, len(self.class_weight) - 1))
            sample_weight = counts if sample_weight is None else counts * sample_weight
        return super().__call__(y_true, y_pred, sample_weight)

    def get_config(self):
        own = {"ignore_class": self.ignore_id, "class_weight": self.class_weight}
        return {**keras.losses.Loss.get_config(self), **own}
