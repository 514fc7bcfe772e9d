"""Streams hold a text in order, and refuse what is none."""

import numpy as np
import pytest

from keras_readinglist.datasets import StreamBatcher

pytestmark = pytest.mark.once


def test_streams_hold_the_whole_text_in_order():
    ids = np.arange(103)
    batches = StreamBatcher(ids, batch_size=4, sequence_length=5)
    inputs = np.concatenate([x for x, _ in (batches[i] for i in range(len(batches)))], axis=1)
    targets = np.concatenate([y for _, y in (batches[i] for i in range(len(batches)))], axis=1)
    np.testing.assert_array_equal(inputs, ids[:100].reshape(4, 25))
    np.testing.assert_array_equal(targets, inputs + 1)
    with pytest.raises(ValueError, match="at least 21 integers"):
        StreamBatcher(np.arange(20), 4, 5)
    with pytest.raises(ValueError, match="`batch_size` must be"):
        StreamBatcher(ids, 0, 5)


def test_indices_are_those_of_a_sequence():
    batches = StreamBatcher(np.arange(9), batch_size=2, sequence_length=2)
    for got, wanted in zip(batches[-1], batches[len(batches) - 1], strict=True):
        np.testing.assert_array_equal(got, wanted)
    for index in (len(batches), -len(batches) - 1, 99):
        with pytest.raises(IndexError, match="`index`"):
            batches[index]


def test_ids_that_would_wrap_are_refused():
    with pytest.raises(ValueError, match="`ids` must"):
        StreamBatcher(np.arange(9) + 2**31, 2, 2)
    with pytest.raises(ValueError, match="`ids` must"):
        StreamBatcher(np.arange(9) - 1, 2, 2)
