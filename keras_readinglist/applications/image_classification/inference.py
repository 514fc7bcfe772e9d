"""Residual networks that answer alike, and faster."""

import keras
import numpy as np

from keras_readinglist.applications.image_classification.resnet import ResNet
from keras_readinglist.conversion.keras_applications import named_layers


def optimize_for_inference(model):
    """Return a residual network that answers alike, without normalizations after convolutions.

    In inference a normalization is a product and a sum for every channel, which become part of the
    kernel and the bias of the convolution before. What is normalized before a convolution, as in
    full pre-activation, stays. On torch, kernels are also laid into memory as its convolutions
    read them; it would lay out all of them anew at every call.

    Args:
        model: A `ResNet`, which stays as it is.

    Returns:
        A `ResNet` that is not to be trained. Its weights can be saved and loaded as any.

    Raises:
        ValueError: If it is no `ResNet`, or its stages are loops over stacked units.

    Example:
        >>> fast = optimize_for_inference(ResNetCIFAR(8))
        >>> fast.predict(np.ones((2, 32, 32, 3)), verbose=0).shape
        (2, 10)
    """
    if not isinstance(model, ResNet) or model.get_config()["scan"]:
        raise ValueError(
            f"`model` must be a `ResNet` whose `scan` is false. Received: {type(model).__name__}"
        )
    config = model.get_config()
    unit = {**(config["unit_config"] or {}), "folded": True}
    fast = ResNet.from_config({**config, "unit_config": unit, "trainable": False})
    sources, targets = named_layers(model), named_layers(fast)
    for name, target in targets.items():
        norm = name.removesuffix("_conv") + "_bn"
        folded = norm in sources and norm not in targets
        weights = _folded(sources[name], sources[norm]) if folded else sources[name].get_weights()
        target.set_weights(_with_bias(weights, target))
        _lay_out(target)
    return fast


def _folded(convolution, norm):
    """Return kernel and bias that do what a convolution and a normalization do."""
    kernel, *bias = (w.astype("float64") for w in convolution.get_weights())
    gamma, beta, mean, variance = (w.astype("float64") for w in norm.get_weights())
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return [kernel * scale, beta + (sum(bias) - mean) * scale]


def _with_bias(weights, layer):
    """Return weights with a bias of zero if there is none and a convolution has one."""
    missing = len(layer.weights) - len(weights)
    return [*weights, *(np.zeros(layer.filters) for _ in range(missing))]


def _lay_out(layer):
    """Lay the kernel of a convolution out as torch reads it; its values and shape stay."""
    if keras.config.backend() == "torch" and isinstance(layer, keras.layers.Conv2D):
        import torch

        kernel = layer.kernel.value
        outputs_first = kernel.data.permute(3, 2, 0, 1)
        laid_out = outputs_first.contiguous(memory_format=torch.channels_last)
        kernel.data = laid_out.permute(2, 3, 1, 0)
