"""Operations of any Keras model, counted at the calls of its layers."""

import contextlib
from typing import NamedTuple

import keras
import numpy as np
from keras import ops


class Call(NamedTuple):
    """What one call of a layer costs.

    Attributes:
        flops: Floating-point operations of its products.
        output_bytes: What it gives, if it is no layer of layers, which gives what they gave.
    """

    flops: int
    output_bytes: int


def record_calls(model, inputs):
    """Call a model, on JAX with shapes alone; return the `Call`s of its layers, and its outputs.

    Args:
        model: A built `keras.layers.Layer` or `keras.Model`.
        inputs: Array, or the structure of arrays that the model takes.

    Returns:
        Pair: list of `Call`s, and tensors or, on JAX, their shapes.
    """
    calls = []
    with _recorded(model, calls):
        if keras.config.backend() == "jax":
            import jax

            return calls, jax.eval_shape(model, inputs)
        return calls, model(keras.tree.map_structure(ops.convert_to_tensor, inputs))


@contextlib.contextmanager
def _recorded(model, calls):
    """Append a `Call` for every call of a layer of a model."""
    tops = model.layers if isinstance(model, keras.Model) else [model]
    watched = {id(layer): layer for top in tops for layer in _watched(top)}.values()
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
        keeps = 0 if theirs else bytes_of(first)  # what only holds layers gives what they gave
        calls.append(Call(_flops(layer, own, tensors, first), keeps))
        return outputs

    return recorded


def _flops(layer, weights, inputs, output):
    """Return the operations of the products of a call."""
    if not inputs or isinstance(layer, keras.layers.Embedding) or "int" in _dtype(inputs[0]):
        return 0  # rows of a table are looked up
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


def bytes_of(tensor):
    """Return the bytes of a tensor."""
    sizes = {"bool": 1, "float64": 8, "int64": 8, "bfloat16": 2, "float16": 2}
    return int(np.prod(tensor.shape)) * sizes.get(_dtype(tensor), 4)


def _dtype(tensor):
    return keras.backend.standardize_dtype(tensor.dtype)


def _is_matrix(weight):
    return len(weight.shape) > 1 and "bias" not in weight.name
