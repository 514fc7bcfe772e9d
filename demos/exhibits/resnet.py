"""Deep Residual Learning: cut units out of a trained network of 56 layers, and of a plain one."""

from functools import cache

import numpy as np

from keras_readinglist import catalog
from keras_readinglist.datasets import load
from keras_readinglist.recipes import report
from keras_readinglist.visualization import Lesions

from ..components.axes import svg, words
from ..components.board import Square, board
from ..components.html import callout, el, faint, page, side_by_side
from ..components.images import data_uri
from ..components.inputs import number, plain_text
from ..components.layout import choices_row, control_side, html, picture_side, stage
from ..components.surface import surface
from ..exhibit import FAILS, Exhibit, run

RESIDUAL, PLAIN = "resnet56_fashion", "plain56_fashion"
EXHIBIT = Exhibit(
    slug="resnet",
    claim="With shortcuts around its layers a deep network trains as easily as a shallow one, and "
    "hardly needs any single layer.",
    try_this="Click a unit to cut it out. The network with shortcuts goes on naming clothes; the "
    "one without falls to chance.",
    what_you_see="27 units of two layers each, in three stages, with the shortcut over every unit "
    "as an arc. The bars say how many of 300 pictures two trained networks name rightly: one has "
    "the arcs, the other the same units without them. Under the second tab stands the reason: the "
    "loss on a plane through the weights of both.",
    presets=(RESIDUAL, PLAIN),
    code="""\
from keras_readinglist.applications import ResNet
from keras_readinglist.datasets import load
from keras_readinglist.visualization import Lesions

pictures, classes = load("fashion_mnist_sample", "test")
for name in ("resnet56_fashion", "plain56_fashion"):
    network = ResNet.from_preset(name)
    lesions, inputs = Lesions(network), network.preprocess(list(pictures))
    for removed in ([], [4]):
        right = lesions(inputs, removed).argmax(-1) == classes
        print(name, "without", removed, f"{right.mean():.0%}")
""",
)
UNITS, STAGE = 27, 9
DEFAULT = "5"
NAMES = {RESIDUAL: "with shortcuts", PLAIN: "without"}


@cache
def pictures():
    """Return the pictures and their classes."""
    return load("fashion_mnist_sample", "test")


@cache
def _lesions(name):
    """Return the network of a preset, ready to be cut, and its inputs."""
    return run(name, lambda model: (Lesions(model), model.preprocess(list(pictures()[0])), model))


def parse_units(text):
    """Return the units that are cut out, from 0; `ValueError` in plain words."""
    words_ = "Units are whole numbers from 1 to 27 with commas between them, like 3, 14."
    try:
        found = {int(part) for part in plain_text(text)[:500].replace(" ", ",").split(",") if part}
    except ValueError as error:
        raise ValueError(words_) from error
    if not all(1 <= unit <= UNITS for unit in found):
        raise ValueError(words_)
    return sorted(unit - 1 for unit in found)


def named(name, removed):
    """Return the classes that a network names with units cut out."""
    lesions, inputs, _ = _lesions(name)
    return run(name, lambda model: lesions(inputs, removed).argmax(-1))


def show(text):
    """Return the chain of units, and what both networks name without some of them."""
    removed = parse_units(text)
    classes = pictures()[1]
    found = {name: named(name, removed) for name in (RESIDUAL, PLAIN)}
    right = {name: float((said == classes).mean()) for name, said in found.items()}
    return page(chain(removed)), page(
        bars(right),
        callout(sentence(removed, right), kind="verdict"),
        samples(found, classes),
    )


def sentence(removed, right):
    """Return what happened, in words."""
    if not removed:
        return (f"All units are there: {right[RESIDUAL]:.0%} right with shortcuts, "
                f"{right[PLAIN]:.0%} without.")  # fmt: skip
    cut = "1 unit is" if len(removed) == 1 else f"{len(removed)} units are"
    return (f"{cut} cut out: {right[RESIDUAL]:.0%} are still right with shortcuts, "
            f"{right[PLAIN]:.0%} without. Chance is 10%.")  # fmt: skip


def place(unit):
    """Return the middle of a unit on the board."""
    return 58 + 48 * (unit % STAGE), 118 + 156 * (unit // STAGE)


def chain(removed):
    """Return the units as boxes on a board, in three stages."""
    parts, line = [], {"stroke": "var(--krl-ink)", "fill": "none"}
    for row, side in enumerate((14, 7, 4)):
        y = place(STAGE * row)[1]
        parts.append(words(34, y - 62, f"{8 * 2**row} maps of {side} x {side}", size=20,
                           class_="faint"))  # fmt: skip
        parts.append(el("path", d=f"M12 {y}H488", stroke_width=2, **line))
    for unit in range(UNITS):
        x, y = place(unit)
        gone = unit in removed
        parts.append(el("path", d=f"M{x - 23} {y}C{x - 20} {y - 50} {x + 20} {y - 50} {x + 23} {y}",
                        stroke="var(--krl-accent)", stroke_width=3.5, fill="none"))  # fmt: skip
        if gone:
            parts.append(el("path", d=f"M{x - 17} {y}H{x + 17}", stroke="var(--krl-panel)",
                            stroke_width=6))  # fmt: skip
        parts.append(el(
            "rect", x=x - 16, y=y - 18, width=32, height=36, rx=5,
            fill="none" if gone else "var(--krl-paper)",
            stroke="var(--krl-line)" if gone else "var(--krl-ink)", stroke_width=2,
            stroke_dasharray="4 4" if gone else None))  # fmt: skip
        colour = {"class_": "faint"} if gone else {}
        parts.append(words(x, y + 7, "" if gone else str(unit + 1), "middle", 20, **colour))
    return board(parts, label="27 units in a chain; a click on one cuts it out or puts it back",
                 square=Square((0, 1), (0, 1)), adds=True)  # fmt: skip


def bars(right):
    """Return the shares of right answers of both networks as bars."""
    parts = []
    for row, (name, share) in enumerate(right.items()):
        y = 8 + 34 * row
        parts.append(words(2, y + 17, NAMES[name]))
        parts.append(el("rect", x=120, y=y, width=220, height=24, fill="none",
                        stroke="var(--krl-line)"))  # fmt: skip
        colour = "var(--krl-accent)" if name == RESIDUAL else "var(--krl-faint)"
        parts.append(el("rect", x=120, y=y, width=220 * share, height=24, fill=colour))
        parts.append(words(348, y + 17, f"{share:.0%}"))
    parts.append(el("path", d="M142 2V76", stroke="var(--krl-ink)", stroke_dasharray="3 3"))
    parts.append(words(142, 90, "chance", "middle", class_="faint"))
    return svg(400, 96, parts, label="Pictures that are named rightly")


def samples(found, classes):
    """Return a few pictures with what both networks say of them."""
    images, names = pictures()[0], _lesions(RESIDUAL)[2].class_names
    figures = []
    for index in [int(np.flatnonzero(classes == k)[0]) for k in (0, 1, 5, 7, 8, 9)]:
        said = [
            el("div", f"{'✓' if found[name][index] == classes[index] else '✗'} "
               f"{names[found[name][index]]}", class_="faint" if name == PLAIN else None)
            for name in (RESIDUAL, PLAIN)
        ]  # fmt: skip
        picture = el("img", src=data_uri(255 - images[index]), alt=names[classes[index]],
                     style="width:56px;image-rendering:pixelated")  # fmt: skip
        figures.append(el("div", picture, said, style="min-width:92px;font-size:14px"))
    style = "display:flex;flex-wrap:wrap;gap:8px"
    return [faint("What both say, with shortcuts first:"), el("div", figures, style=style)]


def cut(text, item, x, y):
    """Return the list of units after a click on the board, which cuts one or puts it back."""
    if x is None:
        return text
    at = np.array([20 + 460 * x, 480 - 460 * y])
    distances = [np.abs(at - place(unit)).max() for unit in range(UNITS)]
    unit = int(np.argmin(distances))
    if distances[unit] > 60:
        return text
    removed = set(parse_units(text)) ^ {unit}
    return ", ".join(str(u + 1) for u in sorted(removed))


def cut_another(text, seed=None):
    """Return the list of units with another one that is cut out."""
    removed = parse_units(text)
    left = sorted(set(range(UNITS)) - set(removed))
    if left:
        removed.append(int(np.random.default_rng(seed).choice(left)))
    return ", ".join(str(u + 1) for u in sorted(removed))


@cache
def surfaces():
    """Return the losses around the weights of both networks, as the reproduction measured them."""
    metrics = report.metrics(catalog.report("resnet") or {"runs": {}})
    found = {}
    for name, key in ((RESIDUAL, "shown_resnet_56"), (PLAIN, "shown_plain_56")):
        values = {k.split("/surface_")[1]: v["mean"] for k, v in metrics.items()
                  if k.startswith(f"{key}/surface_")}  # fmt: skip
        if not values:
            return {}
        side = 1 + max(int(k[:2]) for k in values)
        found[name] = np.array([[values[f"{i:02d}_{j:02d}"] for j in range(side)]
                                for i in range(side)])  # fmt: skip
    return found


def landscape(turn, tilt):
    """Return the losses around the weights of both networks, seen from a side."""
    turn, tilt = number(turn, 0, 360, "The turn"), number(tilt, 5, 90, "The tilt")
    found = surfaces()
    if not found:
        raise ValueError("The losses around the weights have not been measured yet.")
    top = min(max(float(np.max(np.log1p(s))) for s in found.values()), np.log1p(20.0))
    figures = []
    for name, losses in found.items():
        middle = losses[len(losses) // 2, len(losses) // 2]
        drawn = surface(np.log1p(losses), turn, tilt, f"The loss {NAMES[name]}", top=top)
        figures.append((f"{NAMES[name].capitalize()}: {middle:.2f} nats in the middle", drawn))
    return page(side_by_side(figures), faint(
        "The loss of 300 pictures on a plane through the weights, in two random directions of the "
        "length of every filter; its height is a logarithm."))  # fmt: skip


@cache
def default():
    """Return what the page shows before any click."""
    return show(DEFAULT)


@cache
def default_landscape():
    """Return the first view of the losses."""
    return landscape(30, 35)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Cut units out"):
        _lesion(ctx)
    with gr.Tab("The loss around the weights"):
        _surface(ctx)


def _lesion(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            found = html()
            with gr.Row():
                more = gr.Button("Cut another", variant="primary", min_width=80)
                back = gr.Button("Put all back", min_width=80)
            examples = choices_row()
            text = gr.Textbox(DEFAULT, label="Units that are cut out", max_lines=2)
            ctx.note()
    with examples:
        ctx.choices({
            "Every third": [", ".join(map(str, range(3, 28, 3)))],
            "The second stage": ["11, 12, 13, 14, 15, 16, 17, 18"],
            FAILS: ["1, 10, 19"],
        }, [text])  # fmt: skip
    ctx.at_first(default, [picture, found])
    ctx.on_change(
        show, text, [picture, found], verb="cut", doing="Cutting and asking both networks"
    )
    ctx.event(more.click, cut_another, text, text)
    ctx.event(back.click, lambda: "", None, text)
    ctx.touch(picture, cut, text, text)


def _surface(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            picture = html()
        with control_side():
            turn = gr.Slider(0, 360, 30, step=5, label="Turn it")
            tilt = gr.Slider(5, 90, 35, step=5, label="Look from above")
            ctx.note()
    ctx.at_first(default_landscape, picture)
    ctx.on_change(landscape, [turn, tilt], picture, verb="turn", doing="Turning the landscape")


@EXHIBIT.tour
def tour():
    """Cut one unit out of both networks."""
    classes = pictures()[1]
    right = {name: (named(name, parse_units(DEFAULT)) == classes).mean() for name in NAMES}
    return (
        f"one unit cut out: {right[RESIDUAL]:.0%} right with shortcuts, {right[PLAIN]:.0%} without"
    )
