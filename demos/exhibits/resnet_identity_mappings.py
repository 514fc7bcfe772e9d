"""Identity Mappings: what stands on the shortcut, and what becomes of the gradient on its way."""

import re
from functools import cache, lru_cache

import keras
import numpy as np

from keras_readinglist import catalog
from keras_readinglist.layers import ResidualUnit
from keras_readinglist.layers.residual.residual_unit import ORDERS
from keras_readinglist.recipes import report
from keras_readinglist.recipes.resnet_identity_mappings import PUBLISHED, VARIANTS
from keras_readinglist.visualization import LayerChain

from ..components.axes import number_text, svg, words
from ..components.charts import lines
from ..components.html import callout, el, faint, page
from ..components.inputs import choice, number, whole_number
from ..components.layout import choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, Exhibit
from ..serving import Served

EXHIBIT = Exhibit(
    slug="resnet-identity-mappings",
    claim="If the shortcut is left alone, a gradient reaches every unit undiminished; any factor "
    "on it is multiplied as often as there are units.",
    try_this="Move the factor on the shortcut a little below 1: see what 54 units make of it.",
    what_you_see="Above, one unit: the signal goes up on the left, and what the convolutions "
    "compute is added. Below, the size of the gradient behind every unit of an untrained network, "
    "as a power of two: the straight line is the shortcut alone, the product of its factors; the "
    "curves are measured as you look, with all that the convolutions add.",
    code="""\
import numpy as np
from keras_readinglist.layers import ResidualUnit
from keras_readinglist.visualization import LayerChain

unit = ResidualUnit(8, shortcut="constant", shortcut_scale=0.9, activation_order="original")
unit.build((None, 8, 8, 8))
signals = np.random.default_rng(0).standard_normal((8, 8, 8, 8))
found = LayerChain(unit, training=True).propagate(signals, depth=54)
print(np.log2(found["gradient"]))
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
DEEPEST = 120
SHAPE = (8, 8, 8, 8)  # pictures, rows, columns, channels
CHAINS = Served(dict)
ON_THE_LINE = {"constant": "× λ", "conv1x1": "1x1 conv", "dropout": "dropout",
               "exclusive_gating_0": "× (1 − g)", "exclusive_gating_6": "× (1 − g)",
               "shortcut_gating_0": "× (1 − g)", "shortcut_gating_6": "× (1 − g)"}  # fmt: skip
FACTORS = {"exclusive_gating_0": 0.5, "shortcut_gating_0": 0.5, "dropout": 1.0,
           "exclusive_gating_6": 1 - 1 / (1 + np.exp(6)),
           "shortcut_gating_6": 1 - 1 / (1 + np.exp(6))}  # fmt: skip
START = ("A factor", 0.9, "Original", 54)


@cache
def measured():
    """Return the metrics of the reproduction by name."""
    found = report.metrics(catalog.report("resnet-identity-mappings") or {"runs": {}})
    return {name: entry["mean"] for name, entry in found.items()}


@lru_cache(1024)
def gradients(variant, order, factor, depth):
    """Return the logarithms of gradients behind every unit of a chain; the last is 0."""

    def propagate(chains):
        chain = chains.get((variant, order)) or chains.setdefault((variant, order), untrained(
            variant, order))  # fmt: skip
        chain.layer.shortcut_scale.assign(factor)
        signals = np.random.default_rng(0).standard_normal(SHAPE)
        return chain.propagate(signals, depth)["gradient"]

    found = np.log2(np.maximum(CHAINS.run(propagate), 1e-30))
    return found - found[-1]


def untrained(variant, order):
    """Return a chain of units, the same on every backend."""
    given = VARIANTS[variant] if variant != "original" else {}
    unit = ResidualUnit(SHAPE[-1], **{"activation_order": order, **given})
    unit.shortcut_scale = keras.Variable(1.0, trainable=False)  # to be moved without compiling
    unit.build((None, *SHAPE[1:]))
    rng = np.random.default_rng(1)
    for kernel in (v for v in unit.trainable_variables if len(v.shape) > 1):
        fan_out = np.prod(kernel.shape) / kernel.shape[-2]
        kernel.assign(np.sqrt(2 / fan_out) * rng.standard_normal(kernel.shape))
    return LayerChain(unit, training=True)


def show(shortcut, factor, order, depth):
    """Return the unit, the gradients, and what was measured of it."""
    variant = SHORTCUTS[choice(shortcut, SHORTCUTS, "The shortcut")]
    order = ORDER_NAMES[choice(order, ORDER_NAMES, "The order")]
    factor = number(factor, 0, 1.2, "The factor")
    depth = whole_number(depth, 2, DEEPEST, "The number of units")
    trained = variant if variant != "original" else order
    share = {"constant": factor}.get(variant, FACTORS.get(variant, 1.0))
    identity = gradients("original", order, 1.0, depth)
    moved = factor if variant == "constant" else 1.0
    found = gradients(variant, order, moved, depth) if variant != "original" else None
    return page(
        unit_picture(variant, order, factor),
        chart(share if variant != "conv1x1" else 0, identity, found),
    ), page(
        callout(sentence(variant, share, depth), kind="verdict"),
        found is not None and el("p", comparison(identity, found)),
        None if variant == "constant" and factor != 0.5 else ledger(trained),
    )


def comparison(identity, found):
    """Return in words what was measured at the first unit, against the identity."""
    first, plain = f"{found[0]:.0f}", f"{identity[0]:.0f}"
    words = (f"Measured with all branches, the gradient behind the first unit is 2 to the power of "
             f"{first} times that behind the last; with the identity, of {plain}.")  # fmt: skip
    if found[0] > identity[0] + 2:
        words += (" Where the shortcut lets little through, the signal goes through the branches, "
                  "as in a plain net, and their normalizations magnify it.")  # fmt: skip
    return words


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
    return f"{share:.4g} to the power of {depth} is {text}: so much comes by the shortcut."


def chart(share, identity, found):
    """Return the gradients behind every unit, measured and of the shortcut alone.

    Args:
        share: Float, the factor of the shortcut; 0 if it has none.
        identity: Array, the logarithms where the shortcut is left alone.
        found: Those of the chosen shortcut, or `None` if it is the identity.
    """
    units = np.arange(1, len(identity) + 1)
    series = {}
    if share > 0:
        law = np.clip((len(units) - units) * np.log2(share), -60, 40)
        series["shortcut"] = (units, law, "var(--krl-faint)")
    series["identity"] = (units, identity, "var(--krl-ink)")
    if found is not None:
        series["chosen"] = (units, found, "var(--krl-accent)")
    return lines(series, "Logarithms of gradients behind every unit", "unit, from the input",
                 "log₂ of the gradient")  # fmt: skip


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
            depth = gr.Slider(2, DEEPEST, START[3], step=1, label="Units")
            ctx.note()
            examples = choices_row()
    controls = [shortcut, factor, order, depth]
    with examples:
        ctx.choices({
            "The identity": ["Identity", 1.0, "Full pre-activation", 54],
            "Half": ["A factor", 0.5, "Original", 54],
            FAILS: ["Exclusive gate, half open", 0.5, "Original", 54],
        }, controls)  # fmt: skip
    ctx.at_first(default, [picture, found])
    ctx.on_change(
        show, controls, [picture, found], verb="unit", doing="Sending a signal through the units"
    )


@EXHIBIT.tour
def tour():
    """Say what half of a signal is after 54 units."""
    return sentence("constant", 0.5, 54)
