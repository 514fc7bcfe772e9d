"""Measures of predicted hulls, triangulations and tours, as the pointer network paper takes them.

Paths are integer arrays padded with -1.
"""

import numpy as np


def _paths(indices):
    return [row[row >= 0].tolist() for row in np.asarray(indices)]


def hull_accuracy(predicted, true):
    """Return the share of predictions that are the true polygon, begun at any of its vertices."""
    return float(
        np.mean(
            [_rotate(p) == _rotate(t) for p, t in zip(_paths(predicted), _paths(true), strict=True)]
        )
    )


def _rotate(path):
    at = path.index(min(path)) if path else 0
    return path[at:] + path[:at]


def hull_area_ratio(points, predicted, true):
    """Return the mean of predicted by true area, over the predictions that are simple polygons.

    Args:
        points: Array `(batch, n, 2)`.
        predicted: Int array `(batch, m)`.
        true: Int array `(batch, k)`.

    Returns:
        Pair: the mean ratio, `nan` ("FAIL" in the paper) if more than 1 % of the predictions are
        not simple polygons; and the share that are not.

    Raises:
        ValueError: If a true polygon has no area.
    """
    ratios, failures = [], 0
    for cloud, p, t in zip(np.asarray(points), _paths(predicted), _paths(true), strict=True):
        area = abs(polygon_area(cloud[t]))
        if not area:
            raise ValueError(f"`true` must be polygons with an area. Received: {t} among {cloud}")
        if is_simple_polygon(cloud[p]):
            ratios.append(abs(polygon_area(cloud[p])) / area)
        else:
            failures += 1
    share = failures / max(failures + len(ratios), 1)
    return (float(np.mean(ratios)) if share <= 0.01 else float("nan")), share


def polygon_area(corners):
    """Return the area of a polygon, positive if it goes round counter-clockwise."""
    following = np.roll(corners, -1, axis=0)
    return float((corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0]).sum() / 2)


def is_simple_polygon(corners):
    """Return whether a polygon has 3 or more corners, all different, and edges that never cross."""
    n = len(corners)
    if n < 3 or len({tuple(c) for c in np.asarray(corners).tolist()}) < n:
        return False
    for i in range(n):
        for j in range(i + 2, n - (i == 0)):
            if _cross(corners[i], corners[(i + 1) % n], corners[j], corners[(j + 1) % n]):
                return False
    return True


def _cross(a, b, c, d):
    return _side(a, b, c) != _side(a, b, d) and _side(c, d, a) != _side(c, d, b)


def _side(a, b, c):
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0


def delaunay_accuracy(predicted, true):
    """Return the share of predictions that are the true set of triangles, in any order."""
    pairs = zip(_triangles(predicted), _triangles(true), strict=True)
    return float(np.mean([p == t for p, t in pairs]))


def triangle_coverage(predicted, true):
    """Return the mean share of the true triangles that are predicted."""
    pairs = zip(_triangles(predicted), _triangles(true), strict=True)
    return float(np.mean([len(p & t) / len(t) for p, t in pairs]))


def _triangles(indices):
    """Return the set of whole triangles of every row; a last incomplete one is left out."""
    sets = []
    for path in _paths(indices):
        whole = len(path) // 3 * 3
        sets.append({frozenset(path[i : i + 3]) for i in range(0, whole, 3)})
    return sets


def is_valid_tour(tours, counts):
    """Return for every tour whether it visits each of its `counts` cities once, `(batch,)`."""
    counts = np.broadcast_to(counts, len(tours))
    return np.array(
        [sorted(p) == list(range(n)) for p, n in zip(_paths(tours), counts, strict=True)]
    )


def tour_length(points, tours):
    """Return the lengths of closed tours, `(batch,)`."""
    lengths = []
    for cloud, path in zip(np.asarray(points, "float64"), _paths(tours), strict=True):
        stops = cloud[path]
        lengths.append(np.sqrt(((stops - np.roll(stops, -1, axis=0)) ** 2).sum(-1)).sum())
    return np.array(lengths)
