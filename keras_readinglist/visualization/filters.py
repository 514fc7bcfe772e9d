"""The filters of a first layer, or the maps of any, as one picture."""

import math

import keras
import numpy as np

from keras_readinglist.layers.validation import check_size
from keras_readinglist.visualization.scores import check_images, explained


def filter_grid(filters, columns=None, padding=1):
    """Return filters side by side, each spread over the whole range of gray or colour.

    Args:
        filters: Array `(height, width, channels, n)` with 1 or 3 channels, or a convolution that
            has such a kernel.
        columns: Positive integer, how many stand in a row, or `None` for a square.
        padding: Integer, pixels between them. Defaults to 1.

    Returns:
        Array `(rows, columns)` of uint8 for one channel, `(rows, columns, 3)` for three; what
        lies between the filters is 0.

    Raises:
        ValueError: If the filters have other channels.

    Example:
        >>> filter_grid(np.ones((3, 3, 1, 10))).shape
        (11, 15)

    References:
        - [CS231n, understanding ConvNets](https://cs231n.github.io/understanding-cnn/)
    """
    if hasattr(filters, "kernel"):
        filters = keras.ops.convert_to_numpy(filters.kernel)
    filters = np.asarray(filters, "float64")
    if filters.ndim != 4 or filters.shape[2] not in (1, 3) or not filters.size:
        raise ValueError(
            "`filters` must be `(height, width, channels, n)` with 1 or 3 channels. "
            f"Received shape: {filters.shape}"
        )
    check_size("padding", padding, minimum=0)
    height, width, channels, count = filters.shape
    columns = math.ceil(math.sqrt(count)) if columns is None else check_size("columns", columns)
    rows = math.ceil(count / columns)
    low, high = filters.min(axis=(0, 1, 2)), filters.max(axis=(0, 1, 2))
    tiles = np.rint(255 * (filters - low) / np.maximum(high - low, 1e-12)).astype("uint8")
    picture = np.zeros(
        (rows * (height + padding) - padding, columns * (width + padding) - padding, channels),
        "uint8",
    )
    for k in range(count):
        top, left = k // columns * (height + padding), k % columns * (width + padding)
        picture[top : top + height, left : left + width] = tiles[..., k]
    return picture[..., 0] if channels == 1 else picture


def activation_grid(model, images, layer, columns=None, padding=1):
    """Return the maps that a layer makes of images side by side, each from its least to its most.

    Args:
        model: A built functional or sequential `keras.Model`.
        images: Array `(n, height, width, channels)`.
        layer: String, the name of a layer whose outputs are maps.
        columns: As for `filter_grid`.
        padding: As for `filter_grid`.

    Returns:
        Array `(n, rows, columns)` of uint8, a picture for every image.

    Raises:
        ValueError: If the images or the layer are not the model's, or it gives no maps.

    Example:
        >>> layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, name="maps")]
        >>> layers += [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
        >>> activation_grid(keras.Sequential(layers), np.ones((2, 8, 8, 1)), "maps").shape
        (2, 13, 13)

    References:
        - [CS231n, understanding ConvNets](https://cs231n.github.io/understanding-cnn/)
    """
    maps = explained(model, layer).outputs(check_images(images))[1]
    if maps.ndim != 4:
        raise ValueError(
            "`layer` must give maps `(batch, height, width, features)`. "
            f"Received: layer={layer!r}, which gives the shape {maps.shape}"
        )
    return np.stack([filter_grid(each[:, :, None], columns, padding) for each in maps])
