"""Numbers as colours: one map for attention, memories, gates and distances."""

import numpy as np

from .axes import TEXT, svg, words
from .html import el


def colour_of(value, low=-1.0, high=1.0):
    """Return a diverging colour, blue below the middle and red above it, readable with black."""
    share = min(max((float(value) - low) / ((high - low) or 1.0), 0.0), 1.0)
    blue, white, red = (103, 169, 235), (247, 247, 247), (239, 122, 110)
    begin, end, at = (blue, white, 2 * share) if share < 0.5 else (white, red, 2 * share - 1)
    mixed = (round(a + (b - a) * at) for a, b in zip(begin, end, strict=True))
    return "rgb({},{},{})".format(*mixed)


def heat_map(values, rows, columns, label, colour="var(--krl-accent)", span=None, marked=(),
             current=None, cell=(34, 26), digits=2):  # fmt: skip
    """Return a cell for every value, with its number as a tooltip.

    Args:
        values: Array `(rows, columns)`, or `(steps, rows, columns)` to move under a player.
        rows: Sequence of strings, the names of the rows.
        columns: Sequence of strings, the names of the columns.
        label: Description of the picture.
        colour: CSS colour whose opacity is the value, which lies in [0, 1].
        span: Instead of it `(low, high)`, for diverging colours; one for all, or a list with one
            a row.
        marked: The column that is framed in each row, or nothing.
        current: Index of the column that is framed, one a step of the player, or `None`.
        cell: Width and height of a cell.
        digits: Digits of the tooltips.
    """
    values = np.asarray(values, float)
    frames = values[None] if values.ndim == 2 else values
    wide, high = cell
    left = 10 + 9 * max(map(len, rows), default=0)
    top = 22 if any(columns) else 2
    parts = [words(left + (k + 0.5) * wide, 15, name, "middle") for k, name in enumerate(columns)]
    for r, name in enumerate(rows):
        y = top + r * high
        parts.append(words(2, y + high / 2 + 5, name))
        limits = span[r] if isinstance(span, list) else span
        for k in range(frames.shape[2]):
            track = frames[:, r, k]
            place = {"x": left + k * wide, "y": y, "width": wide - 2, "height": high - 2}
            title = el("title", f"{name}, {columns[k]}: {track[0]:.{digits}f}")
            parts.append(el("rect", title, **place, **_filled(track, colour, limits)))
        if r < len(marked):
            parts.append(_ring(left + marked[r] * wide, y, wide - 2, high - 2))
    width, height = left + wide * frames.shape[2] + 4, top + high * len(rows) + 2
    if current is not None:
        places = [left + wide * k - 1 for k in np.atleast_1d(current)]
        parts.append(
            _ring(None, top - 1, wide, height - top - 1, steps={"x": places}, name="moves current")
        )
    picture = svg(round(width), height, parts, label=label)
    # Below 0.86 pixels a unit the text were smaller than 12 pixels: rather scroll.
    return el("div", el("div", picture, style=f"min-width:{12 / TEXT * width:.0f}px"),
              class_="scroll")  # fmt: skip


def _filled(track, colour, limits):
    if limits is None:
        shares = np.round(np.clip(track, 0, 1), 3)
        still = {"fill": colour, "stroke": "var(--krl-line)", "stroke_width": 0.6}
        name, found = "fill-opacity", shares
    else:
        still, name, found = {}, "fill", [colour_of(v, *limits) for v in track]
    if len(track) == 1:
        return {**still, name.replace("-", "_"): found[0]}
    return {**still, "steps": {name: found}, "class_": "moves"}


def _ring(x, y, width, height, name="moves", **options):
    return el("rect", x=x, y=y, width=width, height=height, fill="none", stroke_width=2.5,
              stroke="var(--krl-ink)", class_=name, **options)  # fmt: skip


def legend(low, high, middle=""):
    """Return the scale of the diverging colours in words."""
    swatch = "display:inline-block;width:22px;height:13px;background:"
    swatches = [el("span", style=swatch + colour_of(k, 0, 8)) for k in range(9)]
    return el("p", low, " ", swatches, " ", high, f" · {middle}" if middle else None,
              class_="faint")  # fmt: skip
