"""How many targets of CTC fit into their frames by no path."""

import keras
from keras import ops

from keras_readinglist.losses.ctc import CTC, ctc_feasible


@keras.saving.register_keras_serializable(package="keras_readinglist")
class InfeasibleTargets(keras.metrics.Metric):
    """The number of targets that `losses.CTC` gives infinity, or 0 with `zero_infinity`.

    Labels and logits are as for `losses.CTC`.

    Args:
        blank: Integer, the class that names nothing. Defaults to 0.
        name: String, the name of the metric.
        dtype: Its type.

    Example:
        >>> metric = InfeasibleTargets()
        >>> metric.update_state(np.array([[1, 1], [1, 2], [1, 0]]), np.zeros((3, 2, 4)))
        >>> float(metric.result())
        1.0
    """

    def __init__(self, blank=0, name="infeasible_targets", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.blank = blank
        self.count = self.add_weight(shape=(), initializer="zeros", name="count")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count the targets of a batch.

        Args:
            y_true: Int tensor `(batch, length)`.
            y_pred: Logits `(batch, frames, classes)`.
            sample_weight: Not used.
        """
        labels, lengths = CTC.labels(y_true, self.blank)
        fits = ctc_feasible(labels, lengths, CTC.frames(y_pred))
        self.count.assign_add(ops.sum(ops.cast(ops.logical_not(fits), self.dtype)))

    def result(self):
        return ops.convert_to_tensor(self.count)

    def get_config(self):
        return {"blank": self.blank, "name": self.name, "dtype": self.dtype}
