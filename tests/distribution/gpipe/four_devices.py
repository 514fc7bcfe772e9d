"""Pipelines over four devices of JAX; `test_jax_engine.py` runs this file where there are four."""

import itertools

import jax
import keras
import numpy as np
import pytest

from keras_readinglist.applications import ResNet
from keras_readinglist.distribution import GPipe
from tests.distribution.gpipe.nets import (
    LOSS,
    WEIGHTS,
    X,
    Y,
    arrays,
    dense,
    normalized,
)


def pipelined(model, cells, count=4, optimizer="sgd", **options):
    pipeline = GPipe(model, cells, num_microbatches=count, **{"balance": "params", **options})
    pipeline.compile(optimizer, LOSS)
    pipeline.engine.load()
    return pipeline


def gradients(pipeline, weights=None):
    """Return the gradients of a batch in the order of the model's variables, and its loss."""
    loss = pipeline.engine.gradients(pipeline._parts(X, Y, weights))
    return arrays(pipeline.engine.sums), float(loss)


def whole_gradients(model, weights=None):
    """Return the gradients of the whole model for the whole batch."""
    others = [variable.value for variable in model.non_trainable_variables]

    def loss(trained):
        outputs, _, inside = model.stateless_call(
            trained, others, X, training=True, return_losses=True
        )
        return LOSS(Y, outputs, weights) + sum(inside)

    return arrays(jax.jit(jax.grad(loss))([v.value for v in model.trainable_variables]))


def close(found, expected, atol=1e-5):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=atol)


@pytest.mark.parametrize(("cells", "count"), [*itertools.product([1, 2, 4], [1, 4])])
@pytest.mark.parametrize("rematerialize", [True, False])
def test_gradients_are_those_of_the_whole_model(cells, count, rematerialize):
    expected = whole_gradients(dense(regularizer="l2"), weights=WEIGHTS)
    model = dense(regularizer="l2")
    pipeline = pipelined(model, cells, count, rematerialize=rematerialize)
    found, loss = gradients(pipeline, WEIGHTS)
    close(found, expected)
    whole = LOSS(Y, model(X), WEIGHTS)
    assert loss == pytest.approx(float(whole + sum(model.losses)), abs=1e-5)


@pytest.mark.parametrize("cells", [2, 4])
def test_gradients_in_bfloat16_do_not_depend_on_the_cells(cells):
    expected, _ = gradients(pipelined(dense("mixed_bfloat16"), 1))
    pipeline = pipelined(dense("mixed_bfloat16"), cells)
    close(gradients(pipeline)[0], expected)
    assert {str(g.dtype) for s in pipeline.engine.stages for g in s.gradients} == {"float32"}
    whole = whole_gradients(dense("mixed_bfloat16"))
    close(gradients(pipelined(dense("mixed_bfloat16"), cells, 1))[0], whole)


@pytest.mark.parametrize("rematerialize", [True, False])
def test_what_is_dropped_does_not_depend_on_the_cells(rematerialize):
    losses = []
    for cells in (1, 2, 4):
        pipeline = pipelined(dense(dropout=0.5), cells, rematerialize=rematerialize)
        losses.append([pipeline.train_on_batch(X, Y) for _ in range(3)])
    np.testing.assert_allclose(losses[1:], [losses[0]] * 2, atol=1e-5)
    assert losses[0] != [pipelined(dense(), 1).train_on_batch(X, Y)] * 3


@pytest.mark.parametrize("rematerialize", [True, False])
def test_averages_move_once_and_not_in_the_second_computation(rematerialize):
    expected = normalized()
    pipeline = pipelined(expected, 1)
    pipeline.train_on_batch(X, Y)
    model = normalized()
    pipelined(model, 2, rematerialize=rematerialize).train_on_batch(X, Y)
    close(model.get_weights(), expected.get_weights(), 1e-6)
    norm = model.get_layer("norm")
    close(arrays([norm.moving_mean, norm.moving_variance]),
          [0.01 * X.mean(0), 0.99 + 0.01 * X.var(0)], 1e-6)  # fmt: skip


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_training_is_that_of_one_device(optimizer):
    def made():
        options = {"global_clipnorm": 0.05, "learning_rate": 0.05}
        return {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[optimizer](**options)

    plain = dense()
    plain.compile(made(), LOSS)
    losses = plain.fit(X, Y, 10, epochs=5, shuffle=False, verbose=0).history["loss"]
    model = dense()
    pipeline = pipelined(model, 4, 3, made())
    found = pipeline.fit(X, Y, 10, epochs=5, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(found, losses, atol=1e-5)
    close(model.get_weights(), plain.get_weights(), 1e-4)
    np.testing.assert_allclose(pipeline.predict(X), model.predict(X, verbose=0), atol=1e-5)
    assert int(model.optimizer.iterations) == 5


def test_variables_lie_on_the_devices_of_their_cells():
    pipeline = pipelined(dense(), 4)
    pipeline.train_on_batch(X, Y)
    for stage, device in zip(pipeline.engine.stages, jax.devices(), strict=True):
        assert {d for value in stage.trained for d in value.devices()} == {device}
    assert [row.device for row in pipeline.partition] == [str(d) for d in jax.devices()]


def test_a_residual_net_is_cut_between_its_units():
    model = ResNet([2, 2], [4, 8], "basic", stem="cifar", classes=3, input_shape=(8, 8, 1),
                   classifier_activation=None)  # fmt: skip
    pipeline = pipelined(model, 4, 2, balance="flops")
    pictures = np.random.default_rng(0).standard_normal((6, 8, 8, 1)).astype("float32")
    before = pipeline.train_on_batch(pictures, Y[:6])
    for _ in range(5):
        after = pipeline.train_on_batch(pictures, Y[:6])
    assert after < before
    costs = [row.cost for row in pipeline.partition]
    assert max(costs) < 0.5 * sum(costs) and pipeline.speedup_bound() > 1.2


def test_only_inputs_are_kept():
    pipeline = pipelined(dense(), 4, 5)
    gradients(pipeline)
    widths = [6, 8, 7, 5]  # of the inputs of the cells, for all ten examples
    kept = [stage.peak_bytes for stage in pipeline.engine.stages]
    floats = [4 * 10 * width for width in widths]
    # Beside them every micro-batch has the state of the dropout before it, two numbers.
    assert all(0 <= k - f <= 5 * 16 for k, f in zip(kept, floats, strict=True))
    everything = pipelined(dense(), 4, 5, rematerialize=False)
    gradients(everything)
    assert everything.engine.stages[1].peak_bytes > 2 * floats[1]


def test_a_learning_rate_that_is_changed_reaches_the_cells():
    model = dense()
    pipeline = pipelined(model, 2)
    before = model.get_weights()
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 0.0)
    pipeline.fit(X, Y, epochs=1, verbose=0, callbacks=[schedule])
    close(model.get_weights(), before, 0)


def test_more_cells_than_devices_are_refused():
    with pytest.raises(ValueError, match="at most the number of devices"):
        pipelined(dense(), 4, devices=jax.devices()[:2])
