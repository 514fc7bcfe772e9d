"""Numbers on paper: scales, ticks, and the pictures that they stand in."""

import math

import numpy as np

from .html import el

# A picture of 400 units is 327 pixels wide on a small phone: 15 units are 12 pixels.
WIDTH, TEXT = 400, 15

_SCALES = {
    "linear": (lambda v: v, lambda v: v),
    "log": (lambda v: np.log10(np.maximum(v, 1e-12)), lambda v: 10.0**v),
    "root": (lambda v: np.sqrt(np.maximum(v, 0)), np.square),
}


def svg(width, height, *children, label, widest=None, interactive=False, **attributes):
    """Return a picture with a description for those who cannot see it.

    Args:
        width: Number of units across.
        height: Number of units down.
        *children: Elements.
        label: The description.
        widest: Largest width on the screen, in pixels. Defaults to 1.2 pixels a unit.
        interactive: Boolean, whether parts of it can be reached.
        **attributes: Further attributes.
    """
    return el(
        "svg",
        *children,
        viewBox=f"0 0 {width:.5g} {height:.5g}",
        role="group" if interactive else "img",
        aria_label=label,
        style=f"max-width:{widest or round(1.2 * width)}px",
        **attributes,
    )


def words(x, y, text, anchor="start", size=TEXT, **attributes):
    """Return a text in a picture; `size` is no less than what a phone can show."""
    return el("text", text, x=x, y=y, font_size=size, text_anchor=anchor, **attributes)


def number_text(value, digits=3):
    """Return a number as people write it: no exponents but those of powers of ten."""
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size < -4:
        return "10" + str(size).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:.{max(digits - 1 - size, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded_sum(parts, digits=3):
    """Return parts and their sum as numbers that still add up when they are rounded."""
    total = round(float(sum(parts)), digits)
    found = [round(float(part), digits) for part in parts]
    largest = max(range(len(found)), key=lambda k: abs(found[k]))
    found[largest] = round(total - sum(found) + found[largest], digits)
    return found, total


class Axis:
    """A scale from numbers to places.

    Args:
        low: Least number.
        high: Largest number.
        start: Place of the least number.
        stop: Place of the largest.
        scale: `"linear"`, `"log"` or `"root"`.
    """

    def __init__(self, low, high, start, stop, scale="linear"):
        self._forward, self._back = _SCALES[scale]
        self.scale, self.start, self.stop = scale, start, stop
        self._low, self._high = (float(self._forward(v)) for v in (low, high))
        if not self._high > self._low:
            self._high = self._low + 1

    def __call__(self, value):
        share = (self._forward(np.asarray(value, float)) - self._low) / (self._high - self._low)
        return self.start + (self.stop - self.start) * share

    def ticks(self, count=4):
        """Return pairs of a place and a text."""
        low, high = self._low, self._high
        if self.scale == "log" and high - low >= 2:
            step = max(math.ceil((high - low) / count), 1)
            values = 10.0 ** np.arange(math.ceil(low - 1e-9), high + 1e-9, step)
        elif self.scale == "linear":
            rough = (high - low) / count
            unit = 10.0 ** math.floor(math.log10(rough))
            step = unit * next(m for m in (1, 2, 5, 10) if m * unit >= rough * 0.999)
            values = step * np.arange(math.ceil(low / step - 1e-9), high / step + 1e-9)
            values = np.round(values, 12)
        else:
            values = self._back(np.linspace(low, high, count))
            values = np.array([float(f"{v:.2g}") for v in values])
        return [(float(self(v)), number_text(float(v))) for v in values]


def frame(x, y, x_label="", y_label="", x_ticks=4, y_ticks=4):
    """Return the lines, ticks and names of two axes.

    Args:
        x: `Axis` from left to right.
        y: `Axis` from the bottom to the top.
        x_label: Name below.
        y_label: Name above the left end.
        x_ticks: About how many.
        y_ticks: About how many.
    """
    line = {"stroke": "var(--krl-line)", "stroke_width": 1}
    parts = []
    for place, text in y.ticks(y_ticks):
        parts.append(el("path", d=f"M{x.start:.1f} {place:.1f}H{x.stop:.1f}", **line))
        parts.append(words(x.start - 6, place + 5, text, "end"))
    last = -math.inf
    for place, text in x.ticks(x_ticks):
        if place - last >= 8.5 * len(text) + 10:  # none over another
            beyond = place + 4.2 * len(text) > WIDTH
            at, anchor = (WIDTH, "end") if beyond else (place, "middle")
            parts.append(words(at, y.start + 18, text, anchor))
            last = place
    parts.append(el("path", d=f"M{x.start:.1f} {y.start:.1f}H{x.stop:.1f}", **line))
    parts.append(words((x.start + x.stop) / 2, y.start + 37, x_label, "middle", class_="faint"))
    parts.append(words(4, 14, y_label, class_="faint"))
    return parts
