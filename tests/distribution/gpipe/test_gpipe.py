"""Training by micro-batches on one device, on every backend, is training on the whole batch."""

import keras
import numpy as np
import pytest

from keras_readinglist.distribution import GPipe
from keras_readinglist.distribution.gpipe.micro_batches import micro_batches, resolve_loss
from tests.distribution.gpipe.nets import LOSS, WEIGHTS, X, Y, arrays, dense, normalized


def compiled(model, optimizer="sgd", loss=LOSS, **options):
    pipeline = GPipe(model, **options)
    pipeline.compile(optimizer, loss)
    return pipeline


@pytest.mark.parametrize("count", [1, 3, 10, 99])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
def test_the_update_is_that_of_the_whole_batch(count, reduction):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)
    plain, model = dense(regularizer="l2"), dense(regularizer="l2")
    plain.compile(keras.optimizers.SGD(0.1), loss)
    plain.train_on_batch(X, Y, WEIGHTS)
    pipeline = compiled(model, keras.optimizers.SGD(0.1), loss, num_microbatches=count)
    pipeline.train_on_batch(X, Y, WEIGHTS)
    for one, other in zip(plain.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_averages_move_once_by_the_statistics_of_the_batch():
    model = normalized()
    compiled(model, num_microbatches=4).train_on_batch(X, Y)
    norm = model.get_layer("norm")
    mean, variance = arrays([norm.moving_mean, norm.moving_variance])
    np.testing.assert_allclose(mean, 0.01 * X.mean(0), atol=1e-6)
    np.testing.assert_allclose(variance, 0.99 + 0.01 * X.var(0), atol=1e-6)
    model = normalized()
    pipeline = compiled(model, num_microbatches=2, batch_statistics="microbatch")
    pipeline.train_on_batch(X, Y)
    expected = 0.0
    for part in (X[:5], X[5:]):
        expected = 0.99 * expected + 0.01 * part.mean(0)
    np.testing.assert_allclose(*arrays([model.get_layer("norm").moving_mean, expected]), atol=1e-6)


def test_it_fits_evaluates_predicts_and_goes_on_where_it_stopped(tmp_path):
    def pipeline_of(model):
        pipeline = GPipe(model, num_microbatches=2)
        optimizer = getattr(model, "optimizer", None) or keras.optimizers.Adam(0.05)
        pipeline.compile(optimizer, LOSS, [keras.metrics.SparseCategoricalAccuracy("acc")])
        return pipeline

    whole, begun = pipeline_of(dense()), pipeline_of(dense())
    history = whole.fit(X, Y, 4, epochs=4, verbose=0, validation_data=(X, Y)).history
    assert history["loss"][-1] < history["loss"][0] and 0 <= history["acc"][0] <= 1
    assert history["val_loss"][-1] == pytest.approx(whole.evaluate(X, Y)["loss"], abs=1e-6)
    np.testing.assert_allclose(whole.predict(X), whole.model.predict(X, verbose=0), atol=1e-5)
    begun.fit(X, Y, 4, epochs=2, verbose=0)
    begun.save(tmp_path / "half.keras")
    resumed = pipeline_of(keras.models.load_model(tmp_path / "half.keras"))
    resumed.fit(X, Y, 4, epochs=4, initial_epoch=2, verbose=0)
    for one, other in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_callbacks_see_the_model():
    pipeline = compiled(dense())
    stop = keras.callbacks.EarlyStopping("loss", patience=0, min_delta=9.0)
    assert len(pipeline.fit(X, Y, epochs=9, verbose=0, callbacks=[stop]).epoch) == 2


def test_no_example_is_dropped():
    parts = micro_batches({"a": X}, Y, WEIGHTS, 4, LOSS)
    assert [len(part.y) for part in parts] == [3, 3, 2, 2]
    assert sum(part.share for part in parts) == pytest.approx(1)
    np.testing.assert_array_equal(np.concatenate([part.x["a"] for part in parts]), X)
    assert len(micro_batches(X, Y, None, 99, LOSS)) == 10


def test_what_cannot_be_done_is_refused():
    class Own(keras.Model):
        def compute_loss(self, *args, **kwargs):
            return 0.0

    inputs = keras.Input((3,))
    model = dense()
    for words, attempt in {
        "no `compute_loss`": lambda: GPipe(Own(inputs, layers_of(inputs))),
        "at most the number of layers": lambda: GPipe(model, 5),
        "`sizes` must sum up": lambda: GPipe(model, balance=[3, 2]),
        "`num_microbatches` must be": lambda: GPipe(model, num_microbatches=0),
        "`balance` must be one of": lambda: GPipe(model, balance="beauty"),
        "`batch_statistics` must be one of": lambda: GPipe(model, batch_statistics="none"),
        "sums or averages": lambda: resolve_loss(keras.losses.MeanSquaredError(reduction=None)),
        "`metrics` must be objects": lambda: GPipe(model).compile("sgd", "mse", ["acc"]),
        "Call `compile`": lambda: GPipe(model).train_on_batch(X, Y),
        "use mixed_bfloat16": lambda: GPipe(dense("mixed_float16")).compile(
            keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()), "mse"
        ),
    }.items():
        with pytest.raises(ValueError, match=words):
            attempt()


def layers_of(inputs):
    return keras.layers.Dense(2)(inputs)


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="others have a pipeline")
def test_tensorflow_trains_one_cell():
    with pytest.raises(NotImplementedError, match="needs JAX or torch"):
        GPipe(dense(), 2)


def test_a_partition_is_told():
    said = []
    pipeline = GPipe(dense(), num_microbatches=8)
    pipeline.summary(said.append)
    assert "160 parameters" not in said[0] and f"{pipeline.model.count_params()} par" in said[0]
    assert pipeline.bubble_fraction == 0 and pipeline.speedup_bound() == 1
