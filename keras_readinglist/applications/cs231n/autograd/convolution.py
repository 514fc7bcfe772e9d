"""Convolution and pooling by windows of the image."""

import numpy as np

from keras_readinglist.applications.cs231n.autograd.modules import Module


def output_size(size, window, stride=1, padding=0):
    """Return `(size - window + 2 padding) / stride + 1`.

    Args:
        size: Integer, the side of the image.
        window: Integer, the side of the window.
        stride: Integer.
        padding: Integer, zeros on each side.

    Raises:
        ValueError: If that is no positive whole number.

    Example:
        >>> output_size(227, 11, stride=4)
        55

    References:
        - [CS231n, ConvNets](https://cs231n.github.io/convolutional-networks/#conv)
    """
    steps, rest = divmod(size - window + 2 * padding, stride)
    if rest or steps < 0:
        raise ValueError(
            f"(size - window + 2 padding) / stride + 1 must be a positive whole number. Received: "
            f"size={size}, window={window}, stride={stride}, padding={padding}"
        )
    return steps + 1


def _windows(x, side, stride):
    """Return all windows `(n, rows, columns, side, side, channels)` as a view."""
    for size in x.shape[1:3]:
        output_size(size, side, stride)
    view = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(1, 2))
    return np.moveaxis(view[:, ::stride, ::stride], 3, -1)


def _added(dwindows, shape, stride):
    """Return the image of a shape to which the windows are added where they came from."""
    dx = np.zeros(shape)
    rows, columns, side = dwindows.shape[1:4]
    for i in range(side):
        for j in range(side):
            bottom, right = i + stride * rows, j + stride * columns
            dx[:, i:bottom:stride, j:right:stride] += dwindows[:, :, :, i, j]
    return dx


class Convolution(Module):
    """Filters over an image `(n, height, width, channels)`.

    Args:
        channels: Integer, those of the image.
        filters: Integer.
        side: Integer, the side of a filter.
        rng: `np.random.Generator` that draws the weights.
        stride: Integer. Defaults to 1.
        padding: Integer, zeros on each side. Defaults to 0.
    """

    def __init__(self, channels, filters, side, rng, stride=1, padding=0):
        super().__init__()
        scale = np.sqrt(2.0 / (side * side * channels))
        weights = scale * rng.standard_normal((side, side, channels, filters))
        self.params = {"W": weights, "b": np.zeros(filters)}
        self.stride, self.padding = stride, padding

    def forward(self, x, training=False):
        weights, pad = self.params["W"], (self.padding, self.padding)
        self.padded = np.pad(x, ((0, 0), pad, pad, (0, 0)))
        self.windows = _windows(self.padded, len(weights), self.stride)
        return np.tensordot(self.windows, weights, 3) + self.params["b"]

    def backward(self, dout):
        weights, p = self.params["W"], self.padding
        self.grads = {
            "W": np.tensordot(self.windows, dout, ((0, 1, 2), (0, 1, 2))),
            "b": dout.sum(axis=(0, 1, 2)),
        }
        dwindows = np.tensordot(dout, weights, ((3,), (3,)))
        dx = _added(dwindows, self.padded.shape, self.stride)
        return dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p]


class _Pool(Module):
    """What becomes of every window of an image.

    Args:
        side: Integer, the side of a window.
        stride: Integer, or `None` for the side.
    """

    def __init__(self, side, stride=None):
        super().__init__()
        self.side, self.stride = side, stride or side

    def _windows(self, x):
        windows = _windows(x, self.side, self.stride)
        self.shape, self.parts = x.shape, windows.shape
        return windows


class MaxPool(_Pool):
    """The largest number of every window; of equal ones the first gets the gradient.

    Args:
        side: Integer, the side of a window.
        stride: Integer, or `None` for the side.
    """

    def forward(self, x, training=False):
        windows = self._windows(x)
        flat = windows.reshape(*self.parts[:3], -1, self.parts[-1])
        self.chosen = flat.argmax(axis=3)[:, :, :, None]
        return np.take_along_axis(flat, self.chosen, axis=3)[:, :, :, 0]

    def backward(self, dout):
        dwindows = np.zeros((*self.parts[:3], self.side**2, self.parts[-1]))
        np.put_along_axis(dwindows, self.chosen, dout[:, :, :, None], axis=3)
        return _added(dwindows.reshape(self.parts), self.shape, self.stride)


class AveragePool(_Pool):
    """The mean of every window.

    Args:
        side: Integer, the side of a window.
        stride: Integer, or `None` for the side.
    """

    def forward(self, x, training=False):
        return self._windows(x).mean(axis=(3, 4))

    def backward(self, dout):
        spread = np.broadcast_to(dout[:, :, :, None, None] / self.side**2, self.parts)
        return _added(spread, self.shape, self.stride)
