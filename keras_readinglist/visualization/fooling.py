"""Images that look the same and are taken for something else."""

from dataclasses import dataclass

import numpy as np

from keras_readinglist.layers.validation import check_positive, check_size
from keras_readinglist.visualization.scores import check_images, explained, one_hot_classes


@dataclass(frozen=True)
class Fooled:
    """What `fooling_image` found.

    Args:
        images: Array `(n, height, width, channels)`, the changed images.
        steps: Int array `(n,)`, the steps that each took.
        success: Boolean array `(n,)`, whether the target is its likeliest class now.
    """

    images: np.ndarray
    steps: np.ndarray
    success: np.ndarray


def fooling_image(model, images, targets, rate=1.0, steps=100, limits=None, callback=None):
    """Change images step by step until the model takes them for the target class.

    `x += rate g / ||g||`, with `g` the gradient of the target's score. An image that is taken for
    its target is changed no further.

    Args:
        model: A built `keras.Model` of images. A softmax at its end is left out.
        images: Array `(n, height, width, channels)`.
        targets: Integer or sequence of integers, the classes to be taken for.
        rate: Positive float, the Euclidean length of a step. Defaults to 1.
        steps: Positive integer, the most steps. Defaults to 100.
        limits: Pair of numbers that pixels are clipped to, or `None`.
        callback: Function `(step, images)` that is called after every step, or `None`.

    Returns:
        A `Fooled`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> keras.utils.set_random_seed(0)
        >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])
        >>> model.add(keras.layers.Dense(3))
        >>> fooling_image(model, np.ones((2, 4, 4, 1)), targets=2).success.tolist()
        [True, True]

    References:
        - [Szegedy et al., 2013](https://arxiv.org/abs/1312.6199)
        - [CS231n, assignment 3 of 2017](https://cs231n.github.io/assignments2017/assignment3/)
    """
    check_positive("rate", rate)
    check_size("steps", steps)
    changed, seen = check_images(images).copy(), explained(model)
    scores = seen.outputs(changed)[0]
    if targets is None:
        raise ValueError("`targets` must be given. Received: targets=None")
    weights = one_hot_classes(targets, scores)
    wanted, taken = weights.argmax(axis=1), np.zeros(len(changed), int)
    for step in range(1, steps + 1):
        left = scores.argmax(axis=1) != wanted
        if not left.any():
            break
        gradient = seen.gradient(changed, weights)
        length = np.sqrt(np.square(gradient).sum(axis=(1, 2, 3), keepdims=True))
        move = rate * gradient / np.maximum(length, 1e-12)
        changed = changed + np.where(left[:, None, None, None], move, 0)
        if limits is not None:
            changed = np.clip(changed, *limits)
        changed = changed.astype("float32")
        taken[left] = step
        scores = seen.outputs(changed)[0]
        if callback is not None:
            callback(step, changed)
    return Fooled(changed, taken, scores.argmax(axis=1) == wanted)
