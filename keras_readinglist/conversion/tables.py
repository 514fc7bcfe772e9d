"""Weights of others in our layers: tables of our name, their names, and what becomes of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import keras
import numpy as np


def transpose(weight):
    """Return a matrix whose rows are the inputs: torch keeps the outputs in rows."""
    return weight.T


@dataclass(frozen=True)
class Row:
    """Where one of our weights comes from.

    Args:
        ours: Name of our weight.
        theirs: Names of the arrays that it is made of.
        transform: Function of those arrays.
    """

    ours: str
    theirs: tuple[str, ...]
    transform: Callable = transpose


def state_of(module):
    """Return the weights of a torch module as NumPy arrays by name."""
    return {name: tensor.numpy(force=True) for name, tensor in module.state_dict().items()}


def fill(layer: keras.layers.Layer, rows: list[Row], state: Mapping[str, np.ndarray]):
    """Give a layer's own weights the values of others.

    Args:
        layer: A built layer.
        rows: The rows of all its own weights.
        state: Arrays by their names.

    Raises:
        ValueError: If an array is missing or has another shape.
    """
    weights = {weight.name: weight for weight in layer.weights}
    for row in rows:
        missing = [name for name in row.theirs if name not in state]
        if missing:
            raise ValueError(f"`{missing[0]}` is missing. Received: {', '.join(list(state)[:10])}")
        value = row.transform(*(np.asarray(state[name]) for name in row.theirs))
        weight = weights.pop(row.ours)
        if value.shape != tuple(weight.shape):
            raise ValueError(
                f"`{'`, `'.join(row.theirs)}` must give the shape {tuple(weight.shape)} of our "
                f"{row.ours}. Received: {value.shape}"
            )
        weight.assign(value)
    if weights:
        raise ValueError(f"`rows` must name all weights. Missing: {', '.join(weights)}")
