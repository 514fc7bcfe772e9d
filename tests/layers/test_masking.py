"""Masks of padding and of the future equal NumPy's."""

import numpy as np
from keras import ops

from keras_readinglist.layers.masking import causal_mask, masked_softmax, padding_mask


def test_masks_of_padding_and_of_the_future_combine():
    ids = np.array([[1, 5, 6, 0], [1, 7, 0, 0]])
    seen = ops.logical_and(padding_mask(ids)[:, None], causal_mask(4, 4))
    expected = np.array(
        [[[ids[row, key] != 0 and key <= query for key in range(4)] for query in range(4)]
         for row in range(2)]
    )  # fmt: skip
    np.testing.assert_array_equal(ops.convert_to_numpy(seen), expected)
    np.testing.assert_array_equal(ops.convert_to_numpy(padding_mask(ids, padding=7)), ids != 7)
    np.testing.assert_array_equal(ops.convert_to_numpy(causal_mask(2, 3))[0], np.tri(2, 3))


def test_what_is_masked_gets_no_weight_and_an_empty_row_is_zero():
    scores = np.array([[1.0, 2.0, 1e4], [3.0, 3.0, 3.0]], "float32")
    mask = np.array([[True, True, False], [False, False, False]])
    weights = ops.convert_to_numpy(masked_softmax(scores, mask))
    share = 1 / (1 + np.e)
    np.testing.assert_allclose(weights, [[share, 1 - share, 0], [0, 0, 0]], rtol=1e-6)
