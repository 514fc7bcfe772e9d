"""The spiral of CS231n: classes that no line separates."""

import numpy as np


def spiral_data(points=100, classes=3, seed=0):
    """Return points on the arms of a spiral, one arm a class.

    Arm `j` has the radii `linspace(0, 1)` at the angles `linspace(4j, 4(j + 1)) + 0.2 N(0, 1)`.

    Args:
        points: Positive integer, the points of a class. Defaults to 100.
        classes: Positive integer. Defaults to 3.
        seed: Integer or `np.random.Generator`.

    Returns:
        Pair of arrays: points `(classes * points, 2)`, float32, and classes, int32.

    Raises:
        ValueError: If `points` or `classes` is not positive.

    Example:
        >>> x, y = spiral_data(5, 2)
        >>> x.shape, y.tolist()
        ((10, 2), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])

    References:
        - [CS231n, a minimal case study](https://cs231n.github.io/neural-networks-case-study/)
    """
    for name, value in (("points", points), ("classes", classes)):
        if value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}")
    rng = np.random.default_rng(seed)
    arms = []
    for j in range(classes):
        radius = np.linspace(0.0, 1.0, points)
        angle = np.linspace(4.0 * j, 4.0 * (j + 1), points) + 0.2 * rng.standard_normal(points)
        arms.append(np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1))
    return np.concatenate(arms).astype("float32"), np.repeat(
        np.arange(classes, dtype="int32"), points
    )
