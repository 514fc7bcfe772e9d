"""The softmax of NumPy arrays: shares of exponentials, of scores of any size, along any axis."""

import numpy as np
import pytest

from keras_readinglist.softmax import softmax

pytestmark = pytest.mark.once


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_shares_are_proportional_to_exponentials(axis):
    scores = np.random.default_rng(0).normal(size=(3, 4, 5))
    raised = np.exp(scores)
    expected = raised / raised.sum(axis=axis, keepdims=True)
    np.testing.assert_allclose(softmax(scores, axis), expected, rtol=1e-12)


def test_large_scores_do_not_overflow_and_hidden_ones_get_nothing():
    np.testing.assert_array_equal(softmax(np.array([1e4, 1e4, -np.inf])), [0.5, 0.5, 0.0])


def test_the_type_is_kept():
    assert softmax(np.ones(3, "float32")).dtype == "float32"
