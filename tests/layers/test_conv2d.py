"""The convolution without copies is that of Keras, and its gradients are."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers import Conv2D

RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 7, 8, 6)).astype("float32")

# Class, constructor arguments, inputs, mask; see test_conformance.
CONTRACT = [
    (Conv2D, {"filters": 4, "kernel_size": (3, 2), "strides": 2, "padding": "same"}, X, None),
]


@pytest.mark.parametrize("kernel_size", [1, 2, 3, (5, 2)])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"strides": 2},
        {"strides": (1, 3), "padding": "same"},
        {"strides": 2, "padding": "same"},
        {"dilation_rate": 2, "padding": "same"},
        {"groups": 3, "padding": "same", "use_bias": False},
    ],
    ids=str,
)
def test_equals_keras(kernel_size, options):
    ours = Conv2D(6, kernel_size, bias_initializer="normal", activation="tanh", **options)
    theirs = keras.layers.Conv2D(6, kernel_size, activation="tanh", **options)
    found = ops.convert_to_numpy(ours(X))
    theirs.build(X.shape)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(found, ops.convert_to_numpy(theirs(X)), atol=1e-5)
    assert found.shape == ours.compute_output_shape(X.shape)


def test_gradients_are_those_of_keras():
    found = []
    for kind in (Conv2D, keras.layers.Conv2D):
        layer = kind(4, 3, strides=2, padding="same", kernel_initializer="ones")
        layer.build(X.shape)
        found.append(Differentiable(layer, lambda y: ops.sum(y**2)).gradients(X))
    for ours, theirs in zip(*map(keras.tree.flatten, found), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_channels_may_come_first():
    if keras.config.backend() != "torch":
        pytest.skip("a CPU of JAX and TensorFlow has channels last alone")
    layer = Conv2D(4, 3, data_format="channels_first")
    assert layer(X).shape == (2, 4, 6, 4)
