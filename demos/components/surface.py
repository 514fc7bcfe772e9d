"""A landscape over a square, seen from anywhere."""

import numpy as np

from .axes import WIDTH, svg, words
from .html import el

LOW, MIDDLE, HIGH = (44, 72, 128), (86, 168, 150), (250, 216, 100)  # readable on any paper


def surface(heights, turn, tilt, label, top=None, caption=""):
    """Return a landscape of square tiles, the further ones behind the nearer.

    Args:
        heights: Array `(n, n)`, at least 2 x 2; infinite or too large values are cut off.
        turn: Degrees, how far it is turned about the vertical.
        tilt: Degrees from 5, from the side, to 90, from above.
        label: Description of the picture.
        top: The height of the upper end. Defaults to the largest.
        caption: What stands above.
    """
    heights = np.asarray(heights, float)
    low, top = float(np.min(heights)), float(np.max(heights) if top is None else top)
    share = np.clip(np.nan_to_num((heights - low) / max(top - low, 1e-9), nan=1.0), 0, 1)
    places, depth = _projected(share, np.radians(turn), np.radians(tilt))
    tiles = []
    for i, j in np.ndindex(heights.shape[0] - 1, heights.shape[1] - 1):
        corners = ((i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j))
        height = np.mean([share[c] for c in corners])
        # What falls towards the right is in the shade.
        slope = share[i, j + 1] + share[i + 1, j + 1] - share[i, j] - share[i + 1, j]
        tiles.append((np.mean([depth[c] for c in corners]), corners, height, slope))
    drawn = [
        el("path", d="M" + "L".join("{:.1f} {:.1f}".format(*places[c]) for c in corners) + "Z",
           fill=_colour(height, slope), stroke="rgba(0,0,0,.28)", stroke_width=0.6,
           stroke_linejoin="round")
        for _, corners, height, slope in sorted(tiles, key=lambda tile: -tile[0])
    ]  # fmt: skip
    lowest = max(float(places[..., 1].max()) + 8, 216)
    return svg(WIDTH, round(lowest), words(WIDTH / 2, 16, caption, "middle"), drawn, label=label)


def _projected(share, turn, tilt):
    """Return places in the picture, and how far away they are."""
    rows, columns = share.shape
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    across = x * np.cos(turn) - y * np.sin(turn)
    away = x * np.sin(turn) + y * np.cos(turn)
    up = 1.1 * share
    right = WIDTH / 2 + 132 * across
    down = 166 - 132 * (np.sin(tilt) * away + np.cos(tilt) * (up - 0.35)) + 40 * np.sin(tilt)
    return np.stack([right, down], axis=-1), away


def _colour(height, slope):
    low, high, at = (LOW, MIDDLE, 2 * height) if height < 0.5 else (MIDDLE, HIGH, 2 * height - 1)
    light = np.clip(1 - 1.5 * slope, 0.7, 1.2)
    mixed = (min(round((a + (b - a) * at) * light), 255) for a, b in zip(low, high, strict=True))
    return "rgb({},{},{})".format(*mixed)
