"""Batches in micro-batches, and how the loss of a batch is made of theirs."""

from typing import Any, NamedTuple

import keras
import numpy as np


class MicroBatch(NamedTuple):
    """A part of a batch.

    Attributes:
        x: Structure of arrays.
        y: Array of targets.
        weight: Array of sample weights, or `None`.
        share: Float, the part of the batch's examples that it has.
        loss_share: Float, the factor of its loss in that of the batch.
    """

    x: Any
    y: Any
    weight: Any
    share: float
    loss_share: float


def micro_batches(x, y, weight, count, loss):
    """Return a batch in nearly equal parts; none of its examples is dropped.

    Args:
        x: Structure of arrays.
        y: Array.
        weight: Array or `None`.
        count: Positive integer, how many; a small batch has a part for each example.
        loss: A `keras.losses.Loss`.
    """
    size = len(y)
    parts = []
    for places in np.array_split(np.arange(size), min(count, size)):
        chosen = slice(places[0], places[-1] + 1)
        of = None if weight is None else weight[chosen]
        part = keras.tree.map_structure(lambda array, chosen=chosen: array[chosen], x)
        share = len(places) / size
        factor = 1.0 if loss.reduction == "sum" else share
        if loss.reduction == "mean_with_sample_weight" and weight is not None:
            factor = float(of.sum() / weight.sum())
        parts.append(MicroBatch(part, y[chosen], of, share, factor))
    return parts


def resolve_loss(loss):
    """Return a `keras.losses.Loss`.

    Args:
        loss: Name, function or loss, as in `keras.Model.compile`.

    Raises:
        ValueError: If it has no reduction: losses of examples make no loss of a batch.
    """
    found = keras.losses.get(loss)
    if found is None or (
        isinstance(found, keras.losses.Loss) and found.reduction in (None, "none")
    ):
        raise ValueError(f"`loss` must be one loss that sums or averages. Received: loss={loss!r}")
    return found if isinstance(found, keras.losses.Loss) else _MeanLoss(found)


class _MeanLoss(keras.losses.Loss):
    """The mean of a function of targets and outputs."""

    def __init__(self, function):
        super().__init__(name=getattr(function, "__name__", "loss"))
        self.function = function

    def call(self, y_true, y_pred):
        return self.function(y_true, y_pred)
