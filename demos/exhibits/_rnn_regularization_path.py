"""How often dropout strikes what a stack of two layers remembers: the path of a word."""

import numpy as np

from ..components.axes import svg, words
from ..components.board import Square, board, thing
from ..components.html import callout, el, faint, page
from ..components.inputs import choice, number, seed_of, whole_number
from ..components.player import player

MODES = {
    "Between layers only": "non_recurrent",
    "In the recurrence too": "naive_recurrent",
    "The same units at all steps": "variational",
    "Nowhere": "none",
}
TEXT = ("to", "be", "or", "not", "to", "be", "that", "is")
LAYERS, LAST, DOTS = 2, len(TEXT) - 1, 40
_LEFT, _STEP = 104, 51
_ROWS = (430, 310, 190, 70)
_INK, _STRUCK = "var(--krl-ink)", "var(--krl-exact)"


def path(lag):
    """Return the places `(column, row)` that a word passes on its way to the last output."""
    first = LAST - lag
    return [(first, 0), *((column, 1) for column in range(first, LAST + 1)), (LAST, 2), (LAST, 3)]


def strikes(mode, lag):
    """Return, for every edge of the path, which mask strikes it: its name, or `None`.

    A mask that is the same at all steps has one name wherever it strikes.
    """
    places, found = path(lag), []
    for (column, row), (_, above) in zip(places, places[1:], strict=False):
        if mode == "none" or (row == above and mode == "non_recurrent"):
            found.append(None)
        elif mode == "variational":
            found.append((row, above))
        else:
            found.append((row, above, column))
    return found


def survivors(mode, lag, rate, seed):
    """Return which of some units are left at every place of the path, Boolean `(places, units)`."""
    rng, masks = np.random.default_rng(seed), {}
    alive = [np.ones(DOTS, bool)]
    for mask in strikes(mode, lag):
        kept = np.ones(DOTS, bool)
        if mask is not None:
            kept = masks.setdefault(mask, rng.random(DOTS) >= rate)
        alive.append(alive[-1] & kept)
    return np.array(alive)


def show(mode, lag, rate, seed):
    """Return the picture of a word's way through the stack, and how often it was struck."""
    mode = MODES[choice(mode, list(MODES), "What is dropped")]
    lag = whole_number(lag, 0, LAST, "The distance")
    rate = number(rate, 0.05, 0.95, "The rate")
    alive = survivors(mode, lag, rate, seed_of(seed))
    struck = strikes(mode, lag)
    moving = player(
        stack(mode, lag),
        dots(alive),
        count=len(alive),
        label="Place on the way",
        name="path",
        captions=captions(lag, struck, alive),
        start=-1,
        play=True,
        slow=True,
    )
    return page(moving), page(callout(verdict(mode, lag, rate, struck), kind="verdict"), KEY)


KEY = faint(
    "Words enter below, the next word is guessed above; time runs to the right. Dashed arrows are "
    "dropped: at each a unit survives or not, by a new throw for every arrow. The row of squares "
    "are 40 units of what the network knows of the framed word. What the cell carries beside h is "
    "dropped in no mode; but it is read, and its gates are set, through h."
)


def verdict(mode, lag, rate, struck):
    """Return how often the word was struck, in words."""
    hits, masks = sum(s is not None for s in struck), len(set(struck) - {None})
    back = {0: "The word itself", 1: "A word one step back"}.get(lag, f"A word {lag} steps back")
    if mode == "none":
        return f"{back} is never struck: nothing keeps the network from learning texts by heart."
    left = f"{100 * (1 - rate) ** masks:.2g}%"
    if mode == "non_recurrent":
        return (f"{back} is struck {hits} times, once a layer and once more, whatever the "
                f"distance: {left} of its units survive.")  # fmt: skip
    if mode == "variational":
        return f"{back} is struck {hits} times, but by {masks} masks: {left} of its units survive."
    return f"{back} is struck {hits} times, once more for every step: {left} of its units survive."


def captions(lag, struck, alive):
    """Return what happens at every place of the path."""
    said, places = [f"The word “{TEXT[LAST - lag]}” is read"], path(lag)
    for (_, row), (_, above), mask, left in zip(
        places, places[1:], struck, alive[1:], strict=False
    ):
        where = "one step on" if row == above else ("into layer 1", "into layer 2", "out")[row]
        hit = "not struck" if mask is None else f"struck, {left.sum()} of {DOTS} units left"
        said.append(f"{where[0].upper()}{where[1:]}: {hit}")
    return said


def _at(place):
    column, row = place
    return _LEFT + _STEP * column, _ROWS[row]


def stack(mode, lag):
    """Return the unrolled stack as a board on which the framed word can be dragged."""
    names = ("word", "layer 1", "layer 2", "guess")
    parts = [words(4, y + 7, name, size=20, class_="faint")
             for y, name in zip(_ROWS, names, strict=True)]  # fmt: skip
    vertical = {"none": None}.get(mode, "7 6")
    level = {"naive_recurrent": "7 6", "variational": "7 6"}.get(mode)
    for column in range(LAST + 1):
        for row in range(3):
            parts.append(_edge((column, row), (column, row + 1), vertical))
            if column < LAST and row:
                parts.append(_edge((column, row), (column + 1, row), level))
    places = path(lag)
    for k, (a, b, mask) in enumerate(zip(places, places[1:], strikes(mode, lag), strict=False)):
        (xa, ya), (xb, yb) = _at(a), _at(b)
        parts.append(el("path", d=f"M{xa} {ya}L{xb} {yb}", stroke="var(--krl-accent)",
                        stroke_width=7, opacity=0.75, data_at=k + 1))  # fmt: skip
        if mask is not None:
            x, y = (xa + xb) / 2, (ya + yb) / 2
            parts.append(el("path", d=f"M{x - 8} {y - 8}l16 16m0 -16l-16 16", stroke=_STRUCK,
                            stroke_width=4, data_at=k + 1))  # fmt: skip
    for column in range(LAST + 1):
        for row in (1, 2, 3):
            x, y = _at((column, row))
            shape = {"fill": "var(--krl-paper)", "stroke": _INK, "stroke_width": 1.5}
            if row == 3:
                parts.append(el("circle", cx=x, cy=y, r=11, **shape))
            else:
                parts.append(el("rect", x=x - 13, y=y - 13, width=26, height=26, rx=5, **shape))
        parts.append(words(_at((column, 0))[0], _ROWS[0] + 6, TEXT[column], "middle", 20))
    frame = [
        el("rect", x=-26, y=-22, width=52, height=40, rx=8, fill="transparent",
           stroke="var(--krl-accent)", stroke_width=4),
        el("path", d="M-9 30h18m-23 -5l-7 5 7 5m28 -10l7 5 -7 5", stroke=_INK, stroke_width=2,
           fill="none"),
    ]  # fmt: skip
    parts.append(thing("0", _at((LAST - lag, 0)), *frame,
                       label="The word: arrow keys move it further back or nearer"))  # fmt: skip
    xs, ys = zip(*map(_at, places), strict=True)
    parts.append(el("circle", r=9, fill="var(--krl-accent)", stroke=_INK, stroke_width=2,
                    class_="moves", steps={"cx": xs, "cy": ys}))  # fmt: skip
    label = f"Two layers over {len(TEXT)} steps, and the way of a word {lag} steps back"
    return board(parts, label=label, square=Square(), adds=True)


def _edge(a, b, dash):
    (xa, ya), (xb, yb) = _at(a), _at(b)
    return el("path", d=f"M{xa} {ya}L{xb} {yb}", stroke=_STRUCK if dash else _INK,
              stroke_width=1.8, stroke_dasharray=dash, opacity=0.8)  # fmt: skip


def dots(alive):
    """Return the units as squares, those that were dropped on the way empty."""
    parts = [
        el("rect", x=4 + 19.7 * (k % 20), y=4 + 20 * (k // 20), width=15, height=15, rx=3,
           stroke="var(--krl-accent)", stroke_width=1.5, fill="var(--krl-accent)", class_="moves",
           steps={"fill-opacity": alive[:, k].astype(int)})
        for k in range(DOTS)
    ]  # fmt: skip
    return svg(400, 46, parts, label=f"{alive[-1].sum()} of {DOTS} units reach the output",
               widest=520)  # fmt: skip


def moved(lag, x):
    """Return the distance after the word was dragged, or another was clicked."""
    if x is None:
        return lag
    column = round((20 + 460 * x - _LEFT) / _STEP)
    return LAST - min(max(column, 0), LAST)
