"""The cheapest pairing of frames is found, for all recordings at once."""

import numpy as np
import pytest

from keras_readinglist.recipes.deep_speech_2.templates import warping_costs

pytestmark = pytest.mark.once


def every_pairing(one, other):
    """Return the least cost of all pairings in order, by trying them."""
    found = []

    def go(i, j, cost):
        cost += np.linalg.norm(one[i] - other[j])
        if (i, j) == (len(one) - 1, len(other) - 1):
            found.append(cost)
        for a, b in ((i + 1, j), (i, j + 1), (i + 1, j + 1)):
            if a < len(one) and b < len(other):
                go(a, b, cost)

    go(0, 0, 0.0)
    return min(found) / (len(one) + len(other))


def test_costs_are_those_of_the_best_of_all_pairings():
    rng = np.random.default_rng(0)
    recorded = [rng.standard_normal((length, 3)) for length in (1, 5, 3, 4)]
    for length in (1, 4):
        frames = rng.standard_normal((length, 3))
        want = [every_pairing(frames, each) for each in recorded]
        np.testing.assert_allclose(warping_costs(frames, recorded), want)


def test_a_recording_said_more_slowly_costs_nothing():
    rng = np.random.default_rng(1)
    frames = rng.standard_normal((4, 3))
    slowly = np.repeat(frames, [1, 3, 2, 1], axis=0)
    costs = warping_costs(frames, [slowly, rng.standard_normal((4, 3))])
    assert costs[0] < 1e-7 < costs[1]
