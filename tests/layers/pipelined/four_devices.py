"""Pipelines of `PipelinedStack` over four devices train as the plain stack does.

In float64, in which only a fault is larger than the tolerance: under pytest XLA does not optimise,
and sums of float32 may differ by 1e-5.
"""

import contextlib

import jax
import keras
import numpy as np
import pytest

from keras_readinglist.layers import PipelinedStack, TransformerEncoderBlock

keras.config.set_floatx("float64")
X, Y = np.random.default_rng(0).standard_normal((2, 8, 5, 4))
X[2, 3:] = X[5, 1:] = 0  # unequal numbers of steps
MESHES = ((1, 4), (2, 2))


@contextlib.contextmanager
def over(shape, pattern=".*/stacked_.*"):
    """Let four devices be replicas and stages."""
    mesh = keras.distribution.DeviceMesh(shape, ("batch", "stage"))
    layout = keras.distribution.LayoutMap(mesh)
    layout[pattern] = ("stage",)
    with keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch").scope():
        yield


def network():
    keras.utils.set_random_seed(3)
    inputs = keras.Input((5, 4))
    stack = PipelinedStack(TransformerEncoderBlock(2, 6), 4, num_microbatches=2, name="stack")
    outputs = keras.layers.Dense(4)(stack(keras.layers.Masking()(inputs)))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.5), "mse")
    return model, stack


def trained():
    model, stack = network()
    losses = model.fit(X, Y, batch_size=8, epochs=3, shuffle=False, verbose=0).history["loss"]
    return model, stack, losses


@pytest.fixture(scope="module")
def plain():
    model, _, losses = trained()
    return losses, model.get_weights(), model.predict(X, verbose=0)


@pytest.mark.parametrize("shape", MESHES)
def test_a_pipeline_trains_as_the_plain_stack(shape, plain, tmp_path):
    with over(shape):
        model, stack, losses = trained()
        assert {w.value.sharding.spec[0] for w in stack.weights} == {"stage"}
        slots = [v for v in model.optimizer.variables if "stacked" in v.path]
        assert len(slots) == len(stack.trainable_weights)
        assert {slot.value.sharding.spec[0] for slot in slots} == {"stage"}
        predicted = model.predict(X, verbose=0)
        model.save(tmp_path / "model.keras")
    np.testing.assert_allclose(losses, plain[0], atol=1e-10)
    for got, want in zip(model.get_weights(), plain[1], strict=True):
        np.testing.assert_allclose(got, want, atol=1e-10)
    np.testing.assert_allclose(predicted, plain[2], atol=1e-10)
    loaded = keras.saving.load_model(tmp_path / "model.keras")  # on one device
    np.testing.assert_allclose(loaded.predict(X, verbose=0), plain[2], atol=1e-10)


def test_the_pattern_may_match_outputs_too():
    _, stack = network()
    weights, expected = stack.get_weights(), np.asarray(stack(X))
    with over((1, 4), ".*stack.*"):
        _, stack = network()
        stack.set_weights(weights)
        np.testing.assert_allclose(np.asarray(stack(X)), expected, atol=1e-10)


def test_the_program_has_a_tick_for_every_micro_batch_and_boundary():
    with over((1, 4)):
        _, stack = network()
        program = str(jax.make_jaxpr(lambda x: stack(x, training=False))(X))
    assert "ppermute" in program and "length=5" in program  # 2 + 4 - 1


@pytest.mark.parametrize("shape", MESHES)
def test_no_two_micro_batches_blocks_or_replicas_drop_alike(shape):
    ones = np.ones((8, 400))
    with over(shape):
        stack = PipelinedStack(keras.layers.Dropout(0.2, seed=1), 4, num_microbatches=2)
        stack.build(ones.shape)
        before = np.asarray(stack.weights[0].value)
        kept = np.asarray(stack(ones, training=True)) > 0
        states = np.asarray(stack.weights[0].value)
    np.testing.assert_allclose(kept.mean(), 0.8**4, atol=0.05)
    assert len({row.tobytes() for row in kept}) == 8
    np.testing.assert_array_equal(states[:, 0], before[:, 0])
    assert (states[:, 1] > before[:, 1]).all()


def test_mixed_precision():
    stack = PipelinedStack(TransformerEncoderBlock(2, 6), 4, 2, dtype="mixed_bfloat16")
    expected = np.asarray(stack(X), "float32")
    with over((2, 2)):
        other = PipelinedStack.from_config(stack.get_config())
        other.build(X.shape)
        other.set_weights(stack.get_weights())
        found = other(X)
    assert found.dtype == "bfloat16"
    np.testing.assert_allclose(np.asarray(found, "float32"), expected, atol=0.05)


def test_batches_that_are_not_cut_evenly():
    with over((2, 2)):
        _, stack = network()
        assert stack(X[:6]).shape == (6, 5, 4)  # without training three rows of a pipeline
        with pytest.raises(ValueError, match="must divide the rows of each of the 2 pipelines.*6"):
            stack(X[:6], training=True)
        with pytest.raises(ValueError, match="Received: num_microbatches=2 and a batch of 3"):
            stack(X[:3])


def test_blocks_that_stages_do_not_divide():
    with over((1, 4)), pytest.raises(ValueError, match="a multiple of the 4 devices of the axis"):
        PipelinedStack(keras.layers.Dense(4), 6, 1)(X)
