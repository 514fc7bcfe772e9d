"""What is read is due once more, and then an end."""

import numpy as np
import pytest

from keras_readinglist.datasets import copied_symbols

pytestmark = pytest.mark.once


def test_labels_are_the_source_and_targets_run_one_place_behind():
    inputs, labels, weights = copied_symbols(50, (1, 6), num_symbols=4, rng=0)
    source, fed = inputs["source"], inputs["target"]
    assert source.shape == fed.shape == labels.shape == (50, 7) and source.dtype == "int32"
    lengths = set()
    for read, told, due, counts in zip(source, fed, labels, weights, strict=True):
        symbols = read[read > 2].tolist()
        lengths.add(len(symbols))
        padding = [0] * (6 - len(symbols))
        assert read.tolist() == due.tolist() == [*symbols, 2, *padding]
        assert told.tolist() == [1, *symbols, *padding]
        assert counts.sum() == len(symbols) + 1
    assert lengths == set(range(1, 7)) and set(np.unique(source)) == {0, 2, 3, 4, 5, 6}


def symbols_of(rows):
    return [row[row > 2].tolist() for row in rows]


def test_other_orders_are_due_of_the_same_sources():
    kept = copied_symbols(50, (1, 6), num_symbols=4, rng=0)
    for order, rearranged in (("reversed", lambda row: row[::-1]), ("sorted", sorted)):
        inputs, labels, weights = copied_symbols(50, (1, 6), num_symbols=4, rng=0, order=order)
        np.testing.assert_array_equal(inputs["source"], kept[0]["source"])
        np.testing.assert_array_equal(weights, kept[2])
        expected = [rearranged(row) for row in symbols_of(inputs["source"])]
        assert symbols_of(labels) == expected == symbols_of(inputs["target"])
        np.testing.assert_array_equal((labels == 2).argmax(axis=1), list(map(len, expected)))


def test_the_same_seed_draws_the_same():
    first, again = (copied_symbols(3, 5, rng=4)[1] for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize(
    "change, name", [({"length": 0}, "length"), ({"length": (3, 2)}, "length"),
                     ({"batch_size": 0}, "batch_size"), ({"num_symbols": 0}, "num_symbols"),
                     ({"order": "random"}, "order")]
)  # fmt: skip
def test_bad_arguments(change, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        copied_symbols(**{"batch_size": 2, "length": 3, **change})
