"""Which words of one sentence a model looked at while it wrote another."""

import numpy as np

from .axes import TEXT, svg, words
from .html import el

_SPACE = "\u2581"  # stands before a piece that begins a word, see `SubwordTokenizer`
_CELL = 30


def joined_words(pieces):
    """Return words as lists of places of their pieces; French elisions and marks are words.

    Args:
        pieces: Sequence of strings, as a `SubwordTokenizer` has them.
    """
    groups = []
    for place, piece in enumerate(pieces):
        mark = not any(c.isalnum() for c in piece.strip("<>"))
        elided = place and pieces[place - 1].endswith("'")
        if piece.startswith(_SPACE) or mark or elided or not groups:
            groups.append([])
        groups[-1].append(place)
    return groups


def by_words(weights, target, source):
    """Return attention between words, and the words of both sentences.

    A word of the target has the mean of its pieces, one of the source the sum.

    Args:
        weights: Array `(target pieces, source pieces)`.
        target: Sequence of strings.
        source: Sequence of strings.
    """
    rows, columns = joined_words(target), joined_words(source)
    table = [[weights[np.ix_(row, column)].sum(axis=1).mean() for column in columns]
             for row in rows]  # fmt: skip
    texts = (
        ["".join(pieces[i] for i in group).replace(_SPACE, "") or "␣" for group in groups]
        for pieces, groups in ((target, rows), (source, columns))
    )
    return np.array(table).reshape(len(rows), len(columns)), *texts


def alignment(weights, target, source, label, notes=()):
    """Return a heat map of attention; a word that is pointed at lights the words it came from.

    Args:
        weights: Array `(target words, source words)` in [0, 1].
        target: Sequence of strings, one a row.
        source: Sequence of strings, one a column.
        label: Description of the picture.
        notes: Strings, what is said of every row in its tooltip; or nothing.
    """
    left = 12 + 8.2 * max(map(len, target), default=0)
    top = 16 + 7 * max(map(len, source), default=0)
    lean = 0.5 * top  # words stand aslant above their columns
    parts = [_aslant(left + (k + 0.5) * _CELL, top - 6, word) for k, word in enumerate(source)]
    for row, (word, shares) in enumerate(zip(target, weights, strict=True)):
        y = top + row * _CELL
        best = int(np.argmax(shares))
        note = f" {notes[row]}" if len(notes) else ""
        title = f"{word} looks at {source[best]} with {shares[best]:.0%}.{note}"
        cells = [
            el("rect", x=left + k * _CELL, y=y, width=_CELL - 2, height=_CELL - 2,
               fill="var(--krl-accent)", fill_opacity=round(float(share), 3),
               stroke="var(--krl-line)", stroke_width=0.6)
            for k, share in enumerate(shares)
        ]  # fmt: skip
        lit = [
            _aslant(left + (k + 0.5) * _CELL, top - 6, source[k], fill="var(--krl-accent)",
                    opacity=round(min(1.0, 0.35 + float(share)), 2))
            for k, share in enumerate(shares) if share >= 0.1
        ]  # fmt: skip
        named = words(left - 8, y + _CELL / 2 + 5, word, "end")
        parts.append(el("g", el("title", title), named, cells, el("g", lit, class_="lit"),
                        class_="row", tabindex=0, aria_label=title))  # fmt: skip
    width = left + _CELL * len(source) + lean
    height = top + _CELL * len(target) + 4
    picture = svg(round(width), round(height), parts, label=label, interactive=True,
                  class_="alignment")  # fmt: skip
    # Below 0.8 pixels a unit the words were smaller than 12 pixels: rather scroll.
    least = f"min-width:{12 / TEXT * width:.0f}px"
    return el("div", el("div", picture, style=least), class_="scroll")


def _aslant(x, y, text, **attributes):
    return words(x, y, text, transform=f"rotate(-55 {x:.1f} {y:.1f})", **attributes)
