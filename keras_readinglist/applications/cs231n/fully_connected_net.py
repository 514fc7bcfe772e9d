"""Dense layers of any number and width (CS231n, assignment 2)."""

import keras

from keras_readinglist.applications.cs231n.course_network import CourseNetwork
from keras_readinglist.layers.validation import check_choice, check_rate, check_sizes

_NORMS = {"batch": keras.layers.BatchNormalization, "layer": keras.layers.LayerNormalization}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class FullyConnectedNet(CourseNetwork):
    """Affine, normalization, rectifier, dropout, again and again, and a linear map to scores.

    The course's figures, CIFAR-10: above 50 % of the validation pictures for the best.

    Args:
        input_shape: Tuple `(height, width, channels)`.
        classes: Positive integer. Defaults to 10.
        units: Sequence of positive integers, the widths of the hidden layers; may be empty.
        normalization: `"batch"`, `"layer"` or `None`. Defaults to `None`.
        dropout: Float in [0, 1), after every rectifier. Defaults to 0.
        regularization: Float, the factor of the sum of the squares of all matrices in the loss.
        **kwargs: `preprocessing` and `class_names` as for `ImageClassifier`; `name`, `dtype` and
            `trainable`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`, as `preprocess` returns it.
        training: Boolean, for dropout and batch normalization.

    Input shape:
        As above.

    Output shape:
        `(batch, classes)`, scores: logits, before a softmax.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = FullyConnectedNet((8, 8, 1), 3, units=(16, 16), normalization="batch")
        >>> pictures = np.random.default_rng(0).random((6, 8, 8, 1))
        >>> model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        >>> history = model.fit(model.preprocess(pictures), np.arange(6) % 3, verbose=0)
        >>> [(best, probability)] = model.classify(pictures[0], top=1)[0]

    References:
        - [CS231n, assignment 2 of 2017](https://cs231n.github.io/assignments2017/assignment2/)
    """

    def __init__(
        self,
        input_shape,
        classes=10,
        units=(100, 100),
        normalization=None,
        dropout=0.0,
        regularization=0.0,
        **kwargs,
    ):
        super().__init__(
            input_shape,
            classes,
            regularization,
            units=check_sizes("units", units, empty=True),
            normalization=check_choice("normalization", normalization, (None, *_NORMS)),
            dropout=check_rate("dropout", dropout),
            **kwargs,
        )

    def hidden(self, pixels, kept, units, normalization, dropout):
        policy = kept["dtype"]
        x = keras.layers.Flatten(dtype=policy)(pixels)
        for place, width in enumerate(units, 1):
            x = keras.layers.Dense(
                width, kernel_initializer="he_normal", name=f"hidden{place}", **kept
            )(x)
            if normalization:
                x = _NORMS[normalization](dtype=policy, name=f"norm{place}")(x)
            x = keras.layers.ReLU(dtype=policy, name=f"relu{place}")(x)
            if dropout:
                x = keras.layers.Dropout(dropout, dtype=policy, name=f"dropout{place}")(x)
        return x
