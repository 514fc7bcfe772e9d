"""Grids of numbers as pictures inside the page, and pictures that a visitor brings."""

import base64
import io
from functools import lru_cache

import numpy as np

from .html import el

COFFEE = ((54, 33, 22), (240, 224, 196))  # readable in light and dark alike
LARGEST_FILE, LARGEST_SIDE = 20_000_000, 8000


def data_uri(pixels):
    """Return an array of bytes, gray `(height, width)` or colour, as the address of a PNG."""
    pixels = np.ascontiguousarray(pixels, np.uint8)
    return _encoded(pixels.tobytes(), pixels.shape)


@lru_cache(maxsize=256)  # a growing player shows its first pictures again
def _encoded(pixels, shape):
    from PIL import Image

    buffer = io.BytesIO()
    image = Image.fromarray(np.frombuffer(pixels, np.uint8).reshape(shape))
    image.save(buffer, "PNG", compress_level=9)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def shaded(values, low=COFFEE[0], high=COFFEE[1]):
    """Return an array of values in [0, 1] as colours between two."""
    values = np.clip(np.asarray(values, float), 0, 1)[..., None]
    return np.rint((1 - values) * low + values * high).astype(np.uint8)


def inked(values, colour):
    """Return an array of values in [0, 1] as the opacity of a colour, on any paper."""
    values = np.clip(np.asarray(values, float), 0, 1)[..., None]
    colours = np.broadcast_to(colour, (*values.shape[:-1], 3))
    return np.concatenate([colours, np.rint(255 * values)], axis=-1).astype(np.uint8)


def grid_picture(values, label, *overlay, widest=None, height=None, touch=False, **attributes):
    """Return a grid as an SVG picture with hard pixels, one unit a cell.

    Args:
        values: Array `(height, width)` of values in [0, 1], or of colours `(height, width, 3)`
            or `(height, width, 4)`; or a list of them, one a step of the player.
        label: Description of the picture.
        *overlay: Elements drawn above it, in units of cells.
        widest: Largest width on the screen, in pixels.
        height: Units down. Defaults to square cells.
        touch: Boolean, whether a click on it is an event, for a `gr.HTML` with `BOARD`; x and y
            run from 0 to 1, y downwards. By keyboard, arrows move a frame from cell to cell and
            Enter clicks there.
        **attributes: Further attributes.
    """
    frames = values if isinstance(values, list) else [values]
    pixels = [v if v.ndim == 3 else shaded(v) for v in map(np.asarray, frames)]
    rows, columns = pixels[0].shape[:2]
    height = f"{height or rows:.5g}"
    source = [data_uri(p) for p in pixels]
    shown = {"steps": {"href": source}} if len(source) > 1 else {"href": source[0]}
    image = el("image", width=columns, height=height, preserveAspectRatio="none",
               style="image-rendering:pixelated", **shown)  # fmt: skip
    cross = None
    if touch:
        high = float(height) / rows
        steps = f"{1 / columns:.5f} {1 / rows:.5f}"
        attributes.update(data_ends="0 1 1 0", data_margin=0, data_step=steps, class_="touch",
                          tabindex=0)  # fmt: skip
        place = f"translate({columns / 2:g} {float(height) / 2:g})"
        cell = el("rect", x=-0.5, y=-high / 2, width=1, height=high, fill="none",
                  stroke="var(--krl-high)", stroke_width=max(columns / 120, 0.1))  # fmt: skip
        cross = el("g", cell, class_="cross", transform=place)
    return el("svg", image, *overlay, cross, viewBox=f"0 0 {columns} {height}", role="img",
              aria_label=label, style=f"max-width:{widest}px" if widest else None,
              **attributes)  # fmt: skip


def outlines(partitions, width):
    """Return the outlines of rectangles, which change by step of a player.

    Args:
        partitions: Lists of rectangles `(top, bottom, left, right, ...)`, one a step.
        width: Width of the lines, in cells.
    """
    paths = [
        "".join(f"M{left} {top}H{right}V{bottom}H{left}Z" for top, bottom, left, right, *_ in part)
        for part in partitions
    ]
    return el("path", fill="none", stroke="var(--krl-low)", stroke_width=width,
              steps={"d": paths})  # fmt: skip


def read_picture(data):
    """Return the file of a picture as gray values `(height, width)` in [0, 1], white behind it.

    Any picture that Pillow reads, turned as its camera was held; `ValueError` in words.
    """
    from PIL import Image, ImageOps

    words = "This file is not a picture that can be read here: PNG, JPEG, GIF, WebP or BMP, please."
    if not isinstance(data, bytes):
        raise ValueError(words)
    if len(data) > LARGEST_FILE:
        raise ValueError("A picture may have 20 megabytes here.")
    try:
        image = Image.open(io.BytesIO(data))
        size = image.size
        if min(size) < 8 or max(size) > LARGEST_SIDE:
            raise ValueError(f"A picture has 8 to {LARGEST_SIDE} pixels a side.")
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I") or image.mode == "F":  # 16 bits and more
            values = np.asarray(image, float)
            return values / max(values.max(), 1)
        image = image.convert("RGBA")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(words) from error
    white = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(white, image).convert("L"), float) / 255
