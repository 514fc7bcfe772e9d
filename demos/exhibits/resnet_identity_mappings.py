"""Identity Mappings: what stands on the shortcut, and what becomes of the gradient on its way."""

import re
from functools import cache

import numpy as np

from keras_readinglist import catalog
from keras_readinglist.layers.residual.residual_unit import ORDERS
from keras_readinglist.recipes import report
from keras_readinglist.recipes.resnet_identity_mappings import PUBLISHED

from ..components.axes import number_text, svg, words
from ..components.charts import lines
from ..components.html import callout, el, faint, page
from ..components.inputs import choice, number
from ..components.layout import choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, Exhibit

EXHIBIT = Exhibit(
    slug="resnet-identity-mappings",
    claim="If the shortcut is left alone, a gradient reaches every unit undiminished; any factor "
    "on it is multiplied as often as there are units.",
    try_this="Move the factor on the shortcut a little below 1: see what 54 units make of it.",
    what_you_see="Above, one unit: the signal goes up on the left, and what the convolutions "
    "compute is added. Below, the size of the gradient behind every unit of an untrained network, "
    "as a power of two: the straight line is the shortcut alone, the product of its factors; the "
    "curve was measured with all that the convolutions add.",
    code="""\
import numpy as np
from keras_readinglist.applications import ResNet
from keras_readinglist.visualization import signal_propagation

unit = {"activation_order": "original", "shortcut": "constant", "shortcut_scale": 0.5,
        "zero_init_residual": True}  # branches are silent
network = ResNet((9,), (8,), stem="cifar", classifier_activation=None, classes=10,
                 unit_config=unit, input_shape=(8, 8, 3))
images = np.random.default_rng(0).standard_normal((4, 8, 8, 3))
print(np.log2(signal_propagation(network, images, np.arange(4))["gradient"]))
""",
)
SHORTCUTS = {
    "Identity": "original",
    "A factor": "constant",
    "Exclusive gate, half open": "exclusive_gating_0",
    "Exclusive gate, open for the signal": "exclusive_gating_6",
    "Gate, half open": "shortcut_gating_0",
    "Gate, open for the signal": "shortcut_gating_6",
    "1x1 convolution": "conv1x1",
    "Dropout of a half": "dropout",
}
ORDER_NAMES = {
    "Original": "original",
    "Normalized after the addition": "bn_after_addition",
    "Rectified before the addition": "relu_before_addition",
    "Only rectified first": "relu_only_preactivation",
    "Full pre-activation": "full_preactivation",
}
DEPTHS = ("18", "54")
ON_THE_LINE = {"constant": "× λ", "conv1x1": "1x1 conv", "dropout": "dropout",
               "exclusive_gating_0": "× (1 − g)", "exclusive_gating_6": "× (1 − g)",
               "shortcut_gating_0": "× (1 − g)", "shortcut_gating_6": "× (1 − g)"}  # fmt: skip
FACTORS = {"exclusive_gating_0": 0.5, "shortcut_gating_0": 0.5, "dropout": 1.0,
           "exclusive_gating_6": 1 - 1 / (1 + np.exp(6)),
           "shortcut_gating_6": 1 - 1 / (1 + np.exp(6))}  # fmt: skip
START = ("A factor", 0.9, "Original", "54")


@cache
def measured():
    """Return the metrics of the reproduction by name."""
    found = report.metrics(catalog.report("resnet-identity-mappings") or {"runs": {}})
    return {name: entry["mean"] for name, entry in found.items()}


def gradients(variant, depth):
    """Return the measured logarithms behind every unit, the last first is 0, or `None`."""
    start = f"propagation_{variant}/log2_{depth}_"
    found = {int(k[len(start) :]): v for k, v in measured().items() if k.startswith(start)}
    if not found:
        return None
    values = np.array([found[k] for k in sorted(found)])
    return values - values[-1]


def show(shortcut, factor, order, depth):
    """Return the unit, the gradients, and what was measured of it."""
    variant = SHORTCUTS[choice(shortcut, SHORTCUTS, "The shortcut")]
    order = ORDER_NAMES[choice(order, ORDER_NAMES, "The order")]
    factor = number(factor, 0, 1.2, "The factor")
    depth = int(choice(depth, DEPTHS, "The number of units"))
    trained = variant if variant != "original" else order
    share = {"constant": factor}.get(variant, FACTORS.get(variant, 1.0))
    return page(
        unit_picture(variant, order, factor),
        chart(variant, order, factor, share, depth),
    ), page(callout(sentence(variant, share, depth), kind="verdict"), ledger(trained))


def sentence(variant, share, depth):
    """Return what the shortcut alone does to the gradient, in words."""
    if variant == "conv1x1":
        return "A convolution on the shortcut has no factor that could be told beforehand."
    if variant == "dropout":
        return (f"Half of the signal is dropped in training, in each of {depth} units anew, and "
                "what is left is doubled.")  # fmt: skip
    if share == 1:
        return f"The shortcut leaves the gradient as it is: 1 to the power of {depth} is 1."
    if share == 0:
        return "A factor of 0 is a plain net: only what goes through all convolutions is left."
    product = share**depth
    text = number_text(product) if product > 1e-4 else f"2 to the power of {np.log2(product):.0f}"
    return f"{share:.4g} to the power of {depth} is {text}: that is left of the gradient."


def chart(variant, order, factor, share, depth):
    """Return the gradients behind every unit, measured and of the shortcut alone."""
    units = np.arange(1, depth + 1)
    series = {}
    if variant != "conv1x1" and share > 0:
        law = np.clip((depth - units) * np.log2(share), -60, 40)
        series["shortcut"] = (units, law, "var(--krl-faint)")
    name = variant if variant != "original" else order
    known = gradients(name, depth)
    if known is not None and (variant != "constant" or factor == 0.5):
        series["measured"] = (units, known, "var(--krl-accent)")
    plain = gradients("original", depth)
    if plain is not None and name != "original":
        series["identity"] = (units, plain, "var(--krl-ink)")
    if not series:
        return faint("This was not measured.")
    drawn = lines(series, "Logarithms of gradients behind every unit", "unit, from the input",
                  "log₂ of the gradient")  # fmt: skip
    note = "Measured gradients are known for a factor of 0.5." if variant == "constant" else None
    return [drawn, note and faint(note)]


def unit_picture(variant, order, factor):
    """Return one unit: the branch in its order on the right, the shortcut on the left."""
    before, between, last, after = ORDERS[order]
    steps = [*before.split(), "conv", *between.split(), "conv", *last.split()]
    names = {"norm": "BN", "act": "ReLU", "conv": "3x3 conv"}
    ink = {"stroke": "var(--krl-ink)", "stroke_width": 2, "fill": "none"}
    wide, parts = 400, []
    parts.append(el("path", d="M6 34H394", **ink))
    parts.append(el("path", d="M30 34V84H370V34", **ink))
    room = 320 / len(steps)
    for k, step in enumerate(steps):
        x = 40 + room * k
        fill = "var(--krl-panel)" if step != "conv" else "var(--krl-paper)"
        parts.append(el("rect", x=x, y=70, width=room - 6, height=28, rx=4, fill=fill,
                        stroke="var(--krl-ink)", stroke_width=1.5))  # fmt: skip
        short = {"conv": "conv"}.get(step, names[step])
        parts.append(words(x + room / 2 - 3, 89, short, "middle", size=15))
    sign = ON_THE_LINE.get(variant)
    if sign:
        text = f"× {factor:g}" if variant == "constant" else sign
        parts.append(el("rect", x=150, y=18, width=100, height=32, rx=5, fill="var(--krl-accent)"))
        parts.append(words(200, 39, text, "middle", fill="var(--krl-paper)"))
    parts.append(el("circle", cx=370, cy=34, r=11, fill="var(--krl-paper)",
                    stroke="var(--krl-ink)", stroke_width=2))  # fmt: skip
    parts.append(words(370, 39, "+", "middle"))
    if after:
        text = " + ".join(names[step] for step in after.split())
        parts.append(words(396, 14, f"then {text}", "end", class_="faint"))
    parts.append(words(6, 24, "x", class_="faint"))
    return svg(wide, 106, parts, label=re.sub(r"\s+", " ", f"A residual unit in the order {order}"))


def ledger(trained):
    """Return what training made of the variant, here and in the paper."""
    found = measured().get(f"{trained}/train_loss"), measured().get("original/train_loss")
    told = PUBLISHED.get(trained)
    paper = f"{told}% wrong" if told else "more than 20% wrong"
    if None in found:
        return faint(f"In the paper, with 110 layers on CIFAR-10: {paper}.")
    return el("p", f"After 160 steps of training 56 layers: a loss of {found[0]:.3f}, where the "
              f"original unit has {found[1]:.3f}. In the paper, 110 layers on CIFAR-10: {paper}, "
              f"against {PUBLISHED['original']}%.")  # fmt: skip


@cache
def default():
    """Return what the page shows before any click."""
    return show(*START)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with stage():
        with picture_side():
            picture = html()
        with control_side():
            factor = gr.Slider(0, 1.2, START[1], step=0.01, label="Factor λ on the shortcut")
            found = html()
            shortcut = gr.Dropdown(list(SHORTCUTS), value=START[0], label="On the shortcut")
            order = gr.Dropdown(list(ORDER_NAMES), value=START[2], label="Order of the unit")
            depth = gr.Radio(DEPTHS, value=START[3], label="Units")
            ctx.note()
            examples = choices_row()
    controls = [shortcut, factor, order, depth]
    with examples:
        ctx.choices({
            "The identity": ["Identity", 1.0, "Full pre-activation", "54"],
            "Half": ["A factor", 0.5, "Original", "54"],
            FAILS: ["Exclusive gate, half open", 0.5, "Original", "54"],
        }, controls)  # fmt: skip
    ctx.at_first(default, [picture, found])
    ctx.event(
        [c.change for c in controls],
        show,
        controls,
        [picture, found],
        verb="unit",
        doing="Sending a signal through the units",
    )


@EXHIBIT.tour
def tour():
    """Say what half of a signal is after 54 units."""
    return sentence("constant", 0.5, 54)
