"""Maxout keeps the largest of neighbours."""

import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import Maxout

X = np.random.default_rng(0).standard_normal((2, 3, 4)).astype("float32")

# Class, constructor arguments, inputs, mask; see test_conformance.
CONTRACT = [
    (Maxout, {"units": 5}, X, None),
    (Maxout, {"units": 2, "pool": 3, "use_bias": False}, X, None),
]


@pytest.mark.parametrize("pool", [1, 2, 3])
@pytest.mark.parametrize("x", [X, X[0]], ids=["steps", "rows"])
def test_is_the_largest_of_neighbours(pool, x):
    layer = Maxout(5, pool, bias_initializer="uniform")
    got = ops.convert_to_numpy(layer(x))
    kernel, bias = layer.get_weights()
    linear = x @ kernel + bias
    for place in np.ndindex(got.shape):
        begin = pool * place[-1]
        expected = max(linear[(*place[:-1], k)] for k in range(begin, begin + pool))
        assert got[place] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("kwargs", "name"), [({"units": 0}, "units"), ({"pool": 0}, "pool")])
def test_bad_arguments(kwargs, name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        Maxout(**{"units": 2, **kwargs})
