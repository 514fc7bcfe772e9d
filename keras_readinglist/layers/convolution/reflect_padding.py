"""Borders that mirror the picture."""

import keras
from keras import ops

from keras_readinglist.backend import known
from keras_readinglist.layers.validation import check_shape


def reflected(x, pads):
    """Return a tensor `(batch, ..., channels)` with mirrored borders; the edge is not repeated.

    Args:
        x: Tensor.
        pads: List of pairs of integers, how much is put before and behind each axis in the middle.

    Raises:
        ValueError: If an axis is no longer than what would be mirrored.
    """
    for size, pad in zip(x.shape[1:-1], pads, strict=True):
        if known(size) is not None and max(pad) >= size:
            raise ValueError(
                "Reflection needs an input that is larger than the border. "
                f"Received shape: {tuple(x.shape)}, to be padded by {[tuple(p) for p in pads]}"
            )
    if not any(map(sum, pads)):
        return x
    mode = "constant" if known(x.shape[0]) == 0 else "reflect"  # torch mirrors no empty batch
    return ops.pad(x, [(0, 0), *pads, (0, 0)], mode=mode)


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ReflectPadding2D(keras.layers.Layer):
    """Mirrors maps at their borders; the pixels of the edge are not repeated.

    Args:
        padding: Integer, or a pair for height and width, or a pair of pairs
            `((top, bottom), (left, right))`.
        **kwargs: Base layer keyword arguments.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.

    Input shape:
        As above; both sides larger than the padding.

    Output shape:
        `(batch, top + height + bottom, left + width + right, channels)`.

    Raises:
        ValueError: If the padding is negative, or not smaller than the input.

    Example:
        >>> row = np.arange(3.0).reshape((1, 1, 3, 1))
        >>> ops.convert_to_numpy(ReflectPadding2D((0, 2))(row)).ravel().tolist()
        [2.0, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0]

    References:
        - [Yu and Koltun, 2015](https://arxiv.org/abs/1511.07122), section 4
    """

    def __init__(self, padding, **kwargs):
        super().__init__(**kwargs)
        pairs = (padding, padding) if isinstance(padding, int) else tuple(padding)
        pairs = tuple((p, p) if isinstance(p, int) else tuple(p) for p in pairs)
        if [len(pair) for pair in pairs] != [2, 2] or min(map(min, pairs)) < 0:
            raise ValueError(
                "`padding` must be a number, a pair or a pair of pairs, of integers of at least 0. "
                f"Received: padding={padding}"
            )
        self.padding = pairs

    def call(self, inputs):
        check_shape("inputs", inputs.shape, "(batch, height, width, channels)")
        return reflected(inputs, self.padding)

    def compute_output_shape(self, inputs_shape):
        sides = zip(inputs_shape[1:-1], self.padding, strict=True)
        sides = [None if size is None else size + sum(pad) for size, pad in sides]
        return (inputs_shape[0], *sides, inputs_shape[-1])

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}
