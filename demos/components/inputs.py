"""What visitors type, click and set, checked in words: an endpoint may be sent anything."""

import json

import numpy as np

# No number, of another type, beyond all limits, nested too deeply.
_UNREADABLE = (ValueError, TypeError, OverflowError, RecursionError)


def plain_text(value):
    """Return what was typed as text that UTF-8 can hold, empty for nothing."""
    text = "" if value is None else str(value)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def choice(value, choices, name=None):
    """Return the one of the choices that was made, or raise a `ValueError` in words."""
    for known in choices:
        if isinstance(value, type(known)) and value == known:
            return known
    listed = ", ".join(map(str, choices))
    raise ValueError(f"{name} is one of: {listed}." if name else f"Choose one of: {listed}.")


def number(value, low, high, name):
    """Return the number of a control, or raise a `ValueError` in words."""
    words = f"{name} is a number from {low} to {high}."
    try:
        found = float(value)
    except _UNREADABLE as error:
        raise ValueError(words) from error
    if not low <= found <= high:
        raise ValueError(words)
    return found


def whole_number(value, low, high, name):
    """Return the whole number of a control, or raise a `ValueError` in words."""
    words = f"{name} is a whole number from {low} to {high}"
    try:
        found = int(value)
        shown = f"{float(found):.6g}"
    except _UNREADABLE as error:
        raise ValueError(f"{words}.") from error
    if not low <= found <= high:
        raise ValueError(f"{words}; this is {shown}.")
    return found


def clipped(value, low, high, name):
    """Return the whole number of a control, moved between its ends; `low` for nothing."""
    try:
        return int(min(max(float(value or low), low), high))
    except _UNREADABLE as error:
        raise ValueError(f"{name} is a whole number from {low} to {high}.") from error


def seed_of(value):
    """Return what a random generator begins with, 0 for nothing."""
    return whole_number(value or 0, 0, 2**31 - 1, "The seed")


def listed(text, longest, words):
    """Return the list that a text holds as JSON, an empty one for an empty text.

    Args:
        text: What was typed.
        longest: Integer, the characters that are read.
        words: What the text should be: the message of the `ValueError` if it is not.
    """
    try:
        values = json.loads(plain_text(text).strip()[:longest] or "[]")
    except _UNREADABLE as error:
        raise ValueError(words) from error
    if not isinstance(values, list):
        raise ValueError(words)
    return values


def number_rows(text, columns, longest, words):
    """Return rows of numbers that a text holds as JSON, `(n, columns)`; the rest as for `listed`.

    They may be infinite or NaN: see `within`.
    """
    values = listed(text, longest, words)
    try:
        found = np.array(values or np.zeros((0, columns)), dtype=float)
    except _UNREADABLE as error:
        raise ValueError(words) from error
    if found.ndim != 2 or found.shape[1] != columns:
        raise ValueError(words)
    return found


def within(values, low, high):
    """Return whether all numbers lie between two; NaN does not."""
    return bool(((low <= values) & (values <= high)).all())


def cells(text, side, longest):
    """Return the cells of a square that were clicked, int `(n, 2)`; `ValueError` in words."""
    found = number_rows(text, 2, longest, "Strokes are pairs of cells, like [[10, 20], [30, 31]].")
    if not within(found, 0, side - 1):
        raise ValueError(f"Cells are counted from 0 to {side - 1}.")
    return found.astype(int)


def touched(text, item, x, y, most):
    """Return a list of points as JSON text after a touch of their board.

    Args:
        text: The list; what is not one counts as an empty one.
        item: Which point was touched, or `None` for an empty place.
        x: Where it is now, or `None` if it was double-clicked, which takes it away.
        y: Likewise.
        most: Integer, how many are kept.
    """
    points = known(text)
    if item is None:
        points = [*points, [round(x, 3), round(y, 3)]][-most:]
    else:
        k = whole_number(item, 0, len(points) - 1, "The point")
        points[k : k + 1] = [] if x is None else [[round(x, 3), round(y, 3)]]
    return json.dumps(points)


def known(text):
    """Return the list that a text holds as JSON, an empty one for anything else."""
    try:
        return listed(text, 10_000, "")
    except ValueError:
        return []


def appended(text, item, most):
    """Return a list as JSON text with an item more; of too many the last are kept."""
    return json.dumps([*known(text), item][-most:])
