"""Sizes after compression: upper bounds of Kolmogorov complexity that a computer can compute."""

import bz2
import functools
import gzip
import lzma
import zlib

import numpy as np

_COMPRESSORS = {
    "gzip": lambda data, level: gzip.compress(data, level, mtime=0),
    "zlib": lambda data, level: zlib.compress(data, level),
    "bz2": lambda data, level: bz2.compress(data, level),
    "lzma": lambda data, level: lzma.compress(data, preset=level),
}


def find_compressor(compressor, level=9):
    """Return a function from bytes to bytes.

    Args:
        compressor: `"gzip"`, `"zlib"`, `"bz2"`, `"lzma"`, or a function that is returned as it is.
        level: Integer from 1 to 9, the effort.

    Raises:
        ValueError: If the name is unknown.
    """
    if callable(compressor):
        return compressor
    if not isinstance(compressor, str) or compressor not in _COMPRESSORS:
        raise ValueError(
            f"`compressor` must be one of {', '.join(_COMPRESSORS)}, or a function of bytes. "
            f"Received: compressor={compressor!r}"
        )
    return functools.partial(_COMPRESSORS[compressor], level=level)


def compressed_size(array, compressor="gzip", level=9):
    """Return the number of bytes of a compressed array, one byte per element in row-major order.

    Args:
        array: Array of integers from 0 to 255, or bytes.
        compressor: As for `find_compressor`.
        level: Integer from 1 to 9, the effort.

    Returns:
        Integer, headers included.

    Raises:
        ValueError: If the compressor is unknown or values do not fit into bytes.

    Example:
        >>> compressed_size(np.zeros((100, 100), int)) < 60
        True
    """
    if not isinstance(array, (bytes, bytearray)):
        array = np.asarray(array)
        if array.size and (array.dtype.kind not in "uib" or array.min() < 0 or array.max() > 255):
            raise ValueError("`array` must hold integers from 0 to 255, or be bytes.")
        array = np.ascontiguousarray(array, np.uint8).tobytes()
    return len(find_compressor(compressor, level)(bytes(array)))
