"""Weights of torchvision's networks, from the files that it publishes."""

import hashlib
import pathlib

import keras
import numpy as np

from keras_readinglist.conversion.keras_applications import named_layers
from keras_readinglist.conversion.tables import Row, fill, transpose

_ALEXNET_CONVOLUTIONS = {"conv1": 0, "conv2": 3, "conv3": 6, "conv4": 8, "conv5": 10}
_ALEXNET_DENSE = {"fc7": 4, "fc8": 6}
_NORMALIZATION = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_COUNTER = "num_batches_tracked"  # of a normalization; nothing is computed from it
_URL = "https://download.pytorch.org/models/"


def published(file):
    """Return the path of a file of torchvision, which is fetched once.

    Args:
        file: String; before its ending stand the first digits of its SHA-256.

    Raises:
        ValueError: If the digits do not agree.
    """
    path = pathlib.Path(keras.utils.get_file(file, _URL + file))
    digest, due = hashlib.sha256(path.read_bytes()).hexdigest(), path.stem.rpartition("-")[2]
    if not digest.startswith(due):
        raise ValueError(f"{path} is damaged: its SHA-256 is {digest}, and must begin with {due}.")
    return path


def read_state(path):
    """Return the arrays of a file of torch, by their names; no code in it is run.

    Args:
        path: Path of a `.safetensors` file, or of one that `torch.save` wrote of a `state_dict`.

    Raises:
        ValueError: If it holds anything else.
    """
    path = pathlib.Path(path).expanduser()
    if path.suffix == ".safetensors":
        from safetensors.numpy import load_file

        return load_file(path)
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict) or not all(hasattr(v, "numpy") for v in state.values()):
        raise ValueError(f"{path} must hold a `state_dict`. Received: {type(state).__name__}")
    return {name: tensor.numpy(force=True) for name, tensor in state.items()}


def alexnet_from_torchvision(model, state):
    """Give an AlexNet of one tower the weights of `torchvision.models.alexnet`.

    Args:
        model: An `AlexNet` of the variant `"one_weird_trick"`, with or without its top.
        state: Arrays by their names, as `read_state` returns them.

    Raises:
        ValueError: If an array is missing, is left over or has another shape.
    """
    sources = {name: (f"features.{k}", _kernel) for name, k in _ALEXNET_CONVOLUTIONS.items()}
    sources["fc6"] = ("classifier.1", _flattened)
    sources |= {name: (f"classifier.{k}", transpose) for name, k in _ALEXNET_DENSE.items()}
    tables = []
    for layer in model.layers:
        if layer.name in sources:
            theirs, transform = sources[layer.name]
            rows = [
                Row("kernel", (f"{theirs}.weight",), transform),
                Row("bias", (f"{theirs}.bias",), np.asarray),
            ]
            tables.append((layer, rows))
    has_top = any(layer.name == "fc8" for layer in model.layers)
    _fill_all(tables, state, without=None if has_top else "classifier.")


def resnet_from_torchvision(model, state):
    """Give a residual network the weights of `torchvision.models.resnet18` and those beside it.

    Args:
        model: A `ResNet` of version 1 without biases, whose bottlenecks halve in their 3x3
            convolution, with or without its top.
        state: Arrays by their names, as `read_state` returns them.

    Raises:
        ValueError: If an array is missing, is left over or has another shape.
    """
    tables, layers = [], named_layers(model)
    for name, layer in layers.items():
        theirs = _in_torchvision(name)
        if theirs == "fc":
            table = {"kernel": ("weight", transpose), "bias": ("bias", np.asarray)}
        elif isinstance(layer, keras.layers.Conv2D):
            table = {"kernel": ("weight", _kernel)}
        else:
            table = {ours: (other, np.asarray) for ours, other in _NORMALIZATION.items()}
        rows = [Row(ours, (f"{theirs}.{other}",), f) for ours, (other, f) in table.items()]
        tables.append((layer, rows))
    _fill_all(tables, state, without=None if "predictions" in layers else "fc.")


def _fill_all(tables, state, without):
    """Fill all layers of a network, unless the arrays are those of another one.

    Args:
        tables: List of pairs of a layer and its rows.
        state: Arrays by their names.
        without: String that names begin with which the network has no use for, or `None`.
    """
    due = dict.fromkeys(name for _, rows in tables for row in rows for name in row.theirs)
    spare = {name for name in state if name.endswith(_COUNTER)}
    spare |= {name for name in state if without and name.startswith(without)}
    wrong = {
        "missing": [name for name in due if name not in state],
        "left over": [name for name in state if name not in due and name not in spare],
    }
    if any(wrong.values()):
        said = (f"{kind}: {', '.join(names[:10])}" for kind, names in wrong.items() if names)
        raise ValueError(f"`weights` must be those of this network. {'; '.join(said)}")
    for layer, rows in tables:
        fill(layer, rows, state)


def _in_torchvision(name):
    """Return their name of a layer: `layer1.0.downsample.1` for `conv2_block1_0_bn`."""
    stage, *block = name.split("_")
    if stage == "predictions":
        return "fc"
    if stage == "conv1":
        return {"conv": "conv1", "bn": "bn1"}[block[0]]
    unit, index, kind = block
    within = f"downsample.{int(kind == 'bn')}" if index == "0" else f"{kind}{index}"
    return f"layer{int(stage[4:]) - 1}.{int(unit[5:]) - 1}.{within}"


def _kernel(weight):
    return weight.transpose(2, 3, 1, 0)


def _flattened(weight):
    """Return the matrix behind a feature map of 6 x 6, whose channels torch flattens first."""
    maps = weight.reshape(len(weight), -1, 6, 6)
    return maps.transpose(2, 3, 1, 0).reshape(-1, len(weight))
