"""Labels described by noisy weights: parts add up, and noise is not worth a weight."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.information import variational_code_length
from keras_readinglist.layers import NoisyDense

X = np.random.default_rng(0).standard_normal((200, 3)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")
NOISE = np.random.default_rng(1).integers(0, 2, 200)


def trained(y, estimator="local", epochs=150, **kwargs):
    keras.utils.set_random_seed(0)
    layer = NoisyDense(2, estimator=estimator, num_train=len(y), seed=0, **kwargs)
    model = keras.Sequential([keras.Input((3,)), layer])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.1), loss)
    model.fit(X, y, len(y), epochs=epochs, verbose=0)
    return model


@pytest.fixture(scope="module")
def model():
    return trained(Y)


def test_what_can_be_learned_is_shorter_and_the_parts_add_up(model):
    code = variational_code_length(model, X, Y)
    assert code.uniform == 200 and code.total == pytest.approx(code.weights + code.labels)
    assert code.compression_ratio > 2 and code.weights > 3
    nats = ops.convert_to_numpy(model.layers[0].description_length())
    assert code.weights == pytest.approx(float(nats) / np.log(2), rel=1e-5)
    in_nats = variational_code_length(model, X, Y[:, None], unit="nats")
    assert in_nats.weights == pytest.approx(float(nats), rel=1e-5)


def test_noise_is_not_worth_a_weight():
    assert variational_code_length(trained(NOISE), X, NOISE).compression_ratio < 1.05


def test_weights_without_noise_cost_labels_as_the_loss_says(model):
    layer = model.layers[0]
    kept = ops.convert_to_numpy(layer.log_scale)
    layer.log_scale.assign(np.full(kept.shape, -20.0))
    code = variational_code_length(model, X, Y, samples=1, unit="nats")
    logits = ops.convert_to_numpy(model(X)).astype(float)
    expected = np.log(np.exp(logits).sum(-1)) - logits[np.arange(200), Y]
    layer.log_scale.assign(kept)
    assert code.labels == pytest.approx(expected.sum(), rel=0.02)


def test_bad_input_is_named(model):
    plain = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    with pytest.raises(ValueError, match="`model` must be compiled"):
        variational_code_length(plain, X, Y)
    plain.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="no other weights. Received weights: .*kernel"):
        variational_code_length(plain, X, Y)
    with pytest.raises(ValueError, match="`samples` must be a positive integer"):
        variational_code_length(model, X, Y, samples=0)
    with pytest.raises(ValueError, match="`x` and `y` must be as many"):
        variational_code_length(model, X[:5], Y)
    with pytest.raises(ValueError, match="`y`"):
        variational_code_length(model, X, Y + 7)
