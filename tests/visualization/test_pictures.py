"""Pictures of models equal their definitions, and leave the models as they were."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.visualization import (
    activation_grid,
    filter_grid,
    fooling_image,
    grad_cam,
    layer_codes,
    occlusion_map,
    saliency,
    smooth_grad,
    tsne,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.random((3, 6, 6, 2)).astype("float32")


def linear(activation=None):
    """Return a linear model of images, and its matrix as images."""
    keras.utils.set_random_seed(1)
    dense = layers.Dense(4, activation=activation, name="scores")
    model = keras.Sequential([keras.Input((6, 6, 2)), layers.Flatten(), dense])
    kernel, _ = dense.get_weights()
    return model, kernel.reshape(6, 6, 2, 4)


def residual(activation="softmax"):
    """Return a small network in which a layer is not on the only way to the scores."""
    keras.utils.set_random_seed(0)
    images = keras.Input((6, 6, 2))
    x = layers.Conv2D(3, 3, padding="same", name="first")(images)
    y = layers.Conv2D(3, 3, padding="same", activation="relu", name="second")(x)
    x = layers.BatchNormalization()(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, layers.Dense(4, activation=activation)(x))


class Hidden(keras.Model):
    """A model that hides its layers."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, images):
        return self.inner(images)


@pytest.mark.parametrize("activation", [None, "softmax", "sigmoid"])
def test_saliency_of_a_linear_model_is_its_weights(activation):
    model, kernel = linear(activation)
    for classes in (2, [0, 3, 1]):
        found = saliency(model, IMAGES, classes)
        labels = np.broadcast_to(classes, 3)
        wanted = np.stack([np.abs(kernel[..., k]).max(axis=-1) for k in labels])
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)
        smooth = smooth_grad(model, IMAGES, classes, samples=3)
        np.testing.assert_allclose(smooth, wanted, rtol=1e-4, atol=1e-6)
    chosen = model.predict_on_batch(IMAGES).argmax(axis=1)
    np.testing.assert_allclose(saliency(model, IMAGES), saliency(model, IMAGES, chosen))


def test_weights_that_were_trained_after_the_first_picture_count():
    model, _ = linear("softmax")
    first = saliency(model, IMAGES, 1)
    model.layers[-1].set_weights([3 * w for w in model.layers[-1].get_weights()])
    np.testing.assert_allclose(saliency(model, IMAGES, 1), 3 * first, rtol=1e-4)


def test_a_separate_softmax_is_left_out():
    model, kernel = linear()
    for last in (layers.Softmax(), layers.Activation("softmax")):
        whole = keras.Sequential([*model.layers, last])
        whole.build((None, 6, 6, 2))
        wanted = np.abs(kernel[..., 1]).max(axis=-1)
        np.testing.assert_allclose(saliency(whole, IMAGES, 1)[0], wanted, rtol=1e-4, atol=1e-6)


def test_hidden_layers_are_differentiated_and_warned_of():
    inner = residual()
    hidden = Hidden(inner)
    hidden(IMAGES)
    with pytest.warns(UserWarning, match="gives probabilities"):
        found = saliency(hidden, IMAGES, 1)
    function = Differentiable(inner, lambda out: ops.sum(out[:, 1]))
    (wanted,) = function.of_inputs(IMAGES)
    np.testing.assert_allclose(found, np.abs(wanted).max(axis=-1), rtol=1e-4, atol=1e-7)
    with pytest.raises(ValueError, match="hides its layers"):
        grad_cam(hidden, IMAGES, "first")


def test_grad_cam_equals_its_definition():
    model = residual()
    found = grad_cam(model, IMAGES, "first", classes=2)
    outputs = model.layers[-1].input, model.get_layer("first").output
    _, features = map(ops.convert_to_numpy, keras.Model(model.inputs[0], outputs)(IMAGES))
    # The gradient of what is between, by finite differences of the features.
    first, second = model.get_layer("first"), model.get_layer("second")
    norm, head = model.layers[-3], model.layers[-1]
    kernel, bias = head.get_weights()

    def score(features):
        x = norm(ops.convert_to_tensor(features) + second(features))
        pooled = ops.convert_to_numpy(ops.mean(x, axis=(1, 2))).astype("float64")
        return (pooled @ kernel + bias)[:, 2]

    alpha = np.zeros((3, 3))
    for k in range(first.filters):
        moved = np.zeros_like(features)
        moved[..., k] = 1e-2  # the sum of the gradients over all places
        alpha[:, k] = (score(features + moved) - score(features - moved)) / 2e-2 / 36
    wanted = np.maximum(np.einsum("nk,nijk->nij", alpha, features), 0)
    np.testing.assert_allclose(found, wanted, rtol=2e-2, atol=1e-4)
    assert grad_cam(model, IMAGES).shape == (3, 6, 6)  # the last layer with maps


def test_grad_cam_is_as_large_as_the_images():
    model = keras.Sequential([keras.Input((6, 6, 2)), layers.Conv2D(3, 3, strides=2, name="maps")])
    model.add(layers.GlobalMaxPooling2D())
    assert grad_cam(model, IMAGES, "maps").shape == (3, 6, 6)
    with pytest.raises(ValueError, match="must give maps"):
        grad_cam(model, IMAGES, model.layers[-1].name)


def test_occlusion_equals_a_loop():
    model = residual()
    found = occlusion_map(model, IMAGES, [0, 1, 2], patch=3, stride=2, fill=0.5, batch_size=3)
    assert found.shape == (3, 2, 2)
    for n, i, j in np.ndindex(found.shape):
        covered = IMAGES[n : n + 1].copy()
        covered[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] = 0.5
        assert found[n, i, j] == pytest.approx(model.predict_on_batch(covered)[0, n], abs=1e-5)


def test_occlusion_of_a_constant_model_is_flat():
    model, _ = linear()
    model.set_weights([np.zeros((72, 4)), np.arange(4.0)])
    found = occlusion_map(model, IMAGES, 3, patch=2, stride=1)
    wanted = np.exp(3) / np.exp(np.arange(4)).sum()
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_fooling_changes_the_class_by_little():
    model, kernel = linear()
    scores = model.predict_on_batch(IMAGES)
    targets = scores.argmin(axis=1)
    seen = []
    found = fooling_image(
        model, IMAGES, targets, 0.05, steps=200, callback=lambda step, x: seen.append(step)
    )
    assert found.success.all() and (model.predict_on_batch(found.images).argmax(1) == targets).all()
    assert seen == list(range(1, found.steps.max() + 1))
    # Each step went along the weights of the target, so the last image lies on that line.
    for image, before, target, steps in zip(
        found.images, IMAGES, targets, found.steps, strict=True
    ):
        along = kernel[..., target] / np.linalg.norm(kernel[..., target])
        np.testing.assert_allclose(image - before, 0.05 * steps * along, atol=1e-4)
    kept = fooling_image(model, IMAGES, scores.argmax(axis=1))
    assert kept.steps.tolist() == [0, 0, 0] and (kept.images == IMAGES).all()
    clipped = fooling_image(model, IMAGES, targets, 1.0, limits=(0, 1)).images
    assert clipped.min() >= 0 and clipped.max() <= 1


def test_models_are_left_as_they_were(tmp_path):
    model = residual()
    config, weights = model.get_config(), model.get_weights()
    before = model.predict_on_batch(IMAGES)
    saliency(model, IMAGES)
    grad_cam(model, IMAGES, "first")
    occlusion_map(model, IMAGES, patch=3)
    layer_codes(model, IMAGES, "second")
    assert model.get_config() == config
    assert all(map(np.array_equal, model.get_weights(), weights))
    np.testing.assert_array_equal(model.predict_on_batch(IMAGES), before)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict_on_batch(IMAGES), before, atol=1e-6)


def test_images_of_any_size():
    images = keras.Input((None, None, 1))
    x = layers.Conv2D(3, 3, activation="relu", name="maps")(images)
    model = keras.Model(images, layers.Dense(2)(layers.GlobalMaxPooling2D()(x)))
    for side in (6, 9):
        pictures = np.ones((2, side, side, 1))
        assert saliency(model, pictures).shape == grad_cam(model, pictures).shape == (2, side, side)


def test_codes_are_what_the_layer_gives():
    model = residual()
    found = layer_codes(model, IMAGES, "second", batch_size=2)
    inner = keras.Model(model.inputs[0], model.get_layer("second").output)
    np.testing.assert_allclose(found, inner.predict_on_batch(IMAGES).reshape(3, -1), atol=1e-6)


def test_filters_fill_the_range_of_gray():
    kernel = RNG.normal(size=(2, 3, 3, 5))
    grid = filter_grid(kernel, padding=1)
    assert grid.shape == (5, 11, 3) and grid.dtype == np.uint8
    first = grid[:2, :3]
    assert first.min() == 0 and first.max() == 255
    spread = kernel[..., 0] - kernel[..., 0].min()
    np.testing.assert_array_equal(first, np.rint(255 * spread / spread.max()))
    assert (grid[2] == 0).all() and filter_grid(np.ones((2, 2, 1, 3)), columns=3).shape == (2, 8)


def test_maps_of_a_layer_stand_side_by_side():
    model = residual()
    found = activation_grid(model, IMAGES, "first", columns=3)
    inner = keras.Model(model.inputs[0], model.get_layer("first").output)
    maps = inner.predict_on_batch(IMAGES)
    assert found.shape == (3, 6, 20) and found.dtype == np.uint8
    for k in range(3):
        own = maps[1, ..., k] - maps[1, ..., k].min()
        due = np.rint(255 * own / own.max())
        assert np.abs(found[1, :, 7 * k : 7 * k + 6] - due).max() <= 1
    with pytest.raises(ValueError, match="`layer` must give maps"):
        activation_grid(model, IMAGES, model.layers[-1].name)


@pytest.mark.once
def test_tsne_keeps_groups_together():
    rng = np.random.default_rng(0)
    middles = 20 * rng.normal(size=(3, 5))
    codes = np.concatenate([m + rng.normal(size=(15, 5)) for m in middles])
    places = tsne(codes, perplexity=8)
    groups = places.reshape(3, 15, 2)
    own = np.abs(groups - groups.mean(axis=1, keepdims=True)).max()
    between = np.linalg.norm(groups.mean(axis=1) - groups.mean(axis=1)[[1, 2, 0]], axis=1).min()
    assert own < between
    np.testing.assert_array_equal(places, tsne(codes, perplexity=8))


MODEL = residual()
REFUSALS = {
    "gray images": (lambda: saliency(MODEL, IMAGES[..., 0]), "`images` must be"),
    "no images": (lambda: saliency(MODEL, IMAGES[:0]), "`images` must be"),
    "class too large": (lambda: saliency(MODEL, IMAGES, 4), "`classes` must be integers from 0"),
    "too few classes": (lambda: saliency(MODEL, IMAGES, [1, 2]), "`classes` must be integers"),
    "half a class": (lambda: saliency(MODEL, IMAGES, 1.5), "`classes` must be integers"),
    "unknown layer": (lambda: grad_cam(MODEL, IMAGES, "secnd"), "such as second"),
    "no samples": (lambda: smooth_grad(MODEL, IMAGES, samples=0), "`samples` must be"),
    "noise below zero": (lambda: smooth_grad(MODEL, IMAGES, noise=-1), "`noise` must not"),
    "patch too large": (lambda: occlusion_map(MODEL, IMAGES, patch=7), "`patch` must be at most 6"),
    "no target": (lambda: fooling_image(MODEL, IMAGES, None), "`targets` must be given"),
    "no step": (lambda: fooling_image(MODEL, IMAGES, 1, rate=0), "`rate` must be positive"),
    "two channels": (lambda: filter_grid(np.ones((3, 3, 2, 4))), "`filters` must be"),
    "codes": (lambda: tsne(np.full((9, 2), np.nan)), "`codes` must be"),
    "perplexity": (lambda: tsne(np.ones((9, 2)), perplexity=9), "`perplexity` must"),
    "maps of scores": (
        lambda: saliency(keras.Sequential([keras.Input((6, 6, 2)), layers.Conv2D(2, 3)]), IMAGES),
        "one row of scores",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name):
    act, words = REFUSALS[name]
    with pytest.raises(ValueError, match=words):
        act()
