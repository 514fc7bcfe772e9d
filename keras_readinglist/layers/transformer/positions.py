"""Positions as sines and cosines."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_positive, check_shape


@keras.saving.register_keras_serializable(package="keras_readinglist")
class SinusoidalPositionEmbedding(keras.layers.Layer):
    """The vectors `PE(p, 2i) = sin(p / w^(2i/d))`, `PE(p, 2i+1) = cos(p / w^(2i/d))`.

    Args:
        max_wavelength: Positive float `w`. Defaults to 10,000.
        interleaved: Boolean: sines and cosines alternate, as the paper prints; else, as in its
            code, all sines come first.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, length, features)` of which the shape is taken.
        start_index: Integer or scalar tensor, the position of the first element.

    Input shape:
        `(batch, length, features)`.

    Output shape:
        `(batch, length, features)`, the same for every example; to be added to the inputs.

    Raises:
        ValueError: If an argument is out of range, or the inputs have not three axes.

    Example:
        >>> SinusoidalPositionEmbedding()(np.zeros((1, 2, 4)))[0, 0].tolist()
        [0.0, 1.0, 0.0, 1.0]

    References:
        - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.5
    """

    def __init__(self, max_wavelength=10_000.0, interleaved=True, **kwargs):
        super().__init__(**kwargs)
        self.max_wavelength = check_positive("max_wavelength", max_wavelength)
        self.interleaved = interleaved
        self.supports_masking = True
        self.built = True

    def call(self, inputs, start_index=0):
        check_shape("inputs", inputs.shape, "(batch, length, features)")
        dtype, (length, width) = wide(self.compute_dtype), inputs.shape[1:]
        length = ops.shape(inputs)[1] if length is None else length
        half, place = (width + 1) // 2, np.arange(width)
        pair = place // 2 if self.interleaved else place % half
        cosine = place % 2 == 1 if self.interleaved else place >= half
        rates = self.max_wavelength ** (-2.0 * pair / width)
        places = ops.cast(start_index + ops.arange(length), dtype)
        angles = places[:, None] * ops.cast(rates, dtype)
        encoded = ops.where(cosine, ops.cos(angles), ops.sin(angles))
        return ops.broadcast_to(ops.cast(encoded, self.compute_dtype), ops.shape(inputs))

    def compute_output_shape(self, input_shape, start_index=0):
        return tuple(input_shape)

    def compute_output_spec(self, inputs, start_index=0):
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)

    def get_config(self):
        config = {"max_wavelength": self.max_wavelength, "interleaved": self.interleaved}
        return {**super().get_config(), **config}
