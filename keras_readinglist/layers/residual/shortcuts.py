"""What carries a signal past a residual branch."""

import keras
from keras import ops

from keras_readinglist.layers.validation import check_shape, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ZeroPadShortcut(keras.layers.Layer):
    """Carries a picture to fewer pixels and more channels without a weight: option A.

    Every `strides`-th pixel is kept, none is averaged, and new channels are zeros: half of them
    before the old ones, the rest after.

    Args:
        filters: Positive integer, channels of the output, at least those of the input.
        strides: Positive integer. Defaults to 1.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, ceil(height / strides), ceil(width / strides), filters)`.

    Raises:
        ValueError: If an argument is out of range, or the input has more channels.

    Example:
        >>> ZeroPadShortcut(4, strides=2)(np.ones((1, 5, 5, 2))).shape
        (1, 3, 3, 4)

    References:
        - [He et al., 2015](https://arxiv.org/abs/1512.03385), section 3.3, option A
    """

    def __init__(self, filters, strides=1, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.strides = check_size("filters", filters), check_size("strides", strides)

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, "(batch, height, width, channels)")
        if inputs_shape[-1] > self.filters:
            raise ValueError(
                f"`filters` must be at least the {inputs_shape[-1]} channels of the input. "
                f"Received: filters={self.filters}"
            )
        new = self.filters - inputs_shape[-1]
        self._widths = new // 2, new - new // 2

    def call(self, inputs):
        kept = inputs[:, :: self.strides, :: self.strides] if self.strides > 1 else inputs
        if self._widths == (0, 0):
            return kept
        return ops.pad(kept, ((0, 0), (0, 0), (0, 0), self._widths))

    def compute_output_shape(self, inputs_shape):
        return strided(inputs_shape, self.strides, self.filters)

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "strides": self.strides}


def strided(shape, strides, filters):
    """Return the shape of every `strides`-th pixel of a picture, with other channels."""
    batch, *sides, _ = shape
    sides = [None if side is None else -(-side // strides) for side in sides]
    return (batch, *sides, filters)
