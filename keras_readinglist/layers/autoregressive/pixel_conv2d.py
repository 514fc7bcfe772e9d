"""A convolution that sees pixels above and to the left (van den Oord et al., 2016)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.convolution import Conv2D
from keras_readinglist.layers.precision import exact, matmul
from keras_readinglist.layers.validation import check_sizes

_FIXED = ("kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups")


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PixelConv2D(Conv2D):
    """A convolution over a window of the rows above a pixel and of the pixels to its left.

    Pixels come in the order of reading. The window is `width` wide and `rows` high directly above
    the pixel, and has the `width // 2` pixels to its left: so a small window is a decoder that
    knows its neighbours and nothing else. The border is filled with zeros.

    Args:
        filters: Positive integer.
        receptive_field: Pair of positive integers `(width, rows)`. Defaults to `(3, 1)`, the four
            neighbours that come before; a kernel of 7 x 7 with mask A is `(7, 3)`.
        include_center: Boolean, whether the pixel itself is seen: no in the first layer (mask A),
            yes in all others (mask B). Defaults to `False`.
        **kwargs: As for `keras.layers.Conv2D`, without strides, dilation and groups.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, height, width, filters)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> picture = np.zeros((1, 4, 4, 1), "float32")
        >>> picture[0, 1, 1] = 1
        >>> layer = PixelConv2D(1, kernel_initializer="ones")
        >>> np.asarray(layer(picture))[0, :, :, 0].astype(int).tolist()
        [[0, 0, 0, 0], [0, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]

    References:
        - [van den Oord et al., 2016](https://arxiv.org/abs/1606.05328), section 2
        - [Chen et al., 2017](https://arxiv.org/abs/1611.02731), section 3.1
    """

    def __init__(self, filters, receptive_field=(3, 1), include_center=False, **kwargs):
        width, rows = check_sizes("receptive_field", receptive_field)
        for name in _FIXED:
            if name in kwargs:
                raise ValueError(f"`{name}` follows from `receptive_field`. Received: {name}")
        super().__init__(filters, (rows + 1, width), **kwargs)
        self.receptive_field, self.include_center = (width, rows), bool(include_center)
        self.left = width // 2
        self.mask = np.ones((rows + 1, width, 1, 1))
        self.mask[-1, self.left + include_center :] = 0

    def call(self, inputs):
        outputs = self.convolution_op(self.pad(inputs), self._masked())
        return self._finish(outputs)

    def pad(self, inputs):
        """Return the inputs with zeros around them, as `at` takes them."""
        width, rows = self.receptive_field
        return ops.pad(inputs, ((0, 0), (rows, 0), (self.left, width - 1 - self.left), (0, 0)))

    def at(self, padded, row, column):
        """Return the outputs at one pixel, `(batch, filters)`.

        Args:
            padded: Float tensor, what `pad` returned.
            row: Integer, or integer tensor.
            column: The same.
        """
        rows, columns = self.kernel_size
        size = rows * columns * padded.shape[-1]
        shape = (ops.shape(padded)[0], rows, columns, padded.shape[-1])
        patch = ops.reshape(ops.slice(padded, (0, row, column, 0), shape), (-1, size))
        return self._finish(matmul(patch, ops.reshape(self._masked(), (-1, self.filters))))

    def put(self, padded, row, column, values):
        """Return padded inputs with the values of one pixel, `(batch, channels)`, in them."""
        place = (0, row + self.receptive_field[1], column + self.left, 0)
        return ops.slice_update(padded, place, values[:, None, None])

    def _masked(self):
        return self.kernel * ops.convert_to_tensor(self.mask, self.compute_dtype)

    def _finish(self, outputs):
        outputs = outputs + self.bias if self.use_bias else outputs
        return exact(self.activation)(outputs)

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape[:-1], self.filters)

    def get_config(self):
        config = super().get_config()
        for name in _FIXED:
            config.pop(name)
        own = {"receptive_field": self.receptive_field, "include_center": self.include_center}
        return {**config, **own}
