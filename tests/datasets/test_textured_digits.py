"""Textured digits have the split, the shapes and the chances that they are said to have."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from keras_readinglist.datasets import textured_digits
from keras_readinglist.datasets.textured_digits import digit_masks, shifted, textured

pytestmark = pytest.mark.once


def test_the_split_is_fixed_and_apart():
    train, labels = digit_masks("train")
    test, more = digit_masks("test")
    assert len(train) == len(labels) == 1400 and len(test) == len(more) == 397
    assert more[:5].tolist() == [2, 8, 2, 6, 6]
    assert np.bincount(more).min() > 25


def test_masks_are_the_digits_doubled():
    masks, _ = digit_masks("test")
    small = masks[:, ::2, ::2]
    np.testing.assert_array_equal(masks, small.repeat(2, axis=1).repeat(2, axis=2))
    assert 0.2 < masks.mean() < 0.5


def test_stripes_stay_and_specks_are_few():
    masks, rng = shifted(np.tile(digit_masks("train")[0], (3, 1, 1)), 0)
    pictures = textured(masks, rng)
    both = masks[:, :, 1:] & masks[:, :, :-1]
    same = pictures[:, :, 1:] == pictures[:, :, :-1]
    assert same[both].mean() == pytest.approx(0.9, abs=0.005)
    assert pictures[masks].mean() == pytest.approx(0.5, abs=0.01)
    assert pictures[~masks].mean() == pytest.approx(0.02, abs=0.002)
    above = masks[:, 1:] & masks[:, :-1]
    alike = pictures[:, 1:] == pictures[:, :-1]
    assert alike[above].mean() == pytest.approx(0.5, abs=0.01)  # rows know nothing of each other


def test_shifts_are_of_a_pixel_and_all_alike():
    masks = np.zeros((900, 16, 16), bool)
    masks[:, 8, 8] = True
    moved, _ = shifted(masks, 0)
    places = np.argwhere(moved)[:, 1:]
    found, counts = np.unique(places, axis=0, return_counts=True)
    assert len(found) == 9 and found.min() == 7 and found.max() == 9
    assert counts.min() > 60 and len(places) == 900


def test_seeds_decide():
    first, digits = textured_digits("test", 3)
    again, same = textured_digits("test", 3)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(digits, same)
    assert (first != textured_digits("test", 4)[0]).any() and first.dtype == np.int32
    with pytest.raises(ValueError, match="`split` must be 'train' or 'test'"):
        textured_digits("validation")
