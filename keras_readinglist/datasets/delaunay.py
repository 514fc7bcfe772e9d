"""Random points in the unit square and their Delaunay triangulations."""

import itertools

import numpy as np

from keras_readinglist.datasets.convex_hull import check_points, random_points

_LARGEST = 12


def delaunay_batch(batch_size, num_points, rng=None):
    """Draw point sets with their Delaunay triangulations.

    Args:
        batch_size: Positive integer.
        num_points: Integer, or a pair `(smallest, largest)`, from 3 to 12.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Points `(batch, n, 2)`, mask `(batch, n)`, and the triangulations `(batch, 3 (2 n - 5))`,
        padded with -1, as `delaunay` orders them.

    Example:
        >>> points, mask, triangles = delaunay_batch(2, 5, rng=0)
        >>> triangles.shape
        (2, 15)

    References:
        - [Vinyals et al., 2015, Pointer Networks](https://arxiv.org/abs/1506.03134), section 3.2
    """
    points, mask = random_points(batch_size, num_points, rng)
    return points, mask, delaunay(points, mask)


def delaunay(points, mask=None):
    """Return the Delaunay triangulations of a batch of point sets.

    The indices of a triangle increase; triangles are in the order of their incentres, by x and
    then by y. A triangle belongs to the triangulation if no point lies inside its circumcircle.

    Args:
        points: Array `(batch, n, 2)`, with n from 3 to 12.
        mask: Boolean array `(batch, n)` of the points that are there, or `None`.

    Returns:
        Int32 array `(batch, 3 (2 n - 5))`, the indices of all triangles in a row, padded with -1.

    Raises:
        ValueError: If there are too few or too many points, if one is not finite, or if they have
            no triangulation or more than one: all of them on one line, or four on an empty circle.
    """
    points, mask = check_points(points, mask)
    batch, n, _ = points.shape
    if not 3 <= n <= _LARGEST:
        raise ValueError(f"`points` must hold 3 to {_LARGEST} points an example. Received: {n}")
    triples = np.array(list(itertools.combinations(range(n), 3)))
    corners = points[:, triples]  # (batch, triples, 3, 2)
    there = _triangles(points, mask, triples, corners)
    order = np.lexsort(_incentre(corners).transpose(2, 0, 1)[::-1], axis=-1)
    order = np.take_along_axis(
        order, np.argsort(~np.take_along_axis(there, order, 1), kind="stable"), 1
    )
    most = max(2 * n - 5, 1)
    chosen = np.where(np.take_along_axis(there, order, 1)[..., None], triples[order], -1)
    padded = np.full((batch, max(most, len(triples)), 3), -1, "int32")
    padded[:, : len(triples)] = chosen
    return padded[:, :most].reshape(batch, -1)


def _triangles(points, mask, triples, corners):
    """Return which triples are triangles: no other point in their circumcircle."""
    a, b, c = (corners[:, :, k, None] - points[:, None] for k in range(3))
    orientation = _cross(corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0])
    determinant = (
        (a**2).sum(-1) * _cross(b, c)
        + (b**2).sum(-1) * _cross(c, a)
        + (c**2).sum(-1) * _cross(a, b)
    )
    inside = determinant * np.sign(orientation)[..., None]
    own = (triples[:, :, None] == np.arange(points.shape[1])).any(axis=1)
    inside = np.where(own[None] | ~mask[:, None], -1.0, inside)
    empty = mask[:, triples].all(axis=-1) & (orientation != 0) & (inside <= 0).all(axis=-1)
    on_circle = (empty & (inside == 0).any(axis=-1)).any(axis=-1)
    if on_circle.any() or not empty.any(axis=-1).all():
        raise ValueError(
            "`points` must not all lie on one line, nor four of them on an empty circle. Received "
            f"such points in example {int(np.argmax(on_circle | ~empty.any(axis=-1)))}"
        )
    return empty


def _incentre(corners):
    """Return the incentres of triangles `(..., 3, 2)`: corners weighted by the opposite sides."""
    opposite = np.roll(corners, -1, axis=-2) - np.roll(corners, -2, axis=-2)
    lengths = np.sqrt((opposite**2).sum(axis=-1, keepdims=True))
    perimeter = np.maximum(lengths.sum(axis=-2), 1e-12)  # padding has none
    return (corners * lengths).sum(axis=-2) / perimeter


def _cross(u, v):
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
