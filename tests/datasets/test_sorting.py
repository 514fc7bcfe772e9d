"""Sets of numbers and the order in which they grow."""

import numpy as np
import pytest

from keras_readinglist.datasets import sorting_batch

pytestmark = pytest.mark.once


def test_the_order_sorts_what_is_there():
    values, mask, order = sorting_batch(50, (1, 7), 0, low=-2.0, high=3.0)
    assert values.shape == (50, 7, 1) and values.dtype == "float32" and order.dtype == "int32"
    counts = mask.sum(axis=1)
    assert counts.min() == 1 and counts.max() == 7
    for numbers, places, count in zip(values[..., 0], order, counts, strict=True):
        assert sorted(places[:count]) == list(range(count)) and (places[count:] == -1).all()
        assert (np.diff(numbers[places[:count]]) >= 0).all()
        assert (numbers[count:] == 0).all() and -2 <= numbers.min() and numbers.max() <= 3


def test_a_seed_repeats_the_batch():
    first, again, other = sorting_batch(2, 4, 0), sorting_batch(2, 4, 0), sorting_batch(2, 4, 1)
    np.testing.assert_array_equal(first[0], again[0])
    assert (first[0] != other[0]).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2, 0), "`num_values` must be"),
        ((2, (3, 2)), "`num_values` must be"),
        ((0, 2), "`batch_size` must be"),
        ((2, 2, 0, 1.0, 1.0), "`batch_size` must be positive and `low` below"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        sorting_batch(*arguments)
