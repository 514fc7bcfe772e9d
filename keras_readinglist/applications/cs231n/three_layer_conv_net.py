"""A convolution, a hidden layer, and scores (CS231n, assignment 2)."""

import keras

from keras_readinglist.applications.cs231n.course_network import CourseNetwork
from keras_readinglist.layers.validation import check_size, check_sizes


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ThreeLayerConvNet(CourseNetwork):
    """Convolution, rectifier and 2 x 2 pooling, a hidden layer, and a linear map to scores.

    With more `filters` than one number there are as many convolutions, each with its pooling; they
    are called `conv1`, `conv2`, ...

    The course's figures, CIFAR-10: above 40 % of the training pictures after one epoch, with 32
    filters of 7 x 7.

    Args:
        input_shape: Tuple `(height, width, channels)`.
        classes: Positive integer. Defaults to 10.
        filters: Positive integer or sequence of them. Defaults to 32.
        kernel_size: Positive integer, the side of all filters. Defaults to 7.
        hidden_units: Positive integer. Defaults to 100.
        regularization: Float, the factor of the sum of the squares of all matrices in the loss.
        **kwargs: `preprocessing` and `class_names` as for `ImageClassifier`; `name`, `dtype` and
            `trainable`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`, as `preprocess` returns it.

    Input shape:
        As above.

    Output shape:
        `(batch, classes)`, scores: logits, before a softmax.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = ThreeLayerConvNet((28, 28, 1), filters=(4, 8), kernel_size=3)
        >>> pictures = np.random.default_rng(0).random((6, 28, 28, 1))
        >>> model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        >>> history = model.fit(model.preprocess(pictures), np.arange(6), verbose=0)
        >>> from keras_readinglist import visualization
        >>> visualization.grad_cam(model, model.preprocess(pictures[0]), "conv2").shape
        (1, 28, 28)

    References:
        - [CS231n, assignment 2 of 2017](https://cs231n.github.io/assignments2017/assignment2/)
        - [CS231n, ConvNets](https://cs231n.github.io/convolutional-networks/)
    """

    def __init__(
        self,
        input_shape,
        classes=10,
        filters=32,
        kernel_size=7,
        hidden_units=100,
        regularization=0.0,
        **kwargs,
    ):
        filters = check_sizes("filters", filters if hasattr(filters, "__len__") else (filters,))
        side = 2 ** len(filters)
        if min(check_sizes("input_shape", input_shape)[:2]) < side:
            raise ValueError(
                f"`input_shape` must have {side} pixels a side, to be halved {len(filters)} times. "
                f"Received: input_shape={input_shape}"
            )
        super().__init__(
            input_shape,
            classes,
            regularization,
            filters=filters,
            kernel_size=check_size("kernel_size", kernel_size),
            hidden_units=check_size("hidden_units", hidden_units),
            **kwargs,
        )

    def hidden(self, pixels, kept, filters, kernel_size, hidden_units):
        layers, policy, x = keras.layers, kept["dtype"], pixels
        kept = {**kept, "kernel_initializer": "he_normal"}
        for place, count in enumerate(filters, 1):
            x = layers.Conv2D(
                count,
                kernel_size,
                padding="same",
                activation="relu",
                name=f"conv{place}",
                **kept,
            )(x)
            x = layers.MaxPooling2D(dtype=policy, name=f"pool{place}")(x)
        x = layers.Flatten(dtype=policy, name="flatten")(x)
        x = layers.Dense(hidden_units, name="hidden", **kept)(x)
        return layers.ReLU(dtype=policy, name="codes")(x)
