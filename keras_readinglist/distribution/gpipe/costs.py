"""What the links of a chain cost: operations, parameters, what is kept for the backward pass."""

import time
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from keras_readinglist.distribution.gpipe.chain import chain_of, split_links
from keras_readinglist.flops import bytes_of, record_calls
from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers.validation import check_choice, check_size

METHODS = ("flops", "params", "memory", "time")
_TIMINGS = 5


class LinkCost(NamedTuple):
    """What one link costs, for a batch.

    Attributes:
        flops: Floating-point operations of the products of a forward pass.
        params: Parameters, trainable or not.
        activation_bytes: Outputs of all its layers, which a backward pass reads.
        output_bytes: What crosses to the next link.
    """

    flops: int
    params: int
    activation_bytes: int
    output_bytes: int


def measure_links(links, batch_size=1):
    """Return the costs of the links of a chain, the same on every backend.

    The model is run once on zeros, on JAX without computing anything. A matrix of weights counts
    two operations for each place at which it is applied; attention counts its two products of
    positions with positions; sums, activations and normalizations count nothing.

    Args:
        links: List of `chain.Link`s, whose shapes are known but for the batch.
        batch_size: Positive integer.

    Returns:
        List of `LinkCost`s.

    Raises:
        ValueError: If a shape is not known.

    Example:
        >>> model = keras.Sequential([keras.Input((4,)), *map(keras.layers.Dense, (8, 2))])
        >>> measure_links(chain_of(model), batch_size=10)[0]
        LinkCost(flops=640, params=40, activation_bytes=320, output_bytes=320)
    """
    check_size("batch_size", batch_size)
    cells = split_links(links, [1] * len(links))
    return [_measure(cell, _zeros(cell.inputs, batch_size), cell.input) for cell in cells]


def link_costs(model, method="flops", batch_size=1):
    """Return one number for each link of a model, which `balance_partitions` can balance.

    Args:
        model: A built functional or sequential `keras.Model`.
        method: `"flops"`; `"params"`; `"memory"`, the bytes of parameters and activations; or
            `"time"`, the median seconds of five forward and backward passes.
        batch_size: Positive integer.

    Returns:
        List of floats.

    Raises:
        ValueError: If an argument is out of range, or the model is no chain.

    Example:
        >>> model = keras.Sequential([keras.Input((4,)), *map(keras.layers.Dense, (8, 2))])
        >>> link_costs(model, "params")
        [40.0, 18.0]

    References:
        - [Huang et al., 2018](https://arxiv.org/abs/1811.06965), section 2.2
    """
    check_choice("method", method, METHODS)
    links = chain_of(model)
    if method == "time":
        cells = split_links(links, [1] * len(links))
        return [_seconds(cell, _zeros(cell.inputs, batch_size)) for cell in cells]
    costs = measure_links(links, batch_size)
    if method == "memory":
        return [float(4 * cost.params + cost.activation_bytes) for cost in costs]
    return [float(getattr(cost, method)) for cost in costs]


def _zeros(symbols, batch_size):
    """Return zeros in the shapes of symbolic tensors."""
    unknown = [symbol.name for symbol in symbols if None in symbol.shape[1:]]
    if unknown:
        raise ValueError(
            "`model` must have inputs whose shapes are known but for the batch. "
            f"Received: {', '.join(f'{s.name} of shape {s.shape}' for s in symbols)}"
        )
    return [np.zeros((batch_size, *symbol.shape[1:]), symbol.dtype) for symbol in symbols]


def _seconds(cell, inputs):
    """Return the median time of a forward and a backward pass."""
    step = Differentiable(cell, lambda outputs: ops.sum(ops.cast(outputs, "float32")))
    times = []
    for _ in range(_TIMINGS + 1):
        began = time.perf_counter()
        step.gradients(*inputs)
        times.append(time.perf_counter() - began)
    return float(np.median(times[1:]))  # the first compiled it


def _measure(cell, zeros, structure):
    """Return the cost of a cell: every call of a layer inside it is seen."""
    calls, outputs = record_calls(cell, keras.tree.pack_sequence_as(structure, zeros))
    return LinkCost(
        sum(call.flops for call in calls),
        cell.count_params(),
        sum(call.output_bytes for call in calls),
        sum(map(bytes_of, keras.tree.flatten(outputs))),
    )
