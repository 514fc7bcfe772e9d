"""Convolutions whose kernels have gaps (Yu and Koltun, 2015)."""

import keras
from keras import ops

from keras_readinglist.backend import known
from keras_readinglist.layers.convolution.conv2d import Conv2D
from keras_readinglist.layers.convolution.reflect_padding import reflected
from keras_readinglist.layers.validation import check_choice

METHODS = ("auto", "direct", "space_to_batch")


class _Dilated:
    """What the dilated convolutions of one and of two axes share: the border and the method."""

    def __init__(
        self,
        filters,
        kernel_size=3,
        dilation_rate=1,
        padding="valid",
        method="auto",
        strides=1,
        **kwargs,
    ):
        check_choice("padding", padding, self.paddings)
        super().__init__(
            filters,
            kernel_size,
            strides=strides,
            padding="valid" if padding == "reflect" else padding,
            dilation_rate=dilation_rate,
            **kwargs,
        )
        if self.data_format != "channels_last":
            raise ValueError(
                f"`data_format` must be 'channels_last'. Received: data_format={self.data_format!r}"
            )
        self.border = padding
        self.method = check_choice("method", method, METHODS)

    def _pads(self):
        """Return what is put before and behind each axis."""
        sizes = zip(self.kernel_size, self.dilation_rate, strict=True)
        totals = [(size - 1) * rate for size, rate in sizes]
        if self.border == "causal":
            return [(total, 0) for total in totals]
        if self.border == "valid":
            totals = [0] * self.rank
        return [(total // 2, total - total // 2) for total in totals]

    def call(self, inputs):
        outputs = self.convolution_op(inputs, self.kernel)
        if self.use_bias:
            outputs = ops.add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def convolution_op(self, inputs, kernel):
        if known(inputs.shape[0]) == 0:  # of none oneDNN, below TensorFlow, returns other shapes
            shape = self.compute_output_shape(tuple(inputs.shape))
            return ops.zeros(shape, dtype=inputs.dtype)
        folds = self.method == "space_to_batch" and max(self.dilation_rate) > 1
        if self.border == "reflect":
            inputs = reflected(inputs, self._pads())
        elif self.border == "causal" or (self.border == "same" and folds):
            inputs = ops.pad(inputs, [(0, 0), *self._pads(), (0, 0)])
        if folds:
            return self._folded(inputs, kernel)
        if self.border == "causal":
            return ops.conv(inputs, kernel, self.strides, dilation_rate=self.dilation_rate)
        return super().convolution_op(inputs, kernel)

    def _folded(self, x, kernel):
        """Convolve every grid of pixels a rate apart by itself, as one more example of the batch.

        A grid has `ceil(size / rate)` pixels an axis: what is missing in the last is filled with
        zeros, and the outputs that saw them are cut off.
        """
        rates, rank = self.dilation_rate, self.rank
        channels, sizes = x.shape[-1], ops.shape(x)[1:-1]
        counts = [(n + r - 1) // r for n, r in zip(sizes, rates, strict=True)]
        x = ops.pad(x, [(0, 0), *((0, r - 1) for r in rates), (0, 0)])
        x = x[(slice(None), *(slice(c * r) for c, r in zip(counts, rates, strict=True)))]
        pairs = [s for pair in zip(counts, rates, strict=True) for s in pair]
        grids = [2 * axis + 2 for axis in range(rank)]
        cells = [2 * axis + 1 for axis in range(rank)]
        x = ops.reshape(x, (-1, *pairs, channels))
        x = ops.transpose(x, (*grids, 0, *cells, 2 * rank + 1))
        x = ops.reshape(x, (-1, *counts, channels))
        x = ops.conv(x, kernel, strides=1, padding="valid")
        counts = [c - k + 1 for c, k in zip(counts, self.kernel_size, strict=True)]
        x = ops.reshape(x, (*rates, -1, *counts, self.filters))
        order = [i for axis in range(rank) for i in (rank + 1 + axis, axis)]
        x = ops.transpose(x, (rank, *order, 2 * rank + 1))
        x = ops.reshape(x, (-1, *(c * r for c, r in zip(counts, rates, strict=True)), self.filters))
        ends = zip(sizes, self.kernel_size, rates, strict=True)
        return x[(slice(None), *(slice(n - (k - 1) * r) for n, k, r in ends))]

    def compute_output_shape(self, input_shape):
        if self.border == "reflect":
            sizes = zip(input_shape[1:-1], self._pads(), strict=True)
            sizes = [None if size is None else size + sum(pad) for size, pad in sizes]
            input_shape = (input_shape[0], *sizes, input_shape[-1])
        return super().compute_output_shape(input_shape)

    def get_config(self):
        return {**super().get_config(), "padding": self.border, "method": self.method}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class DilatedConv2D(_Dilated, Conv2D):
    """A convolution whose kernel elements lie `dilation_rate` pixels apart.

    `y[i, j] = sum_uv x[i + l (u - 1), j + l (v - 1)] K[u, v]` for a 3 x 3 kernel and the rate l,
    with as many weights and operations as without gaps.

    Args:
        filters: Positive integer, the number of maps.
        kernel_size: Positive integer, or a pair for height and width. Defaults to 3.
        dilation_rate: Positive integer, or a pair.
        padding: `"valid"`, `"same"` (zeros) or `"reflect"` (as many pixels, mirrored).
        method: `"direct"`; `"space_to_batch"`, which convolves every grid of pixels a rate apart
            without gaps; or `"auto"`, which is direct: on a CPU gaps cost nothing. Older releases
            of XLA fill the gaps with zeros on a GPU: there the other one is faster.
        strides: Positive integer, or a pair; 1 if there are gaps.
        **kwargs: As for `keras.layers.Conv2D`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.

    Input shape:
        As above, height and width of any size.

    Output shape:
        `(batch, height, width, filters)`; with `"valid"` each side is
        `(kernel_size - 1) * dilation_rate` shorter.

    Raises:
        ValueError: If an argument is out of range, or both strides and gaps are given.

    Example:
        >>> layer = DilatedConv2D(8, dilation_rate=4, padding="reflect")
        >>> layer(np.ones((1, 20, 30, 3))).shape
        (1, 20, 30, 8)

    References:
        - [Yu and Koltun, 2015](https://arxiv.org/abs/1511.07122), section 2
    """

    paddings = ("valid", "same", "reflect")


@keras.saving.register_keras_serializable(package="keras_readinglist")
class DilatedConv1D(_Dilated, keras.layers.Conv1D):
    """A convolution over time whose kernel elements lie `dilation_rate` steps apart.

    Args:
        filters: Positive integer, the number of features.
        kernel_size: Positive integer. Defaults to 3.
        dilation_rate: Positive integer.
        padding: `"valid"`, `"same"`, `"reflect"` or `"causal"`, where no output sees the future.
        method: As for `DilatedConv2D`.
        strides: Positive integer; 1 if there are gaps.
        **kwargs: As for `keras.layers.Conv1D`.

    Call arguments:
        inputs: Float tensor `(batch, time, channels)`.

    Input shape:
        As above.

    Output shape:
        `(batch, time, filters)`; with `"valid"` shorter by `(kernel_size - 1) * dilation_rate`.

    Raises:
        ValueError: If an argument is out of range, or both strides and gaps are given.

    Example:
        >>> DilatedConv1D(8, 2, dilation_rate=4, padding="causal")(np.ones((1, 20, 3))).shape
        (1, 20, 8)

    References:
        - [Yu and Koltun, 2015](https://arxiv.org/abs/1511.07122), section 2
    """

    paddings = ("valid", "same", "reflect", "causal")
