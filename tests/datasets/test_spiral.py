"""The spiral is that of the notes."""

import numpy as np
import pytest

from keras_readinglist.datasets import spiral_data

pytestmark = pytest.mark.once


def test_arms_are_those_of_the_notes():
    x, y = spiral_data(50, 3, seed=4)
    rng = np.random.default_rng(4)
    for j in range(3):
        radius, noise = np.linspace(0, 1, 50), rng.standard_normal(50) * 0.2
        angle = np.linspace(j * 4, (j + 1) * 4, 50) + noise
        arm = np.c_[radius * np.sin(angle), radius * np.cos(angle)]
        np.testing.assert_allclose(x[y == j], arm, atol=1e-6)
    assert np.bincount(y).tolist() == [50, 50, 50]


def test_nothing_is_no_spiral():
    with pytest.raises(ValueError, match="`classes` must be"):
        spiral_data(classes=0)
