"""A convolution over time and frequency that does not see padding."""

import keras
from keras import ops

from keras_readinglist.layers import masking
from keras_readinglist.layers.convolution import Conv2D


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MaskedConv2D(Conv2D):
    """Convolution over time and frequency, of clips of different lengths.

    Each axis is padded by `(k - 1) // 2` zeros before and the rest of `k - 1` behind, so that `n`
    frames give `ceil(n / stride)`. What is masked counts as these zeros, so a clip among longer
    ones gives what it gives alone. The same padding before, whatever the length, is what lets sound
    arrive in pieces: `padding="same"` of Keras depends on the length.

    Args:
        filters: Positive integer, the number of maps.
        kernel_size: Positive integer, or a pair for time and frequency.
        strides: Positive integer, or a pair; at most the kernel. Defaults to 1.
        **kwargs: As for `keras.layers.Conv2D`: `activation`, `use_bias`, initializers and so on.

    Call arguments:
        inputs: Float tensor `(batch, time, frequencies, channels)`.
        mask: Boolean tensor `(batch, time)`, `False` behind the end of a clip.
        extend: Boolean, whether zeros are put before and behind in time. Without them there is a
            result for every whole window, as of frames that follow on others.

    Input shape:
        As above.

    Output shape:
        `(batch, ceil(time / stride), ceil(frequencies / stride), filters)`, zeros behind the end.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> MaskedConv2D(4, (11, 21), (2, 2))(np.ones((2, 33, 81, 1))).shape
        (2, 17, 41, 4)

    References:
        - [Amodei et al., 2015](https://arxiv.org/abs/1512.02595), section 3.5
    """

    def __init__(self, filters, kernel_size, strides=(1, 1), **kwargs):
        super().__init__(filters, kernel_size, strides, padding="valid", **kwargs)
        sizes = zip(self.kernel_size, self.strides, strict=True)
        if any(stride > size for size, stride in sizes):
            raise ValueError(
                "`strides` must be at most `kernel_size`. Received: "
                f"strides={strides}, kernel_size={kernel_size}"
            )
        if self.data_format != "channels_last" or self.dilation_rate != (1, 1):
            raise ValueError(
                "`data_format` must be 'channels_last' and `dilation_rate` 1. Received: "
                f"data_format={self.data_format!r}, dilation_rate={self.dilation_rate}"
            )
        self.supports_masking = True

    @property
    def pads(self):
        """Zeros before and behind each axis."""
        return [((size - 1) // 2, size - 1 - (size - 1) // 2) for size in self.kernel_size]

    def call(self, inputs, mask=None, extend=True):
        mask = masking.as_mask(mask, "inputs", inputs)
        inputs = masking.blank(inputs, mask)
        over_time = self.pads[0] if extend else (0, 0)
        outputs = super().call(ops.pad(inputs, [(0, 0), over_time, self.pads[1], (0, 0)]))
        return masking.blank(outputs, self.compute_mask(inputs, mask)) if extend else outputs

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else mask[:, :: self.strides[0]]

    def compute_output_shape(self, input_shape):
        batch, *sizes, _ = input_shape
        sizes = [
            None if n is None else -(-n // stride)
            for n, stride in zip(sizes, self.strides, strict=True)
        ]
        return (batch, *sizes, self.filters)

    def get_config(self):
        config = super().get_config()
        config.pop("padding")
        return config
