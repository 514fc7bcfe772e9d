"""The codes that a layer gives to images, laid out in the plane by t-SNE."""

import numpy as np

from keras_readinglist.layers.validation import check_size
from keras_readinglist.visualization.scores import check_images, explained


def layer_codes(model, images, layer, batch_size=256):
    """Return what a layer makes of images, as one row of numbers for each.

    Args:
        model: A built functional or sequential `keras.Model`.
        images: Array `(n, height, width, channels)`.
        layer: String, the name of the layer.
        batch_size: Positive integer, the most images at once. Defaults to 256.

    Returns:
        Array `(n, features)`.

    Raises:
        ValueError: If the images or the layer are not the model's.

    Example:
        >>> hidden = keras.layers.Dense(5, name="hidden")
        >>> layers = [keras.Input((4, 4, 1)), keras.layers.Flatten(), hidden, keras.layers.Dense(3)]
        >>> layer_codes(keras.Sequential(layers), np.ones((2, 4, 4, 1)), "hidden").shape
        (2, 5)
    """
    images, seen = check_images(images), explained(model, layer)
    check_size("batch_size", batch_size)
    size, found = min(batch_size, len(images)), []
    for start in range(0, len(images), size):
        part = images[start : start + size]
        whole = np.concatenate([part, np.repeat(part[:1], size - len(part), axis=0)])
        found.append(seen.outputs(whole)[1][: len(part)])
    return np.concatenate(found).reshape(len(images), -1)


def tsne(codes, perplexity=30.0, seed=0, **kwargs):
    """Return places in the plane at which neighbours of the codes are neighbours.

    This is `sklearn.manifold.TSNE` begun with principal components, which needs scikit-learn.
    Distances between far groups mean nothing, and neither do their sizes.

    Args:
        codes: Array `(n, features)`.
        perplexity: Float below `n`, about how many neighbours count. Defaults to 30.
        seed: Integer.
        **kwargs: Further arguments of `sklearn.manifold.TSNE`.

    Returns:
        Array `(n, 2)`.

    Raises:
        ValueError: If the codes are no finite numbers, or fewer than the perplexity.

    Example:
        >>> tsne(np.random.default_rng(0).normal(size=(40, 5)), perplexity=5).shape
        (40, 2)

    References:
        - [van der Maaten and Hinton, 2008](https://www.jmlr.org/papers/v9/vandermaaten08a.html)
    """
    from sklearn.manifold import TSNE

    codes = np.asarray(codes, "float32")
    if codes.ndim != 2 or not np.isfinite(codes).all():
        raise ValueError(
            f"`codes` must be finite numbers `(n, features)`. Received shape: {codes.shape}"
        )
    if not 0 < perplexity < len(codes):
        raise ValueError(
            f"`perplexity` must lie between 0 and {len(codes)}, the number of codes. "
            f"Received: perplexity={perplexity}"
        )
    return TSNE(2, perplexity=perplexity, random_state=seed, init="pca", **kwargs).fit_transform(
        codes
    )
