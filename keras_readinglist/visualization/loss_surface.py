"""The loss on a plane through the weights of a network (Li et al., 2018)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers.validation import check_size


def loss_surface(model, images, labels, span=1.0, points=21, seed=0):
    """Compute the loss of a model of logits on a plane through its weights.

    The two directions of the plane are random, with every filter as long as that filter of the
    model: so surfaces of different networks can be compared. Biases and normalizations stay.

    Args:
        model: A built `keras.Model` of logits.
        images: Float array of its inputs.
        labels: Integer array, their classes.
        span: Positive float, how far the plane reaches to every side: 1 for the length of the
            weights.
        points: Odd positive integer, points along a side; the one in the middle is the model.
        seed: Integer, of the directions.

    Returns:
        Array `(points, points)` of cross-entropies.

    Raises:
        ValueError: If `points` is even.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> loss_surface(model, np.ones((4, 2)), np.array([0, 1, 2, 0]), points=3).shape
        (3, 3)

    References:
        - [Li et al., 2018](https://arxiv.org/abs/1712.09913), section 4
    """
    if check_size("points", points) % 2 == 0:
        raise ValueError(f"`points` must be odd. Received: points={points}")
    before = [ops.convert_to_numpy(w.value) for w in model.trainable_variables]
    rng = np.random.default_rng(seed)
    across, along = ([_direction(w, rng) for w in before] for _ in range(2))
    labels = ops.convert_to_tensor(labels, "int32")
    computed = Differentiable(model, ops.sum, training=False)
    losses = np.empty((points, points))
    steps = np.linspace(-span, span, points)
    for row, column in np.ndindex(points, points):
        moved = [
            w + steps[column] * a + steps[row] * b
            for w, a, b in zip(before, across, along, strict=True)
        ]
        logits = computed.outputs(np.asarray(images, "float32"), weights=moved)
        each = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        losses[row, column] = float(ops.mean(each))
    for variable, value in zip(model.trainable_variables, before, strict=True):
        variable.assign(value)
    return losses


def _direction(weight, rng):
    """Return a random weight whose filters are as long as those of a weight."""
    if weight.ndim < 2:
        return np.zeros_like(weight)
    drawn = rng.standard_normal(weight.shape).astype(weight.dtype)
    axes = tuple(range(weight.ndim - 1))
    lengths = [np.sqrt(np.square(w).sum(axes, keepdims=True)) for w in (weight, drawn)]
    return drawn * lengths[0] / lengths[1]
