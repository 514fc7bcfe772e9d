"""Random points in the unit square and their convex hulls."""

import numpy as np


def random_points(batch_size, num_points, rng):
    """Draw points uniformly from the unit square, a number of them for every example.

    Args:
        batch_size: Positive integer.
        num_points: Integer, or a pair `(smallest, largest)`; at least 3.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Points `(batch, largest, 2)`, zeros where there is none, and the Boolean mask
        `(batch, largest)` of those that are there.

    Raises:
        ValueError: If fewer than 3 points are asked for.
    """
    rng = np.random.default_rng(rng)
    low, high = (num_points, num_points) if isinstance(num_points, int) else num_points
    if not 3 <= low <= high:
        raise ValueError(
            "`num_points` must be at least 3, or a pair (smallest, largest) of such numbers. "
            f"Received: num_points={num_points}"
        )
    counts = rng.integers(low, high + 1, batch_size)
    mask = np.arange(high)[None] < counts[:, None]
    points = rng.random((batch_size, high, 2), dtype="float32")
    return np.where(mask[..., None], points, np.float32(0)), mask


def check_points(points, mask=None):
    """Return points as float64, zero where there is none, and the mask of those that are there.

    Args:
        points: Array `(batch, n, 2)`.
        mask: Boolean array `(batch, n)`, or `None` for all.

    Raises:
        ValueError: If shapes do not fit or a point that is there is not finite.
    """
    points = np.asarray(points, "float64")
    if points.ndim != 3 or points.shape[2] != 2:
        raise ValueError(f"`points` must have the shape (batch, n, 2). Received: {points.shape}")
    mask = np.ones(points.shape[:2], bool) if mask is None else np.asarray(mask, bool)
    if mask.shape != points.shape[:2]:
        raise ValueError(f"`mask` must have the shape {points.shape[:2]}. Received: {mask.shape}")
    points = np.where(mask[..., None], points, 0.0)
    if not np.isfinite(points).all():
        at = np.argwhere(~np.isfinite(points).all(axis=-1))[0]
        raise ValueError(
            f"`points` must be finite. Received: {points[tuple(at)]} as point {at[1]} of example "
            f"{at[0]}"
        )
    return points, mask


def convex_hull_batch(batch_size, num_points, rng=None, closed=False):
    """Draw point sets with their convex hulls.

    Args:
        batch_size: Positive integer.
        num_points: Integer, or a pair `(smallest, largest)`; at least 3.
        rng: `numpy.random.Generator` or a seed.
        closed: Boolean, whether a hull ends with its first vertex again, the form of the published
            files. Defaults to `False`.

    Returns:
        Points `(batch, n, 2)`, mask `(batch, n)`, and the indices of the hulls `(batch, n)`,
        `(batch, n + 1)` if closed, padded with -1, as `convex_hull` orders them.

    Example:
        >>> points, mask, hulls = convex_hull_batch(2, (5, 8), rng=0)
        >>> points.shape, mask.shape, hulls.shape
        ((2, 8, 2), (2, 8), (2, 8))

    References:
        - [Vinyals et al., 2015, Pointer Networks](https://arxiv.org/abs/1506.03134), section 3.1
    """
    points, mask = random_points(batch_size, num_points, rng)
    hulls = convex_hull(points, mask)
    return points, mask, close_path(hulls) if closed else hulls


def convex_hull(points, mask=None):
    """Return the convex hulls of a batch of point sets.

    A hull begins with its vertex of lowest index, and goes round counter-clockwise. Points inside
    and points on an edge do not belong to it; of points in one place only the first does.

    Args:
        points: Array `(batch, n, 2)`.
        mask: Boolean array `(batch, n)` of the points that are there, or `None`.

    Returns:
        Int32 array `(batch, n)`, indices padded with -1.

    Raises:
        ValueError: If shapes do not fit or a point is not finite.
    """
    points, mask = check_points(points, mask)
    batch, n, _ = points.shape
    twins = (points[:, :, None] == points[:, None]).all(axis=-1) & mask[:, None]
    mask &= ~np.tril(twins, -1).any(axis=-1)  # of points in one place the first is left
    offset = points[:, None] - points[:, :, None]  # [b, i, j] = p_j - p_i
    cross = (
        offset[:, :, :, None, 0] * offset[:, :, None, :, 1]
        - offset[:, :, :, None, 1] * offset[:, :, None, :, 0]
    )
    same = np.eye(n, dtype=bool)
    ignored = same[None, :, None, :] | same[None, None] | ~mask[:, None, None, :]
    # An edge has every other point on its left, or on itself.
    edge = ((cross > 0) | _between(points, (cross == 0) & ~ignored) | ignored).all(axis=-1)
    edge &= mask[:, :, None] & mask[:, None, :] & ~same
    successor = np.where(edge.any(axis=-1), edge.argmax(axis=-1), np.arange(n))
    corner = edge.any(axis=-1)
    corner = np.where(corner.any(axis=-1, keepdims=True), corner, mask)  # a single point
    start = corner.argmax(axis=-1)
    hull = np.full((batch, n), -1, "int32")
    current, open_ = start, mask.any(axis=-1)
    rows = np.arange(batch)
    for step in range(n):
        hull[:, step] = np.where(open_, current, -1)
        current = successor[rows, current]
        open_ = open_ & (current != start)
    return hull


def _between(points, collinear):
    """Return which of the collinear triples `[b, i, j, k]` have k between i and j, or on one."""
    between = np.zeros_like(collinear)
    b, i, j, k = at = np.nonzero(collinear)  # rare: nearly always empty
    to_start, to_end = points[b, k] - points[b, i], points[b, k] - points[b, j]
    between[at] = (to_start * to_end).sum(axis=-1) <= 0
    return between


def close_path(indices):
    """Append the first index to every path: the form of the published files.

    Args:
        indices: Int array `(batch, m)`, padded with -1.

    Returns:
        Int array `(batch, m + 1)`.
    """
    indices = np.asarray(indices)
    closed = np.concatenate([indices, np.full((len(indices), 1), -1, indices.dtype)], axis=1)
    closed[np.arange(len(indices)), (indices >= 0).sum(axis=1)] = indices[:, 0]
    return closed


def open_path(indices):
    """Drop the repeated first index from every path; the inverse of `close_path`."""
    opened = np.array(indices)
    lengths = (opened >= 0).sum(axis=1)
    opened[np.arange(len(opened)), lengths - 1] = -1
    return opened[:, :-1]
