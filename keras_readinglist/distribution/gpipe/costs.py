"""What the links of a chain cost: operations, parameters, what is kept for the backward pass."""

import contextlib
import time
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from keras_readinglist.distribution.gpipe.chain import chain_of, split_links
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
    calls = []
    with _recorded(cell, calls):
        output_bytes = _run(cell, keras.tree.pack_sequence_as(structure, zeros))
    return LinkCost(
        sum(call.flops for call in calls),
        cell.count_params(),
        sum(call.output_bytes for call in calls),
        output_bytes,
    )


def _run(cell, inputs):
    """Call a cell, on JAX with shapes alone; return the bytes of its outputs."""
    if keras.config.backend() == "jax":
        import jax

        outputs = jax.eval_shape(cell, inputs)
    else:
        outputs = cell(keras.tree.map_structure(ops.convert_to_tensor, inputs))
    return sum(map(_bytes, keras.tree.flatten(outputs)))


class _Call(NamedTuple):
    flops: int
    output_bytes: int


@contextlib.contextmanager
def _recorded(cell, calls):
    """Append a `_Call` for every call of a layer of a cell."""
    watched = [layer for top in cell.layers for layer in _watched(top)]
    for layer in watched:
        layer.__dict__["call"] = _recorder(layer, layer.call, calls)
    try:
        yield
    finally:
        for layer in watched:
            del layer.__dict__["call"]


def _watched(layer):
    """Yield a layer and those inside it; what is inside a loop over time belongs to the loop."""
    yield layer
    if not hasattr(layer, "cell"):
        for inner in layer._flatten_layers(recursive=False, include_self=False):
            yield from _watched(inner)


def _recorder(layer, call, calls):
    inner = [] if hasattr(layer, "cell") else layer._flatten_layers(include_self=False)
    theirs = {id(weight) for other in inner for weight in other.weights}
    own = [weight for weight in layer.weights if id(weight) not in theirs]

    def recorded(*args, **kwargs):
        outputs = call(*args, **kwargs)
        tensors = [x for x in keras.tree.flatten([args, kwargs]) if ops.is_tensor(x)]
        first = keras.tree.flatten(outputs)[0]
        keeps = 0 if theirs else _bytes(first)  # what only holds layers gives what they gave
        calls.append(_Call(_flops(layer, own, tensors, first), keeps))
        return outputs

    return recorded


def _flops(layer, weights, inputs, output):
    """Return the operations of the products of a call."""
    if isinstance(layer, keras.layers.Embedding) or not inputs:
        return 0
    before, after = (int(np.prod(x.shape[:-1])) for x in (inputs[0], output))
    if hasattr(layer, "kernel_size"):
        places = before if "Transpose" in type(layer).__name__ else after
    else:  # a loop over time reads every place and may give only one; heads are no places
        places = before if hasattr(layer, "cell") else min(before, after)
    flops = sum(2 * int(np.prod(w.shape)) * places for w in weights if _is_matrix(w))
    if hasattr(layer, "num_heads") and hasattr(layer, "key_dim"):
        lengths = [x.shape[1] for x in inputs if len(x.shape) == 3]
        width = layer.num_heads * (layer.key_dim + (layer.value_dim or layer.key_dim))
        flops += 2 * output.shape[0] * lengths[0] * lengths[-1] * width
    return flops


def _bytes(tensor):
    return int(np.prod(tensor.shape)) * _size(keras.backend.standardize_dtype(tensor.dtype))


def _size(dtype):
    return {"bool": 1, "float64": 8, "int64": 8, "bfloat16": 2, "float16": 2}.get(dtype, 4)


def _is_matrix(weight):
    return len(weight.shape) > 1 and "bias" not in weight.name
