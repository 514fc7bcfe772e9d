"""Models that are trained at once learn what each learns alone."""

import keras
import numpy as np
import pytest

from keras_readinglist.distribution import ModelBatch

STEPS, BATCH = 6, 8


def compiled(seed, rate=0.05, units=4, optimizer=keras.optimizers.SGD, **more):
    """Return a model with everything that has a state: dropout, statistics, a regularizer."""
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(
                units,
                "tanh",
                kernel_initializer=keras.initializers.GlorotUniform(seed),
                kernel_regularizer=keras.regularizers.L2(0.1),
            ),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3, seed=seed),
            keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(seed + 50)),
        ]
    )
    model.compile(optimizer(rate, global_clipnorm=1.0), "mse", **more)
    return model


def data(models, seed=0):
    x = np.random.default_rng(seed).normal(size=(STEPS, models, BATCH, 3)).astype("float32")
    return x, x.sum(-1, keepdims=True) ** 2


def alone(model, x, y):
    losses = []
    for k in range(len(x)):
        model.reset_metrics()
        losses.append(model.train_on_batch(x[k], y[k], return_dict=True)["loss"])
    return losses


@pytest.mark.parametrize("shared", [False, True])
def test_every_model_learns_what_it_learns_alone(shared):
    rates = 0.02, 0.05, 0.1
    together = [compiled(seed, rate) for seed, rate in enumerate(rates)]
    apart = [compiled(seed, rate) for seed, rate in enumerate(rates)]
    batch = ModelBatch(together)
    x, y = data(1 if shared else 3)
    losses = np.concatenate(  # a second call goes on from the first
        [batch.train_on_batches(x[:4], y[:4]), batch.train_on_batches(x[4:], y[4:])]
    )
    for k, model in enumerate(apart):
        column = 0 if shared else k
        expected = alone(model, x[:, column], y[:, column])
        np.testing.assert_allclose(losses[:, k], expected, rtol=1e-4)
        for ours, theirs in zip(together[k].variables, model.variables, strict=True):
            np.testing.assert_allclose(
                keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs), atol=2e-5
            )
        assert int(together[k].optimizer.iterations) == STEPS
    assert len({round(float(value), 4) for value in losses[-1]}) == 3


def test_one_model_and_one_step_suffice():
    x, y = data(1)
    model, same = compiled(0), compiled(0)
    losses = ModelBatch([model]).train_on_batches(x[:1], y[:1])
    np.testing.assert_allclose(losses, [alone(same, x[:1, 0], y[:1, 0])], rtol=1e-4)


def test_a_schedule_is_followed():
    halved = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5, staircase=True)
    together, apart = compiled(0, halved), compiled(0, halved)
    x, y = data(1)
    ModelBatch([together]).train_on_batches(x, y)
    alone(apart, x[:, 0], y[:, 0])
    ours, theirs = (keras.ops.convert_to_numpy(m.weights[0]) for m in (together, apart))
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (lambda: [], "must not be empty"),
        (lambda: [keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])], "compiled"),
        (lambda: [compiled(0), compiled(1, units=5)], "the same weights"),
        (lambda: [compiled(0), compiled(1, optimizer=keras.optimizers.Adam)], "same optimizer"),
        (
            lambda: [
                compiled(0),
                compiled(1, keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
            ],
            "same optimizer",
        ),
    ],
)
def test_models_that_differ_are_refused(models, words):
    with pytest.raises(ValueError, match=words):
        ModelBatch(models())


def test_batches_of_a_wrong_shape_are_refused():
    batch = ModelBatch([compiled(0), compiled(1), compiled(2)])
    with pytest.raises(ValueError, match=r"`x` must have shape \(steps, 3 or 1"):
        batch.train_on_batches(np.ones((2, 2, 8, 3)), np.ones((2, 2, 8, 1)))
