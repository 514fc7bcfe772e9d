"""The sums over sets equal those of Keras, whichever way they are computed."""

import numpy as np
from keras import ops

from keras_readinglist.layers import segments

RNG = np.random.default_rng(0)
IDS = RNG.permutation([0, 0, 0, 1, 3, 3, 3, 3])  # set 2 is empty
VALUES = RNG.standard_normal((8, 2, 3)).astype("float32")
SCORES = (RNG.standard_normal(8) * 50).astype("float32")


def test_sum():
    values, ids = ops.convert_to_tensor(VALUES), ops.convert_to_tensor(IDS)
    got = ops.convert_to_numpy(segments.segment_sum(values, ids, 4))
    portable = ops.convert_to_numpy(ops.segment_sum(values, ids, 4))
    np.testing.assert_allclose(got, portable, atol=1e-6)
    np.testing.assert_allclose(got, [VALUES[IDS == s].sum(axis=0) for s in range(4)], atol=1e-5)


def test_rows():
    table, ids = ops.convert_to_tensor(VALUES[:4]), ops.convert_to_tensor(IDS)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(segments.take_rows(table, ids)), VALUES[:4][IDS]
    )


def test_softmax():
    mask = np.array([1, 1, 0, 1, 1, 0, 1, 1], bool)
    for shown in (None, mask, IDS != 3):
        tensors = [ops.convert_to_tensor(x) for x in (SCORES, IDS)]
        given = None if shown is None else ops.convert_to_tensor(shown)
        got = ops.convert_to_numpy(segments.segment_softmax(*tensors, 4, given))
        for s in (0, 1, 3):
            chosen = (IDS == s) if shown is None else (IDS == s) & shown
            weights = np.exp(SCORES[chosen] - SCORES[chosen].max(initial=-1e9))
            np.testing.assert_allclose(got[chosen], weights / weights.sum(), atol=1e-6)
            assert (got[(IDS == s) & ~chosen] == 0).all()
