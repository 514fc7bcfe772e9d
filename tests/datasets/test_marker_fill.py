"""Outlines are closed and apart, and their labels are what a flood fill gives."""

import numpy as np
import pytest

from keras_readinglist.datasets import marker_fill
from keras_readinglist.datasets.marker_fill import COLOURS, filled, painted

pytestmark = pytest.mark.once


def boards_of(images):
    """Read the boards off pictures without noise."""
    return np.abs(images[..., None, :] - COLOURS).sum(-1).argmin(-1)


def test_labels_are_what_a_flood_fill_gives():
    images, labels = marker_fill(12, rng=0, noise=0)
    for board, label in zip(boards_of(images), labels, strict=True):
        np.testing.assert_array_equal(filled(board), label)
        assert 2 * 9 <= (board > 1).sum() <= 4 * 9 and (board > 1).sum() % 9 == 0


def test_noise_and_seeds():
    images, labels = marker_fill(4, rng=1)
    again, same = marker_fill(4, rng=1)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, same)
    assert images.dtype == np.float32 and 0 <= images.min() and images.max() <= 1
    noise = painted(np.ones((99, 99), int), rng=0, noise=0.05) - 0.5
    assert noise.std() == pytest.approx(0.05, rel=0.02)


def test_open_and_empty_outlines_stay_empty():
    board = np.zeros((12, 12), int)
    board[[2, 8], 2:9] = board[2:9, [2, 8]] = 1
    assert not filled(board).any()
    board[4, 4], board[6, 6:8] = 2, 3
    labels = filled(board)
    assert (labels[2:9, 2:9] == 2).all() and labels.sum() == 2 * 49
    board[2, 5] = 0
    assert not filled(board).any()


@pytest.mark.parametrize("kwargs", [{"batch_size": 0}, {"batch_size": 1, "size": 32}])
def test_refusals(kwargs):
    with pytest.raises(ValueError, match="`batch_size` must be positive and `size` at least 64"):
        marker_fill(**kwargs)
