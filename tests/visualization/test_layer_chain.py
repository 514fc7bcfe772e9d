"""Chains of copies are products of Jacobians."""

import keras
import numpy as np
import pytest

from keras_readinglist.layers import ResidualUnit
from keras_readinglist.visualization import LayerChain

X = np.random.default_rng(0).standard_normal((2, 5, 4)).astype("float32")


def test_a_chain_is_its_copies_one_after_the_other():
    layer = keras.layers.Dense(4, activation="tanh")
    layer.build((None, 5, 4))
    layer.bias.assign([0.1, 0.2, 0.3, 0.4])
    chain, before = LayerChain(layer), layer.get_weights()
    found = chain.propagate(X, depth=3, seed=7)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)

    rng = np.random.default_rng(7)
    kernels = [before[0].std() * rng.standard_normal((4, 4), "float32") for _ in range(3)]
    signals = [X]
    for kernel in kernels:
        signals.append(np.tanh(signals[-1] @ kernel + before[1]))
    gradients = [np.broadcast_to(rng.standard_normal((2, 1, 4)), X.shape)]
    for kernel, signal in zip(kernels[:0:-1], signals[:1:-1], strict=True):
        gradients.insert(0, (gradients[0] * (1 - signal**2)) @ kernel.T)
    np.testing.assert_allclose(found["signal"], [np.sqrt((s**2).mean()) for s in signals[1:]], 1e-5)
    np.testing.assert_allclose(found["gradient"], [np.linalg.norm(g) for g in gradients], 1e-4)


def test_where_branches_are_silent_the_shortcut_alone_is_left():
    order = {"activation_order": "full_preactivation", "kernel_initializer": "zeros"}
    unit = ResidualUnit(3, shortcut="constant", shortcut_scale=0.5, **order)
    unit.build((None, 4, 4, 3))
    images = np.random.default_rng(1).standard_normal((2, 4, 4, 3))
    before = unit.get_weights()
    found = LayerChain(unit, training=True).propagate(images, depth=6)
    for old, new in zip(before, unit.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_allclose(found["gradient"][:-1] / found["gradient"][1:], 0.5, rtol=1e-5)
    np.testing.assert_allclose(found["signal"][1:] / found["signal"][:-1], 0.5, rtol=1e-5)


def test_every_copy_drops_anew_and_the_same_on_the_way_back():
    dropout = keras.layers.Dropout(0.5, seed=1)
    dropout.build((None, 1000))
    ones = np.ones((1, 1000))
    found = LayerChain(dropout, training=True).propagate(ones, depth=3)
    left = found["signal"] ** 2 / 2.0 ** np.arange(1, 4)  # what is left has 2, 4 and 8
    np.testing.assert_allclose(left, 1, atol=0.4)
    assert len(set(np.round(found["gradient"], 3))) == 3


def test_what_is_no_chain_is_refused():
    with pytest.raises(ValueError, match="`layer` must be built"):
        LayerChain(keras.layers.Dense(4))
    wider = keras.layers.Dense(5)
    wider.build((None, 4))
    with pytest.raises(ValueError, match="`layer` must keep the shape"):
        LayerChain(wider).propagate(X[0], depth=2)
    with pytest.raises(ValueError, match="`depth`"):
        LayerChain(wider).propagate(X[0], depth=0)
