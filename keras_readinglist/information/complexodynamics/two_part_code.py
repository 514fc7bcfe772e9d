"""The shortest two-part description of an image of a few levels: its model, then the rest.

A model is a partition of the image into dyadic rectangles together with how many cells of each have
which level; it stands for the set of all images with these numbers. The code is complete:
`encode_image` writes it for black and white, bit for bit.
"""

from dataclasses import dataclass

import numpy as np

LEAF, ROWS, COLUMNS = 0, 1, 2
_SPLIT_BITS = 2.0  # the flag "not a leaf", and the direction


@dataclass(frozen=True)
class TwoPartCode:
    """What `two_part_image_code` returns; arrays for a batch of images.

    Args:
        model_bits: Bits of the partition and of the numbers of ones: the sophistication.
        data_bits: Bits that say which image of the model's set it is.
        leaves: Tuples `(first_row, row_after, first_column, column_after, ones)`, or `None`; with
            more than two levels the last is a tuple, how many cells have the levels above 0.
        denoised: Array of the mean level of every leaf, shaped as the image, or `None`; of zeros
            and ones it is the share of ones.
    """

    model_bits: float | np.ndarray
    data_bits: float | np.ndarray
    leaves: list | None = None
    denoised: np.ndarray | None = None

    @property
    def total_bits(self):
        """The length of the whole description."""
        return self.model_bits + self.data_bits


def two_part_image_code(image, return_partition=False, pad=False, model_weight=1.0, levels=2):
    """Find the partition into dyadic rectangles that describes an image in the fewest bits.

    A rectangle is a leaf (1 bit, then `log2(m + 1)` bits for its number of ones and
    `log2 C(m, k)` bits for their places), or is halved (2 bits). A single cell costs 1 bit. The
    minimum over all partitions is exact, by dynamic programming over all dyadic rectangles, those
    of one shape at once. With `q` levels the numbers of a leaf take `log2 C(m + q - 1, q - 1)`
    bits, their places `log2` of a multinomial coefficient, and a single cell `log2 q`.

    Args:
        image: Array `(height, width)` or `(batch, height, width)` of integers from 0 to
            `levels - 1`: zeros and ones unless said otherwise.
        return_partition: Boolean, whether to return the leaves of the best partition too; lists
            of leaves for a batch.
        pad: Boolean, whether an image whose sides are no powers of two is extended by its most
            frequent level, and naming that is charged for; else it is refused.
        model_weight: Positive number. `model_weight * model_bits + data_bits` is minimised; above
            1 models get smaller.
        levels: Integer of at least 2, how many gray levels there are. Time and memory grow with
            it: quantize a photograph to a few, as by `coarse_grain`.

    Returns:
        A `TwoPartCode`. Among equally short descriptions it is the one with the smallest model.

    Raises:
        ValueError: If the image is empty, has values other than the levels, other than 2 or 3 axes,
            or sides that are no powers of two.

    Example:
        >>> code = two_part_image_code(np.repeat([[0], [1]], 4, axis=0).repeat(8, axis=1))
        >>> round(code.model_bits, 2), code.data_bits
        (14.09, 0.0)

    References:
        - Koppel, 1988, Structure; sophistication as the first part of a two-part description
        - [Aaronson, 2011](https://scottaaronson.blog/?p=762), on what should rise and fall
    """
    if not isinstance(levels, (int, np.integer)) or levels < 2:
        raise ValueError(f"`levels` must be an integer of at least 2. Received: {levels!r}")
    images, batched, extra = _prepare(image, pad, levels)
    if not model_weight > 0:
        raise ValueError(f"`model_weight` must be positive. Received: {model_weight}")
    model, data, choices = _optimise(images, float(model_weight), return_partition, levels)
    model = model + extra
    if not return_partition:
        return TwoPartCode(model, data) if batched else TwoPartCode(float(model[0]), float(data[0]))
    leaves = [_leaves(images[index], choices, index, levels) for index in range(len(images))]
    height, width = np.shape(image)[-2:]
    denoised = np.stack([_means(parts, images.shape[1:]) for parts in leaves])[:, :height, :width]
    if batched:
        return TwoPartCode(model, data, leaves, denoised)
    return TwoPartCode(float(model[0]), float(data[0]), leaves[0], denoised[0])


def log2_factorials(n):
    """Return `log2 k!` for `k` from 0 to `n`."""
    return np.concatenate([[0.0], np.cumsum(np.log2(np.arange(1.0, n + 1)))])


def _prepare(image, pad, levels):
    """Return `(batch, height, width)`, whether there was a batch, and the bits for padding."""
    image = np.asarray(image)
    if image.ndim not in (2, 3) or image.size == 0:
        raise ValueError(
            "`image` must have the shape (height, width) or (batch, height, width) and not be "
            f"empty. Received shape: {image.shape}"
        )
    if image.dtype.kind not in "iubf" or not np.isin(image, np.arange(levels)).all():
        kinds = "zeros and ones alone" if levels == 2 else f"integers from 0 to {levels - 1}"
        raise ValueError(f"`image` must hold {kinds}: quantize other values, or set `levels`.")
    batched = image.ndim == 3
    images = image.reshape(-1, *image.shape[-2:]).astype(np.int32)
    sides = images.shape[1:]
    powers = [1 << (side - 1).bit_length() for side in sides]
    if list(sides) == powers:
        return images, batched, 0.0
    if not pad:
        raise ValueError(
            f"`image` must have sides that are powers of two, or `pad=True`. Received: {sides}"
        )
    fill = [np.bincount(part.ravel(), minlength=levels).argmax() for part in images]
    padded = np.broadcast_to(np.reshape(fill, (-1, 1, 1)), (len(images), *powers)).copy()
    padded[:, : sides[0], : sides[1]] = images
    return padded, batched, float(np.log2(levels))


def _optimise(images, weight, keep_choices, levels):
    """Return model and data bits of the best partitions, and the choice at every rectangle.

    `choices[i, j]` holds, for all rectangles of `2**i` rows and `2**j` columns, what is best.
    """
    batch, height, width = images.shape
    table = log2_factorials(max(height * width, levels))
    above, choices = [], {}
    counts_of_row = np.stack([images == level for level in range(1, levels)]).astype(np.int32)
    for i in range(height.bit_length()):
        if i:
            counts_of_row = counts_of_row[:, :, ::2] + counts_of_row[:, :, 1::2]
        counts, row = counts_of_row, []
        for j in range(width.bit_length()):
            if j:
                counts = counts[..., ::2] + counts[..., 1::2]
            model, data = _leaf(counts, 1 << (i + j), table)
            best = np.zeros(model.shape, np.uint8) if keep_choices else None
            if i:
                m, d = above[j]
                halves = (m[:, ::2] + m[:, 1::2] + _SPLIT_BITS, d[:, ::2] + d[:, 1::2])
                _improve(model, data, best, halves, ROWS, weight)
            if j:
                m, d = row[j - 1]
                halves = (m[:, :, ::2] + m[:, :, 1::2] + _SPLIT_BITS, d[:, :, ::2] + d[:, :, 1::2])
                _improve(model, data, best, halves, COLUMNS, weight)
            row.append((model, data))
            choices[i, j] = best
        above = row
    return model.reshape(batch), data.reshape(batch), choices


def _leaf(counts, size, table):
    """Return model and data bits of leaves with `size` cells and these numbers of every level."""
    others, shape = len(counts), counts.shape[1:]
    ways = np.log2(np.arange(1, others + 1) + size).sum() - table[others]  # C(size + q - 1, q - 1)
    model = np.full(shape, (1.0 if size > 1 else 0.0) + ways)
    if others == 1 and size < counts.size:  # one look-up in a short table, not two in the long one
        ones = np.arange(size + 1)
        return model, (table[size] - table[ones] - table[size - ones])[counts[0]]
    rest = table[size - counts.sum(axis=0)]
    return model, table[size] - table[counts].sum(axis=0) - rest


def _improve(model, data, best, halves, choice, weight):
    """Put the halved rectangles in place of those that they describe better."""
    gain = weight * (model - halves[0]) + (data - halves[1])
    better = (gain > 1e-9) | ((gain > -1e-9) & (halves[0] < model))
    np.copyto(model, halves[0], where=better)
    np.copyto(data, halves[1], where=better)
    if best is not None:
        best[better] = choice


def _leaves(image, choices, index, levels):
    """Return the leaves of the best partition of one image, top to bottom and left to right."""
    height, width = image.shape
    leaves = []
    waiting = [(height.bit_length() - 1, width.bit_length() - 1, 0, 0)]
    while waiting:
        i, j, row, column = waiting.pop()
        choice = choices[i, j][index, row, column]
        if choice == LEAF:
            top, left = row << i, column << j
            part = image[top : top + (1 << i), left : left + (1 << j)]
            counts = np.bincount(part.ravel(), minlength=levels)[1:].tolist()
            kinds = counts[0] if levels == 2 else tuple(counts)
            leaves.append((top, top + (1 << i), left, left + (1 << j), kinds))
        elif choice == ROWS:
            waiting += [(i - 1, j, 2 * row + 1, column), (i - 1, j, 2 * row, column)]
        else:
            waiting += [(i, j - 1, row, 2 * column + 1), (i, j - 1, row, 2 * column)]
    return leaves


def _means(leaves, shape):
    means = np.empty(shape)
    for top, bottom, left, right, counts in leaves:
        total = sum(level * count for level, count in enumerate(np.atleast_1d(counts), start=1))
        means[top:bottom, left:right] = total / ((bottom - top) * (right - left))
    return means
