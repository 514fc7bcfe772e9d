"""Normalization, augmentation and crops of AlexNet against loops and NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers import (
    GroupedConv2D,
    LocalResponseNormalization,
    PCAColorAugmentation,
    TenCrop,
)

RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 3, 4, 5)).astype("float32")
PICTURES = RNG.uniform(0, 255, (2, 4, 5, 3)).astype("float32")
LARGE = {"alpha": 0.3, "bias": 0.7}  # as large as makes every term matter

# Class, constructor arguments, inputs, mask; see test_conformance.
CONTRACT = [
    (LocalResponseNormalization, LARGE, X, None),
    (LocalResponseNormalization, {**LARGE, "axis": 1, "beta": 0.5, "alpha_mode": "mean"}, X, None),
    (LocalResponseNormalization, {**LARGE, "beta": 1.2, "depth_radius": 7}, X[0], None),
    (PCAColorAugmentation, {"std": 0.0, "clip": False}, PICTURES, None),
    (GroupedConv2D, {"filters": 4, "kernel_size": 3, "padding": "same"}, X[..., :4], None),
    (TenCrop, {"size": 3}, X, None),
    (TenCrop, {"size": 2, "vertical_flip": True}, X, None),
]


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_towers_are_the_groups_of_keras(groups):
    x = RNG.standard_normal((2, 7, 8, 6)).astype("float32")
    options = {"groups": groups, "strides": 2, "padding": "same", "activation": "relu"}
    ours = GroupedConv2D(12, (3, 2), bias_initializer="normal", **options)
    theirs = keras.layers.Conv2D(12, (3, 2), **options)
    found = ops.convert_to_numpy(ours(x))
    theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(found, ops.convert_to_numpy(theirs(x)), atol=1e-5)
    if groups == 2:  # the first tower does not see the second
        x[..., 3:] = 9
        np.testing.assert_array_equal(ops.convert_to_numpy(ours(x))[..., :6], found[..., :6])


def normalized(x, radius, bias, alpha, beta):
    """Return the formula of section 3.3, term by term."""
    out = np.empty_like(x)
    for place in np.ndindex(x.shape):
        *rest, i = place
        near = range(max(0, i - radius), min(x.shape[-1], i + radius + 1))
        energy = sum(float(x[(*rest, j)]) ** 2 for j in near)
        out[place] = x[place] / (bias + alpha * energy) ** beta
    return out


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 96])
@pytest.mark.parametrize("radius", [0, 1, 2, 7])
def test_lrn_is_the_formula(channels, radius):
    x = 3 * np.random.default_rng(channels).standard_normal((3, channels)).astype("float32")
    for beta in (0.5, 0.75, 1.0):
        layer = LocalResponseNormalization(radius, 0.7, 0.3, beta)
        expected = normalized(x, radius, 0.7, 0.3, beta)
        np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), expected, atol=1e-6, rtol=1e-6)


def test_lrn_is_that_of_torch():
    torch = pytest.importorskip("torch")
    x = 20 * X
    theirs = torch.nn.LocalResponseNorm(3, alpha=0.3, beta=0.75, k=2.0)
    expected = theirs(torch.tensor(x).movedim(-1, 1)).movedim(1, -1).numpy()
    for alpha, mode in ((0.3, "mean"), (0.1, "sum")):
        layer = LocalResponseNormalization(1, 2.0, alpha, 0.75, alpha_mode=mode)
        np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), expected, atol=1e-5, rtol=1e-5)


def test_lrn_without_energy_is_a_factor():
    x = X[0, 0]
    identity = LocalResponseNormalization(0, 1.0, 0.0)(x)
    np.testing.assert_array_equal(ops.convert_to_numpy(identity), x)
    scaled = LocalResponseNormalization(bias=4.0, alpha=0.0, beta=0.5)(x)
    np.testing.assert_allclose(ops.convert_to_numpy(scaled), x / 2, rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1, -3])
def test_lrn_along_any_axis(axis):
    got = ops.convert_to_numpy(LocalResponseNormalization(1, axis=axis, **LARGE)(X))
    moved = ops.convert_to_numpy(LocalResponseNormalization(1, **LARGE)(np.moveaxis(X, axis, -1)))
    np.testing.assert_allclose(got, np.moveaxis(moved, -1, axis), atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_lrn_of_large_halves(policy):
    """The square of 1000 is infinite in float16."""
    x = np.full((1, 2, 5), 1000.0, "float16")
    layer = LocalResponseNormalization(2, 1.0, 1e-4, dtype=policy)
    got = ops.convert_to_numpy(ops.cast(layer(x), "float32"))
    expected = normalized(x.astype("float32"), 2, 1.0, 1e-4, 0.75)
    np.testing.assert_allclose(got, expected, rtol=1e-2)


def test_lrn_in_float64(float64):
    x = np.random.default_rng(1).standard_normal((2, 5))
    layer = LocalResponseNormalization(1, dtype="float64", **LARGE)
    np.testing.assert_allclose(layer(x), normalized(x, 1, 0.7, 0.3, 0.75), rtol=1e-14)
    _, (gradient,) = Differentiable(layer, ops.sum).gradients(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        up, down = (normalized(x + s, 1, 0.7, 0.3, 0.75).sum() for s in (step, -step))
        assert gradient[place] == pytest.approx((up - down) / 2e-6, abs=1e-8)


@pytest.mark.parametrize(
    ("kwargs", "name"),
    [
        ({"depth_radius": -1}, "depth_radius"),
        ({"depth_radius": 1.5}, "depth_radius"),
        ({"bias": 0.0}, "bias"),
        ({"alpha": -1.0}, "alpha"),
        ({"alpha_mode": "caffe"}, "alpha_mode"),
    ],
)
def test_lrn_refuses(kwargs, name):
    with pytest.raises(ValueError, match=f"`{name}` must .* Received: {name}="):
        LocalResponseNormalization(**kwargs)
    with pytest.raises(ValueError, match="`inputs` must have .* an axis 4"):
        LocalResponseNormalization(axis=4)(X)


def test_crops_lie_where_they_should():
    crops = ops.convert_to_numpy(TenCrop(2)(X))  # from 3 x 4
    corners = [(0, 0), (0, 2), (1, 0), (1, 2), (0, 1)]
    for place, (y, x) in enumerate(corners):
        cut = X[:, y : y + 2, x : x + 2]
        np.testing.assert_array_equal(crops[:, place], cut)
        np.testing.assert_array_equal(crops[:, place + 5], cut[:, :, ::-1])
    upside_down = ops.convert_to_numpy(TenCrop(2, vertical_flip=True)(X))
    np.testing.assert_array_equal(upside_down[:, 5:], upside_down[:, :5, ::-1])


def test_crops_as_large_as_the_picture():
    whole = X[:, :, :3]
    crops = ops.convert_to_numpy(TenCrop(3)(whole))
    for place in range(10):
        np.testing.assert_array_equal(crops[:, place], whole if place < 5 else whole[:, :, ::-1])


def test_crops_keep_whole_numbers():
    crops = TenCrop(2)(np.arange(9, dtype="uint8").reshape(1, 3, 3, 1))
    assert keras.backend.standardize_dtype(crops.dtype) == "uint8"


@pytest.mark.parametrize("size", [4, 0, 2.5])
def test_crops_refuse(size):
    with pytest.raises(ValueError, match="`(inputs|size)` must be .* Received"):
        TenCrop(size)(X)


@pytest.mark.parametrize("scale", ["variance", "std"])
def test_colours_have_the_covariance_of_the_formula(scale):
    values, (low, high) = np.array([0.3, 0.1, 0.02]), (-1.0, 1.0)
    vectors = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    layer = PCAColorAugmentation(
        0.1, values, vectors, value_range=(low, high), scale=scale, clip=False, seed=1
    )
    x = np.zeros((20_000, 1, 2, 3), "float32")
    shifts = ops.convert_to_numpy(layer(x, training=True))
    np.testing.assert_array_equal(shifts[:, :, 0], shifts[:, :, 1])  # one colour for all pixels
    sizes = values if scale == "variance" else np.sqrt(values)
    expected = vectors @ np.diag((0.1 * sizes * (high - low)) ** 2) @ vectors.T
    error = np.abs(np.cov(shifts[:, 0, 0].T) - expected).max()
    assert error < 0.05 * np.abs(expected).max()


def test_colours_change_in_training_alone_and_stay_within_the_range():
    layer = PCAColorAugmentation(std=50.0, seed=0)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(PICTURES)), PICTURES)
    got = ops.convert_to_numpy(layer(PICTURES, training=True))
    assert got.min() == 0 or got.max() == 255
    assert got.min() >= 0 and got.max() <= 255 and (got != PICTURES).any()
    first, second = (
        ops.convert_to_numpy(PCAColorAugmentation(seed=3)(PICTURES, training=True))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_adapt_is_the_covariance_of_all_pixels(tmp_path):
    images = np.random.default_rng(2).integers(0, 256, (6, 4, 5, 3), dtype="uint8")
    images[..., 1] //= 3
    covariance = np.cov(images.reshape(-1, 3).T / 255)
    parts = {
        "array": images,
        "batches": [images[:1], images[1:4], images[4:]],
        "another order": iter([images[4:], images[1:4], images[:1]]),
        "pictures": (image for image in images),
    }
    for data in parts.values():
        layer = PCAColorAugmentation(clip=False, seed=0)
        layer.adapt(data)
        values, vectors = (ops.convert_to_numpy(w).astype("float64") for w in layer.weights[:2])
        np.testing.assert_allclose(vectors @ np.diag(values) @ vectors.T, covariance, atol=1e-6)
        assert (np.diff(values) < 0).all()
    model = keras.Sequential([keras.Input((4, 5, 3)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").layers[0]
    np.testing.assert_array_equal(ops.convert_to_numpy(loaded.weights[0]), values.astype("f4"))


@pytest.mark.parametrize(
    ("kwargs", "name"),
    [
        ({"std": -1}, "std"),
        ({"scale": "root"}, "scale"),
        ({"value_range": (1, 0)}, "value_range"),
        ({"eigenvalues": (1, 2), "eigenvectors": np.eye(3)}, "eigenvalues"),
        ({"eigenvalues": (1, 2, 3)}, "eigenvectors"),
    ],
)
def test_colours_refuse(kwargs, name):
    with pytest.raises(ValueError, match=f"`{name}` must .*Received"):
        PCAColorAugmentation(**kwargs)


def test_colours_are_three():
    with pytest.raises(ValueError, match="`inputs` must have a last axis of 3"):
        PCAColorAugmentation()(X)
    with pytest.raises(ValueError, match="`data` must have"):
        PCAColorAugmentation().adapt(X)
    with pytest.raises(ValueError, match="`data` must have two pixels or more"):
        PCAColorAugmentation().adapt(PICTURES[:1, :1, :1])
