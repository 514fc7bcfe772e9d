"""The ten crops of a picture over which predictions are averaged (Krizhevsky et al., 2012)."""

import keras
from keras import ops

from keras_readinglist.backend import known
from keras_readinglist.layers.validation import check_shape, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class TenCrop(keras.layers.Layer):
    """Cuts out the four corners and the centre of pictures, each also mirrored.

    The order is top left, top right, bottom left, bottom right, centre, and the same five
    mirrored. Where a margin is odd, the centre lies by half a pixel nearer to the top left.

    Args:
        size: Positive integer, the side of the square crops.
        vertical_flip: Boolean, whether the mirrored five are upside down rather than left for
            right. Defaults to `False`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Tensor `(batch, height, width, channels)`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, 10, size, size, channels)`.

    Raises:
        ValueError: If an argument is out of range, or the pictures are smaller than the crops.

    Example:
        >>> TenCrop(2)(np.arange(9.0).reshape(1, 3, 3, 1))[0, 5, :, :, 0].tolist()
        [[1.0, 0.0], [4.0, 3.0]]

    References:
        - [Krizhevsky et al., 2012, ImageNet Classification with Deep Convolutional Neural
          Networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks),
          section 4.1
    """

    def __init__(self, size, vertical_flip=False, **kwargs):
        super().__init__(**kwargs)
        self.size, self.vertical_flip = check_size("size", size), vertical_flip

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, "(batch, height, width, channels)")
        self._check_room(inputs_shape)

    def call(self, inputs):
        self._check_room(inputs.shape)
        size = self.size
        bottom, right = (ops.shape(inputs)[axis] - size for axis in (1, 2))
        corners = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]
        crops = [inputs[:, y : y + size, x : x + size] for y, x in corners]
        axis = 1 if self.vertical_flip else 2
        crops = ops.stack([*crops, *(ops.flip(crop, axis=axis) for crop in crops)], axis=1)
        return ops.reshape(crops, (-1, 10, size, size, inputs.shape[-1]))

    def _check_room(self, shape):
        if any(known(side) is not None and side < self.size for side in shape[1:3]):
            raise ValueError(
                f"`inputs` must be at least {self.size} pixels high and wide. "
                f"Received shape: {tuple(shape)}"
            )

    def compute_output_shape(self, inputs_shape):
        return (inputs_shape[0], 10, self.size, self.size, inputs_shape[-1])

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "vertical_flip": self.vertical_flip,
        }
