"""Which pixels an output sees: in closed form, and by the gradient."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from keras_readinglist.gradients import Differentiable

# Layers in which an output sees the input at its own place alone.
_POINTWISE = (
    keras.layers.Activation,
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.InputLayer,
    keras.layers.ReLU,
    keras.layers.Rescaling,
    keras.layers.SpatialDropout2D,
)


class ReceptiveField(NamedTuple):
    """What an output of a stack of layers sees, of one axis of the input.

    Attributes:
        size: Integer, how many pixels.
        stride: Integer, how many pixels lie between those of two neighbouring outputs.
        offset: Float, the place of the middle of what the first output sees.
    """

    size: int
    stride: int
    offset: float


def receptive_field(layers, axis=0):
    """Return what an output of a stack of convolutions sees, in closed form.

    Args:
        layers: List of layers one after the other, or a layer or model that has them as `layers`
            or `chain`: convolutions, pooling, padding, and layers that work on every pixel alone.
        axis: Integer, 0 for the height and 1 for the width.

    Returns:
        A `ReceptiveField`. Where zeros are added to both sides of a layer with strides, the offset
        is that of inputs whose size is a multiple of the stride.

    Raises:
        ValueError: If the field of a layer is not known.

    Example:
        >>> stack = [keras.layers.Conv2D(8, 3, dilation_rate=rate) for rate in (1, 2, 4)]
        >>> receptive_field([*stack, keras.layers.MaxPooling2D(2)])
        ReceptiveField(size=16, stride=2, offset=7.5)

    References:
        - [Yu and Koltun, 2015](https://arxiv.org/abs/1511.07122), section 2
    """
    size, stride, offset = 1, 1, 0.0
    for layer in _flat(layers):
        ahead, extent, step = _window(layer, axis)
        offset += ((extent - 1) / 2 - ahead) * stride
        size += (extent - 1) * stride
        stride *= step
    return ReceptiveField(size, stride, offset)


def _flat(layers):
    for name in ("chain", "layers"):
        layers = getattr(layers, name, layers)
    for layer in layers if isinstance(layers, (list, tuple)) else [layers]:
        if hasattr(layer, "chain") or hasattr(layer, "layers"):
            yield from _flat(layer)
        else:
            yield layer


def _window(layer, axis):
    """Return the padding ahead, the extent and the stride of a layer, along an axis."""
    if isinstance(layer, _POINTWISE):
        return 0, 1, 1
    extent = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    padding = getattr(layer, "padding", None)
    if extent is None and isinstance(padding, tuple):  # zeros or mirrors
        return padding[axis][0], 1, 1
    if extent is None:
        raise ValueError(f"The receptive field of a {type(layer).__name__} is not known.")
    step = layer.strides[axis]
    extent = (extent[axis] - 1) * getattr(layer, "dilation_rate", (1, 1))[axis] + 1
    padding = getattr(layer, "border", padding)
    if padding == "valid":
        return 0, extent, step
    total = extent - 1 if padding == "reflect" else max(extent - step, 0)
    return (total if padding == "causal" else total // 2), extent, step


def influence(model, inputs, position=None):
    """Return how much every pixel matters to an output: the size of the gradient.

    Args:
        model: A model or layer from `(batch, height, width, channels)` to maps.
        inputs: Array of such inputs. Rectifiers that are off hide what is behind them: many inputs
            show more.
        position: Pair of integers, the output; `None` for the middle.

    Returns:
        Float array `(height, width)`: the sum of the sizes over inputs, outputs and channels.

    Example:
        >>> layer = keras.layers.Conv2D(1, 3, padding="same", kernel_initializer="ones")
        >>> influence(layer, np.ones((1, 5, 5, 1), "float32"))[2].tolist()
        [0.0, 1.0, 1.0, 1.0, 0.0]
    """
    inputs = np.asarray(inputs, "float32")
    if not model.built:
        model.build(inputs.shape)

    def output(maps):
        rows, columns = maps.shape[1:3]
        row, column = (rows // 2, columns // 2) if position is None else position
        return ops.sum(maps[:, row, column])

    gradient = Differentiable(model, output).gradients(inputs)[1][0]
    return np.abs(gradient).sum(axis=(0, -1))


def empirical_receptive_field(model, inputs, position=None):
    """Return the box of the pixels that change an output, as the gradient finds it.

    Args:
        model: As for `influence`.
        inputs: As for `influence`.
        position: As for `influence`.

    Returns:
        Pair of slices, of rows and of columns.

    Raises:
        ValueError: If nothing has an influence.

    Example:
        >>> layer = keras.layers.Conv2D(1, 3, dilation_rate=2, padding="same")
        >>> rows, columns = empirical_receptive_field(layer, np.ones((1, 9, 9, 1)))
        >>> rows.stop - rows.start
        5
    """
    seen = influence(model, inputs, position) > 0
    if not seen.any():
        raise ValueError("No pixel has an influence on the output: try other `inputs`.")
    places = [np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0)]
    return tuple(slice(int(found[0]), int(found[-1]) + 1) for found in places)
