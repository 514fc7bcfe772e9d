"""Signals, lesions and loss surfaces of residual networks."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import PreActResNetCIFAR, ResNet, ResNetCIFAR
from keras_readinglist.visualization import Lesions, loss_surface, signal_propagation

RNG = np.random.default_rng(0)
IMAGES = RNG.standard_normal((3, 6, 6, 2)).astype("float32")
LABELS = np.array([0, 2, 1])
SMALL = {"width": 4, "classes": 3, "input_shape": (6, 6, 2)}


def test_gradients_behind_units_are_slopes_of_the_loss():
    model = ResNetCIFAR(8, **SMALL)
    found = signal_propagation(model, IMAGES, LABELS, training=False)
    last = keras.Model(model.input, model.units[-1].output)
    signal = ops.convert_to_numpy(last(IMAGES))

    def loss(signal):
        logits = model.get_layer("predictions")(signal.mean((1, 2)))
        return float(ops.mean(keras.losses.sparse_categorical_crossentropy(LABELS, logits, True)))

    along = RNG.standard_normal(signal.shape).astype("float32")
    slope = (loss(signal + 1e-2 * along) - loss(signal - 1e-2 * along)) / 2e-2
    kernel = ops.convert_to_numpy(model.get_layer("predictions").kernel)
    logits = ops.convert_to_numpy(model(IMAGES))
    odds = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True) - np.eye(3)[LABELS]
    gradient = np.broadcast_to((odds @ kernel.T / 3 / 4)[:, None, None], signal.shape)
    assert slope == pytest.approx((gradient * along).sum(), abs=2e-3)
    assert found["gradient"][-1] == pytest.approx(np.linalg.norm(gradient), rel=1e-4)
    assert found["signal"][-1] == pytest.approx(np.sqrt(np.square(signal).mean()), rel=1e-4)


def test_the_gradient_is_multiplied_by_every_shortcut():
    for scale in (0.5, 1.0):
        unit = {"shortcut": "constant", "shortcut_scale": scale, "activation_order": "original",
                "zero_init_residual": True}  # fmt: skip
        model = ResNet((5,), (4,), stem="cifar", unit_config=unit, classes=3,
                       classifier_activation=None, input_shape=(6, 6, 2))  # fmt: skip
        gradient = signal_propagation(model, IMAGES, LABELS, training=False)["gradient"]
        ratios = gradient[:-1] / gradient[1:]
        np.testing.assert_allclose(ratios[1:-1], scale, rtol=1e-3)  # where all are positive


def test_averages_of_normalization_stay():
    model = ResNetCIFAR(8, **SMALL)
    before = model.get_weights()
    signal_propagation(model, IMAGES, LABELS)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_network_without_lesions_is_itself():
    model = PreActResNetCIFAR(14, **SMALL)
    np.testing.assert_allclose(Lesions(model)(IMAGES), model.predict_on_batch(IMAGES), atol=1e-5)


@pytest.mark.parametrize("residual", [True, False])
def test_a_lesion_is_a_network_without_the_unit(residual):
    long = ResNet((3,), (4,), stem="cifar", shortcut="A" if residual else "none", classes=3,
                  classifier_activation=None, input_shape=(6, 6, 2))  # fmt: skip
    short = ResNet((2,), (4,), stem="cifar", shortcut="A" if residual else "none", classes=3,
                   classifier_activation=None, input_shape=(6, 6, 2))  # fmt: skip
    kept = [layer for layer in long.layers if layer.name != "conv2_block2" and layer.weights]
    for ours, theirs in zip([x for x in short.layers if x.weights], kept, strict=True):
        ours.set_weights(theirs.get_weights())
    expected = short.predict_on_batch(IMAGES)
    np.testing.assert_allclose(Lesions(long)(IMAGES, [1]), expected, atol=1e-5)


def test_a_surface_of_a_line_is_known():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, use_bias=False)])
    before = model.get_weights()
    x = RNG.standard_normal((4, 2)).astype("float32")
    labels = np.array([0, 1, 2, 0])
    found = loss_surface(model, x, labels, span=0.5, points=3)
    logits = x @ before[0]
    expected = np.log(np.exp(logits).sum(-1)) - logits[np.arange(4), labels]
    assert found[1, 1] == pytest.approx(expected.mean(), rel=1e-5)
    # Along a line the loss of a linear model is convex.
    assert (found[0] + found[2] >= 2 * found[1] - 1e-6).all()
    assert np.ptp(found) > 1e-3
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    again = loss_surface(model, x, labels, span=0.5, points=3)
    np.testing.assert_array_equal(found, again)


def test_refusals():
    plain = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    with pytest.raises(ValueError, match="`model` must have layers"):
        Lesions(plain)
    with pytest.raises(ValueError, match="`model` must have layers"):
        signal_propagation(plain, np.ones((1, 2)), [0])
    with pytest.raises(ValueError, match="`points` must be odd"):
        loss_surface(plain, np.ones((1, 2)), [0], points=4)
    with pytest.raises(ValueError, match="`removed` must be units from 0 to 2"):
        Lesions(ResNetCIFAR(8, **SMALL))(IMAGES, [3])
