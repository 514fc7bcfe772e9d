"""SortaGrad: the first epoch by length, then the same batches in any order."""

import numpy as np
import pytest

from keras_readinglist.applications import SortaGrad

pytestmark = pytest.mark.once
LENGTHS = np.random.default_rng(0).permutation(50)


def epoch(data):
    return [data[index] for index in range(len(data))]


def test_the_first_epoch_is_sorted_and_later_ones_are_not():
    data = SortaGrad(LENGTHS, lambda indices: LENGTHS[indices], batch_size=8, seed=3)
    first = epoch(data)
    assert len(first) == 6 and (np.diff(np.concatenate(first)) > 0).all()
    data.on_epoch_end()
    second = epoch(data)
    data.on_epoch_end()
    third = epoch(data)
    order = [[batch.tolist() for batch in batches] for batches in (first, second, third)]
    assert order[0] != order[1] != order[2] != order[0]
    assert sorted(order[0]) == sorted(order[1]) == sorted(order[2])


def test_without_sorting():
    data = SortaGrad(LENGTHS, lambda indices: LENGTHS[indices], batch_size=8, sort=False)
    means = [batch.mean() for batch in epoch(data)]
    assert means != sorted(means)
    assert all(np.ptp(batch) < 12 for batch in epoch(data))


def test_refusals():
    for lengths in ([], [1, 2], [[1] * 40]):
        with pytest.raises(ValueError, match="`lengths`"):
            SortaGrad(lengths, list, batch_size=8)
