"""The board of the exhibit: outlines and markers as lines of text, as pixels, and to be dragged."""

import numpy as np

from keras_readinglist.datasets.marker_fill import COLOURS, MARKERS, OUTLINE

from ..components import board as boards
from ..components.html import el
from ..components.images import data_uri
from ..components.inputs import number, plain_text

SIDE, MOST = 64, 24
OUTLINES = {"circle": 1, "box": 2}  # and how many half sizes each has
TOOLS = (*OUTLINES, *MARKERS, "eraser")
SQUARE = boards.Square(x=(0, SIDE - 1), y=(SIDE - 1, 0))
CELL = (boards.SIDE - 2 * boards.MARGIN) / (SIDE - 1)
FORM = "Write lines like: circle 20 20 9, or: box 40 30 12 8, or: red 20 21, or: eraser 29 20"


def parse(text):
    """Return the things of a board as `(kind, numbers)`; `ValueError` in plain words."""
    lines = [line.split() for line in plain_text(text)[:2000].lower().splitlines() if line.strip()]
    if len(lines) > MOST:
        raise ValueError(f"The board takes up to {MOST} things. There are {len(lines)}.")
    found = []
    for kind, *numbers in lines:
        if kind not in TOOLS or len(numbers) != 2 + OUTLINES.get(kind, 0):
            raise ValueError(f"{FORM}. This is {' '.join([kind, *numbers])[:40]!r}.")
        place = [round(number(v, 0, SIDE - 1, "A place")) for v in numbers[:2]]
        found.append((kind, place + [round(number(v, 1, 40, "A size")) for v in numbers[2:]]))
    return found


def written(things):
    """Return the text of things; the inverse of `parse`."""
    return "\n".join(" ".join([kind, *map(str, numbers)]) for kind, numbers in things)


def pixels(things):
    """Return the board as `marker_fill` codes it: outlines, what was erased, markers."""
    board = np.zeros((SIDE, SIDE), "int32")
    rank = {**dict.fromkeys(OUTLINES, 0), "eraser": 1}
    for kind, (x, y, *sizes) in sorted(things, key=lambda thing: rank.get(thing[0], 2)):
        if kind in OUTLINES:
            board[_outline(kind, x, y, sizes)] = OUTLINE
            continue
        reach, value = (2, 0) if kind == "eraser" else (1, 2 + MARKERS.index(kind))
        board[_around(y, reach), _around(x, reach)] = value
    return board


def _around(at, reach):
    return slice(max(at - reach, 0), at + reach + 1)


def _outline(kind, x, y, sizes):
    """Return where an outline one pixel wide is; beyond the edge it is open."""
    margin = 50
    rows, columns = np.indices((SIDE + 2 * margin,) * 2) - margin
    if kind == "circle":
        inside = (rows - y) ** 2 + (columns - x) ** 2 <= (sizes[0] + 0.5) ** 2
    else:
        inside = (abs(rows - y) <= sizes[1]) & (abs(columns - x) <= sizes[0])
    within = np.logical_and.reduce(
        [np.roll(inside, shift, axis) for axis in (0, 1) for shift in (-1, 1)]
    )
    return (inside & ~within)[margin:-margin, margin:-margin]


def touched(text, tool, size, item, x, y):
    """Return the text of a board after a touch: what was moved, taken away or added."""
    things = parse(text)
    if item is not None:
        index = int(number(item, 0, len(things) - 1, "The thing"))
        if x is None:
            return written(things[:index] + things[index + 1 :])
        kind, (_, _, *sizes) = things[index]
        things[index] = (kind, [_cell(x), _cell(y), *sizes])
        return written(things)
    half = round(number(size, 3, 30, "The size"))
    sizes = [half, max(3, round(0.75 * half))][: OUTLINES.get(tool, 0)]
    return written([*things, (tool, [_cell(x), _cell(y), *sizes])][-MOST:])


def _cell(value):
    return round(min(max(number(value, -1e4, 1e4, "A place"), 0), SIDE - 1))


def board(things, labels=None):
    """Return the board to be touched, its things over the fill that the labels say."""
    code = pixels(things)
    shown = COLOURS[code]
    if labels is not None:
        tint = COLOURS[np.where(labels > 0, labels + 1, 0)]
        shown = np.where((code == 0)[..., None], 0.55 * tint, shown)
    at = boards.MARGIN - CELL / 2
    image = el("image", x=at, y=at, width=CELL * SIDE, height=CELL * SIDE,
               href=data_uri(np.rint(255 * shown)), style="image-rendering:pixelated")  # fmt: skip
    handles = [_handle(index, thing) for index, thing in enumerate(things)]
    label = (
        "Board of 64 by 64 pixels: drag a thing, double-click it to take it away, click on an "
        "empty place to add one. On it: " + (written(things).replace("\n", ", ") or "nothing")
    )
    return boards.board(image, handles, label=label, square=SQUARE, adds=True, paper="#000")


def _handle(index, thing):
    """Return what can be held of a thing: the line of an outline, or a small square."""
    kind, (x, y, *sizes) = thing
    look = {"fill": "none", "stroke": "transparent", "stroke_width": 26, "pointer_events": "stroke"}
    if kind == "circle":
        drawn = el("circle", r=(sizes[0] + 0.5) * CELL, **look)
    elif kind == "box":
        width, height = (2 * size * CELL for size in sizes)
        drawn = el("rect", x=-width / 2, y=-height / 2, width=width, height=height, **look)
    else:
        reach = 2.5 * CELL if kind == "eraser" else 1.5 * CELL
        side = max(2 * reach, 28)
        hold = el("rect", x=-side / 2, y=-side / 2, width=side, height=side, fill="transparent")
        dashes = "4 3" if kind == "eraser" else None
        frame = el("rect", x=-reach, y=-reach, width=2 * reach, height=2 * reach, fill="none",
                   stroke="#fff", stroke_width=2, stroke_dasharray=dashes)  # fmt: skip
        drawn = [hold, frame]
    label = f"{kind} at {x}, {y}: arrow keys move it, Enter takes it away"
    return boards.thing(index, SQUARE((x, y)), drawn, label=label)
