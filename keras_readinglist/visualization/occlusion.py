"""What becomes of a prediction when a patch of the image is covered."""

import numpy as np

from keras_readinglist.layers.validation import check_size
from keras_readinglist.softmax import softmax
from keras_readinglist.visualization.scores import check_images, explained, one_hot_classes


def occlusion_map(model, images, classes=None, patch=8, stride=4, fill=None, batch_size=256):
    """Return the probability of a class with a patch over every place of the image in turn.

    All places of an image are one batch, or a few of the same size.

    Args:
        model: A built `keras.Model` of images; the softmax of its scores is taken here.
        images: Array `(n, height, width, channels)`.
        classes: Integer, sequence of integers, or `None` for the likeliest class of each.
        patch: Positive integer, the side of the patch, at most that of the image. Defaults to 8.
        stride: Positive integer, from one place to the next. Defaults to 4.
        fill: Number that the patch is filled with, or `None` for the mean of each channel of the
            image.
        batch_size: Positive integer, the most covered images at once. Defaults to 256.

    Returns:
        Array `(n, rows, columns)` with `rows = (height - patch) // stride + 1`: place `(i, j)` has
        its upper left corner at `(i * stride, j * stride)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
        >>> model.add(keras.layers.Dense(3))
        >>> occlusion_map(model, np.ones((2, 8, 8, 1)), patch=4, stride=2).shape
        (2, 3, 3)

    References:
        - [Zeiler and Fergus, 2013](https://arxiv.org/abs/1311.2901), section 4.2
    """
    images, seen = check_images(images), explained(model)
    for name, value in (("patch", patch), ("stride", stride), ("batch_size", batch_size)):
        check_size(name, value)
    height, width = images.shape[1:3]
    if patch > min(height, width):
        raise ValueError(
            f"`patch` must be at most {min(height, width)}, the side of the images. "
            f"Received: patch={patch}"
        )
    chosen = one_hot_classes(classes, seen.outputs(images)[0]).argmax(axis=1)
    tops, lefts = (np.arange(0, size - patch + 1, stride) for size in (height, width))
    places = [(top, left) for top in tops for left in lefts]
    size = min(batch_size, len(places))
    found = []
    for image, label in zip(images, chosen, strict=True):
        colour = image.mean(axis=(0, 1)) if fill is None else fill
        covered = np.repeat(image[None], -(-len(places) // size) * size, axis=0)
        for each, (top, left) in zip(covered, places, strict=False):
            each[top : top + patch, left : left + patch] = colour
        parts = [seen.outputs(part)[0] for part in np.split(covered, len(covered) // size)]
        p = softmax(np.concatenate(parts))[: len(places), label]
        found.append(p.reshape(len(tops), len(lefts)))
    return np.stack(found)
