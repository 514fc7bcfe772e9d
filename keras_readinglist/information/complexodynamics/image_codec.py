"""The two-part code as bytes, to show that its bits really decode.

All choices are digits of one large number in a mixed radix: the flags in base 2, the number of
ones of a leaf of `m` cells in base `m + 1`, and which of the `C(m, k)` arrangements it is in base
`C(m, k)`. No bit is lost between two choices, whatever their number of values.
"""

from math import comb, lgamma, log, log2

import numpy as np

from keras_readinglist.information.complexodynamics.two_part_code import (
    COLUMNS,
    LEAF,
    ROWS,
    two_part_image_code,
)

_SHAPE_BITS = 5  # of the exponent of either side
_SPARE_BITS = 64  # a number may be so much shorter than its digits, if the last ones are small


def encode_image(image):
    """Write an image in the fewest bits that a partition into dyadic rectangles allows.

    Args:
        image: Array of zeros and ones `(height, width)`, sides powers of two.

    Returns:
        Bytes, at most 64 bits longer than `two_part_image_code(image).total_bits`: the shape, and
        the last byte filled up. Time grows with the square of the largest leaf.

    Raises:
        ValueError: As for `two_part_image_code`; batches are refused.

    Example:
        >>> len(encode_image(np.eye(64, dtype=int)))
        57
    """
    image = np.asarray(image)
    if image.ndim != 2:
        raise ValueError(f"`image` must have the shape (height, width). Received: {image.shape}")
    leaves = two_part_image_code(image, return_partition=True).leaves
    digits = [(side.bit_length() - 1, 1 << _SHAPE_BITS) for side in image.shape]
    _describe(image, {leaf[:4]: leaf[4] for leaf in leaves}, digits)
    number = 0
    for digit, base in reversed(digits):
        number = number * base + digit
    least = sum(log2(base) for _, base in digits) - _SPARE_BITS
    return number.to_bytes((max(number.bit_length(), int(least)) + 7) // 8, "little")


def decode_image(data):
    """Return the image that `encode_image` wrote.

    Args:
        data: Bytes.

    Returns:
        Array `(height, width)` of zeros and ones, uint8.

    Raises:
        ValueError: If the bytes hold no image, or a larger one than so many bytes describe.

    Example:
        >>> decode_image(encode_image(np.eye(2, dtype=int)))
        array([[1, 0],
               [0, 1]], dtype=uint8)
    """
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise ValueError(f"`data` must be bytes. Received: {type(data).__name__}")
    source = _Digits(bytes(data))
    sides = [1 << source.take(1 << _SHAPE_BITS) for _ in range(2)]
    if sides[0] * sides[1] > 1 << 24:
        raise ValueError("`data` does not hold an image of at most 2 ** 24 cells.")
    image = np.zeros(sides, np.uint8)
    _fill(image, source)
    if source.number:
        raise ValueError("`data` goes on after the end of the image.")
    return image


class _Digits:
    """Takes the digits of a number, the lowest first, as long as the bytes can hold them."""

    def __init__(self, data):
        self.number = int.from_bytes(data, "little")
        self.bits = 8 * len(data) + _SPARE_BITS

    def take(self, base):
        self._spend(log2(base))
        self.number, digit = divmod(self.number, base)
        return digit

    def take_arrangement(self, size, ones):
        """Take which of the `C(size, ones)` arrangements it is, unless that is too large."""
        nats = lgamma(size + 1) - lgamma(ones + 1) - lgamma(size - ones + 1)
        self._spend(nats / log(2))  # before the number itself, whose digits may be millions
        self.number, digit = divmod(self.number, comb(size, ones))
        return digit

    def _spend(self, bits):
        self.bits -= bits
        if self.bits < -1:  # -1 for rounding
            raise ValueError("`data` does not hold an image: it is cut off or damaged.")


def _describe(image, leaves, digits):
    """Append what describes an image, `(digit, base)` each, in the order of decoding."""
    height, width = image.shape
    _split_or_leaf(image, (0, height, 0, width), list(leaves), leaves, digits)


def _split_or_leaf(image, box, inside, leaves, digits):
    top, bottom, left, right = box
    size = (bottom - top) * (right - left)
    if box in leaves:
        cells = image[top:bottom, left:right].ravel()
        if size == 1:
            digits.append((int(cells[0]), 2))
            return
        digits += [(LEAF, 2), (leaves[box], size + 1), (rank(cells), comb(size, leaves[box]))]
        return
    # The leaves decide: where none crosses the middle row, halving the rows costs no bit more.
    halves = _halves(box, ROWS)
    crossing = bottom - top > 1 and any(a < halves[0][1] < b for a, b, _, _ in inside)
    direction = COLUMNS if crossing or bottom - top == 1 else ROWS
    digits += [(1, 2), (direction - ROWS, 2)]
    for half in _halves(box, direction):
        kept = [leaf for leaf in inside if _within(leaf, half)]
        _split_or_leaf(image, half, kept, leaves, digits)


def _halves(box, direction):
    top, bottom, left, right = box
    if direction == ROWS:
        middle = (top + bottom) // 2
        return (top, middle, left, right), (middle, bottom, left, right)
    middle = (left + right) // 2
    return (top, bottom, left, middle), (top, bottom, middle, right)


def _within(leaf, box):
    return box[0] <= leaf[0] and leaf[1] <= box[1] and box[2] <= leaf[2] and leaf[3] <= box[3]


def _fill(image, source):
    """Read the description of an image, or of a part of it, into place."""
    if image.size == 1:
        image[:] = source.take(2)
        return
    if source.take(2) == LEAF:
        ones = source.take(image.size + 1)
        cells = unrank(source.take_arrangement(image.size, ones), image.size, ones)
        image[:] = cells.reshape(image.shape)
        return
    direction = ROWS + source.take(2)
    axis = 0 if direction == ROWS else 1
    if image.shape[axis] == 1:
        raise ValueError("`data` does not hold an image: it halves a single line.")
    for half in np.split(image, 2, axis=axis):
        _fill(half, source)


def rank(cells):
    """Return the index of a sequence among all with as many ones, in lexicographic order.

    Args:
        cells: Array of zeros and ones.

    Returns:
        Integer from 0 to `C(len(cells), ones) - 1` (Cover's enumerative code).
    """
    left, ones = len(cells), int(np.sum(cells))
    index, ways = 0, comb(left, ones)
    for cell in cells.tolist():
        if ones == 0 or ones == left:
            break
        with_zero = ways * (left - ones) // left  # sequences that go on with a zero
        if cell:
            index += with_zero
            ways -= with_zero
            ones -= 1
        else:
            ways = with_zero
        left -= 1
    return index


def unrank(index, length, ones):
    """Return the sequence of an index; see `rank`."""
    cells = np.zeros(length, np.uint8)
    left, ways = length, comb(length, ones)
    for place in range(length):
        if ones == left:
            cells[place:] = 1
            break
        if ones == 0:
            break
        with_zero = ways * (left - ones) // left
        if index >= with_zero:
            cells[place] = 1
            index -= with_zero
            ways -= with_zero
            ones -= 1
        else:
            ways = with_zero
        left -= 1
    return cells
