"""A residual network whose normalizations are folded answers alike."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import (
    PreActResNetCIFAR,
    ResNet,
    ResNetCIFAR,
    optimize_for_inference,
)
from keras_readinglist.applications.image_classification.resnets import KERAS

SMALL = {"input_shape": (8, 8, 3), "width": 2}
MODELS = {
    "original": lambda: ResNetCIFAR(8, **SMALL),
    "projected": lambda: ResNetCIFAR(8, shortcut="B", **SMALL),
    "plain": lambda: ResNetCIFAR(8, residual=False, **SMALL),
    "bottleneck": lambda: PreActResNetCIFAR(11, **SMALL),
    "gated": lambda: PreActResNetCIFAR(8, unit_config={"shortcut": "shortcut_gating"}, **SMALL),
    "normalized after": lambda: PreActResNetCIFAR(
        8, version=1, unit_config={"activation_order": "bn_after_addition"}, **SMALL
    ),
}


def randomized(model):
    """Return a model whose weights and averages are drawn at random."""
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.2, 1.0, w.shape) for w in model.get_weights()])
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Conv2D):  # or all units would be open
            layer.kernel.assign(rng.normal(0, 0.2, layer.kernel.shape))
    return model


@pytest.mark.parametrize("name", MODELS)
def test_a_folded_network_answers_alike(name):
    model = randomized(MODELS[name]())
    before = model.get_weights()
    fast = optimize_for_inference(model)
    pictures = np.random.default_rng(1).normal(size=(2, 8, 8, 3)).astype("float32")
    due = ops.convert_to_numpy(model(pictures))
    assert np.ptp(due) > 0.1
    np.testing.assert_allclose(ops.convert_to_numpy(fast(pictures)), due, rtol=1e-4, atol=1e-5)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    kept = [n for layer in fast._flatten_layers() for n in [layer.name]
            if isinstance(layer, keras.layers.BatchNormalization)]  # fmt: skip
    assert len(kept) == {"bottleneck": 4, "gated": 4, "normalized after": 3}.get(name, 0)


@pytest.mark.parametrize("version", [1, 2])
def test_networks_of_keras_applications_are_folded(version):
    options = {"stem_filters": 4, "input_shape": (32, 32, 3), "classes": 3, **KERAS[version]}
    model = ResNet((1, 1), (2, 4), "bottleneck", version, **options)
    fast = optimize_for_inference(randomized(model))
    pictures = np.random.default_rng(1).normal(size=(1, 32, 32, 3)).astype("float32")
    due = ops.convert_to_numpy(model(pictures))
    np.testing.assert_allclose(ops.convert_to_numpy(fast(pictures)), due, rtol=1e-4, atol=1e-5)


def test_a_folded_network_comes_back(tmp_path):
    fast = optimize_for_inference(randomized(MODELS["bottleneck"]()))
    fast.save(tmp_path / "fast.keras")
    again = keras.models.load_model(tmp_path / "fast.keras")
    pictures = np.ones((1, 8, 8, 3), "float32")
    np.testing.assert_allclose(
        ops.convert_to_numpy(again(pictures)), ops.convert_to_numpy(fast(pictures)), rtol=1e-6
    )
    assert not again.trainable


@pytest.mark.skipif(keras.config.backend() != "torch", reason="how torch lays out kernels")
def test_kernels_are_laid_out_for_torch():
    import torch

    kernel = optimize_for_inference(MODELS["original"]()).units[0].convolutions[0].kernel.value
    assert kernel.permute(3, 2, 0, 1).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("make", [lambda: ResNetCIFAR(14, scan=True, **SMALL), keras.Sequential])
def test_what_cannot_be_folded(make):
    with pytest.raises(ValueError, match="`model` must be a `ResNet` whose `scan` is false"):
        optimize_for_inference(make())
