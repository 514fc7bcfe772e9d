"""Curves and bars as inline SVG; what changes by step moves under a `player`."""

import numpy as np

from .axes import TEXT, WIDTH, Axis, frame, number_text, svg, words
from .html import el

DASHES = (None, "7 4", "2 4", "10 3 2 3", "1 3")


def lines(series, label, x_label, y_label, scale="linear", x_scale="linear", marks=(), cursor=None,
          height=240):  # fmt: skip
    """Return curves, each with its name at its end.

    Args:
        series: Dictionary from a name to `(values, CSS colour)`, or `(places, values, colour)` if
            they are not over 0, 1, 2, …
        label: Description of the picture.
        x_label: Name of the horizontal axis.
        y_label: Name of the vertical axis.
        scale: Scale of the vertical axis: `"linear"`, `"log"` or `"root"`.
        x_scale: Scale of the horizontal axis.
        marks: Points to show, `(x, y, text)`; the first is the larger.
        cursor: Places across that a line and a dot on every curve visit, one a step of the player.
        height: Number of units of the picture.
    """
    curves = {name: _curve(entry) for name, entry in series.items()}
    xs = np.concatenate([x for x, _, _ in curves.values()])
    ys = np.concatenate([y for _, y, _ in curves.values()])
    longest = max((len(name) for name in curves), default=0) if len(curves) > 1 else 0
    x = Axis(xs.min(), xs.max(), 56, WIDTH - 10 - 7.6 * longest, x_scale)
    low = 0 if scale != "log" and 0 < ys.min() < 0.6 * ys.max() else ys.min()
    y = Axis(low, ys.max(), height - 44, 28, scale)
    parts = frame(x, y, x_label, y_label)
    ends = []
    for k, (name, (px, py, colour)) in enumerate(curves.items()):
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x(px), y(py), strict=True))
        parts.append(el("polyline", points=path, fill="none", stroke=colour, stroke_width=2.2,
                        stroke_dasharray=DASHES[k % 5]))  # fmt: skip
        ends.append((float(y(py[-1])), name, colour))
        if cursor is not None:
            at = np.interp(cursor, px, py)
            parts.append(el("circle", r=5, fill=colour, steps={"cx": x(cursor), "cy": y(at)}))
    if len(curves) > 1:
        parts += _named(ends, x.stop + 6)
    if cursor is not None:
        parts.append(el("rect", y=y.stop, width=1.5, height=y.start - y.stop,
                        fill="var(--krl-ink)", steps={"x": x(cursor)}))  # fmt: skip
    for k, (a, b, text) in enumerate(marks):
        right = x(a) > 0.62 * WIDTH
        parts.append(el("circle", cx=x(a), cy=y(b), r=6 if k else 8, fill="var(--krl-exact)"))
        parts.append(words(x(a) + (-11 if right else 11), y(b) - 8, text, "end" if right else None))
    return svg(WIDTH, height, parts, label=label)


def _curve(entry):
    *places, values, colour = entry
    values = np.asarray(values, float)
    return (np.asarray(places[0], float) if places else np.arange(len(values))), values, colour


def _named(ends, x):
    """Return the names of curves, none over another."""
    parts, last = [], -np.inf
    for y, name, colour in sorted(ends):
        last = max(y, last + TEXT + 2)
        parts.append(words(x, last + 5, name, fill=colour))
    return parts


def bars(values, names, label, highlight=None, colour="var(--krl-accent)", digits=2, steps=False):
    """Return a bar for every value in [0, 1], with its name below and its number above.

    Args:
        values: Array `(bars,)`, or `(steps, bars)` if they move under a player.
        names: Sequence of strings.
        label: Description of the picture.
        highlight: Index of the bar that is filled, or `None` for all; one a step if they move.
        colour: CSS colour.
        digits: Digits of the numbers.
        steps: Boolean, whether `values` has a row for every step.
    """
    values = np.atleast_2d(np.asarray(values, float))
    count = values.shape[1]
    chosen = [highlight] * len(values) if not steps or highlight is None else highlight
    step = min((WIDTH - 8) / max(count, 1), 64)
    room, bottom = max((4 + 7.6 * max(map(len, map(str, names)), default=0)) / step, 1), 128
    parts = [el("path", d=f"M0 {bottom}H{step * count + 8:.0f}", stroke="var(--krl-line)")]
    for i, name in enumerate(names):
        heights, x = 100 * values[:, i], 6 + i * step
        moved = {"y": bottom - heights, "height": heights,
                 "opacity": [1 if c in (None, i) else 0.4 for c in chosen]}  # fmt: skip
        parts.append(el("rect", x=x, width=step - 4, fill=colour, class_="moves", steps=moved))
        if step >= 8 * digits + 14:
            text = {"#text": [f"{v:.{digits}f}" for v in values[:, i]], "y": bottom - heights - 4}
            parts.append(words(x + step / 2 - 2, 0, "", "middle", class_="moves", steps=text))
        lower = bottom + 17 + (16 * (i % 2) if room > 1 else 0)
        parts.append(words(x + step / 2 - 2, lower, name, "middle"))
    return svg(max(step * count + 8, 200), bottom + (40 if room > 1 else 24), parts, label=label)


def ranking(values, names, label, colour="var(--krl-accent)", room=50):
    """Return the likeliest first, a bar to the right each, which change by step of a player.

    Args:
        values: Array `(steps, bars)` in [0, 1].
        names: Strings in the same shape.
        label: Description of the picture.
        colour: CSS colour.
        room: Units for the names, which stand in their middle.
    """
    values, parts = np.asarray(values, float), []
    for k in range(values.shape[1]):
        y, track = 26 * k, values[:, k]
        named = {"#text": [r[k] for r in names]}
        parts.append(words(room / 2 + 1, y + 18, "", "middle", 17, steps=named))
        parts.append(el("rect", x=room, y=y + 3, height=20, fill=colour, class_="moves",
                        steps={"width": np.round(1 + (330 - room) * track, 1)}))  # fmt: skip
        share = [f"{v:.0%}" for v in track]
        parts.append(words(WIDTH, y + 19, "", "end", steps={"#text": share}))
    return svg(WIDTH, 26 * values.shape[1], parts, label=label)


def stacked_bars(parts, names, label, chosen=None, unit="bits", moving=False):
    """Return a stack of amounts for every name, with the sum above and a legend below.

    Args:
        parts: Dictionary from the name of a part to `(values, CSS colour)`, bottom first.
        names: Sequence of strings, one a stack.
        label: Description of the picture.
        chosen: Index of the stack that is framed, or `None`.
        unit: What the amounts are.
        moving: Boolean, whether a line below marks one stack after the other under a player.
    """
    totals = np.sum([np.asarray(values, float) for values, _ in parts.values()], axis=0)
    bottom, tallest = 190, max(float(np.abs(totals).max()), 1e-9)
    step = (WIDTH - 8) / max(len(names), 1)
    drawn = []
    for i, name in enumerate(names):
        x, y = 4 + i * step, bottom
        for part, (values, colour) in parts.items():
            height = 150 * max(float(values[i]), 0) / tallest
            y -= height
            title = el("title", f"{part}: {values[i]:.1f} {unit}")
            drawn.append(el("rect", title, x=x + 2, y=y, width=step - 6, height=height,
                            fill=colour))  # fmt: skip
        if i == chosen:
            drawn.append(el("rect", x=x, y=y - 2, width=step - 2, height=bottom - y + 4,
                            fill="none", stroke="var(--krl-ink)", stroke_width=3))  # fmt: skip
        middle = x + step / 2 - 1
        drawn.append(words(middle, y - 7, number_text(round(totals[i])), "middle"))
        drawn.append(words(middle, bottom + 18, name, "middle"))
    if moving:
        places = [4 + i * step + 2 for i in range(len(names))]
        drawn.append(el("rect", y=bottom + 22, width=step - 6, height=5, fill="var(--krl-ink)",
                        class_="moves", steps={"x": places}))  # fmt: skip
    for k, (part, (_, colour)) in enumerate(parts.items()):
        y = bottom + 34 + 20 * k
        drawn.append(el("rect", x=6, y=y, width=13, height=13, fill=colour))
        drawn.append(words(26, y + 12, part))
    return svg(WIDTH, bottom + 38 + 20 * len(parts), drawn, label=label)


def histogram(edges, densities, label, colour="var(--krl-accent)"):
    """Return the bars of a density, each as wide as its bin."""
    x = Axis(edges[0], edges[-1], 20, WIDTH - 20)
    y = Axis(0, max(max(densities), 1e-12), 180, 10)
    parts = [
        el("rect", x=x(a), y=y(d), width=max(float(x(b) - x(a)) - 0.6, 0.4), height=180 - y(d),
           fill=colour) for a, b, d in zip(edges[:-1], edges[1:], densities, strict=True)
    ]  # fmt: skip
    parts += [words(place, 198, text, "middle") for place, text in x.ticks()]
    return svg(WIDTH, 206, parts, label=label)
