"""The identity of convolutions follows its formula, and says which maps it cannot copy."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.initializers import IdentityConv


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 3), (3, 12), (12, 6), (6, 3)])
def test_equals_the_formula(inputs, outputs):
    kernel = ops.convert_to_numpy(IdentityConv(3, sigma=0)((3, 5, inputs, outputs)))
    for tap in np.ndindex(3, 5):
        for a, b in np.ndindex(inputs, outputs):
            same = a * 3 // inputs == b * 3 // outputs
            expected = 3 / outputs if same and tap == (1, 2) else 0
            assert kernel[(*tap, a, b)] == pytest.approx(expected)


def test_noise_has_its_deviation_and_leaves_the_copies_alone():
    kernel = ops.convert_to_numpy(IdentityConv(20, sigma=0.02, seed=1)((3, 3, 40, 20)))
    copied = np.zeros(kernel.shape, bool)
    copied[1, 1, np.arange(40), np.arange(40) // 2] = True
    np.testing.assert_array_equal(kernel[copied], 1)
    assert kernel[~copied].std() == pytest.approx(0.02, rel=0.02)


def test_seeds_reproduce_and_the_configuration_tells_all():
    initializer = IdentityConv(2, 0.1, seed=3)
    copy = keras.initializers.deserialize(keras.initializers.serialize(initializer))
    first, second = (ops.convert_to_numpy(i((3, 3, 2, 2))) for i in (initializer, copy))
    np.testing.assert_array_equal(first, second)
    other = ops.convert_to_numpy(IdentityConv(2, 0.1, seed=4)((3, 3, 2, 2)))
    assert (first != other).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: IdentityConv(0), "`classes` must be a positive integer"),
        (lambda: IdentityConv(2, sigma=-1), "`sigma` must be at least 0"),
        (lambda: IdentityConv(2)((3, 3, 3, 2)), r"multiple of classes=2. Received: \(3, 3, 3, 2\)"),
        (lambda: IdentityConv(2)((3, 3, 2, 5)), "multiple of classes=2"),
        (lambda: IdentityConv(2)((2, 3, 2, 2)), "needs a kernel with a centre"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
