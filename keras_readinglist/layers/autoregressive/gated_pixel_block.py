"""A residual block of a PixelCNN (van den Oord et al., 2016)."""

import keras
from keras import ops

from keras_readinglist.layers.autoregressive.pixel_conv2d import PixelConv2D
from keras_readinglist.layers.precision import dense, tanh
from keras_readinglist.layers.validation import check_shape


@keras.saving.register_keras_serializable(package="keras_readinglist")
class GatedPixelBlock(keras.layers.Layer):
    """Add to every pixel `tanh(a) sigmoid(b)` of what stands before it, and of itself.

    `a` and `b` are a `PixelConv2D` of the inputs, plus a projection of the context.

    Args:
        receptive_field: As for `PixelConv2D`. Defaults to `(3, 1)`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.
        context: Float tensor `(batch, height, width, features)`, or `None`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, height, width, channels)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> GatedPixelBlock()(np.ones((2, 4, 4, 3))).shape
        (2, 4, 4, 3)

    References:
        - [van den Oord et al., 2016](https://arxiv.org/abs/1606.05328), equation 2
    """

    def __init__(self, receptive_field=(3, 1), **kwargs):
        super().__init__(**kwargs)
        self.receptive_field = tuple(receptive_field)

    def build(self, inputs_shape, context_shape=None):
        check_shape("inputs", inputs_shape, "(batch, height, width, channels)")
        channels, policy = inputs_shape[-1], self.dtype_policy
        self.convolution = PixelConv2D(
            2 * channels, self.receptive_field, include_center=True, dtype=policy
        )
        self.last = keras.layers.Dense(channels, dtype=policy)
        self.convolution.build(inputs_shape)
        self.last.build(inputs_shape)
        if context_shape is not None:
            self.context = keras.layers.Dense(2 * channels, use_bias=False, dtype=policy)
            self.context.build(context_shape)

    def call(self, inputs, context=None):
        return inputs + self._gated(self.convolution(inputs), context)

    def at(self, padded, row, column, inputs, context=None):
        """Return the outputs at one pixel, `(batch, channels)`, and the padded inputs with it.

        Args:
            padded: Float tensor, `convolution.pad` of the inputs as far as they are known.
            row: Integer, or integer tensor.
            column: The same.
            inputs: Float tensor `(batch, channels)`, those at the pixel.
            context: Float tensor `(batch, features)`, or `None`.
        """
        padded = self.convolution.put(padded, row, column, inputs)
        return inputs + self._gated(self.convolution.at(padded, row, column), context), padded

    def _gated(self, x, context):
        if context is not None:
            x = x + dense(self.context, context)
        a, b = ops.split(x, 2, axis=-1)
        return dense(self.last, tanh(a) * ops.sigmoid(b))

    def compute_output_shape(self, inputs_shape, context_shape=None):
        return inputs_shape

    def get_config(self):
        return {**super().get_config(), "receptive_field": self.receptive_field}
