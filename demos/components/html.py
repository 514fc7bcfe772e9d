"""Elements of HTML and SVG, escaped by default: nothing in the gallery joins strings to a page."""

import json
import math

from markupsafe import Markup, escape


def el(tag, *children, steps=None, **attributes):
    """Return an element.

    Args:
        tag: Name of the element, of HTML or SVG.
        *children: Strings, which are escaped, elements, numbers, `None` for nothing, or lists of
            them.
        steps: Dictionary from an attribute to its value at every step of the `player` around the
            element; `"#text"` and `"#html"` stand for what is inside.
        **attributes: `font_size` becomes `font-size`, `class_` becomes `class`, a dictionary
            becomes a style. `None` and `False` are left out, `True` has no value.
    """
    if steps:
        attributes["data_steps"] = json.dumps(
            {name: [shown(v) for v in values] for name, values in steps.items()},
            separators=(",", ":"),
        )
        first = {name: values[0] for name, values in steps.items()}
        inside = first.pop("#html", first.pop("#text", None))
        children = children if inside is None else (inside,)
        first = {name.replace("-", "_"): value for name, value in first.items()}
        still = {name: value for name, value in attributes.items() if name not in first}
        attributes = {**still, **first}  # what moves stands last, see `player.settled`
    parts = [
        f" {name.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{quoted(value)}"')
        for name, value in attributes.items()
        if value is not None and value is not False
    ]
    opened = Markup(f"<{tag}{''.join(parts)}>")
    return opened if tag in _EMPTY else opened + joined(children) + Markup(f"</{tag}>")


_EMPTY = ("br", "hr", "img", "input")


def joined(children):
    """Return elements, strings and lists of them after one another."""
    parts = []
    for child in children:
        if isinstance(child, (list, tuple)):
            parts.append(joined(child))
        elif child is not None:
            parts.append(escape(shown(child)))
    return Markup("").join(parts)


def quoted(value):
    """Return the value of an attribute, escaped."""
    if isinstance(value, dict):
        pairs = [(name.replace("_", "-"), part) for name, part in value.items() if part is not None]
        value = ";".join(f"{name}:{shown(part)}" for name, part in pairs)
    return escape(shown(value))


def shown(value):
    """Return a number as text without needless digits; anything else as it is."""
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, (list, dict)) or not hasattr(value, "__float__"):
        return str(value)
    value = float(value)
    return f"{value:.3f}".rstrip("0").rstrip(".") if math.isfinite(value) else "–"


def page(*children, **attributes):
    """Return what one `gr.HTML` holds."""
    return str(el("div", *children, class_="krl", **attributes))


def table(head, rows, **attributes):
    """Return a table that scrolls by itself where it is too wide.

    Args:
        head: Sequence of the cells of the head, or `None`.
        rows: Sequences of cells.
        **attributes: Of the table.
    """
    top = el("tr", [el("th", cell, scope="col") for cell in head]) if head else None
    body = [el("tr", [el("td", cell) for cell in row]) for row in rows]
    return el("div", el("table", top, body, **attributes), class_="scroll")


def callout(*children, kind="note"):
    """Return a sentence that stands out: a `note`, the `verdict` on a result, or a `refusal`."""
    role = "alert" if kind == "refusal" else None
    return el("p", *children, class_=f"callout {kind}", role=role)


def faint(*children):
    """Return a caption."""
    return el("p", *children, class_="faint")


def side_by_side(figures, least=240):
    """Return pictures with captions in a row that wraps.

    Args:
        figures: Pairs of a caption and a picture.
        least: Least width of one, in pixels.
    """
    style = f"flex:1 1 min({least}px,100%)"
    return el(
        "div",
        [
            el("figure", picture, el("figcaption", caption), style=style)
            for caption, picture in figures
        ],
        class_="figures",
    )
