"""The scene of the relation networks exhibit as a board whose shapes can be dragged."""

import numpy as np

from keras_readinglist.datasets.sort_of_clevr import COLOURS, HALF_SIZE, IMAGE_SIZE, PALETTE, SHAPES

from ..components import board as boards
from ..components.axes import words
from ..components.html import el

SQUARE = boards.Square(x=(0, IMAGE_SIZE - 1), y=(IMAGE_SIZE - 1, 0))
SPEAKS, AGAINST = "var(--krl-attention)", "var(--krl-high)"


def pairs(contributions, count=6):
    """Return the pairs that matter most, `(i, j, share)`; both orders of a pair are one.

    What is below a hundredth of the strongest is noise, and left out.

    Args:
        contributions: Array `(n, n)`, as `RelationNetworkVQA.relations` returns.
        count: Integer, how many.
    """
    both = contributions + np.tril(contributions, -1).T
    both[np.tril_indices(len(both), -1)] = 0
    largest = np.abs(both).max() or 1.0
    order = np.argsort(-np.abs(both), axis=None)[:count]
    rows, columns = np.unravel_index(order, both.shape)
    shares = both[rows, columns] / largest
    return [
        (int(i), int(j), float(share))
        for i, j, share in zip(rows, columns, shares, strict=True)
        if abs(share) >= 0.01
    ]


def board(centres, shapes, colour=None, lines=(), places=None):
    """Return the scene, with the pairs that were listened to.

    Args:
        centres: Int array `(6, 2)`.
        shapes: Int array `(6,)`.
        colour: Index of the object that is asked about, or `None`.
        lines: What `pairs` returned.
        places: Array `(n, 2)` of the places that pairs join. Defaults to the centres.
    """
    at = [SQUARE(place) for place in (centres if places is None else places)]
    grid = None
    if len(at) == 25:  # the cells that the convolutions leave
        borders = [SQUARE((15 * k - 0.5, 15 * k - 0.5))[0] for k in range(1, 5)]
        crossed = "".join(f"M{b:.1f} 2V498M2 {b:.1f}H498" for b in borders)
        grid = el("path", d=crossed, stroke="var(--krl-line)", fill="none")
    drawn = [_pair(at[i], at[j], share, i == j) for i, j, share in lines]
    things = [
        _object(k, SQUARE(centre), SHAPES[shape], k == colour)
        for k, (centre, shape) in enumerate(zip(centres, shapes, strict=True))
    ]
    names = ", ".join(
        f"{c} {SHAPES[s]} at {x}, {y}"
        for c, s, (x, y) in zip(COLOURS, shapes, centres, strict=True)
    )
    return boards.board(grid, drawn, things, label=f"Scene: {names}", square=SQUARE)


def _object(k, at, shape, asked):
    """Return a shape that can be dragged, focused and moved with the arrow keys."""
    size = (boards.SIDE - 2 * boards.MARGIN) / (IMAGE_SIZE - 1) * (2 * HALF_SIZE + 1)
    look = {
        "fill": "rgb({},{},{})".format(*(int(v) for v in PALETTE[k])),
        "stroke": "var(--krl-ink)",
        "stroke_width": 6 if asked else 1.5,
    }
    if shape == "square":
        drawn = el("rect", x=-size / 2, y=-size / 2, width=size, height=size, **look)
    else:
        drawn = el("circle", r=size / 2, **look)
    ink = "#fff" if COLOURS[k] == "blue" else "#000"  # the one that is easier to read
    name = words(0, 6, COLOURS[k], "middle", 19, font_weight=650, fill=ink)
    label = f"{COLOURS[k]} {shape}: arrow keys move it, Enter changes its shape"
    return boards.thing(COLOURS[k], at, drawn, name, label=label)


def _pair(a, b, share, single):
    """Return the line of a pair; a ring for an object with itself. Dashes speak against."""
    title, look = pair_look(share, 9)
    look["style"] = "pointer-events:none"
    if single:
        return el("circle", title, cx=a[0], cy=a[1], r=46, **look)
    return el("path", title, d=f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}", **look)


def pair_look(share, widest):
    """Return the title of the line of a pair, and what it looks like; dashes speak against."""
    return el("title", f"{100 * share:+.0f} % of the strongest pair"), {
        "fill": "none",
        "stroke": SPEAKS if share > 0 else AGAINST,
        "stroke_dasharray": None if share > 0 else "6 5",
        "stroke_opacity": 0.85,
        "stroke_width": 1 + widest * abs(share),
    }
