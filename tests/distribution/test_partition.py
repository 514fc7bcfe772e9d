"""Cells of equal cost: against exhaustive search, and what must hold for any costs."""

import itertools
import time

import numpy as np
import pytest

from keras_readinglist.distribution import balance_partitions

pytestmark = pytest.mark.once


def cells(costs, sizes):
    """Return the costs of the cells."""
    ends = np.cumsum(sizes)
    return [float(np.sum(costs[end - size : end])) for size, end in zip(sizes, ends, strict=True)]


def exhaustive(costs, count):
    """Return the least of (largest cell, sum of squares) over all partitions."""
    found = []
    for cuts in itertools.combinations(range(1, len(costs)), count - 1):
        sizes = np.diff([0, *cuts, len(costs)])
        of = cells(costs, sizes)
        found.append((round(max(of), 9), round(sum(c * c for c in of), 9)))
    return min(found)


def test_it_is_the_best_of_all_partitions():
    rng = np.random.default_rng(0)
    for length in range(1, 10):
        for count in range(1, length + 1):
            for costs in (
                rng.random(length),
                rng.integers(0, 4, length).astype(float),
                10.0 ** rng.integers(-3, 3, length),
            ):
                sizes = balance_partitions(costs, count)
                assert len(sizes) == count and sum(sizes) == length and min(sizes) > 0
                of = cells(costs, sizes)
                best = exhaustive(costs, count)
                assert max(of) == pytest.approx(best[0], abs=1e-8)
                assert sum(c * c for c in of) == pytest.approx(best[1], rel=1e-8, abs=1e-8)


def test_scale_does_not_matter_and_a_device_more_never_hurts():
    rng = np.random.default_rng(1)
    for _ in range(20):
        costs = rng.random(24)
        largest = [max(cells(costs, balance_partitions(costs, k))) for k in range(1, 25)]
        assert all(a >= b - 1e-12 for a, b in itertools.pairwise(largest))
        assert balance_partitions(costs, 5) == balance_partitions(1e9 * costs, 5)


def test_it_is_never_slower_than_equal_counts():
    rng = np.random.default_rng(2)
    for _ in range(200):
        costs, count = 10 ** rng.uniform(0, 2, 24), int(rng.integers(2, 9))
        equal = [len(part) for part in np.array_split(costs, count)]
        best = balance_partitions(costs, count)
        assert max(cells(costs, best)) <= max(cells(costs, equal)) + 1e-9


def test_ten_thousand_layers_are_cut_quickly():
    costs = np.random.default_rng(3).random(10_000)
    began = time.process_time()
    sizes = balance_partitions(costs, 64)
    assert time.process_time() - began < 10  # a second or two on an idle core
    assert max(cells(costs, sizes)) < 1.01 * costs.sum() / 64 + 1


@pytest.mark.parametrize(
    ("costs", "count", "words"),
    [
        ([1, 2], 3, "at most the number of layers"),
        ([1, 2], 0, "positive integer"),
        ([1, -2], 1, "non-negative"),
        ([1, np.nan], 1, "finite"),
        ([1, np.inf], 1, "finite"),
        ([[1.0]], 1, "sequence"),
        ([], 1, "at most the number of layers"),
    ],
)
def test_what_cannot_be_cut_is_refused(costs, count, words):
    with pytest.raises(ValueError, match=words):
        balance_partitions(costs, count)
