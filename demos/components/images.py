"""Grids of numbers as pictures inside the page: no file, no request."""

import base64
import io
from html import escape

import numpy as np

COFFEE = ((54, 33, 22), (240, 224, 196))  # readable in light and dark alike


def data_uri(pixels):
    """Return an array of bytes, gray `(height, width)` or colour, as the address of a PNG."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels, np.uint8)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def shaded(values, low=COFFEE[0], high=COFFEE[1]):
    """Return an array of values in [0, 1] as colours between two."""
    values = np.clip(np.asarray(values, float), 0, 1)[..., None]
    return np.rint((1 - values) * low + values * high).astype(np.uint8)


def grid_picture(values, label, overlay="", width=None):
    """Return a grid as an SVG picture with hard pixels, one unit a cell.

    Args:
        values: Array `(height, width)` of values in [0, 1], or of colours `(height, width, 3)`.
        label: Description of the picture.
        overlay: SVG drawn above it, in units of cells.
        width: Largest width on the screen, in pixels.
    """
    values = np.asarray(values)
    pixels = values if values.ndim == 3 else shaded(values)
    height, columns = pixels.shape[:2]
    style = f' style="max-width:{width}px"' if width else ""
    return (
        f'<svg viewBox="0 0 {columns} {height}" role="img" aria-label="{escape(label)}"{style}>'
        f'<image href="{data_uri(pixels)}" width="{columns}" height="{height}" '
        f'preserveAspectRatio="none" style="image-rendering:pixelated"/>{overlay}</svg>'
    )


def rectangles(leaves, stroke="var(--krl-low)", width=0.12):
    """Return the outlines of rectangles `(top, bottom, left, right, ...)` as SVG."""
    return "".join(
        f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" fill="none" '
        f'stroke-width="{width}" style="stroke:{stroke}"/>'
        for top, bottom, left, right, *_ in leaves
    )


def side_by_side(figures, least=240):
    """Return pictures with captions in a row that wraps.

    Args:
        figures: Pairs of a caption and HTML.
        least: Least width of one, in pixels.
    """
    cells = "".join(
        f'<figure style="flex:1 1 {least}px;margin:0;min-width:0">{picture}'
        f'<figcaption class="faint">{escape(caption)}</figcaption></figure>'
        for caption, picture in figures
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:14px 18px">{cells}</div>'
