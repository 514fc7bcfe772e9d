"""Hulls, triangulations and tours are exact, and stand in the order of the paper."""

import itertools

import numpy as np
import pytest
from scipy import spatial

from keras_readinglist.datasets import (
    convex_hull,
    convex_hull_batch,
    delaunay,
    delaunay_batch,
    shortest_tours,
    tsp,
    tsp_batch,
)
from keras_readinglist.datasets.convex_hull import close_path, open_path
from keras_readinglist.metrics import geometry

pytestmark = pytest.mark.once


def examples(points, mask, indices):
    for cloud, there, path in zip(points, mask, indices, strict=True):
        yield cloud[there], path[path >= 0].tolist()


def test_hulls_equal_qhull_and_begin_at_the_lowest_index():
    for cloud, path in examples(*convex_hull_batch(100, (3, 12), 0)):
        vertices = spatial.ConvexHull(cloud).vertices.tolist()  # counter-clockwise
        at = vertices.index(min(vertices))
        assert path == vertices[at:] + vertices[:at]


def test_points_on_an_edge_do_not_belong_to_the_hull():
    square = np.array([[0.5, 0.5], [0, 0], [1, 0], [0.5, 0.0], [1, 1], [0, 1]])
    assert convex_hull(square[None])[0].tolist() == [1, 2, 4, 5, -1, -1]


def test_of_points_in_one_place_the_first_belongs_to_the_hull():
    points = np.array([[0, 0], [1, 0], [0, 0], [0, 1], [1, 0], [1, 0]])
    assert convex_hull(points[None])[0].tolist() == [0, 1, 3, -1, -1, -1]


def test_hulls_of_few_places():
    line = np.linspace(0, 1, 5)[:, None] * [1, 2]
    clouds = np.stack([line, np.full((5, 2), 0.5), line[[2, 2, 0, 0, 2]], line])
    mask = np.ones((4, 5), bool)
    mask[3] = [False, True, False, False, False]
    hulls = [hull[hull >= 0].tolist() for hull in convex_hull(clouds, mask)]
    assert hulls == [[0, 4], [0], [0, 2], [1]]
    assert (convex_hull(clouds[:1], np.zeros((1, 5), bool)) == -1).all()


@pytest.mark.parametrize("solve", [convex_hull, delaunay, shortest_tours])
def test_points_that_are_there_must_be_finite(solve):
    points = np.random.default_rng(0).random((2, 6, 2))
    mask = np.ones((2, 6), bool)
    points[1, 2], mask[1, 2] = np.nan, False
    finite = np.where(np.isnan(points), 0.3, points)
    np.testing.assert_array_equal(solve(points, mask), solve(finite, mask))
    with pytest.raises(ValueError, match="`points` must be finite.*point 2 of example 1"):
        solve(points)
    with pytest.raises(ValueError, match=r"`points` must have the shape \(batch, n, 2\)"):
        solve(points[0])
    with pytest.raises(ValueError, match="`mask` must have the shape"):
        solve(points, mask[:, :5])


def test_tours_leave_out_what_is_masked_anywhere():
    points = np.random.default_rng(1).random((1, 7, 2))
    mask = np.array([[False, True, True, False, True, True, True]])
    places = np.flatnonzero(mask[0])
    expected = places[shortest_tours(points[:, places])[0]]
    tour = shortest_tours(points, mask)[0]
    assert tour[:5].tolist() == expected.tolist() and (tour[5:] == -1).all()


def test_christofides_keeps_its_bound():
    points, _, tours = tsp_batch(20, 9, 3)
    for cloud, best in zip(points, tours, strict=True):
        tour = tsp.christofides_tour(cloud)
        assert sorted(tour.tolist()) == list(range(9)) and tour[0] == 0
        ours, shortest = geometry.tour_length(np.stack([cloud] * 2), np.stack([tour, best]))
        assert shortest - 1e-6 <= ours <= 1.5 * shortest
    for few in range(1, 4):
        assert tsp.christofides_tour(points[0, :few]).tolist() == list(range(few))


@pytest.mark.parametrize("make", [convex_hull_batch, tsp_batch])
def test_closed_and_open_paths(make):
    paths, closed = make(20, (4, 9), 1)[2], make(20, (4, 9), 1, closed=True)[2]
    assert all(p[p >= 0][-1] == p[0] for p in closed)
    np.testing.assert_array_equal(open_path(closed), paths)
    np.testing.assert_array_equal(close_path(paths), closed)


def test_triangulations_equal_qhull():
    for cloud, path in examples(*delaunay_batch(60, (3, 9), 0)):
        expected = {
            frozenset(t) for t in spatial.Delaunay(cloud.astype("float64")).simplices.tolist()
        }
        triangles = [path[i : i + 3] for i in range(0, len(path), 3)]
        assert {frozenset(t) for t in triangles} == expected and len(triangles) == len(expected)
        assert all(t == sorted(t) for t in triangles)
        centres = [incentre(*cloud[t].astype("float64")) for t in triangles]
        assert centres == sorted(centres)


@pytest.mark.parametrize(
    "points",
    [[[0, 0], [1, 0], [1, 1], [0, 1]], [[0, 0], [0.5, 0.5], [1, 1]], [[0, 0]] * 4],
    ids=str,
)
def test_points_without_one_triangulation_are_refused(points):
    with pytest.raises(ValueError, match="`points` must not all lie on one line, nor four"):
        delaunay([points])


def test_a_point_on_an_edge_parts_it():
    assert delaunay([[[0, 0], [0.5, 0], [1, 0], [0.3, 0.8]]])[0].tolist()[:6] == [0, 1, 3, 1, 2, 3]


def incentre(a, b, c):
    sides = [np.linalg.norm(p - q) for p, q in ((b, c), (c, a), (a, b))]
    return tuple(sum(s * p for s, p in zip(sides, (a, b, c), strict=True)) / sum(sides))


def test_tours_are_shortest_counter_clockwise_and_begin_at_the_first_city():
    for cloud, path in examples(*tsp_batch(30, (3, 7), 0)):
        n = len(cloud)
        lengths = [
            geometry.tour_length(cloud[None], np.array([[0, *rest]]))[0]
            for rest in itertools.permutations(range(1, n))
        ]
        assert geometry.tour_length(cloud[None], np.array([path]))[0] == pytest.approx(min(lengths))
        assert path[0] == 0 and sorted(path) == list(range(n))
        assert geometry.polygon_area(cloud[path]) > 0


def test_heuristic_tours_are_valid_and_ordered_by_quality():
    points = np.random.default_rng(0).random((200, 8, 2))
    lengths = []
    heuristics = (tsp.two_opt_tour, tsp.greedy_tour, tsp.nearest_neighbor_tour)
    for make in (shortest_tours, *map(each, heuristics)):
        tours = make(points)
        assert geometry.is_valid_tour(tours, 8).all() and (tours[:, 0] == 0).all()
        lengths.append(geometry.tour_length(points, tours))
    means = [length.mean() for length in lengths]
    assert means == sorted(means) and means[1] < 1.01 * means[0]
    assert all((lengths[0] <= length + 1e-9).all() for length in lengths[1:])
    assert (lengths[1] <= lengths[3] + 1e-9).all()  # it begins with the nearest neighbours


@pytest.mark.parametrize("count", [3, 4, 5])
def test_heuristic_tours_of_few_cities(count):
    points = np.random.default_rng(count).random((20, count, 2))
    for make in (tsp.two_opt_tour, tsp.greedy_tour, tsp.nearest_neighbor_tour):
        assert geometry.is_valid_tour(each(make)(points), count).all()


def each(make):
    return lambda points: np.array([make(cloud) for cloud in points])


def test_moving_and_turning_the_points_changes_nothing():
    points, _, hulls = convex_hull_batch(10, 7, 0)
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = points.astype("float64") @ turn.T + 3
    np.testing.assert_array_equal(convex_hull(moved), hulls)
    np.testing.assert_array_equal(shortest_tours(moved), shortest_tours(points))
    assert geometry.triangle_coverage(delaunay(moved), delaunay(points)) == 1


def test_seeds_and_padding():
    first, second = (convex_hull_batch(5, (3, 8), 4) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    points, mask, hulls = first
    assert (points[~mask] == 0).all() and set(mask.sum(1)) <= set(range(3, 9))
    assert not set(hulls[hulls >= 0]) - set(range(8))


def test_metrics():
    bow_tie = np.array([[0, 0], [1, 1], [1, 0], [0, 1.0]])
    assert not geometry.is_simple_polygon(bow_tie)
    assert geometry.is_simple_polygon(bow_tie[[0, 2, 1, 3]])
    assert not geometry.is_simple_polygon(bow_tie[[0, 2, 1, 0]])
    points = bow_tie[None].repeat(2, 0)
    true = np.array([[0, 2, 1, 3]] * 2)
    assert geometry.hull_accuracy(np.array([[1, 3, 0, 2], [0, 1, 2, 3]]), true) == 0.5
    ratio, share = geometry.hull_area_ratio(points, np.array([[0, 2, 1, -1], [0, 1, 2, 3]]), true)
    assert np.isnan(ratio) and share == 0.5
    assert geometry.hull_area_ratio(points, true, true) == (1.0, 0.0)
    triangles = np.array([[0, 1, 2, 1, 2, 3]])
    assert geometry.delaunay_accuracy(triangles[:, [3, 4, 5, 1, 0, 2]], triangles) == 1
    assert geometry.triangle_coverage(np.array([[0, 1, 2, 0, 1, -1]]), triangles) == 0.5
    tours = np.array([[0, 1, 2, 2], [0, 3, 2, 1]])
    assert geometry.is_valid_tour(tours, 4).tolist() == [False, True]


@pytest.mark.parametrize("make", [convex_hull_batch, delaunay_batch, tsp_batch])
def test_too_few_points(make):
    with pytest.raises(ValueError, match="`num_points` must be at least 3"):
        make(2, 2)


def test_too_many_points():
    with pytest.raises(ValueError, match="3 to 12"):
        tsp_batch(1, 13)
    with pytest.raises(ValueError, match="3 to 12"):
        delaunay_batch(1, 13)
