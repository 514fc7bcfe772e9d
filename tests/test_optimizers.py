"""Optimizers take the steps of their papers."""

import keras
import numpy as np
import pytest

from keras_readinglist import optimizers


def model_of(optimizer):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(optimizer, "mse")
    return model


def test_a_gradient_that_is_not_finite_changes_nothing():
    model = model_of(optimizers.FiniteAdam(0.1))
    x, y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")
    before = model.get_weights()[0]
    model.train_on_batch(np.inf * x, y)
    np.testing.assert_array_equal(model.get_weights()[0], before)
    model.train_on_batch(x, y)
    assert np.isfinite(model.get_weights()[0]).all() and (model.get_weights()[0] != before).all()


def test_finite_adam_survives_a_file(tmp_path):
    model_of(optimizers.FiniteAdam(0.1, global_clipnorm=2.0)).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").optimizer
    assert type(loaded) is optimizers.FiniteAdam and loaded.global_clipnorm == 2.0


def test_rmsprop_takes_the_steps_of_graves():
    model = model_of(optimizers.graves_rmsprop(0.01))
    w = model.get_weights()[0].astype("float64")
    n, m, d = (np.zeros_like(w) for _ in range(3))
    rng = np.random.default_rng(0)
    for _ in range(4):
        x, y = rng.standard_normal((3, 2)), rng.standard_normal((3, 1))
        model.train_on_batch(x.astype("float32"), y.astype("float32"))
        gradient = 2 / 3 * x.T @ (x @ w - y)
        n, m = 0.95 * n + 0.05 * gradient**2, 0.95 * m + 0.05 * gradient
        d = 0.9 * d - 0.01 * gradient / np.sqrt(n - m**2 + 1e-4)
        w = w + d
    np.testing.assert_allclose(model.get_weights()[0], w, atol=1e-5)


def test_decay_within_the_momentum(tmp_path):
    model = model_of(optimizers.CoupledDecaySGD(0.1, 0.9, 0.5))
    w = model.get_weights()[0].astype("float64")
    v = np.zeros_like(w)
    rng = np.random.default_rng(0)
    for step in range(4):
        x, y = rng.standard_normal((3, 2)), rng.standard_normal((3, 1))
        model.train_on_batch(x.astype("float32"), y.astype("float32"))
        gradient = 2 / 3 * x.T @ (x @ w - y)
        v = 0.9 * v - 0.5 * 0.1 * w - 0.1 * gradient
        w = w + v
        if step == 1:  # goes on from a file
            model.save(tmp_path / "model.keras")
            model = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(model.get_weights()[0], w, atol=1e-5)
    with pytest.raises(ValueError, match="`coupled_decay` must not be negative. Received: .*-1"):
        optimizers.CoupledDecaySGD(coupled_decay=-1)
