"""Pictures as arrays: the IDX format, and seeded batches."""

import gzip
import math
import pathlib

import keras
import numpy as np


def read_idx(path) -> np.ndarray:
    """Return the array of bytes in an IDX file, which may be compressed by gzip.

    Args:
        path: Path of the file.

    Raises:
        ValueError: If the file is cut off or not of this format; the message names it.

    References:
        - [LeCun, Cortes and Burges](http://yann.lecun.com/exdb/mnist/), the format at the end
    """
    path = pathlib.Path(path).expanduser()
    content = path.read_bytes()
    try:
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    rank = content[3] if len(content) > 4 and content[:3] == b"\0\0\x08" else 0
    shape = tuple(np.frombuffer(content, ">u4", rank, 4)) if len(content) >= 4 + 4 * rank else ()
    if not shape or len(content) != 4 + 4 * rank + math.prod(map(int, shape)):
        raise ValueError(f"{path} is damaged: it is no whole IDX file of bytes.")
    return np.frombuffer(content, "uint8", offset=4 + 4 * rank).reshape(shape).copy()


def averaged(images, side) -> np.ndarray:
    """Return pictures made smaller, every pixel the mean of a square of them, as float32.

    Args:
        images: Array `(n, height, width, channels)`.
        side: Positive integer, a side of the squares, which divides height and width.

    Raises:
        ValueError: If it does not.

    Example:
        >>> averaged(np.arange(16).reshape(1, 4, 4, 1), 2)[0, :, :, 0].tolist()
        [[2.5, 4.5], [10.5, 12.5]]
    """
    count, height, width, channels = images.shape
    if side < 1 or height % side or width % side:
        raise ValueError(f"`side` must divide {height} and {width}. Received: side={side}")
    squares = images.reshape(count, height // side, side, width // side, side, channels)
    return squares.mean((2, 4), dtype="float32")


class ImageBatches(keras.utils.PyDataset):
    """Batches of pictures; those of epoch `e` depend on `(seed, e)` alone.

    Pictures of bytes become float32 between 0 and 1. The last batch is left out if it is not
    whole, since every further shape is compiled anew.

    Args:
        images: Array `(n, height, width)` or `(n, height, width, channels)`, uint8 or float.
        labels: Array `(n, ...)`.
        batch_size: Positive integer, at most `n`.
        augment: A Keras layer that changes pictures in training, such as
            `keras.layers.RandomFlip` or a `keras.layers.Pipeline`, or `None`.
        shuffle: Boolean, whether every epoch has an order of its own. Defaults to `True`.
        seed: Integer.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> batches = ImageBatches(np.zeros((5, 8, 8), "uint8"), np.arange(5), 2)
        >>> images, labels = batches[0]
        >>> len(batches), images.shape, labels.shape
        (2, (2, 8, 8, 1), (2,))
    """

    def __init__(self, images, labels, batch_size, augment=None, shuffle=True, seed=0):
        super().__init__()
        images = np.asarray(images)
        if images.ndim not in (3, 4) or len(images) != len(labels):
            raise ValueError(
                "`images` must be `(n, height, width)` or `(n, height, width, channels)` with as "
                f"many `labels`. Received: {images.shape} and {len(labels)} labels"
            )
        if not 1 <= batch_size <= len(images):
            raise ValueError(
                f"`batch_size` must be from 1 to {len(images)}. Received: batch_size={batch_size}"
            )
        self.images = images if images.ndim == 4 else images[..., None]
        self.labels, self.batch_size = np.asarray(labels), batch_size
        self.augment, self.shuffle, self.seed, self.epoch = augment, shuffle, seed, 0

    def __len__(self):
        """Return the number of batches of an epoch."""
        return len(self.images) // self.batch_size

    def __getitem__(self, index):
        """Return pictures and labels of a batch."""
        order = np.arange(len(self.images))
        if self.shuffle:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(order)
        rows = order[index * self.batch_size : (index + 1) * self.batch_size]
        images = self.images[rows].astype("float32")
        if self.images.dtype == np.uint8:
            images /= 255
        if self.augment is not None:
            images = keras.ops.convert_to_numpy(self.augment(images, training=True))
        return images, self.labels[rows]

    def on_epoch_end(self):
        """Go on to the order of the next epoch."""
        self.epoch += 1
