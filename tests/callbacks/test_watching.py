"""Ratios of updates equal those computed by hand, and dead rectifiers are counted."""

import keras
import numpy as np
import pytest

from keras_readinglist.callbacks import ActivationHistogram, DeadUnits, UpdateRatio

X = np.random.default_rng(0).standard_normal((6, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def test_ratio_of_one_step():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    before = model.get_weights()
    watch = UpdateRatio(every=2)
    history = model.fit(X, Y, batch_size=6, epochs=3, shuffle=False, callbacks=[watch], verbose=0)
    error = X @ before[0] + before[1] - Y
    update = 0.1 * 2 * X.T @ error / 6
    (found,) = watch.ratios.values()
    wanted = np.linalg.norm(update) / np.linalg.norm(before[0])
    assert len(found) == 2 and found[0] == pytest.approx(wanted, rel=1e-4)
    assert history.history["update_ratio"] == [found[0], found[1]]


def test_dead_units_of_dense_and_convolution():
    images = np.ones((2, 5, 5, 1), "float32")
    low = keras.initializers.Constant(-1e3)
    layers = [
        keras.layers.Conv2D(2, 3, activation="relu", bias_initializer=low),
        keras.layers.Flatten(),
        keras.layers.Dense(4),
        keras.layers.ReLU(),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential([keras.Input((5, 5, 1)), *layers])
    layers[2].set_weights([np.zeros((18, 4)), np.array([1.0, -1, 0, 2])])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    watch = DeadUnits(images)
    history = model.fit(images, np.ones((2, 1)), epochs=2, callbacks=[watch], verbose=0)
    assert watch.shares == {layers[0].name: [1.0, 1.0], layers[3].name: [0.5, 0.5]}
    assert history.history["dead_units"] == [pytest.approx(4 / 6)] * 2


def test_distributions_before_and_after_every_epoch():
    hidden = keras.layers.Dense(4, activation="tanh")
    model = keras.Sequential([keras.Input((3,)), hidden, keras.layers.LeakyReLU()])
    kernel, bias = hidden.get_weights()
    model.compile(keras.optimizers.SGD(0.5), "mse")
    watch = ActivationHistogram(X, bins=4)
    model.fit(X, np.zeros((6, 4)), epochs=2, callbacks=[watch], verbose=0)
    before, after = (np.tanh(X @ w + b) for w, b in ((kernel, bias), hidden.get_weights()))
    for place, outputs in ((0, before), (2, after)):
        assert watch.means[hidden.name][place] == pytest.approx(outputs.mean(), abs=1e-5)
        assert watch.deviations[hidden.name][place] == pytest.approx(outputs.std(), abs=1e-5)
        counts, edges = watch.histograms[hidden.name][place]
        assert counts.sum() == 24 and edges[0] == pytest.approx(outputs.min(), abs=1e-5)
    assert [len(found) for found in watch.means.values()] == [3, 3]


def test_models_without_activations():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Flatten()])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="`ActivationHistogram` needs"):
        model.fit(X, X, callbacks=[ActivationHistogram(X)], verbose=0)


def test_models_without_rectifiers():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="`DeadUnits` needs"):
        model.fit(X, Y, callbacks=[DeadUnits(X)], verbose=0)
    with pytest.raises(ValueError, match="`every` must be"):
        UpdateRatio(every=0)
