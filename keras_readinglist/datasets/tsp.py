"""Random cities in the unit square and short tours through them."""

import numpy as np

from keras_readinglist.datasets.convex_hull import check_points, close_path, random_points

_LARGEST_EXACT = 12
_LEAST_GAIN = 1e-9


def tsp_batch(batch_size, num_points, rng=None, closed=False):
    """Draw cities with their shortest tours.

    Args:
        batch_size: Positive integer.
        num_points: Integer, or a pair `(smallest, largest)`, from 3 to 12.
        rng: `numpy.random.Generator` or a seed.
        closed: Boolean, whether a tour ends with city 0 again, the form of the published files.
            Defaults to `False`.

    Returns:
        Points `(batch, n, 2)`, mask `(batch, n)`, and tours `(batch, n)`, `(batch, n + 1)` if
        closed, padded with -1. A tour begins with city 0 and goes round counter-clockwise.

    Example:
        >>> points, mask, tours = tsp_batch(2, (5, 6), rng=0)
        >>> int(tours[0, 0])
        0

    References:
        - [Vinyals et al., 2015, Pointer Networks](https://arxiv.org/abs/1506.03134), section 3.3
    """
    points, mask = random_points(batch_size, num_points, rng)
    tours = shortest_tours(points, mask)
    return points, mask, close_path(tours) if closed else tours


def shortest_tours(points, mask=None):
    """Return the shortest tours of a batch of point sets, by dynamic programming.

    Args:
        points: Array `(batch, n, 2)`, with n from 3 to 12.
        mask: Boolean array `(batch, n)` of the cities that are there, or `None`.

    Returns:
        Int32 array `(batch, n)`, from the first city that is there counter-clockwise, padded
        with -1.

    Raises:
        ValueError: If there are too few or too many cities, or one is not finite.

    References:
        - Held, Karp, 1962, A dynamic programming approach to sequencing problems
    """
    points, mask = check_points(points, mask)
    batch, n, _ = points.shape
    counts, places = mask.sum(axis=1), np.argsort(~mask, axis=1, kind="stable")
    if not 3 <= counts.min() <= counts.max() <= _LARGEST_EXACT:
        raise ValueError(
            f"`points` must hold 3 to {_LARGEST_EXACT} cities an example. Received: "
            f"{counts.min()} to {counts.max()}"
        )
    tours = np.full((batch, n), -1, "int32")
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        for part in np.array_split(rows, -(-len(rows) // 2000)):
            here = places[part, :count]
            tour = _held_karp(np.take_along_axis(points[part], here[..., None], axis=1))
            tours[part, :count] = np.take_along_axis(here, tour, axis=1)
    return tours


def _held_karp(points):
    """Return the shortest tours of examples of one size, `(batch, n)`.

    `cost[S, j]` is the shortest way from city 0 through the set S of others that ends in j + 1.
    """
    batch, n, _ = points.shape
    distance = np.sqrt(((points[:, :, None] - points[:, None]) ** 2).sum(-1)).transpose(1, 2, 0)
    others = n - 1
    cost = np.full((1 << others, others, batch), np.inf, "float32")
    before = np.zeros((1 << others, others, batch), "int8")
    for j in range(others):
        cost[1 << j, j] = distance[0, j + 1]
    for subset in range(1, 1 << others):
        members = [j for j in range(others) if subset >> j & 1]
        if len(members) < 2:
            continue
        for j in members:
            rest = [k for k in members if k != j]
            ways = cost[subset ^ (1 << j), rest] + distance[[k + 1 for k in rest], j + 1]
            best = ways.argmin(axis=0)
            cost[subset, j] = np.take_along_axis(ways, best[None], 0)[0]
            before[subset, j] = np.array(rest, "int8")[best]
    rows, subset = np.arange(batch), np.full(batch, (1 << others) - 1)
    current = (cost[-1] + distance[1:, 0]).argmin(axis=0)
    tours = np.zeros((batch, n), "int32")
    for place in range(others, 0, -1):
        tours[:, place] = current + 1
        current, subset = before[subset, current, rows].astype(int), subset ^ (1 << current)
    return counter_clockwise(points, tours)


def counter_clockwise(points, tours):
    """Turn round the tours that go clockwise; their first city stays the first."""
    path = np.take_along_axis(np.asarray(points, "float64"), tours[..., None], axis=1)
    following = np.roll(path, -1, axis=1)
    area = (path[..., 0] * following[..., 1] - path[..., 1] * following[..., 0]).sum(axis=1)
    turned = np.concatenate([tours[:, :1], tours[:, :0:-1]], axis=1)
    return np.where(area[:, None] < 0, turned, tours)


def nearest_neighbor_tour(points):
    """Return the tour that always goes to the nearest city not visited, `(n,)`, from city 0."""
    points = _cities(points)
    tour, free = [0], set(range(1, len(points)))
    while free:
        here = points[tour[-1]]
        tour.append(min(free, key=lambda j: ((points[j] - here) ** 2).sum()))
        free.remove(tour[-1])
    return np.array(tour, "int32")


def greedy_tour(points):
    """Return the tour joined from the shortest distances first, `(n,)`, from city 0.

    Of the simple rules this one comes nearest to the lengths that the paper gives for its
    algorithm A1.
    """
    points = _cities(points)
    n = len(points)
    i, j = np.triu_indices(n, 1)
    piece = np.arange(n)  # cities that are joined already have the same number
    neighbors = [[] for _ in range(n)]
    for k in np.argsort(_distances(points)[i, j], kind="stable"):
        a, b = i[k], j[k]
        last = sum(map(len, neighbors)) == 2 * (n - 1)
        if len(neighbors[a]) < 2 and len(neighbors[b]) < 2 and (piece[a] != piece[b] or last):
            neighbors[a].append(b)
            neighbors[b].append(a)
            piece[piece == piece[b]] = piece[a]
    tour = [0]
    while len(tour) < n:
        tour.append(next(c for c in neighbors[tour[-1]] if c not in tour))
    return np.array(tour, "int32")


def christofides_tour(points):
    """Return a tour of at most one and a half times the shortest length, `(n,)`, from city 0.

    The shortest tree over all cities, joined with the shortest pairing of those where an odd number
    of its edges meet, is walked once and cut short at cities already visited. It needs `networkx`.

    Args:
        points: Array `(n, 2)`, for any n.

    Raises:
        ImportError: If `networkx` is not installed.

    References:
        - Christofides, 1976, Worst-case analysis of a new heuristic for the travelling salesman
          problem; the algorithm A3 of [Vinyals et al., 2015](https://arxiv.org/abs/1506.03134)
    """
    try:
        import networkx
    except ImportError as error:
        raise ImportError("`christofides_tour` needs: pip install networkx") from error
    points = _cities(points)
    if len(points) < 4:
        return np.arange(len(points), dtype="int32")
    graph = networkx.from_numpy_array(_distances(points) + 1e-12)  # cities in one place are joined
    cycle = networkx.algorithms.approximation.christofides(graph)[:-1]
    tour = np.roll(np.array(cycle, "int32"), -cycle.index(0))
    return counter_clockwise(points[None], tour[None])[0]


def two_opt_tour(points, tour=None):
    """Improve a tour until no 2-opt and no Or-opt move makes it shorter.

    A 2-opt move turns round a piece of the tour; an Or-opt move puts up to three cities in a row
    elsewhere.

    Args:
        points: Array `(n, 2)`, for any n.
        tour: The tour to begin with, `(n,)`; the nearest-neighbour tour by default.

    Returns:
        Int32 array `(n,)`, from city 0 counter-clockwise.

    References:
        - Croes, 1958, A method for solving traveling-salesman problems
        - Or, 1976, Traveling salesman-type combinatorial problems
    """
    points = _cities(points)
    tour = nearest_neighbor_tour(points) if tour is None else np.asarray(tour, "int32")
    distance = _distances(points)
    shorter = tour
    while shorter is not None:
        tour = shorter
        shorter = _two_opt(tour, distance)
        if shorter is None:
            shorter = _or_opt(tour, distance)
    tour = np.roll(tour, -int(np.flatnonzero(tour == 0)[0]))
    return counter_clockwise(points[None], tour[None].astype("int32"))[0]


def _cities(points):
    return check_points(np.asarray(points)[None])[0][0]


def _distances(points):
    return np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))


def _two_opt(tour, distance):
    """Return the tour after its best 2-opt move, or `None` if there is none."""
    i, j = np.triu_indices(len(tour), 2)
    after = np.roll(tour, -1)
    gain = (
        distance[tour[i], after[i]]
        + distance[tour[j], after[j]]
        - distance[tour[i], tour[j]]
        - distance[after[i], after[j]]
    )
    if not len(gain) or gain.max() < _LEAST_GAIN:
        return None
    begin, end = i[gain.argmax()] + 1, j[gain.argmax()] + 1
    return np.concatenate([tour[:begin], tour[begin:end][::-1], tour[end:]])


def _or_opt(tour, distance):
    """Return the tour after an Or-opt move that shortens it, or `None` if there is none."""
    for length in range(1, min(3, len(tour) - 3) + 1):
        for start in range(len(tour)):
            turned = np.roll(tour, -start)
            piece, rest = turned[:length], turned[length:]
            after = np.roll(rest, -1)
            removed = distance[rest[-1], piece[0]] + distance[piece[-1], rest[0]]
            gap = distance[rest, after]
            for way in (piece, piece[::-1]):
                added = distance[rest, way[0]] + distance[way[-1], after] - gap
                at = added.argmin()
                if removed - gap[-1] - added[at] > _LEAST_GAIN:
                    return np.concatenate([rest[: at + 1], way, rest[at + 1 :]])
    return None
