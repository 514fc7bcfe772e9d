"""A square to touch: things on it are dragged by mouse, finger or arrow keys, clicks add others.

What was done comes back as the event `click` of the `gr.HTML` whose `js_on_load` is `BOARD`, in
`event.acts`, what was done since the last such event was sent:

- `item` with `x` and `y`: a thing was moved there, `item` alone: it was double-clicked, or Enter
  was pressed on it;
- `x` and `y` alone: an empty place was clicked.

Places are in the board's own coordinates, and always within its ends.
"""

from importlib.resources import files

from .axes import Axis, svg, words
from .html import el

BOARD = (files(__package__) / "board.js").read_text(encoding="utf-8")
SIDE, MARGIN = 500, 20


class Square:
    """The coordinates of a board, y upwards unless its ends are swapped.

    Args:
        x: Pair, the numbers at the left and the right end.
        y: Pair, the numbers at the lower and the upper end.
    """

    def __init__(self, x=(0, 1), y=(0, 1)):
        self.ends = (*x, *y)
        self.x = Axis(*x, MARGIN, SIDE - MARGIN)
        low, high = sorted(y)
        places = (SIDE - MARGIN, MARGIN)
        self.y = Axis(low, high, *(places if y[0] < y[1] else places[::-1]))

    def __call__(self, point):
        """Return the place of a point in the picture."""
        return float(self.x(point[0])), float(self.y(point[1]))


def board(*children, label, square=None, adds=False, paper="var(--krl-panel)", widest=430):
    """Return a board.

    Args:
        *children: Elements, from the back to the front.
        label: What is on it, and how it is used.
        square: `Square`. Defaults to one from 0 to 1 both ways.
        adds: Boolean, whether a click on an empty place counts; by keyboard, arrows move a cross
            and Enter clicks there.
        paper: CSS colour.
        widest: Largest width on the screen, in pixels.
    """
    square = square or Square()
    ground = el("rect", x=1, y=1, width=SIDE - 2, height=SIDE - 2, rx=6, fill=paper,
                stroke="var(--krl-line)", stroke_width=1.5)  # fmt: skip
    cross = None
    if adds:
        arms = el("path", d="M-14 0H14M0 -14V14", stroke="var(--krl-ink)", stroke_width=2)
        cross = el("g", arms, class_="cross", transform="translate(250 250)")
    return svg(SIDE, SIDE, ground, children, cross, label=label, interactive=True, widest=widest,
               data_ends=" ".join(map(str, square.ends)), tabindex=0 if adds else None,
               class_="touch")  # fmt: skip


def thing(item, at, *children, label, steps=None):
    """Return something on a board that can be dragged, focused and moved with the arrow keys.

    Args:
        item: Its name in events.
        at: Its place in the picture, as `Square` gives it.
        *children: Elements around (0, 0).
        label: What it is, and what Enter does to it.
        steps: As for `el`.
    """
    return el("g", *children, transform=f"translate({at[0]:.1f} {at[1]:.1f})", data_item=item,
              tabindex=0, role="button", aria_label=label, steps=steps)  # fmt: skip


def pin(item, at, text, chosen=False, radius=14):
    """Return a numbered or lettered point that can be moved."""
    ink, paper = ("paper", "ink") if chosen else ("ink", "paper")
    return thing(
        item,
        at,
        el("circle", r=26, fill="transparent"),  # what a finger finds
        el("circle", r=radius, fill=f"var(--krl-{paper})", stroke="var(--krl-ink)", stroke_width=2),
        words(0, 7, text, "middle", 19, fill=f"var(--krl-{ink})"),
        label=f"Point {text}: arrow keys move it",
    )
