"""The gradient of a score with respect to the pixels, as it is and averaged over noise."""

import numpy as np

from keras_readinglist.layers.validation import check_size
from keras_readinglist.visualization.scores import check_images, explained, one_hot_classes


def saliency(model, images, classes=None):
    """Return how much each pixel moves the score of a class, `max_c |d s_y / d x_c|`.

    Args:
        model: A built `keras.Model` of images. A softmax at its end is left out.
        images: Array `(n, height, width, channels)`.
        classes: Integer, sequence of integers, or `None` for the likeliest class of each.

    Returns:
        Array `(n, height, width)`, not negative.

    Raises:
        ValueError: If the images or a class are not the model's.

    Example:
        >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])
        >>> model.add(keras.layers.Dense(3, activation="softmax"))
        >>> saliency(model, np.ones((2, 4, 4, 1)), classes=1).shape
        (2, 4, 4)

    References:
        - [Simonyan et al., 2013](https://arxiv.org/abs/1312.6034), section 3
        - [CS231n, understanding ConvNets](https://cs231n.github.io/understanding-cnn/)
    """
    images, seen = check_images(images), explained(model)
    weights = one_hot_classes(classes, seen.outputs(images)[0])
    return np.abs(seen.gradient(images, weights)).max(axis=-1)


def smooth_grad(model, images, classes=None, samples=25, noise=0.15, seed=0):
    """Return the saliency of the mean gradient of noisy copies of every image.

    Args:
        model: As for `saliency`.
        images: As for `saliency`.
        classes: As for `saliency`; the likeliest is that of the image without noise.
        samples: Positive integer, the copies of an image, which are one batch. Defaults to 25.
        noise: Float, the standard deviation of the noise as a share of the range of an image.
            Defaults to 0.15.
        seed: Integer, for the noise.

    Returns:
        Array `(n, height, width)`, not negative.

    Raises:
        ValueError: As `saliency`, or if `samples` or `noise` is out of range.

    Example:
        >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])
        >>> model.add(keras.layers.Dense(3))
        >>> smooth_grad(model, np.ones((2, 4, 4, 1)), samples=3).shape
        (2, 4, 4)

    References:
        - [Smilkov et al., 2017, SmoothGrad](https://arxiv.org/abs/1706.03825)
    """
    check_size("samples", samples)
    if not noise >= 0:
        raise ValueError(f"`noise` must not be negative. Received: noise={noise}")
    images, seen = check_images(images), explained(model)
    weights = one_hot_classes(classes, seen.outputs(images)[0])
    rng, found = np.random.default_rng(seed), []
    for image, row in zip(images, weights, strict=True):
        spread = rng.standard_normal((samples, *image.shape)).astype("float32")
        noisy = image + np.float32(noise * np.ptp(image)) * spread
        gradient = seen.gradient(noisy, np.repeat(row[None], samples, axis=0))
        found.append(np.abs(gradient.mean(axis=0)).max(axis=-1))
    return np.stack(found)
