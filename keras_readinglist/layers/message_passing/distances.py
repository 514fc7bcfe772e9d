"""Distances between nodes as features: bins and bumps."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_positive, check_size


def pair_distances(positions):
    """Return the distances between all points of every cloud.

    Args:
        positions: Float tensor `(batch, n, axes)`.

    Returns:
        Tensor `(batch, n, n)`. Its gradient is finite where two points are one.
    """
    # By differences: |a|^2 + |b|^2 - 2 a.b loses half of the digits of near points.
    steps = ops.expand_dims(positions, 2) - ops.expand_dims(positions, 1)
    return ops.sqrt(ops.maximum(ops.sum(ops.square(steps), axis=-1), 1e-12))


@keras.saving.register_keras_serializable(package="keras_readinglist")
class DistanceBins(keras.layers.Layer):
    """Tells the interval that a distance lies in: one of `len(edges) + 1`, as a one-hot vector.

    Args:
        edges: Sequence of growing numbers, where the intervals end. Defaults to the paper's nine,
            2, 2.5, ..., 6 angstrom, for ten intervals.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        distance: Float tensor of any shape.

    Input shape:
        `(...)`.

    Output shape:
        `(..., len(edges) + 1)`.

    Raises:
        ValueError: If `edges` do not grow.

    Example:
        >>> keras.ops.convert_to_numpy(DistanceBins([1.0, 2.0])(np.array([0.5, 1.0, 9.0]))).tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 6
    """

    def __init__(self, edges=None, **kwargs):
        super().__init__(**kwargs)
        edges = np.linspace(2, 6, 9) if edges is None else edges
        self.edges = [float(edge) for edge in edges]
        if not self.edges or sorted(set(self.edges)) != self.edges:
            raise ValueError(f"`edges` must be growing numbers. Received: edges={edges}")

    def call(self, distance):
        passed = distance[..., None] >= ops.cast(ops.convert_to_tensor(self.edges), distance.dtype)
        count = ops.sum(ops.cast(passed, "int32"), axis=-1)
        return ops.one_hot(count, len(self.edges) + 1, dtype=self.compute_dtype)

    def compute_output_shape(self, distance_shape):
        return (*distance_shape, len(self.edges) + 1)

    def get_config(self):
        return {**super().get_config(), "edges": self.edges}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class GaussianDistance(keras.layers.Layer):
    """Describes a distance by bumps, `exp(-(d - c_k)^2 / (2 width^2))`.

    It is not of this paper, and trains much faster than the distance as a number.

    Args:
        num: Positive integer, the number of centres. Defaults to 16.
        start: Float, the first centre.
        stop: Float, the last centre.
        width: Positive float.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        distance: Float tensor of any shape.

    Input shape:
        `(...)`.

    Output shape:
        `(..., num)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> GaussianDistance(num=8)(np.ones((2, 3, 3))).shape
        (2, 3, 3, 8)

    References:
        - [Schuett et al., 2017](https://arxiv.org/abs/1609.08259)
    """

    def __init__(self, num=16, start=0.8, stop=6.0, width=0.35, **kwargs):
        super().__init__(**kwargs)
        self.num, self.width = check_size("num", num), check_positive("width", width)
        if not start < stop:
            raise ValueError(
                f"`start` must be less than `stop`. Received: start={start}, stop={stop}"
            )
        self.start, self.stop = start, stop

    def call(self, distance):
        centres = np.linspace(self.start, self.stop, self.num)
        distance = ops.cast(distance, wide(self.compute_dtype))
        steps = distance[..., None] - ops.cast(ops.convert_to_tensor(centres), distance.dtype)
        return ops.cast(ops.exp(-0.5 * ops.square(steps / self.width)), self.compute_dtype)

    def compute_output_shape(self, distance_shape):
        return (*distance_shape, self.num)

    def get_config(self):
        names = ("num", "start", "stop", "width")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
