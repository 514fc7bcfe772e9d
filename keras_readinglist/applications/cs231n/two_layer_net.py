"""One hidden layer (CS231n, assignment 1)."""

import keras

from keras_readinglist.applications.cs231n.fully_connected_net import FullyConnectedNet
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class TwoLayerNet(FullyConnectedNet):
    """A hidden layer of rectifiers, `s = max(0, x W1 + b1) W2 + b2`.

    The course's figures, CIFAR-10: above 48 % of the validation pictures, above 52 % for the best.

    Args:
        input_shape: Tuple `(height, width, channels)`.
        classes: Positive integer. Defaults to 10.
        hidden_units: Positive integer, the width of the hidden layer. Defaults to 100.
        regularization: Float, the factor of the sum of the squares of all matrices in the loss.
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
        >>> model = TwoLayerNet((8, 8, 3), 4, hidden_units=10)
        >>> model.classify(np.zeros((8, 8, 3)), top=4)[0][0][1] > 0.2
        True

    References:
        - [CS231n, assignment 1 of 2017](https://cs231n.github.io/assignments2017/assignment1/)
    """

    def __init__(self, input_shape, classes=10, hidden_units=100, regularization=0.0, **kwargs):
        units = (check_size("hidden_units", hidden_units),)
        super().__init__(input_shape, classes, units, regularization=regularization, **kwargs)

    def get_config(self):
        return {**super().get_config(), "hidden_units": self.options["units"][0]}
