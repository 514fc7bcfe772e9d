"""Pictures as bytes that name their model, and refuse to be read by another one."""

import hashlib
import json
import struct
import zlib

import numpy as np

from keras_readinglist.information.bits_back.codec import BitsBackCodec

_MAGIC = b"KRBB2"
_HEAD = struct.Struct("<5s8sIIB")  # magic, model, count, checksum of the pictures, length of a name


def fingerprint(model):
    """Return 8 bytes that stand for a model: its configuration and all its weights."""
    config = {**model.get_config(), "name": None, "dtype": None}
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode())
    for weights in model.get_weights():
        digest.update(np.ascontiguousarray(weights).tobytes())
    return digest.digest()[:8]


def compress(model, pictures, name=""):
    """Return pictures as bytes, without loss.

    Args:
        model: As for `BitsBackCodec`.
        pictures: Integer array `(n, height, width, 1)` of levels.
        name: String of at most 255 bytes, by which a reader finds the model, such as a preset's.

    Returns:
        Bytes, some 22 and the name more than the pictures take.

    Raises:
        ValueError: If the pictures are not the model's.

    Example:
        >>> from keras_readinglist.applications import VariationalLossyAutoencoder
        >>> model = VariationalLossyAutoencoder((4, 4, 1), latent_dim=2, seed=0)
        >>> pictures = np.random.default_rng(0).integers(0, 2, (3, 4, 4, 1))
        >>> data = compress(model, pictures, "mine")
        >>> bool((decompress(model, data) == pictures).all()), describe(data)["name"]
        (True, 'mine')

    References:
        - [Townsend et al., 2019](https://arxiv.org/abs/1901.04866)
    """
    pictures, title = model.check_pictures(pictures), name.encode()
    if len(title) > 255:
        raise ValueError(f"`name` must have at most 255 bytes. Received: {len(title)}")
    words, _ = BitsBackCodec(model).encode(pictures)
    checksum = zlib.crc32(pictures.astype("<i4").tobytes())
    head = _HEAD.pack(_MAGIC, fingerprint(model), len(pictures), checksum, len(title))
    return head + title + words.astype("<u4").tobytes()


def describe(data):
    """Return what the head of compressed pictures says.

    Args:
        data: Bytes that `compress` returned.

    Returns:
        Dictionary of `name`, `model` (a fingerprint), `count` and `checksum`.

    Raises:
        ValueError: If these are no compressed pictures.

    Example:
        >>> describe(b"something else")
        Traceback (most recent call last):
        ValueError: `data` must be pictures that `compress` wrote. Received: 14 other bytes

    References:
        - [Townsend et al., 2019](https://arxiv.org/abs/1901.04866)
    """
    return _read_head(data)[0]


def _read_head(data):
    if len(data) < _HEAD.size or data[: len(_MAGIC)] != _MAGIC:
        raise ValueError(
            f"`data` must be pictures that `compress` wrote. Received: {len(data)} other bytes"
        )
    _, model, count, checksum, length = _HEAD.unpack_from(data)
    end = _HEAD.size + length
    if len(data) < end or (len(data) - end) % 4:
        raise ValueError(f"`data` must be whole. Received: {len(data)} bytes, which were cut")
    name = data[_HEAD.size : end].decode(errors="replace")
    return {"name": name, "model": model.hex(), "count": count, "checksum": checksum}, data[end:]


def decompress(model, data):
    """Return the pictures that `compress` made bytes of.

    Args:
        model: The model they were written with.
        data: Bytes.

    Returns:
        Integer array `(n, height, width, 1)`.

    Raises:
        ValueError: If the bytes are of another model, damaged, or cut.

    Example:
        >>> from keras_readinglist.applications import VariationalLossyAutoencoder
        >>> model = VariationalLossyAutoencoder((4, 4, 1), latent_dim=2, seed=0)
        >>> decompress(model, compress(model, np.ones((1, 4, 4, 1), int))).shape
        (1, 4, 4, 1)

    References:
        - [Townsend et al., 2019](https://arxiv.org/abs/1901.04866)
    """
    head, rest = _read_head(data)
    if head["model"] != fingerprint(model).hex():
        raise ValueError(
            f"`model` must be the one that wrote the data, {head['name'] or head['model']}. "
            "Received: another model, or other weights"
        )
    damaged = "`data` must be as it was written. Received: damaged or cut bytes"
    # A picture takes a bit at least, or the count is damaged: a wrong one would be read for hours.
    if head["count"] > 32 * len(rest):
        raise ValueError(damaged)
    try:
        pictures = BitsBackCodec(model).decode(np.frombuffer(rest, "<u4"), head["count"])
    except ValueError as error:
        raise ValueError(damaged) from error
    if zlib.crc32(pictures.astype("<i4").tobytes()) != head["checksum"]:
        raise ValueError(damaged)
    return pictures
