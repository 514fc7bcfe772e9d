"""The diagram of an LSTM cell with its gates as valves, moved by the numbers of every step."""

import numpy as np

from ..components.axes import WIDTH, svg, words
from ..components.html import el

HEIGHT, PIPE = 268, 30  # units; a full pipe holds a value of 1 or more
LINE, FORGET, JOIN, LEAVE = 62, 110, 215, 320  # the conveyor's height, and where things happen
INK = {"stroke": "var(--krl-ink)", "stroke_width": 2, "fill": "none"}


def fill(values):
    """Return how wide a pipe is filled by values, in units."""
    return PIPE * np.clip(np.abs(values), 0.02, 1)


def colours(values):
    """Return the colours of values: red above zero, blue below."""
    return ["var(--krl-high)" if v > 0 else "var(--krl-low)" for v in values]


def along(values, start, stop):
    """Return what flows along the conveyor between two places."""
    width = fill(values)
    moved = {"y": LINE - width / 2, "height": width, "fill": colours(values)}
    return el("rect", x=start, width=stop - start, class_="moves", steps=moved)


def across(values, x, top, bottom):
    """Return what flows in an upright pipe."""
    width = fill(values)
    moved = {"x": x - width / 2, "width": width, "fill": colours(values)}
    return el("rect", y=top, height=bottom - top, class_="moves", steps=moved)


def valve(name, values, x, y, upright):
    """Return a plate that shuts a pipe by as much as its gate is below 1, and its number."""
    shut = (PIPE + 4) * (1 - values)
    moved = {"height": shut} if not upright else {"width": shut}
    size = {"width": 9} if not upright else {"height": 9}
    corner = (x - 4.5, y - PIPE / 2 - 2) if not upright else (x - PIPE / 2 - 2, y - 4.5)
    label = {"#text": [f"{name} {v:.2f}" for v in values]}
    place = (x, y + PIPE / 2 + 20, "middle") if not upright else (x + PIPE / 2 + 7, y + 5, "start")
    return [
        el("rect", x=corner[0], y=corner[1], fill="var(--krl-ink)", class_="moves", steps=moved,
           **size),
        words(*place, font_weight=650, steps=label),
    ]  # fmt: skip


def number(values, x, y, anchor="middle", name=""):
    """Return a number that changes by step."""
    return words(x, y, anchor=anchor, steps={"#text": [f"{name}{v:+.2f}" for v in values]}, text="")


def cell(tracks, symbols):
    """Return the cell: what it kept, what came in through its valves, and what it shows.

    Args:
        tracks: Dictionary of arrays `(time,)`: `f`, `i`, `o`, `g`, `c`, `h`.
        symbols: What is read at every step.
    """
    f, i, o, g, c, h = (np.asarray(tracks[name], float) for name in "fiogch")
    before = np.concatenate([[0.0], c[:-1]])
    half = PIPE / 2
    pipes = [
        f"M8 {LINE - half}H{WIDTH - 8}",
        f"M8 {LINE + half}H{JOIN - half}V210M{JOIN + half} 210V{LINE + half}",
        f"M{JOIN + half} {LINE + half}H{LEAVE - half}V214M{LEAVE + half} 214V{LINE + half}",
        f"M{LEAVE + half} {LINE + half}H{WIDTH - 8}",
    ]
    parts = [
        along(before, 8, FORGET),
        along(f * before, FORGET, JOIN),
        along(c, JOIN, WIDTH - 8),
        across(g, JOIN, 150, 210),
        across(i * g, JOIN, LINE + half, 150),
        across(np.tanh(c), LEAVE, LINE + half, 150),
        across(h, LEAVE, 150, 214),
        [el("path", d=d, **INK) for d in pipes],
        valve("f", f, FORGET, LINE, upright=False),
        valve("i", i, JOIN, 150, upright=True),
        valve("o", o, LEAVE, 150, upright=True),
        el("circle", cx=JOIN, cy=LINE, r=11, fill="var(--krl-paper)", stroke="var(--krl-ink)"),
        words(JOIN, LINE + 6, "+", "middle", 19),
        _box(JOIN, 211, "tanh"),
        _box(LEAVE, LINE + half + 2, "tanh", small=True),
        number(before, 8, 34, "start", "c before "),
        number(f * before, JOIN - 40, 34, name="kept "),
        number(c, WIDTH - 8, 34, "end", "c now "),
        number(g, JOIN, 250, name="g "),
        number(h, LEAVE + 2, 233, name="h "),
        words(8, 138, "it reads", class_="faint"),
        el("rect", x=8, y=148, width=58, height=46, rx=6, fill="var(--krl-panel)",
           stroke="var(--krl-line)"),
        words(37, 181, "", "middle", 28, steps={"#text": symbols}),
        el("path", d=f"M66 171H{FORGET}V{LINE + half + 28}M66 171H{JOIN - 40}V232H{JOIN - 22}",
           stroke="var(--krl-line)", stroke_width=2, fill="none"),
    ]  # fmt: skip
    label = "An LSTM cell: the forget gate on the conveyor, the input gate below its junction, the "
    label += "output gate above what it shows; plates shut the pipes by as much as gates are closed"
    return svg(WIDTH, HEIGHT - 8, parts, label=label, widest=520)


def _box(x, y, name, small=False):
    width, height = (38, 20) if small else (44, 24)
    return [
        el("rect", x=x - width / 2, y=y, width=width, height=height, rx=4, stroke_width=1.5,
           fill="var(--krl-paper)", stroke="var(--krl-ink)"),
        words(x, y + height / 2 + 5, name, "middle", 15),
    ]  # fmt: skip
