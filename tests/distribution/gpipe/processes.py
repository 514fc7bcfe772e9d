"""Pipelines over processes of torch; `test_torch_engine.py` runs this file in several of them."""

import os

import keras
import numpy as np
import pytest
import torch

from keras_readinglist.applications import ResNet
from keras_readinglist.distribution import GPipe, chain_of, initialize
from keras_readinglist.distribution.gpipe import gpipe
from keras_readinglist.distribution.launch import processes
from keras_readinglist.recipes.training import Checkpoint
from tests.distribution.gpipe.nets import LOSS, WEIGHTS, X, Y, arrays, dense, layer, normalized

if not torch.distributed.is_initialized():
    initialize(timeout=120)
RANK, SIZE = processes()
layers = keras.layers


def pipelined(model, count=4, optimizer="sgd", metrics=(), cells=SIZE, **options):
    pipeline = GPipe(model, cells, count, **{"balance": "params", **options})
    pipeline.compile(optimizer, LOSS, metrics)
    return pipeline


@pytest.fixture
def alone(monkeypatch):
    """Return a function as `pipelined`, of one cell, as if this process were the only one."""

    def made(*args, **options):
        with monkeypatch.context() as patch:
            patch.setattr(gpipe, "processes", lambda: (0, 1))
            return pipelined(*args, **options, cells=1)

    return made


def evenly(model):
    """Return sizes of cells, without a look at costs: lengths of sequences are unknown."""
    return [len(chain_of(model)) - SIZE + 1] + [1] * (SIZE - 1)


def whole_gradients(model, weights=None):
    """Return the gradients of the whole model for the whole batch."""
    outputs = model(X, training=True)
    (LOSS(Y, outputs, weights) + sum(model.losses)).backward()
    return arrays([variable.value.grad for variable in model.trainable_variables])


def close(found, expected, atol=1e-5):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=atol)


def of_all(value):
    """Return what each process has."""
    found = [None] * SIZE
    torch.distributed.all_gather_object(found, value)
    return found


@pytest.mark.parametrize("count", [1, 4, 10])
@pytest.mark.parametrize("rematerialize", [True, False])
def test_gradients_are_those_of_the_whole_model(count, rematerialize):
    expected = whole_gradients(dense(regularizer="l2"), WEIGHTS)
    pipeline = pipelined(dense(regularizer="l2"), count, rematerialize=rematerialize)
    close(pipeline.gradients(X, Y, WEIGHTS), expected)


def test_the_loss_has_what_is_inside_of_all_cells():
    model = dense(regularizer="l2")
    whole = LOSS(Y, model(X), WEIGHTS) + sum(model.losses)
    loss = pipelined(model).train_on_batch(X, Y, WEIGHTS)
    assert loss == pytest.approx(whole.item(), abs=1e-5) and of_all(loss) == [loss] * SIZE


def test_gradients_in_bfloat16_do_not_depend_on_the_cells(alone):
    expected = alone(dense("mixed_bfloat16")).gradients(X, Y)
    close(pipelined(dense("mixed_bfloat16")).gradients(X, Y), expected)


@pytest.mark.parametrize("rematerialize", [True, False])
def test_what_is_dropped_does_not_depend_on_the_cells(alone, rematerialize):
    one, many = (
        [pipeline.train_on_batch(X, Y) for _ in range(3)]
        for pipeline in (
            alone(dense(dropout=0.5)),
            pipelined(dense(dropout=0.5), rematerialize=rematerialize),
        )
    )
    np.testing.assert_allclose(many, one, atol=1e-5)
    assert abs(many[0] - alone(dense()).train_on_batch(X, Y)) > 1e-3


@pytest.mark.skipif(SIZE > 3, reason="the net has three links")
@pytest.mark.parametrize("rematerialize", [True, False])
def test_averages_move_once_and_not_in_the_second_computation(alone, rematerialize):
    expected, model = normalized(), normalized()
    alone(expected).train_on_batch(X, Y)
    pipelined(model, rematerialize=rematerialize).train_on_batch(X, Y)
    close(model.get_weights(), expected.get_weights(), 1e-6)
    norm = model.get_layer("norm")
    close(arrays([norm.moving_mean, norm.moving_variance]),
          [0.01 * X.mean(0), 0.99 + 0.01 * X.var(0)], 1e-6)  # fmt: skip


@pytest.mark.parametrize("optimizer", [keras.optimizers.Adam, keras.optimizers.SGD])
def test_training_is_that_of_one_process(optimizer):
    options = {"global_clipnorm": 0.05, "learning_rate": 0.05}
    plain, model = dense(), dense()
    plain.compile(optimizer(**options), LOSS)
    losses = plain.fit(X, Y, 4, epochs=4, shuffle=False, verbose=0).history["loss"]
    pipeline = pipelined(model, 3, optimizer(**options))
    found = pipeline.fit(X, Y, 4, epochs=4, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(found, losses, atol=1e-5)
    close(model.get_weights(), plain.get_weights(), 1e-4)
    close([v.numpy() for v in model.optimizer.variables],
          [v.numpy() for v in plain.optimizer.variables], 1e-4)  # fmt: skip
    np.testing.assert_allclose(pipeline.predict(X, 4), model.predict(X, verbose=0), atol=1e-5)


def test_every_process_has_the_same_logs_and_weights(tmp_path):
    metrics = [keras.metrics.SparseCategoricalAccuracy("acc")]
    pipeline = pipelined(dense(), 3, keras.optimizers.Adam(0.05), metrics)
    history = pipeline.fit(X, Y, 4, epochs=3, verbose=0, validation_data=(X, Y)).history
    assert set(history) == {"loss", "acc", "val_loss", "val_acc"}
    assert history["loss"][-1] < history["loss"][0]
    found = pipeline.evaluate(X, Y)
    outputs = pipeline.predict(X)
    predicted = outputs.argmax(-1)
    assert found["acc"] == pytest.approx((predicted == Y).mean())
    weights = [weight.tolist() for weight in pipeline.model.get_weights()]
    for other in of_all((history, found, predicted.tolist(), weights)):
        assert other == (history, found, predicted.tolist(), weights)
    if RANK == 0:
        pipeline.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(loaded.predict(X, verbose=0), outputs, atol=1e-6)


def test_weights_are_those_of_the_first_process():
    model = keras.Sequential([keras.Input((6,)), *(layers.Dense(5) for _ in range(SIZE))])
    model.set_weights([np.full_like(weight, RANK + 1) for weight in model.get_weights()])
    pipelined(model)
    assert all((weight == 1).all() for weight in model.get_weights())


def test_layers_that_are_frozen_stay(alone):
    expected, model = dense(), dense()
    for net in (expected, model):
        net.layers[0].trainable = False
    before = model.get_weights()
    alone(expected).train_on_batch(X, Y)
    pipelined(model).train_on_batch(X, Y)
    close(model.get_weights(), expected.get_weights())
    close(model.get_weights()[:2], before[:2], 0)
    assert int(model.optimizer.iterations) == 1


def test_a_residual_net_is_cut_between_its_units(alone):
    def resnet():
        keras.utils.set_random_seed(0)
        return ResNet([1, 1], [4, 8], "basic", stem="cifar", classes=3, input_shape=(8, 8, 1),
                      classifier_activation=None)  # fmt: skip

    pictures = np.random.default_rng(0).standard_normal((6, 8, 8, 1)).astype("float32")
    expected, model = resnet(), resnet()
    alone(expected, 3).train_on_batch(pictures, Y[:6])
    pipelined(model, 3, balance="flops").train_on_batch(pictures, Y[:6])
    close(model.get_weights(), expected.get_weights())


def test_several_inputs_and_shapes():
    sequence, number = keras.Input((None, 3), name="a"), keras.Input((2,), name="b")
    summed = layers.GlobalAveragePooling1D()(layer(4)(sequence))
    x = layers.Concatenate()([summed, layer(4)(number)])
    for _ in range(SIZE):
        x = layer(4)(x)
    model = keras.Model({"a": sequence, "b": number}, x)
    pipeline = pipelined(model, 2, balance=evenly(model))
    for length in (5, 7):
        given = {"a": np.ones((6, length, 3), "float32"), "b": X[:6, :2]}
        found, expected = pipeline.predict(given), model.predict(given, verbose=0)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_sequence_of_unknown_length_is_sent():
    x = inputs = keras.Input((None,), dtype="int32")
    x = layers.Embedding(9, 4, embeddings_initializer=keras.initializers.Constant(0.1))(x)
    for _ in range(SIZE):
        x = layer(4)(x)
    model = keras.Model(inputs, layers.GlobalMaxPooling1D()(x))
    pipeline = pipelined(model, 2, keras.optimizers.SGD(0.1), balance=evenly(model))
    for length in range(3, 9):
        tokens = np.arange(4 * length).reshape(4, length) % 9
        assert pipeline.train_on_batch(tokens, Y[:4]) > 0
        found, expected = pipeline.predict(tokens), model.predict(tokens, verbose=0)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_one_process_can_stop_all():
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    callbacks = [Stop()] if RANK == 0 else []
    assert pipelined(dense()).fit(X, Y, epochs=9, verbose=0, callbacks=callbacks).epoch == [0]


@pytest.mark.skipif("KRL_CHECKPOINT" not in os.environ, reason="nothing was begun")
def test_training_goes_on_where_another_number_of_processes_was_killed(alone):
    pipeline, whole = (
        made(dense(dropout=0.2), 2, keras.optimizers.Adam(0.05)) for made in (pipelined, alone)
    )
    epoch = Checkpoint(os.environ["KRL_CHECKPOINT"], resume=True).restore(pipeline.model)
    assert epoch == 2
    pipeline.fit(X, Y, 4, epochs=5, initial_epoch=epoch, verbose=0)
    whole.fit(X, Y, 4, epochs=5, verbose=0)
    close(pipeline.model.get_weights(), whole.model.get_weights())


def test_only_inputs_are_kept():
    def kept(rematerialize):
        sizes = []
        pipeline = pipelined(dense(), 5, rematerialize=rematerialize)
        with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor: sizes.append(tensor.nbytes) or tensor, lambda tensor: tensor
        ):
            pipeline.gradients(X, Y)
        return sum(sizes)

    inputs, everything = kept(True), kept(False)
    if RANK < SIZE - 1:  # the last keeps its loss, too
        assert inputs < 0.5 * everything
        assert SIZE < 4 or inputs == 4 * 10 * [6, 8, 7][RANK]


def test_what_cannot_be_done_is_refused():
    for words, attempt in {
        "must be the number of processes": lambda: pipelined(dense(), cells=3),
        "before they see data": lambda: pipelined(dense(), metrics=[keras.metrics.F1Score()]),
    }.items():
        with pytest.raises(ValueError, match=words):
            attempt()
