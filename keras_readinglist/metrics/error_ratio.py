"""Errors in units of what is accurate enough (Gilmer et al., 2017, Table 2)."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ErrorRatio(keras.metrics.MeanMetricWrapper):
    """The mean absolute error of standardised properties, in units of chemical accuracy.

    `|y - y'| * std / accuracy`, and the mean of it over examples and properties: below 1 an answer
    is as good as an experiment.

    Args:
        target_std: Sequence of floats, the standard deviation of every property.
        accuracy: Sequence of floats, what is accurate enough, in the same units: see
            `chemistry.CHEMICAL_ACCURACY`.
        name: String, the name of the metric.
        dtype: Its type.

    Raises:
        ValueError: If there are not as many accuracies as deviations, or one is not positive.

    Example:
        >>> metric = ErrorRatio([2.0], [0.5])
        >>> metric.update_state(np.array([[1.0], [1.0]]), np.array([[1.5], [1.0]]))
        >>> float(metric.result())
        1.0

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), Table 2
    """

    def __init__(self, target_std, accuracy, name="error_ratio", dtype=None):
        self.target_std, self.accuracy = list(map(float, target_std)), list(map(float, accuracy))
        if len(self.accuracy) != len(self.target_std) or min(self.accuracy, default=0) <= 0:
            raise ValueError(
                "`accuracy` must have a positive number for each of `target_std`. "
                f"Received: accuracy={accuracy}, target_std={target_std}"
            )
        super().__init__(self._ratios, name=name, dtype=dtype)

    def _ratios(self, y_true, y_pred):
        scale = [s / a for s, a in zip(self.target_std, self.accuracy, strict=True)]
        y_pred = ops.convert_to_tensor(y_pred)
        gaps = ops.abs(ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype) - y_pred)
        return ops.mean(gaps * ops.cast(ops.convert_to_tensor(scale), y_pred.dtype), axis=-1)

    def get_config(self):
        own = {"target_std": self.target_std, "accuracy": self.accuracy}
        return {"name": self.name, "dtype": self.dtype, **own}
