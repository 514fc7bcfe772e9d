"""What a pointer network is trained on: index sequences as classes and weights."""

import keras
import numpy as np

END = 0  # the class of the end symbol; class j + 1 points at input j


def encode_targets(indices):
    """Turn index sequences into classes and weights for `fit`.

    Args:
        indices: Int array `(batch, m)`, padded with -1.

    Returns:
        Pair of arrays `(batch, m + 1)`: classes (0 is the end symbol, `j + 1` points at input
        `j`) and weights, 1 up to and including the end symbol and 0 after it.
    """
    indices = np.asarray(indices, "int32")
    classes = np.pad(indices + 1, ((0, 0), (0, 1)))
    lengths = (indices >= 0).sum(axis=1)
    weights = np.arange(classes.shape[1])[None] <= lengths[:, None]
    return classes, weights.astype("float32")


def training_batch(points, mask, indices):
    """Return `(x, y, sample_weight)` for `fit` from what a task generator returns.

    Args:
        points: Float array `(batch, n, input_dim)`.
        mask: Boolean array `(batch, n)` of the points that are there.
        indices: Int array `(batch, m)`, padded with -1.

    Raises:
        ValueError: If an index names a point that is not there.
    """
    check_indices(indices, mask)
    classes, weights = encode_targets(indices)
    return {"inputs": points, "mask": mask, "targets": classes}, classes, weights


def check_indices(indices, mask):
    """Raise a `ValueError` if an index names a point that is not there."""
    indices, mask = np.asarray(indices), np.asarray(mask, bool)
    there = np.pad(mask, ((0, 0), (0, 1)), constant_values=True)  # -1 is the padding
    valid = (indices >= -1) & (indices < mask.shape[1])
    valid &= np.take_along_axis(there, np.where(valid, indices, -1), axis=1)
    if not valid.all():
        raise ValueError(
            "`indices` must name points that are there, or be -1. "
            f"Received: {indices[~valid][0]} in an example of {mask.shape[1]} points"
        )


def pointer_loss():
    """Return the cross-entropy per written symbol, the end symbol included, in nats."""
    return keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )
