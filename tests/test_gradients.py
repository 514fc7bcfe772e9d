"""Gradients of models are those of the calculus, with respect to weights and to inputs."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.gradients import Differentiable

RNG = np.random.default_rng(0)


def test_equals_the_gradient_by_hand():
    x = RNG.standard_normal((5, 3)).astype("float32")
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    function = Differentiable(layer, lambda out: ops.sum(out**2) / 2)
    kernel, bias = (ops.convert_to_numpy(w) for w in layer.get_weights())
    for weights in (None, [2 * kernel, bias + 1]):
        (to_kernel, to_bias), (to_x,) = function.gradients(x, weights=weights)
        kernel, bias = weights or (kernel, bias)
        out = x @ kernel + bias
        np.testing.assert_allclose(to_kernel, x.T @ out, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(to_bias, out.sum(axis=0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(to_x, out @ kernel.T, rtol=1e-4, atol=1e-5)
        outputs = ops.convert_to_numpy(function.outputs(x, weights=weights))
        np.testing.assert_allclose(outputs, out, rtol=1e-5, atol=1e-5)


def test_integers_have_no_gradient_and_rows_that_are_not_read_one_of_zero():
    layer = keras.layers.Embedding(4, 3)
    layer.build((None, 2))
    (rows,), (ids,) = Differentiable(layer, ops.sum).gradients(np.array([[0, 2]], "int32"))
    assert ids is None
    np.testing.assert_array_equal(rows, np.array([[1.0], [0], [1], [0]]).repeat(3, axis=1))


def test_arguments_of_the_call_are_handed_on():
    layer = keras.layers.LSTM(3)
    layer.build((None, 4, 2))
    mask = np.array([[True, True, False, False]])
    x = RNG.standard_normal((1, 4, 2)).astype("float32")
    _, (gradient,) = Differentiable(layer, ops.sum, mask=mask).gradients(x)
    assert (gradient[0, 2:] == 0).all() and (gradient[0, :2] != 0).all()
