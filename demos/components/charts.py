"""Bars, lines and strips as inline SVG."""

from html import escape

import numpy as np


def svg(width, height, body, label):
    """Return a picture with a description for those who cannot see it."""
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">{body}</svg>'
    )


def bars(values, names, label, highlight=None, colour="var(--krl-attention)"):
    """Return a bar for every value in [0, 1], with its name below and its number above.

    Args:
        values: Sequence of numbers.
        names: Sequence of strings.
        label: Description of the picture.
        highlight: Index of the bar that is filled, or `None` for all.
        colour: CSS colour.
    """
    step = max(24, min(60, 560 // max(len(values), 1)))
    parts = []
    for i, (value, name) in enumerate(zip(values, names, strict=True)):
        height = 84 * float(value)
        x, chosen = 6 + i * step, highlight in (None, i)
        parts.append(
            f'<rect x="{x}" y="{104 - height:.1f}" width="{step - 5}" height="{height:.1f}" '
            f'style="fill:{colour}" opacity="{1 if chosen else 0.35}"/>'
            f'<text x="{x + (step - 5) / 2}" y="{100 - height:.1f}" font-size="11" '
            f'text-anchor="middle">{value:.2f}</text>'
            f'<text x="{x + (step - 5) / 2}" y="120" font-size="12" text-anchor="middle">'
            f"{escape(str(name))}</text>"
        )
    width = 12 + step * len(values)
    parts.append(f'<path d="M0 104H{width}" style="stroke:var(--krl-line)"/>')
    return svg(max(width, 240), 128, "".join(parts), label)


def lines(series, label, x_label, y_label, log=False, width=720, height=300):
    """Return curves over 0, 1, 2, …

    Args:
        series: Dictionary from a name to `(values, CSS colour)`.
        label: Description of the picture.
        x_label: Name of the horizontal axis.
        y_label: Name of the vertical axis.
        log: Boolean, whether the vertical axis is logarithmic.
        width: Number of units of the picture.
        height: Number of units of the picture.
    """

    def transform(values):
        values = np.asarray(values, float)
        return np.log10(np.maximum(values, 1e-12)) if log else values

    curves = {name: transform(values) for name, (values, _) in series.items()}
    low = min(c.min() for c in curves.values())
    high = max(c.max() for c in curves.values())
    high = high if high > low else low + 1
    left, right, top, bottom = 64, width - 120, 16, height - 44
    longest = max(max(len(c) for c in curves.values()) - 1, 1)

    def at(k, value):
        return left + (right - left) * k / longest, bottom - (bottom - top) * (value - low) / (
            high - low
        )

    parts = []
    for value in np.linspace(low, high, 4):
        y = at(0, value)[1]
        text = f"{10**value:.0e}" if log else f"{value:.3g}"
        parts.append(
            f'<path d="M{left} {y:.1f}H{right}" style="stroke:var(--krl-line)" stroke-width="1"/>'
            f'<text x="{left - 8}" y="{y + 4:.1f}" font-size="12" text-anchor="end">{text}</text>'
        )
    ends = []
    dashes = ("", "7 4", "2 4", "10 3 2 3", "1 3")
    for index, (name, (_, colour)) in enumerate(series.items()):
        points = " ".join(
            f"{x:.1f},{y:.1f}" for x, y in (at(k, v) for k, v in enumerate(curves[name]))
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke-width="2.2" '
            f'stroke-dasharray="{dashes[index % 5]}" style="stroke:{colour}"/>'
        )
        ends.append([at(len(curves[name]) - 1, curves[name][-1])[1], name, colour])
    ends.sort()
    for k, (y, name, colour) in enumerate(ends):
        if k and y < ends[k - 1][0] + 15:
            y = ends[k][0] = ends[k - 1][0] + 15
        parts.append(
            f'<text x="{right + 8}" y="{y + 4:.1f}" font-size="13" style="fill:{colour}">'
            f"{escape(name)}</text>"
        )
    parts.append(
        f'<text x="{(left + right) / 2}" y="{height - 8}" font-size="13" text-anchor="middle">'
        f"{escape(x_label)}</text>"
        f'<text x="14" y="{(top + bottom) / 2}" font-size="13" text-anchor="middle" '
        f'transform="rotate(-90 14 {(top + bottom) / 2})">{escape(y_label)}</text>'
    )
    for k in (0, longest // 2, longest):
        parts.append(
            f'<text x="{at(k, low)[0]:.1f}" y="{bottom + 17}" font-size="12" '
            f'text-anchor="middle">{k}</text>'
        )
    return svg(width, height, "".join(parts), label)


def stacked_bars(parts, names, label, chosen=None, unit="bits", width=520):
    """Return a stack of amounts for every name, one above the other, with the sum above.

    Args:
        parts: Dictionary from the name of a part to `(values, CSS colour)`, bottom first.
        names: Sequence of strings, one a stack.
        label: Description of the picture.
        chosen: Index of the stack that is framed, or `None`.
        unit: What the amounts are.
        width: Number of units of the picture.
    """
    totals = np.sum([np.asarray(values, float) for values, _ in parts.values()], axis=0)
    bottom, tallest = 196, max(float(totals.max()), 1e-9)
    step = (width - 12) / max(len(names), 1)
    drawn = []
    for i, name in enumerate(names):
        x, y = 6 + i * step, bottom
        for part, (values, colour) in parts.items():
            height = 160 * float(values[i]) / tallest
            y -= height
            drawn.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{step - 6:.1f}" height="{height:.1f}" '
                f'style="fill:{colour}"><title>{escape(part)}: {values[i]:.1f} {unit}</title>'
                "</rect>"
            )
        frame = 'stroke-width="3" style="stroke:var(--krl-ink)"' if i == chosen else ""
        drawn.append(
            f'<rect x="{x - 1:.1f}" y="{y - 1:.1f}" width="{step - 4:.1f}" '
            f'height="{bottom - y + 2:.1f}" fill="none" {frame}/>'
            f'<text x="{x + (step - 6) / 2:.1f}" y="{y - 6:.1f}" font-size="11" '
            f'text-anchor="middle">{totals[i]:.0f}</text>'
            f'<text x="{x + (step - 6) / 2:.1f}" y="{bottom + 17}" font-size="12" '
            f'text-anchor="middle">{escape(str(name))}</text>'
        )
    keys = [
        f'<rect x="{6 + k * 200}" y="{bottom + 28}" width="14" height="14" '
        f'style="fill:{colour}"/><text x="{26 + k * 200}" y="{bottom + 40}" font-size="13">'
        f"{escape(part)}</text>"
        for k, (part, (_, colour)) in enumerate(parts.items())
    ]
    return svg(width, bottom + 50, "".join(drawn + keys), label)


def colour_of(value, low=-1.0, high=1.0):
    """Return a diverging colour, blue below the middle and red above it, readable with black."""
    share = min(max((float(value) - low) / ((high - low) or 1.0), 0.0), 1.0)
    blue, white, red = (103, 169, 235), (247, 247, 247), (239, 122, 110)
    begin, end, at = (blue, white, 2 * share) if share < 0.5 else (white, red, 2 * share - 1)
    mixed = (round(a + (b - a) * at) for a, b in zip(begin, end, strict=True))
    return "rgb({},{},{})".format(*mixed)


def strips(tracks, symbols, label, current=None):
    """Return a row of coloured cells for every track, above each other, one cell per step.

    Args:
        tracks: Dictionary from a name to `(values, low, high)`.
        symbols: Sequence of strings, what was read at each step.
        label: Description of the picture.
        current: Index of the step that is framed, or `None`.
    """
    cell, left = 17, 34
    width = left + cell * len(symbols) + 4
    parts = []
    for row, (name, (values, low, high)) in enumerate(tracks.items()):
        y = 22 + row * 24
        parts.append(f'<text x="4" y="{y + 15}" font-size="15">{escape(name)}</text>')
        for k, value in enumerate(values):
            parts.append(
                f'<rect x="{left + k * cell}" y="{y}" width="{cell - 1}" height="21" '
                f'fill="{colour_of(value, low, high)}"><title>{escape(name)} = {value:.3f}</title>'
                "</rect>"
            )
    for k, symbol in enumerate(symbols):
        parts.append(
            f'<text x="{left + k * cell + cell / 2}" y="15" font-size="13" text-anchor="middle">'
            f"{escape(symbol)}</text>"
        )
    height = 26 + 24 * len(tracks)
    if current is not None:
        parts.append(
            f'<rect x="{left + current * cell - 1}" y="1" width="{cell + 1}" height="{height - 4}" '
            'fill="none" stroke-width="2" style="stroke:var(--krl-ink)"/>'
        )
    picture = svg(width, height, "".join(parts), label)
    size = f"min-width:{width}px;max-width:{width * 1.4:.0f}px"
    return f'<div class="scroll"><div style="{size}">{picture}</div></div>'


def heat_map(values, rows, columns, label, colour="var(--krl-attention)", marked=()):
    """Return a square for every value in [0, 1], the darker the larger.

    Args:
        values: Array `(rows, columns)`.
        rows: Sequence of strings, the names of the rows.
        columns: Sequence of strings, the names of the columns.
        label: Description of the picture.
        colour: CSS colour.
        marked: The column that is framed in each row, or nothing.
    """
    wide = max(64, 8 + 7 * max(map(len, rows), default=0))  # alike in pictures below one another
    cell = 40
    parts = [
        f'<text x="{wide + (k + 0.5) * cell}" y="15" font-size="12" text-anchor="middle">'
        f"{escape(name)}</text>"
        for k, name in enumerate(columns)
    ]
    for r, name in enumerate(rows):
        y = 22 + r * 26
        parts.append(f'<text x="2" y="{y + 17}" font-size="12">{escape(name)}</text>')
        for k, value in enumerate(values[r]):
            x = wide + k * cell
            parts.append(
                f'<rect x="{x}" y="{y}" width="{cell - 2}" height="24" fill-opacity="{value:.3f}" '
                f'style="fill:{colour};stroke:var(--krl-line)"><title>{escape(name)}, '
                f"{escape(columns[k])}: {value:.2f}</title></rect>"
            )
        if r < len(marked):
            parts.append(
                f'<rect x="{wide + marked[r] * cell}" y="{y}" width="{cell - 2}" height="24" '
                'fill="none" stroke-width="2.5" style="stroke:var(--krl-ink)"/>'
            )
    width = wide + cell * len(columns) + 4
    picture = svg(width, 26 + 26 * len(rows), "".join(parts), label)
    size = f"min-width:{min(width, 420)}px;max-width:{width * 1.3:.0f}px"
    return f'<div class="scroll"><div style="{size}">{picture}</div></div>'
