"""Pictures of any kind as arrays of one kind."""

import math
import pathlib

import numpy as np

LARGEST_SIDE = 20_000


def read_picture(picture, channels):
    """Return a picture as float32 numbers from 0 to 1, of shape `(height, width, channels)`.

    Bytes are divided by 255 and 16-bit numbers by 65,535; what is transparent is laid on white.

    Args:
        picture: Path of a file, `PIL.Image.Image`, or array `(height, width)` or
            `(height, width, 1, 3 or 4)` of bytes, 16-bit numbers, or floats from 0 to 1.
        channels: 1 for grey or 3 for colours.

    Raises:
        ValueError: If it is no picture; the message says what is wrong with it.
    """
    if isinstance(picture, (str, pathlib.Path)):
        picture = _opened(picture)
    if hasattr(picture, "convert"):  # of Pillow
        if not picture.mode.startswith(("I", "F")):  # else deep and grey
            clear = picture.mode in ("LA", "PA", "RGBA") or "transparency" in picture.info
            picture = picture.convert("RGBA" if clear else "RGB")
        picture = np.asarray(picture)
        picture = picture.astype("uint16") if picture.dtype == np.int32 else picture
    pixels = np.asarray(picture)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or 0 in pixels.shape or pixels.shape[-1] not in (1, 3, 4):
        raise ValueError(
            "A picture must be (height, width) or (height, width, 1, 3 or 4). "
            f"Received an array of shape {pixels.shape}"
        )
    return _of_channels(_from_0_to_1(pixels), channels)


def _opened(path):
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(path)
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError(f"{path} is not a picture that can be read: {error}") from error


def _from_0_to_1(pixels):
    if pixels.dtype in (np.uint8, np.uint16):
        return pixels.astype("float32") / np.iinfo(pixels.dtype).max
    pixels = pixels.astype("float32")
    if not (np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 1):
        raise ValueError("A picture of floats must have numbers from 0 to 1.")
    return pixels


def _of_channels(pixels, channels):
    if pixels.shape[-1] == 4:
        opaque = pixels[..., 3:]
        pixels = pixels[..., :3] * opaque + 1 - opaque
    if pixels.shape[-1] == channels:
        return pixels
    if channels == 1:
        return pixels @ np.array([[0.299], [0.587], [0.114]], "float32")
    return np.repeat(pixels, 3, axis=-1)


def fitted(pixels, height, width):
    """Return the middle of a picture at another size, its sides kept in proportion.

    Args:
        pixels: Float array `(height, width, channels)`.
        height: Positive integer.
        width: Positive integer.
    """
    from PIL import Image

    rows, columns = pixels.shape[:2]
    if (rows, columns) == (height, width):
        return pixels
    if max(rows, columns) > LARGEST_SIDE:
        raise ValueError(
            f"A picture may have {LARGEST_SIDE} pixels a side. Received: {rows, columns}"
        )
    scale = max(height / rows, width / columns)
    size = (
        max(height, math.floor(rows * scale + 0.5)),
        max(width, math.floor(columns * scale + 0.5)),
    )
    whole = rows % size[0] == 0 and columns % size[1] == 0  # then every pixel is a plain average
    kind = Image.Resampling.BOX if whole else Image.Resampling.BILINEAR
    planes = [
        np.asarray(Image.fromarray(plane).resize(size[::-1], kind))
        for plane in np.moveaxis(pixels, -1, 0)
    ]
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return np.stack(planes, axis=-1)[top : top + height, left : left + width]
