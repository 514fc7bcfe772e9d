"""The checks accept sound layers and find seeded faults."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.testing import check_layer, gradient_check

X = np.random.default_rng(0).standard_normal((3, 5, 4)).astype("float32")


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


@pytest.mark.parametrize(
    ("layer", "kwargs"),
    [
        (keras.layers.Dense, {"units": 3}),
        (keras.layers.Dense, {"units": 3, "activation": "relu"}),
        (keras.layers.LayerNormalization, {}),
        (keras.layers.GRU, {"units": 3}),
    ],
)
def test_sound_layers_pass(layer, kwargs):
    check_layer(layer, kwargs, X)
    report = gradient_check(layer(**kwargs), X)
    assert report.ok, report


def test_masks_are_checked():
    mask = np.ones((3, 5), bool)
    mask[:, 3:] = False
    check_layer(keras.layers.LSTM, {"units": 3}, X, masked=mask, policies=())
    with pytest.raises(AssertionError, match="masked steps matter"):
        check_layer(Mean, {}, X, masked=mask, policies=())


@keras.saving.register_keras_serializable(package="test_check_layer")
class Mean(keras.layers.Layer):
    """The mean over the shown steps, by a product: NaN stays NaN."""

    def call(self, inputs, mask=None):
        mask = ops.ones_like(inputs[..., 0]) if mask is None else ops.cast(mask, inputs.dtype)
        return ops.sum(inputs * mask[..., None], axis=1) / ops.sum(mask, axis=1)[:, None]

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[2])


@keras.saving.register_keras_serializable(package="test_check_layer")
class Faulty(keras.layers.Layer):
    """A dense layer with one fault, chosen by name."""

    def __init__(self, fault, **kwargs):
        super().__init__(**kwargs)
        self.fault = fault

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 2))
        self.spare = self.add_weight(name="spare", shape=(2,), initializer="ones")

    def call(self, inputs, training=False):
        x = ops.matmul(inputs, self.kernel)
        if self.fault == "wrong gradient":
            x = x + ops.stop_gradient(ops.square(x))
        if self.fault == "training" and training:
            x = 2 * x
        return x if self.fault == "dead weight" else x * self.spare

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 3 if self.fault == "shape" else 2)

    def get_config(self):
        return {**super().get_config(), **({} if self.fault == "config" else {"fault": self.fault})}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("config", "get_config lacks"),
        ("shape", "symbolic shape|compute_output_shape"),
        ("dead weight", "does not change"),
        ("training", "training=True matters"),
    ],
)
def test_seeded_faults_are_found(fault, message):
    with pytest.raises(AssertionError, match=message):
        check_layer(Faulty, {"fault": fault}, X)


def test_sound_version_of_the_faulty_layer():
    check_layer(Faulty, {"fault": "none"}, X)
    assert gradient_check(Faulty("none"), X).ok


def test_wrong_gradient_is_found_and_weights_are_kept():
    layer = Faulty("wrong gradient")
    layer.build(X.shape)
    before = layer.get_weights()
    report = gradient_check(layer, X)
    assert not report.ok and report.max_relative_error > 0.1
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_kinks_are_counted():
    report = gradient_check(keras.layers.ReLU(), np.zeros((2, 3), "float32"))
    assert report.kinks == 6 and report.ok
    assert not gradient_check(keras.layers.ReLU(), np.zeros((2, 3), "float32"), kink_aware=False).ok


def test_integer_inputs_are_not_differentiated():
    report = gradient_check(keras.layers.Embedding(4, 2), np.array([[0, 1, 3]]))
    [name] = report.per_tensor
    assert report.ok and name.endswith("/embeddings")
