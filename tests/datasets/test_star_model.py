"""The star model has the distribution that it states."""

import itertools

import numpy as np
import pytest

from keras_readinglist.datasets import star_graphical_model

pytestmark = pytest.mark.once

STAR = star_graphical_model(4, 3, rng=0, head=2)


def test_the_star_model():
    values = STAR.sample(20_000, rng=3)
    every = np.array(list(itertools.product(range(3), repeat=4)))
    p = np.exp(STAR.log_probability(every))
    assert p.sum() == pytest.approx(1)
    assert -(p * np.log(np.maximum(p, 1e-300))).sum() == pytest.approx(STAR.entropy())
    codes = values @ 3 ** np.arange(4)[::-1]
    share = np.bincount(codes, minlength=81) / len(values)
    assert np.abs(share - p).max() < 4 * np.sqrt(0.25 / len(values))
    head = np.bincount(values[:, 2], minlength=3) / len(values)
    assert np.abs(head - 1 / 3).max() < 0.02


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: star_graphical_model(1, 3), "`num_variables` must be"),
        (lambda: star_graphical_model(3, 3, 0.0), "`concentration` must be"),
        (lambda: star_graphical_model(3, 3, head=3), "`head` must be"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
