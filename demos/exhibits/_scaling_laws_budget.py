"""How large a model, and how many tokens, for a budget: two laws on one plane."""

import numpy as np

from keras_readinglist.information import ChinchillaLaw, KaplanLaw
from keras_readinglist.information.scaling import PF_DAY

from ..components.axes import number_text, words
from ..components.board import MARGIN, SIDE, Square, board
from ..components.html import el

# Dense operations per second in 16 bits, as the makers print them.
DEVICES = {
    "NVIDIA T4": 65e12,
    "NVIDIA RTX 4090": 165e12,
    "NVIDIA A100": 312e12,
    "NVIDIA H100": 989e12,
}
UTILIZATION = 0.4  # of those, what a training usually reaches
SQUARE = Square((6, 13), (7, 14))  # parameters and tokens, powers of ten
KAPLAN, CHINCHILLA = KaplanLaw(), ChinchillaLaw.besiroglu()
COLOURS = {"Kaplan": "var(--krl-exact)", "Chinchilla": "var(--krl-accent)"}
_UNITS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand"))
_BUDGETS = np.logspace(15, 27, 60)


def flops_of(device, count, days):
    """Return the operations that some devices make in some days."""
    return DEVICES[device] * count * days * 86_400 * UTILIZATION


def days_of(device, count, flops):
    """Return the days that some devices take for operations."""
    return flops / flops_of(device, count, 1)


def kaplan(flops):
    """Return Kaplan's allocation of a budget.

    At the critical batch size, which it is for, half of the operations are the least that are
    needed; that least is what its formula takes.
    """
    return KAPLAN.optimal_allocation(flops / 2 / PF_DAY)


def allocations(flops):
    """Return the allocation of a budget by both laws, by name."""
    both = kaplan(flops), CHINCHILLA.optimal_allocation(flops)
    return dict(zip(COLOURS, both, strict=True))


def said(value):
    """Return a large number in words."""
    for unit, name in _UNITS:
        if value >= 0.995 * unit:
            return f"{number_text(float(f'{value / unit:.2g}'))} {name}"
    return number_text(float(f"{value:.2g}"))


def drawn(flops):
    """Return the plane of sizes and tokens: the budget, and the road of each law over budgets."""
    label = "Parameters and tokens that a budget buys; a click sets the budget"
    parts = [*_grid(), _budget(flops)]
    for (name, best), dashes, side in zip(allocations(flops).items(), ("9 6", None), (1, -1),
                                          strict=True):  # fmt: skip
        colour = COLOURS[name]
        road = [_place(each) for each in map(lambda c: allocations(c)[name], _BUDGETS)]
        parts.append(el("path", d=_path([at for at in road if at]), fill="none", stroke=colour,
                        stroke_width=3.5, stroke_dasharray=dashes))  # fmt: skip
        if place := _place(best):
            x, y = place
            parts.append(el("circle", cx=x, cy=y, r=11, fill=colour, stroke="var(--krl-panel)",
                            stroke_width=2))  # fmt: skip
            parts.append(words(x + 18 * side, y + 6 + 16 * side, name,
                               "start" if side > 0 else "end", 19, fill=colour))  # fmt: skip
    return board(parts, label=label, square=SQUARE, adds=True)


def _place(allocation):
    """Return where an allocation stands on the plane, or `None` if it is beyond."""
    left, right, low, high = SQUARE.ends
    x, y = np.log10(allocation.params), np.log10(allocation.tokens)
    # Below its first line the plane has its numbers.
    return SQUARE((x, y)) if left <= x <= right and low + 1 <= y <= high else None


def _path(places):
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _budget(flops):
    """Return the line of all sizes and tokens that cost a budget."""
    left, right, low, high = SQUARE.ends
    total = np.log10(flops / 6)
    ends = np.clip([left, right], total - high, total - low - 1)
    places = [SQUARE((x, total - x)) for x in np.clip(ends, left, right)]
    return el("path", d=_path(places), stroke="var(--krl-ink)", stroke_width=3, fill="none")


def _grid():
    left, right, low, high = SQUARE.ends
    line = {"stroke": "var(--krl-line)", "stroke_width": 1}
    names = {6: "million", 9: "billion", 12: "trillion"}
    parts = []
    for power in range(left, right + 1):
        x = float(SQUARE.x(power))
        parts.append(el("path", d=f"M{x:.1f} {MARGIN}V{float(SQUARE.y(low + 1)):.1f}", **line))
        if power in names:
            anchor = "start" if power == left else "middle"
            parts.append(words(x, SIDE - 50, f"1 {names[power]}", anchor, 19))
    for power in range(low + 1, high + 1):
        y = float(SQUARE.y(power))
        parts.append(el("path", d=f"M{MARGIN} {y:.1f}H{SIDE - MARGIN}", **line))
        if power in names:
            parts.append(words(SIDE - MARGIN - 2, y - 5, f"1 {names[power]}", "end", 19))
    parts.append(words(SIDE - 12, SIDE - 28, "parameters", "end", 19, class_="faint"))
    parts.append(words(12, 26, "tokens", size=19, class_="faint"))
    return parts
