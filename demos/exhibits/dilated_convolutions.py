"""Dilated convolutions: outlines that can only be filled by a network that sees far."""

from functools import cache

import numpy as np

from keras_readinglist import catalog
from keras_readinglist.datasets.marker_fill import COLOURS, MARKERS, filled, painted

from ..components.html import callout, el, page
from ..components.images import grid_picture
from ..components.inputs import choice
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, Exhibit, run
from . import _dilated_convolutions_board as drawing
from . import _dilated_convolutions_field as field

SLUG = "dilated-convolutions"
EXHIBIT = Exhibit(
    slug=SLUG,
    claim="Kernels with gaps that double from layer to layer let every pixel see exponentially "
    "far, with no more weights and no loss of resolution.",
    try_this="Drag a marker out of its outline, or an outline away from its marker; click to add "
    "another, double-click to take one away. In the second tab change the dilations.",
    what_you_see="Every pixel inside an outline should get the colour of the marker inside, but "
    "the front end sees 7 pixels, and knows no more than where markers are. Two context modules "
    "of as many weights refine its scores: that without dilation sees 21 pixels of the picture, "
    "the paper's, whose gaps grow from 1 to 16, sees 73. Both were trained alike, on closed "
    "outlines with a marker in the middle: what is open or far from its marker leads them astray.",
    presets=catalog.find(SLUG).presets,
    code="""\
from keras_readinglist.applications import DilatedNet
from keras_readinglist.datasets import marker_fill
from keras_readinglist.metrics import SegmentationMeanIoU

network = DilatedNet.from_preset("dilated_context")
images, labels = marker_fill(5, rng=0)
filled = network.segment(images)
metric = SegmentationMeanIoU(5)
for truth, found in zip(labels, filled):
    metric.update_state(truth, found)
print("field", 6 + network.context.receptive_field, "mean IoU", round(float(metric.result()), 3))
""",
)
# Preset, name for people, and the side of what it sees.
MODELS = {
    "dilated_front_end": ("Front end alone", 7),
    "dilated_undilated": ("Context, all dilations 1", 21),
    "dilated_context": ("Context, dilations 1 to 16", 73),
}
DEFAULT = (
    "circle 17 18 12\nred 17 18\nbox 45 20 11 14\nblue 44 21\n"
    "box 24 48 14 9\ngreen 25 47\ncircle 52 50 8\nyellow 52 49"
)
NESTED = "box 31 31 27 27\nred 12 12\ncircle 40 38 10\nblue 40 38"
OPEN = (
    "circle 17 18 12\nred 17 18\neraser 29 18\n"
    "box 45 46 13 11\nblue 45 46\neraser 45 57\neraser 41 57"
)
WIDE = "box 31 31 29 29\nred 56 56"


def answers(things):
    """Return the board, what fills it, and what every network fills, by preset."""
    code = drawing.pixels(things)
    image = painted(code, rng=0)
    found = {
        preset: run(preset, lambda model: model.segment(image))[0]
        for preset in MODELS
        if preset in EXHIBIT.presets
    }
    return code, filled(code), found


def agreement(truth, found):
    """Return the share of the pixels to be filled, by either, on which two fills agree."""
    counts = (truth > 0) | (found > 0)
    return float((truth == found)[counts].mean()) if counts.any() else 1.0


def fill_picture(labels, code, label, side=None):
    """Return a fill as a picture, with the outlines, and the field that a network has."""
    shown = np.where((code == 1)[..., None] & (labels == 0)[..., None], COLOURS[1],
                     COLOURS[np.where(labels > 0, labels + 1, 0)])  # fmt: skip
    frame = None
    if side:
        size = min(side, drawing.SIDE)
        at = (drawing.SIDE - size) / 2
        frame = el("rect", x=at + 0.3, y=at + 0.3, width=size - 0.6, height=size - 0.6, fill="none",
                   stroke="#fff", stroke_width=0.6, stroke_dasharray="1.6 1.2")  # fmt: skip
    return grid_picture(np.rint(255 * shown).astype("uint8"), label, frame, widest=230)


def _two_by_two(figures):
    style = "display:grid;grid-template-columns:1fr 1fr;gap:14px;max-width:480px"
    shown = [el("figure", picture, el("figcaption", said)) for said, picture in figures]
    return el("div", shown, class_="figures", style=style)


def show(text):
    """Return the board and the fills for what a visitor has drawn."""
    things = drawing.parse(text)
    code, truth, found = answers(things)
    shares = {preset: agreement(truth, labels) for preset, labels in found.items()}
    figures = [("What a flood fill gives", fill_picture(truth, code, "The exact fill"))]
    for preset, labels in found.items():
        name, side = MODELS[preset]
        caption = [el("b", name), f" · sees {side} × {side} · {shares[preset]:.0%} right"]
        figures.append((caption, fill_picture(labels, code, f"The fill of: {name}", side)))
    best = max(shares.values(), default=0)
    shown = found.get("dilated_context", truth)
    missed = (shown != truth).sum()
    words = "Nothing is there to be filled." if not (truth > 0).any() else None
    words = words or (
        "Of the pixels to be filled, the paper's module has "
        f"{shares.get('dilated_context', best):.0%} right, without dilation "
        f"{shares.get('dilated_undilated', 0):.0%}, and the front end alone "
        f"{shares.get('dilated_front_end', 0):.0%}."
    )
    if missed and not (truth > 0).any():
        words += f" The paper's module fills {(shown > 0).sum():,} pixels all the same."
    return page(drawing.board(things, shown)), page(callout(words, kind="verdict"),
                                                    _two_by_two(figures))  # fmt: skip


def random_board(seed=None):
    """Return a board of the kind that the networks were trained on, as text."""
    rng = np.random.default_rng(seed)
    things, taken = [], []
    for _ in range(40):
        half = rng.integers(6, 15, 2)
        round_ = rng.random() < 0.5
        half = half[[0, 0]] if round_ else half
        x, y = rng.integers(half + 1, drawing.SIDE - 1 - half)
        apart = all((abs(np.array([x, y]) - at) > half + h + 2).any() for at, h in taken)
        if apart and len(taken) < 4:
            taken.append((np.array([x, y]), half))
            sizes = half[:1] if round_ else half
            things.append(("circle" if round_ else "box", [x, y, *sizes]))
            things.append((MARKERS[rng.integers(4)], [x, y]))
    return drawing.written([(kind, [int(v) for v in numbers]) for kind, numbers in things])


@cache
def default():
    """Return what the page shows before any click."""
    return show(DEFAULT)


@cache
def default_field():
    """Return the field that the second tab shows before any click."""
    return field.show(field.STACKS["The context module"])


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Fill the outlines"):
        _fill(ctx)
    with gr.Tab("What one pixel sees"):
        _field(ctx)


def _fill(ctx):
    import gradio as gr

    def touch(text, tool, size, item, x, y):
        return drawing.touched(text, choice(tool, drawing.TOOLS, "The tool"), size, item, x, y)

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            result = html()
            tool = gr.Radio(list(drawing.TOOLS), value="red", label="A click adds")
            with gr.Row():
                draw = gr.Button("Draw a board", variant="primary", min_width=80)
                clear = gr.Button("Clear", min_width=80)
            examples = choices_row()
            with advanced():
                size = gr.Slider(3, 30, 10, step=1, label="Half the size of a new outline")
                text = gr.Textbox(DEFAULT, label="The board in words", lines=6, max_lines=24)
            ctx.note()
    with examples:
        ctx.choices({"One in another": [NESTED], "Open outlines": [OPEN], FAILS: [WIDE]}, [text])
    ctx.at_first(default, [picture, result])
    ctx.on_change(show, text, [picture, result], verb="fill", doing="Filling the regions")
    ctx.event(draw.click, random_board, None, text, verb="board")
    ctx.event(clear.click, lambda: "", None, text)
    ctx.touch(picture, touch, [text, tool, size], text)


def _field(ctx):
    import gradio as gr

    def move(text, item, x, y):
        return field.show(text, field.SIDE * min(y, 0.999), field.SIDE * min(x, 0.999))

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            result = html()
            text = gr.Textbox(field.STACKS["The context module"], label="Dilations, layer by layer")
            examples = choices_row()
            ctx.note()
    with examples:
        ctx.choices({name: [stack] for name, stack in field.STACKS.items()}, [text])
    ctx.at_first(default_field, [picture, result])
    ctx.on_change(
        field.show, text, [picture, result], verb="field", doing="Looking how far a pixel sees"
    )
    ctx.touch(picture, move, text, [picture, result])


@EXHIBIT.tour
def tour():
    """Fill the default board, and a test set."""
    _, truth, found = answers(drawing.parse(DEFAULT))
    said = "; ".join(
        f"{MODELS[preset][0]}: {agreement(truth, labels):.0%}" for preset, labels in found.items()
    )
    return f"of the pixels to be filled, right are: {said}"
