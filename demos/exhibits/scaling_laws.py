"""Scaling laws: hold out a point and see whether the line foretells it; then spend a budget."""

from functools import cache

import numpy as np

from keras_readinglist import catalog
from keras_readinglist.information import KaplanLaw

from ..components.axes import number_text
from ..components.html import callout, el, faint, page, table
from ..components.inputs import choice, number, plain_text, whole_number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, Exhibit, run
from ._scaling_laws_budget import (
    CHINCHILLA,
    DEVICES,
    UTILIZATION,
    allocations,
    days_of,
    flops_of,
    said,
)
from ._scaling_laws_budget import drawn as plane_drawn
from ._scaling_laws_points import FEWEST, drawn, law_of, parse, toggled, written

SLUG = "scaling-laws"
EXHIBIT = Exhibit(
    slug=SLUG,
    claim="The loss of a language model falls along a line of logarithms as it grows; how far the "
    "line stays straight decides what small models can foretell.",
    try_this="Click a point to hold it out or let it back in, and watch whether the line still "
    "foretells it.",
    what_you_see="Every point is a decoder that we trained on Shakespeare, filled if the law is "
    "fitted to it, hollow if it is held out; its stem is how far the law misses it. The fan is "
    "what the exponent may be, at 95 % confidence: with few points it is wide. Our largest lies "
    "above the line: wide decoders are furthest from done. Chinchilla's law, which knows the "
    "tokens, too, foretells it, as the numbers below say. The second tab "
    "spends a budget by the law of 2020 and by its correction of 2022: their roads part as budgets "
    "grow. The third reads a loss: a small decoder writes.",
    presets=catalog.find(SLUG).presets,
    code="""\
from keras_readinglist.information import ChinchillaLaw, KaplanLaw, fit_scaling_law

sizes, losses = [1e3, 4e3, 1.6e4, 6.4e4], [2.49, 2.22, 1.99, 1.79]
fit = fit_scaling_law(sizes, losses)
print(f"exponent {fit.law.exponent:.3f}, 95 % within", [round(end, 3) for end in fit.interval])
print("loss of a million parameters:", round(fit.loss(1e6), 2))
print(ChinchillaLaw.besiroglu().optimal_allocation(1e24))  # operations
print(KaplanLaw().optimal_allocation(1e24 / 8.64e19))  # days of a petaflop per second
""",
)
START = ("NVIDIA H100", 64, 30)
PRESET, PROMPT, LONGEST = "decoder_lm_shakespeare", "KING HENRY ", 40


@cache
def measured():
    """Return the sizes of the committed sweep, and their losses by budget: means over seeds."""
    run = catalog.report(SLUG)["runs"]["sweep"]
    config, seeds = run["config"], list(run["seeds"].values())
    widths = (*config["widths"], config["held_out"])

    def mean(name):
        return float(np.mean([seed["metrics"][name] for seed in seeds]))

    sizes = [mean(f"params_{width}") for width in widths]
    return sizes, {s: [mean(f"loss_{w}_{s}") for w in widths] for s in config["steps"]}


@cache
def examples():
    """Return points as text, by name."""
    sizes, by_steps = measured()
    first, *_, last = by_steps
    spread = np.logspace(3, 9, 7)
    floored = CHINCHILLA.loss(np.logspace(6, 12, 7), 1e15)
    return {
        "Our decoders": written(sizes, by_steps[last], sizes[-1:]),
        f"After {first} steps": written(sizes, by_steps[first], sizes[-1:]),
        "The paper's line": written(spread, KaplanLaw().loss_n(spread), spread[-1:]),
        FAILS: written(np.logspace(6, 12, 7), floored, np.logspace(6, 12, 7)[3:]),
    }


def fit(text):
    """Return the board with the law, and what it says, as HTML."""
    sizes, losses, kept = parse(text)
    law = law_of(sizes, losses, kept)
    board = page(drawn(sizes, losses, kept, law))
    if law is None:
        distinct = len(set(sizes[kept]))
        why = f"A law needs {FEWEST} sizes; {distinct} are let in. Click a hollow point."
        if distinct >= FEWEST:
            why = "The loss of these points does not fall as they grow: no law of this kind."
        return board, page(callout(why))
    low, high = law.interval
    rows = [
        ("exponent", f"{law.law.exponent:.3f}"),
        ("95 % interval", f"{low:.3f} to {high:.3f}"),
        ("R² of the logarithms", f"{law.r_squared:.3f}"),
        ("twice the size takes off", f"{1 - 2**-law.law.exponent:.1%}"),
    ]
    note = "A filled point is fitted, a hollow one is held out. Values are nats per token."
    return board, page(
        callout(el("b", foretold(sizes, losses, kept, law)), kind="verdict"),
        table(None, rows),
        faint(note),
    )


def foretold(sizes, losses, kept, law):
    """Say what the law expects of the largest model that it has not seen."""
    if kept.all():
        return "Click the largest point to hold it out: does the law foretell it?"
    largest = np.argmax(np.where(kept, -np.inf, sizes))
    expected, actual = float(law.loss(sizes[largest])), losses[largest]
    times = sizes[largest] / sizes[kept].max()
    where = f", {number_text(float(f'{times:.2g}'))} times the largest fitted," if times > 1 else ""
    return (
        f"For {number_text(sizes[largest])} parameters{where} the law expects {expected:.3f}; "
        f"measured {actual:.3f}: off by {abs(expected / actual - 1):.1%}."
    )


def spend(device, count, days):
    """Return the plane with a budget, and what both laws buy with it, as HTML."""
    choice(device, DEVICES, "The device")
    count = whole_number(count, 1, 100_000, "The number of devices")
    flops = flops_of(device, count, number(days, 0.01, 3650, "The number of days"))
    found = allocations(flops)
    columns = [
        (said(best.params), said(best.tokens), said(best.tokens / best.params),
         f"{CHINCHILLA.loss(best.params, best.tokens):.2f}")
        for best in found.values()
    ]  # fmt: skip
    names = ("parameters", "tokens", "tokens a parameter", "loss by Chinchilla")
    verdict = " and ".join(f"{column[0]} parameters by {name}" for name, column in
                           zip(found, columns, strict=True))  # fmt: skip
    power = int(np.floor(np.log10(flops)))
    share = f"{100 * UTILIZATION:.0f} %"
    note = (
        f"{flops / 10**power:.1f} times 10 to the {power} operations, {share} of what the maker "
        "prints: the straight line is all that they buy. Chinchilla's constants are those of the "
        "refit of 2024."
    )
    rows = zip(names, *columns, strict=True)
    return page(plane_drawn(flops)), page(
        callout(el("b", f"{verdict}."), kind="verdict"),
        table(("", *found), rows),
        faint(note),
    )


def write(prompt, temperature, seed):
    """Return how the decoder of 24,576 parameters goes on, as HTML."""
    prompt = plain_text(prompt)
    if not (prompt and prompt.isascii() and len(prompt) <= LONGEST):
        raise ValueError(f"Begin with 1 to {LONGEST} letters or signs of ASCII, please.")
    temperature = number(temperature, 0, 2, "The temperature")
    seed = whole_number(seed, 0, 999, "The seed")
    ids = np.frombuffer(prompt.encode("ascii"), "uint8")[None].astype("int32")

    def lines(model):
        length = model.context - len(prompt)
        options = {"temperature": temperature, "seed": seed}
        written = model.generate(np.repeat(ids, 4, axis=0), length, **options)
        return [bytes(row.tolist()).decode("ascii", "replace") for row in written.astype("uint8")]

    return page(
        [el("p", el("b", prompt), text, class_="mono") for text in run(PRESET, lines)],
        faint("Four times, to the end of the 64 letters that it can see. The law says what a "
              "loss will be, not what it reads like."),
    )  # fmt: skip


@cache
def default_fit():
    """Return what the first tab shows before any click."""
    return fit(examples()["Our decoders"])


@cache
def default_spend():
    """Return what the second tab shows before any click."""
    return spend(*START)


@cache
def default_write():
    """Return what the third tab shows before any click."""
    return write(PROMPT, 0.5, 0)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Fit"):
        _fit(ctx)
    with gr.Tab("Spend"):
        _spend(ctx)
    with gr.Tab("Read"):
        _read(ctx)


def _fit(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            result = html()
            examples_ = choices_row()
            upload = gr.UploadButton(
                "A CSV of your own", type="binary", file_types=[".csv", ".txt"]
            )
            ctx.note()
            with advanced():
                label = "Sizes and losses; # holds a line out"
                text = gr.Textbox(examples()["Our decoders"], label=label, lines=8, max_lines=12)
    with examples_:
        ctx.choices({name: [points] for name, points in examples().items()}, [text])
    ctx.at_first(default_fit, [picture, result])
    ctx.event(text.change, fit, text, [picture, result], verb="fit", doing="Fitting the law")
    ctx.event(upload.upload, uploaded, upload, text)
    ctx.touch(picture, toggled, text, text)


def uploaded(data):
    """Return an uploaded file as text, once it can be read as points."""
    text = plain_text(bytes(data or b"")[:20_000].decode("utf-8", "replace"))
    parse(text)
    return text


def _spend(ctx):
    import gradio as gr

    def clicked(device, count, item, x, y):
        flops = 6 * 10.0 ** (x + y)
        return float(f"{np.clip(days_of(device, count, flops), 0.01, 3650):.2g}")

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            device = gr.Dropdown(list(DEVICES), value=START[0], label="Device")
            count = gr.Number(START[1], label="How many", precision=0)
            days = gr.Number(START[2], label="Days")
            ctx.note()
            result = html()
            examples_ = choices_row()
    with examples_:
        ctx.choices({
            "One card, a week": ["NVIDIA RTX 4090", 1, 7],
            "GPT-3's budget": ["NVIDIA H100", 1000, 9.2],
            "A year of 10,000": ["NVIDIA H100", 10_000, 365],
        }, [device, count, days])  # fmt: skip
    inputs = [device, count, days]
    ctx.at_first(default_spend, [picture, result])
    changes = [control.change for control in inputs]
    ctx.event(changes, spend, inputs, [picture, result], verb="spend", doing="Spending the budget")
    ctx.touch(picture, clicked, [device, count], days)


def _read(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            text = html()
        with control_side():
            prompt = gr.Textbox(PROMPT, label="Begin with", max_lines=1)
            ctx.note()
            temperature = gr.Slider(0, 2, 0.5, step=0.1, label="Temperature")
            seed = gr.Slider(0, 999, 0, step=1, label="Seed")
    inputs = [prompt, temperature, seed]
    ctx.at_first(default_write, text)
    changes = [control.change for control in inputs]
    ctx.event(changes, write, inputs, text, verb="write", doing="Writing on")


@EXHIBIT.tour
def tour():
    """Fit the law to our decoders, all but the largest."""
    sizes, losses, kept = parse(examples()["Our decoders"])
    default_spend()
    return foretold(sizes, losses, kept, law_of(sizes, losses, kept))
