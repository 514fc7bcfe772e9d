"""Labels of classes as losses take them."""

from keras import ops


def class_labels(y_true, y_pred):
    """Return the classes `(batch, ...)`, also of labels `(batch, ..., 1)`."""
    labels = ops.cast(y_true, "int32")
    return ops.squeeze(labels, axis=-1) if len(labels.shape) == len(y_pred.shape) else labels
