"""The cell of a simple recurrent network."""

import keras

from keras_readinglist.layers.precision import exact
from keras_readinglist.layers.recurrent import steps
from keras_readinglist.layers.recurrent.cells.recurrent_cell import RecurrentCell


@keras.saving.register_keras_serializable(package="keras_readinglist")
class SimpleRNNCell(RecurrentCell):
    """Plain recurrent cell: `h_t = tanh(x_t W + h_{t-1} U + b)`.

    Args:
        units: Positive integer, the width of the state.
        **kwargs: As for `LSTMCell`, without its variants and without the dropout of updates.

    Call arguments, Input shape and Output shape: as for `LSTMCell`; the state is `[h]`.

    Raises:
        ValueError: If an argument is out of range or a shape does not fit.

    Example:
        >>> keras.layers.RNN(SimpleRNNCell(4))(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - [Olah, 2015](https://colah.github.io/posts/2015-08-Understanding-LSTMs/)
    """

    recurrent_dropout_modes = ("sequence", "step")

    def step(self, z, states, factors=None):
        kernel = self._computed(self.recurrent_kernel)
        return steps.rnn_step(z, states, kernel, exact(self.activation), factors)
