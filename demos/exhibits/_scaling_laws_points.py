"""Sizes and losses as text: read, held out and let back in by hand, and drawn with their law."""

import re

import numpy as np

from keras_readinglist.information import fit_scaling_law

from ..components.axes import number_text, words
from ..components.board import MARGIN, SIDE, Square, board
from ..components.html import el
from ..components.inputs import plain_text

FEWEST, MOST = 3, 60
_ROW = re.compile(r"\s*(#?)\s*([^\s,;]+)\s*[,;\s]\s*([^\s,;]+)\s*$")
_TICKS = np.array([1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9])
_LIMITS = 1e-12, 1e30


def written(params, losses, held_out=()):
    """Return sizes and losses as text, a line each; those that are held out are commented out."""
    lines = ["params,loss"]
    for size, loss in zip(params, losses, strict=True):
        lines.append(f"{'# ' * (size in held_out)}{size:.6g},{loss:.4f}")
    return "\n".join(lines)


def parse(text):
    """Return `(sizes, losses, kept)` of what was pasted; `ValueError` in plain words."""
    rows = []
    for count, line in enumerate(plain_text(text)[:20_000].splitlines(), start=1):
        found = _ROW.match(line)
        pair = found and _numbers(found[2], found[3])
        if pair:
            rows.append((*pair, not found[1]))
        elif line.strip() and rows and not line.lstrip().startswith("#"):
            raise ValueError(
                f"Line {count} is not a size and a loss, two positive numbers with a comma between."
            )
    if not FEWEST <= len(rows) <= MOST:
        raise ValueError(
            f"{FEWEST} to {MOST} lines of a size and a loss, please, like 1536,2.41; there are "
            f"{len(rows)}."
        )
    sizes, losses, kept = np.array(rows).T
    return sizes, losses, kept.astype(bool)


def _numbers(size, loss):
    """Return two positive numbers, or `None` if they are none."""
    try:
        pair = float(size), float(loss)
    except ValueError:
        return None
    return pair if all(_LIMITS[0] <= value <= _LIMITS[1] for value in pair) else None


def toggled(text, item, x, y):
    """Return the text after a click on the board: the nearest point is held out, or no longer."""
    sizes, losses, kept = parse(text)
    square = plane(sizes, losses)
    spots = np.array([square(at) for at in np.log10([sizes, losses]).T])
    kept[np.argmin(np.hypot(*(spots - square((x, y))).T))] ^= True
    lines = [f"{'' if k else '# '}{n:.6g},{v:.6g}" for n, v, k in zip(sizes, losses, kept,
                                                                     strict=True)]  # fmt: skip
    return "\n".join(["params,loss", *lines])


def law_of(sizes, losses, kept):
    """Return the fit to the points that are kept, or `None` where there is none."""
    try:
        return fit_scaling_law(sizes[kept], losses[kept])
    except ValueError:  # too few sizes, or a loss that does not fall
        return None


def plane(sizes, losses):
    """Return the coordinates of the board: logarithms, with room for the numbers at its edges."""
    ends = []
    for values, before, after in ((sizes, 0.2, 0.12), (losses, 0.5, 0.16)):
        low, high = np.log10([min(values), max(values)])
        room = max(high - low, 0.05)
        ends.append((low - before * room, high + after * room))
    return Square(*ends)


def drawn(sizes, losses, kept, fit):
    """Return the board with the points, the law, and the fan of exponents that it may have."""
    square = plane(sizes, losses)
    parts = [*_grid(square), *(_law(square, sizes, losses, kept, fit) if fit else [])]
    for size, loss, is_kept in zip(sizes, losses, kept, strict=True):
        x, y = square(np.log10([size, loss]))
        colour = "ink" if is_kept else "panel"
        state = "kept" if is_kept else "held out"
        parts.append(el("circle", el("title", f"{number_text(size)} parameters, loss "
                                     f"{loss:.3f}, {state}"), cx=x, cy=y, r=10,
                        fill=f"var(--krl-{colour})", stroke="var(--krl-exact)" if not is_kept else
                        "var(--krl-ink)", stroke_width=3.5))  # fmt: skip
    label = (
        "Loss by parameters, both by logarithms; a click holds the nearest point out or lets it in"
    )
    return board(parts, label=label, square=square, adds=True)


def _grid(square):
    """Return the numbers at the edges of the board, and their lines."""
    left, right, low, high = square.ends
    line = {"stroke": "var(--krl-line)", "stroke_width": 1}
    parts, step = [], max(1, round((right - left) / 5))
    for power in range(int(np.ceil(left)), int(right) + 1, step):
        x = float(square.x(power))
        parts.append(el("path", d=f"M{x:.1f} {MARGIN}V{SIDE - 44}", **line))
        if x < SIDE - 60:
            parts.append(words(x, SIDE - 26, _power(power), "middle", 19))
    for value in _values(low, high):
        y = float(square.y(np.log10(value)))
        parts.append(el("path", d=f"M{MARGIN} {y:.1f}H{SIDE - MARGIN}", **line))
        parts.append(words(MARGIN, y - 5, number_text(value), size=19))
    parts.append(words(SIDE - 12, SIDE - 7, "loss by parameters without embeddings", "end", 19,
                       class_="faint"))  # fmt: skip
    return parts


def _power(power):
    """Return a power of ten as people write it."""
    if 0 <= power <= 6:
        return f"{10**power:,}"
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _values(low, high):
    """Return about five round numbers between two powers of ten, away from the ends."""
    edge = 0.07 * (high - low)
    all_ = np.concatenate([_TICKS * 10.0**k for k in range(int(low) - 1, int(high) + 2)])
    found = all_[(np.log10(all_) > low + edge) & (np.log10(all_) < high - edge)]
    return found[:: max(1, round(len(found) / 5))]


def _law(square, sizes, losses, kept, fit):
    """Return the line, and a fan of the exponents of the interval through the middle point."""
    left, right, low, high = square.ends
    low += 0.1 * (high - low)  # below there are the numbers
    across = np.linspace(left, right, 40)
    centre = np.log10(sizes[kept]).mean(), np.log10(losses[kept]).mean()
    edges = []
    for exponent in fit.interval:
        heights = centre[1] - exponent * (across - centre[0])
        edges.append([square(at) for at in zip(across, np.clip(heights, low, high), strict=True)])
    upper, lower = np.maximum(*edges), np.minimum(*edges)
    fan = _path([*upper, *lower[::-1]]) + "Z"
    heights = np.log10(fit.loss(10**across))
    inside = (heights >= low) & (heights <= high)
    line = [square(at) for at in zip(across[inside], heights[inside], strict=True)]
    accent = "var(--krl-accent)"
    parts = [el("path", d=fan, fill=accent, fill_opacity=0.16),
             el("path", d=_path(line), fill="none", stroke=accent, stroke_width=3.5)]  # fmt: skip
    for size, loss in zip(sizes[~kept], losses[~kept], strict=True):
        x, y = square(np.log10([size, loss]))
        expected = np.clip(np.log10(fit.loss(size)), low, high)
        parts.append(el("path", d=f"M{x:.1f} {y:.1f}V{float(square.y(expected)):.1f}",
                        stroke="var(--krl-exact)", stroke_width=3))  # fmt: skip
    return parts


def _path(places):
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
