"""How well label maps agree: the mean intersection over union."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="keras_readinglist")
class SegmentationMeanIoU(keras.metrics.MeanIoU):
    """The mean over classes of `TP / (TP + FP + FN)`, from the counts of a whole set of pictures.

    A class that is neither there nor predicted is left out; the mean of every picture by itself
    would be another number.

    Args:
        classes: Positive integer.
        ignore_class: Integer, the label of pixels that do not count, or `None`. Defaults to 255.
        name: String.
        dtype: Type of the counts. Defaults to whole numbers.

    Example:
        >>> metric = SegmentationMeanIoU(3)
        >>> state = metric.update_state(np.array([[0, 1, 255]]), np.array([[0, 0, 1]]))
        >>> float(metric.result()), metric.per_class().tolist()
        (0.25, [0.5, 0.0, nan])

    References:
        - [Everingham et al., 2010](https://doi.org/10.1007/s11263-009-0275-4), section 4.3
    """

    def __init__(self, classes, ignore_class=255, name="mean_iou", dtype=None):
        super().__init__(classes, name=name, dtype=dtype, ignore_class=ignore_class)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count pixels.

        Args:
            y_true: Label maps, `(batch, ...)`.
            y_pred: Label maps of the same shape, or scores with one more axis.
            sample_weight: What pixels count, or `None`.
        """
        if len(y_pred.shape) > len(y_true.shape):
            y_pred = ops.argmax(y_pred, axis=-1)
        return super().update_state(y_true, y_pred, sample_weight)

    def per_class(self):
        """Return the intersection over union of every class; `nan` if it occurs nowhere."""
        counts = ops.convert_to_numpy(self.total_cm).astype("float64")
        union = counts.sum(0) + counts.sum(1) - counts.diagonal()
        return np.divide(counts.diagonal(), union, np.full(len(union), np.nan), where=union > 0)

    def get_config(self):
        return {
            "classes": self.num_classes,
            "ignore_class": self.ignore_class,
            "name": self.name,
            "dtype": self._dtype,
        }
