"""What a beam search kept, piece by piece: a tree of which the answer is one path."""

import numpy as np

from ..components.axes import TEXT, svg, words
from ..components.html import el
from ..components.player import player

END = 2
_ROW, _GAP = 34, 22  # from row to row, and between the columns
_LETTER = 9  # the width of one, at the size of the text


class Tree:
    """The beams of one sentence at every step, in their order.

    Args:
        steps: What `beam_steps` of a translating model gives.
        vocabulary: Sequence of strings, its pieces.
    """

    def __init__(self, steps, vocabulary):
        made = int((steps["parents"][0, 0] >= 0).sum())
        kept = (steps[name][0, :, :made] for name in ("tokens", "parents", "log_p"))
        self.tokens, self.parents, self.log_p = kept
        self.vocabulary = vocabulary

    def places(self, rank, step=-1):
        """Return the places of a beam in the columns up to a step, the first step first."""
        step, found = step % self.tokens.shape[1], []
        for t in range(step, -1, -1):
            found.insert(0, rank)
            rank = int(self.parents[rank, t])
        return found

    def pieces(self, rank, step=-1):
        """Return the pieces of a beam up to a step, its end among them."""
        row = np.array([self.tokens[place, t] for t, place in enumerate(self.places(rank, step))])
        ends = np.flatnonzero(row == END)
        return row[: ends[0] + 1] if len(ends) else row

    def text(self, rank, step=-1):
        """Return the pieces of a beam up to a step as words."""
        shown = [self.vocabulary[i] for i in self.pieces(rank, step) if i != END]
        return "".join(shown).replace("\u2581", " ").strip() or "–"

    def waits(self, rank, step):
        """Return whether a beam ended before a step."""
        parent = self.parents[rank, step]
        return step > 0 and self.tokens[parent, step - 1] == END


def beam_tree(tree):
    """Return the tree under a player: a column for each piece, the likeliest beam on top."""
    beams, steps = tree.tokens.shape
    names = [[_name(tree, k, t) for k in range(beams)] for t in range(steps)]
    wide = [14 + _LETTER * max(map(len, column)) for column in names]
    lefts = [4 + sum(wide[:t]) + _GAP * t for t in range(steps)]
    best = set(enumerate(tree.places(0)))
    alive = {node for k in range(beams) for node in enumerate(tree.places(k))}
    columns = []
    for t in range(steps):
        nodes = []
        for k in range(beams):
            marks = {"best": (t, k) in best, "alive": (t, k) in alive}
            box = lefts[t], wide[t], _middle(k)
            before = (lefts[t - 1] + wide[t - 1], _middle(tree.parents[k, t])) if t else None
            nodes.append(_node(names[t][k], box, before, _said(tree, k, t), **marks))
        columns.append(el("g", nodes, data_at=t))
    width = lefts[-1] + wide[-1] + 4
    picture = svg(round(width), beams * _ROW + 4, columns, label="The beam as a tree")
    least = f"min-width:{12 / TEXT * width:.0f}px"  # rather scroll than write smaller
    captions = [
        f"Piece {t + 1}: of all that could follow, the {beams} likeliest are kept. The first is: "
        f"{tree.text(0, t)}"
        for t in range(steps)
    ]
    drawn = el("div", el("div", picture, style=least), class_="scroll")
    return player(drawn, count=steps, label="Piece", name="beam", start=-1, captions=captions)


def _name(tree, rank, step):
    token = tree.tokens[rank, step]
    if token != END:
        return tree.vocabulary[token].replace("\u2581", "") or "␣"
    return "·" if tree.waits(rank, step) else "end"


def _said(tree, rank, step):
    return f"{tree.text(rank, step)}: log-probability {tree.log_p[rank, step]:.2f}"


def _middle(rank):
    return 2 + (rank + 0.5) * _ROW


def _node(name, box, before, said, best, alive):
    """Return a piece in its box, and the line from the one that it continues."""
    (left, wide, y), line = box, None
    colour = "var(--krl-accent)" if best else "var(--krl-ink)"
    if before:
        x, from_y = before
        bend = (left - x) / 2
        line = el("path", d=f"M{x:.1f} {from_y}C{x + bend:.1f} {from_y} {x + bend:.1f} {y} "
                  f"{left:.1f} {y}", fill="none", stroke=colour,
                  stroke_width=3 if best else 1.2)  # fmt: skip
    frame = el("rect", x=left, y=y - 13, width=wide, height=26, rx=5, fill="var(--krl-panel)",
               stroke=colour, stroke_width=2.5 if best else 0.8)  # fmt: skip
    text = words(left + wide / 2, y + 5, name, "middle", font_weight="bold" if best else None)
    return el("g", el("title", said), line, frame, text, opacity=None if alive else 0.75)
