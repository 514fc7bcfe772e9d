"""What all layers over sequences promise alike: checks, masks, states, wrappers and precision."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist import layers

RNG = np.random.default_rng(0)
B, T, D = 3, 4, 5
X = RNG.standard_normal((B, T, D)).astype("float32")
MASK = np.array([[1, 1, 0, 1], [1, 1, 1, 1], [0, 1, 0, 0]], bool)
LAYERS = {
    "LSTM": lambda **kwargs: layers.LSTM(np.int64(4), **kwargs),
    "GRU": lambda **kwargs: layers.GRU(np.int32(4), **kwargs),
    "SimpleRNN": lambda **kwargs: layers.SimpleRNN(4, **kwargs),
    "NTM": lambda **kwargs: layers.NTM(np.int64(5), 3, controller_units=4, **kwargs),
    "RelationalMemory": lambda **kwargs: layers.RelationalMemory(np.int64(2), 4, **kwargs),
}
every = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS.keys())


def numpy(outputs):
    return [np.array(ops.convert_to_numpy(o)) for o in keras.tree.flatten(outputs)]


def built(make, **kwargs):
    layer = make(**kwargs)
    layer.build((None, None, D))
    rng = np.random.default_rng(1)
    layer.set_weights([w + 0.3 * rng.standard_normal(w.shape) for w in layer.get_weights()])
    return layer


def states_of(layer, batch=B):
    sizes = layer.cell.state_size
    return [RNG.uniform(0, 0.5, (batch, size)).astype("float32") for size in sizes]


@every
def test_states_and_inputs_that_do_not_fit_are_refused(make):
    layer = built(make)
    states = states_of(layer)
    for wrong in (
        [np.concatenate([s, s]) for s in states],  # another batch
        [s[:2] for s in states],
        [s[None] for s in states],  # the axis of layers of torch
        [np.concatenate([s, s], axis=1) for s in states],
        [*states, states[0]],
    ):
        with pytest.raises(ValueError, match="`initial_state` must be"):
            layer(X, initial_state=wrong)
        with pytest.raises(ValueError, match="`states` must be"):
            layer.cell(ops.convert_to_tensor(X[:, 0]), [ops.convert_to_tensor(s) for s in wrong])
    for wrong in (np.ones((B, T, 500), "float32"), X[0], X[:, :, None, None]):
        with pytest.raises(ValueError, match="`sequences` must have"):
            layer(wrong)
        with pytest.raises(ValueError, match="`sequences` must have"):
            layer(keras.KerasTensor(wrong.shape))
    with pytest.raises(ValueError, match="`inputs` must have"):
        layer.cell(ops.ones((B, 2)), states)
    for wrong in (MASK[:2], MASK[:, :3], MASK[0], MASK[..., None]):
        with pytest.raises(ValueError, match="`mask` must"):
            layer(X, mask=wrong)


@every
def test_a_state_of_one_is_that_of_all(make):
    layer = built(make, return_sequences=True, return_state=True)
    one = states_of(layer, 1)
    repeated = layer(X, initial_state=[np.repeat(s, B, axis=0) for s in one])
    for got, want in zip(numpy(layer(X, initial_state=one)), numpy(repeated), strict=True):
        np.testing.assert_allclose(got, want, atol=1e-6)


@every
def test_no_steps_and_no_examples(make):
    layer = built(make, return_sequences=True, return_state=True)
    states = states_of(layer)
    outputs, *last = numpy(layer(X[:, :0], initial_state=states))
    assert outputs.shape == (B, 0, layer.cell.output_size)
    for got, want in zip(last, states, strict=True):
        np.testing.assert_array_equal(got, want)
    for x in (X[:, :0], X[:0], X[:0, :0]):
        shapes = [array.shape for array in numpy(layer(x))]
        assert shapes == list(layer.compute_output_shape(x.shape))
        last = make()
        assert numpy(last(x))[0].shape == last.compute_output_shape(x.shape)


@every
def test_a_mask_of_keras_counts_beside_a_state(make):
    layer = built(make, return_sequences=True)
    x, states = np.where(MASK[..., None], X, 0), states_of(layer)
    inputs, given = keras.Input((T, D)), [keras.Input(s.shape[1:]) for s in states]
    outputs = layer(keras.layers.Masking()(inputs), initial_state=given)
    model = keras.Model([inputs, *given], outputs)
    want = numpy(layer(x, initial_state=states, mask=MASK))[0]
    np.testing.assert_allclose(model.predict([x, *states], verbose=0), want, atol=1e-5)


@every
def test_frozen_stays_frozen(make, tmp_path):
    for freeze in ("argument", "attribute"):
        layer = make(trainable=freeze == "attribute")
        model = keras.Sequential([keras.Input((T, D)), layer, keras.layers.Dense(1)])
        layer.trainable = False
        assert len(model.trainable_variables) == 2
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        assert len(loaded.trainable_variables) == 2
        loaded.layers[0].trainable = True
        assert len(loaded.trainable_variables) > 2


@every
def test_bidirectional(make, tmp_path):
    layer = keras.layers.Bidirectional(make(return_sequences=True, return_state=True))
    outputs, *states = layer(X, mask=MASK)
    count = len(states) // 2
    for half, direction, x, mask in (
        (0, layer.forward_layer, X, MASK),
        (1, layer.backward_layer, X[:, ::-1], MASK[:, ::-1]),
    ):
        alone = make(return_sequences=True, return_state=True, zero_output_for_mask=True)
        alone.build(X.shape)
        alone.set_weights(direction.get_weights())
        want, *last = numpy(alone(np.ascontiguousarray(x), mask=np.ascontiguousarray(mask)))
        got = np.split(numpy([outputs])[0], 2, axis=-1)[half]
        np.testing.assert_allclose(got, want[:, ::-1] if half else want, atol=1e-5)
        ends = numpy(states[half * count : (half + 1) * count])
        for got, want in zip(ends, last, strict=True):
            np.testing.assert_allclose(got, want, atol=1e-5)
    model = keras.Sequential([keras.Input((T, D)), keras.layers.Bidirectional(make())])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-6)


@every
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_states_of_half_precision_are_handed_on_exactly(make, policy):
    layer = built(make, return_sequences=True, return_state=True, dtype=policy)
    whole, *last = layer(X)
    first, *states = layer(X[:, :2])
    second, *end = layer(X[:, 2:], initial_state=states)
    for tensor in (whole, first, second):
        assert keras.backend.standardize_dtype(tensor.dtype) == layer.compute_dtype
    for got, want in zip(end, last, strict=True):
        assert keras.backend.standardize_dtype(got.dtype) == "float32"
        np.testing.assert_allclose(*numpy([got, want]), atol=1e-6)
    symbols = layer(keras.KerasTensor((None, None, D)))
    assert [s.dtype for s in symbols] == [layer.compute_dtype] + ["float32"] * len(last)


@every
def test_float64_stays_float64(make, float64):
    layer = built(make, return_sequences=True, return_state=True, dtype="float64")
    x = RNG.standard_normal((B, T, D))
    outputs, *states = layer(x, mask=MASK)
    assert {keras.backend.standardize_dtype(o.dtype) for o in (outputs, *states)} == {"float64"}
    # A step of 1e-9 in the inputs moves float64 outputs by its share, and float32 ones not at all.
    moved = [numpy(layer(x + step, mask=MASK))[0] for step in (1e-9, -1e-9, 1e-6, -1e-6)]
    small, large = (moved[0] - moved[1]) / 2e-9, (moved[2] - moved[3]) / 2e-6
    np.testing.assert_allclose(small, large, atol=1e-5)


@every
def test_what_is_no_argument_is_refused_in_one_sentence(make):
    for name in ("stateful", "unroll", "implementation"):
        if name == "unroll" and hasattr(make(), "unroll"):
            continue
        with pytest.raises(ValueError, match=f"`{name}` is no argument of"):
            make(**{name: True})
    assert make(stateful=False).stateful is False


@every
def test_the_regularizer_of_activity_adds_a_loss(make):
    layer = built(make, activity_regularizer="l2")
    output = numpy(layer(X))[0]
    np.testing.assert_allclose(numpy(layer.losses), [0.01 * (output**2).sum() / B], rtol=1e-5)
    restored = type(layer).from_config(layer.get_config())
    assert isinstance(restored.activity_regularizer, keras.regularizers.L2)


@every
def test_a_trace_under_a_mask_is_finite(make):
    layer = built(make)
    spoiled = np.where(MASK[..., None], X, np.float32(np.nan))
    for got, want in zip(
        numpy(layer.trace(spoiled, mask=MASK)), numpy(layer.trace(X, mask=MASK)), strict=True
    ):
        np.testing.assert_allclose(got, want, atol=1e-6)
        assert np.isfinite(got).all()


@every
@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only TensorFlow has such")
def test_functions_of_unknown_batch_and_time(make):
    import tensorflow as tf

    layer = built(make, return_sequences=True, return_state=True)
    signature = [
        tf.TensorSpec((None, None, D)),
        tf.TensorSpec((None, None), tf.bool),
        [tf.TensorSpec((None, size)) for size in layer.cell.state_size],
    ]
    function = tf.function(
        lambda x, mask, states: layer(x, mask=mask, initial_state=states), signature
    )
    states = states_of(layer)
    for got, want in zip(
        numpy(function(X, MASK, states)),
        numpy(layer(X, mask=MASK, initial_state=states)),
        strict=True,
    ):
        np.testing.assert_allclose(got, want, atol=1e-5)
    for got, state in zip(numpy(function(X[:, :0], MASK[:, :0], states))[1:], states, strict=True):
        np.testing.assert_array_equal(got, state)  # no steps change nothing
    with pytest.raises(tf.errors.InvalidArgumentError):
        function(X, MASK, [s[:2] for s in states])
