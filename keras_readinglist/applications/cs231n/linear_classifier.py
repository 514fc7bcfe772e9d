"""One template for every class (CS231n, linear classification)."""

import keras
import numpy as np

from keras_readinglist.applications.cs231n.fully_connected_net import FullyConnectedNet


@keras.saving.register_keras_serializable(package="keras_readinglist")
class LinearClassifier(FullyConnectedNet):
    """Scores that are linear in the pixels, `s = x W + b`.

    Trained with `losses.MulticlassHinge()` it is a support vector machine, with the cross-entropy
    from logits a softmax classifier.

    The course's figures, CIFAR-10: about 40 % right for the first, above 35 % for the second.

    Args:
        input_shape: Tuple `(height, width, channels)`.
        classes: Positive integer. Defaults to 10.
        regularization: Float, the factor of the sum of the squares of the weights in the loss.
        **kwargs: As for `FullyConnectedNet`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`, as `preprocess` returns it.

    Input shape:
        As above.

    Output shape:
        `(batch, classes)`, scores: logits, before a softmax.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.losses import MulticlassHinge
        >>> model = LinearClassifier((8, 8, 3), 4)
        >>> model.compile("sgd", MulticlassHinge())
        >>> pictures = np.random.default_rng(0).random((8, 8, 8, 3))
        >>> history = model.fit(model.preprocess(pictures), np.arange(8) % 4, verbose=0)
        >>> model.templates().shape
        (4, 8, 8, 3)

    References:
        - [CS231n, linear classification](https://cs231n.github.io/linear-classify/)
    """

    def __init__(self, input_shape, classes=10, regularization=0.0, **kwargs):
        super().__init__(input_shape, classes, (), regularization=regularization, **kwargs)

    def templates(self):
        """Return the weights of each class as a picture, `(classes, height, width, channels)`."""
        kernel = keras.ops.convert_to_numpy(self.get_layer("scores").kernel)
        return np.reshape(kernel.T, (-1, *self.options["input_shape"]))
