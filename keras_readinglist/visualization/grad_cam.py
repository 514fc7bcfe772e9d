"""Which places of a layer's features speak for a class."""

import numpy as np
from keras import ops

from keras_readinglist.visualization.scores import (
    check_images,
    explained,
    last_map,
    one_hot_classes,
)


def grad_cam(model, images, layer=None, classes=None):
    """Return where the features of a layer speak for a class, at the size of the images.

    `relu(sum_k alpha_k A_k)`, with `alpha_k` the mean over all places of the gradient of the score
    with respect to the feature map `A_k`. The layer may stand anywhere in the graph.

    Args:
        model: A built functional or sequential `keras.Model`. A softmax at its end is left out.
        images: Array `(n, height, width, channels)`.
        layer: String, a layer whose outputs are maps; `None` for the last of them.
        classes: Integer, sequence of integers, or `None` for the likeliest class of each.

    Returns:
        Array `(n, height, width)`, not negative, in units of the score.

    Raises:
        ValueError: If the images, the layer or a class are not the model's.

    Example:
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3)])
        >>> model.add(keras.layers.GlobalAveragePooling2D())
        >>> model.add(keras.layers.Dense(3))
        >>> grad_cam(model, np.ones((2, 8, 8, 1))).shape
        (2, 8, 8)

    References:
        - [Selvaraju et al., 2016, Grad-CAM](https://arxiv.org/abs/1610.02391), Eq. 1 and 2
    """
    images = check_images(images)
    layer = last_map(model) if layer is None else layer
    seen = explained(model, layer)
    scores, features = seen.outputs(images)
    if features.ndim != 4:
        raise ValueError(
            "`layer` must give maps `(batch, height, width, features)`. "
            f"Received: layer={layer!r}, which gives the shape {features.shape}"
        )
    weights = one_hot_classes(classes, scores)
    alpha = seen.feature_gradient(images, weights, features).mean(axis=(1, 2), keepdims=True)
    maps = np.maximum((alpha * features).sum(axis=-1, keepdims=True), 0).astype("float32")
    large = ops.image.resize(maps, images.shape[1:3], data_format="channels_last")
    return ops.convert_to_numpy(large)[..., 0]
