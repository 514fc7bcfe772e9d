"""Understanding LSTM Networks: gates that open and close while a text is read."""

from functools import cache
from html import escape

import numpy as np

from keras_readinglist.applications.lstm_explorer import gradient_norm_by_lag
from keras_readinglist.datasets import adding_problem

from ..components.charts import lines, strips
from ..components.inputs import clipped, plain_text, seed_of, whole_number
from ..exhibit import Exhibit, run

EXHIBIT = Exhibit(
    slug="understanding-lstms",
    claim="Three gates decide what a cell forgets, what it takes in and what it shows; along the "
    "cell, information and gradient can travel far.",
    try_this="Move the step slider along the text, and read the equations with the numbers of that "
    "step; then choose another unit.",
    what_you_see="Each row is one gate or state of one unit of a network that has learned to write "
    "like Shakespeare, each column one character that it reads. Where f stays red the cell keeps "
    "what it holds; where i turns red it takes in g; where o is blue it hides what it knows. In "
    "the second tab the curves show how much an answer depends on an input so many steps back: "
    "the plain network forgets, the gated ones learned not to.",
    presets=("char_rnn_shakespeare", "adding_problem_lstm", "adding_problem_rnn"),
    shows=("layers.recurrent.steps.lstm_gates",),
)

PRESET = "char_rnn_shakespeare"
TEXT = "ROMEO:\nBut, soft! what light through yonder window breaks?\n"
UNIT = 68  # the busiest of layer 1 over the text
LONGEST = 200
KINDS = {
    "rnn": ("plain network", "var(--krl-vision)"),
    "gru": ("GRU", "var(--krl-structure)"),
    "lstm": ("LSTM", "var(--krl-sequences)"),
    "peephole": ("peepholes", "var(--krl-attention)"),
    "coupled": ("coupled", "var(--krl-information)"),
}
_RANGES = {"f": (0, 1), "i": (0, 1), "o": (0, 1), "g": (-1, 1), "c": (-2, 2), "h": (-1, 1)}


def readable(text, model):
    """Return a text that the network can read; `ValueError` in plain words."""
    text = plain_text(text)
    if not text:
        raise ValueError("Type a few words for the network to read.")
    if len(text) > LONGEST:
        raise ValueError(f"The text may have {LONGEST} characters; this one has {len(text)}.")
    strange = sorted(set(text) - set(model.tokenizer.vocabulary))
    if strange:
        raise ValueError(f"The network never saw these characters: {' '.join(strange[:8])}")
    return text


def trace(text, layer, unit, model):
    """Return the tracks of one unit over a text, a dictionary of arrays `(time,)`."""
    text = readable(text, model)
    layer, unit = (
        whole_number(layer, 1, model.num_layers, "Layer"),
        whole_number(unit, 0, model.units - 1, "Unit"),
    )
    tracks = model.activations(text)
    return {name: tracks[name][layer - 1, :, unit] for name in _RANGES}


def equations(tracks, step):
    """Return the equations of an LSTM with the numbers of one step filled in, as HTML."""
    now = {name: values[step] for name, values in tracks.items()}
    before = tracks["c"][step - 1] if step else 0.0

    def line(left, symbols, numbers, result, words):
        return (
            f"<tr><td><b>{left}</b></td><td>= {symbols}</td><td>= {numbers}</td>"
            f'<td><b>= {result:.3f}</b></td><td class="faint">{words}</td></tr>'
        )

    def gate(name):
        inner = np.log(now[name] / max(1 - now[name], 1e-7) + 1e-30)
        return f"σ({inner:.3f})"

    kept, written = now["f"] * before, now["i"] * now["g"]
    rows = (
        line(
            "f", "σ(x W_f + h U_f + b_f)", gate("f"), now["f"], f"keeps {now['f']:.0%} of the cell"
        ),
        line("i", "σ(x W_i + h U_i + b_i)", gate("i"), now["i"], f"lets {now['i']:.0%} of g in"),
        line(
            "g",
            "tanh(x W_g + h U_g + b_g)",
            f"tanh({np.arctanh(np.clip(now['g'], -1 + 1e-7, 1 - 1e-7)):.3f})",
            now["g"],
            "what could be written",
        ),
        line(
            "c",
            "f · c<sub>before</sub> + i · g",
            f"{now['f']:.3f} · {before:.3f} + {now['i']:.3f} · {now['g']:.3f} "
            f"= {kept:.3f} + {written:.3f}",
            now["c"],
            "the new cell",
        ),
        line("o", "σ(x W_o + h U_o + b_o)", gate("o"), now["o"], f"shows {now['o']:.0%}"),
        line(
            "h",
            "o · tanh(c)",
            f"{now['o']:.3f} · tanh({now['c']:.3f})",
            now["h"],
            "what the next layer sees",
        ),
    )
    return f'<div class="scroll"><table>{"".join(rows)}</table></div>'


def look(text, layer, unit, step):
    """Return the strips of a unit and the equations of a step, as HTML."""
    tracks = run(PRESET, lambda model: trace(text, layer, unit, model))
    text = plain_text(text)
    step = clipped(step, 1, len(text), "Step") - 1
    symbols = [{"\n": "↵", " ": "·"}.get(c, c) for c in text]
    ranges = {name: (tracks[name], *_RANGES[name]) for name in _RANGES}
    label = f"Gates f, i, o, candidate g, cell c and output h of unit {unit} over the text"
    picture = strips(ranges, symbols, label, step)
    reading = escape(repr(text[step]))
    return (
        f'<div class="krl">{picture}<p class="faint">Gates f, i, o run from 0 (blue) to 1 (red); '
        f"g, c and h from negative (blue) to positive (red).</p><p>Step {step + 1}: it reads "
        f"<b>{reading}</b></p>{equations(tracks, step)}</div>"
    )


def busiest_unit(text, layer):
    """Return the unit of a layer whose cell changes most over a text."""
    cells = run(PRESET, lambda model: model.activations(readable(text, model)))["c"]
    layer = whole_number(layer, 1, len(cells), "Layer")
    return int(cells[layer - 1].std(axis=0).argmax())


def add_numbers(length, seed):
    """Return what every kind of unit answers to one adding problem, and how far gradients reach."""
    length = whole_number(length, 10, 300, "Length")
    inputs, targets = adding_problem(32, length, seed_of(seed))
    rows, curves = [], {}
    for kind, (name, colour) in KINDS.items():
        preset = f"adding_problem_{kind}"
        answers = run(preset, lambda model: model.predict_on_batch(inputs))
        error = float(np.square(answers - targets).mean())
        rows.append(
            f'<tr><td style="color:{colour}"><b>{name}</b></td><td>{answers[0, 0]:.3f}</td>'
            f"<td>{error:.4f}</td></tr>"
        )
        curves[name] = (run(preset, lambda model: gradient_norm_by_lag(model, inputs)), colour)
    marks = np.flatnonzero(inputs[0, :, 1])
    numbers = " + ".join(f"{inputs[0, k, 0]:.3f} (step {k + 1})" for k in marks)
    chart = lines(
        curves,
        "How much the answer depends on the input so many steps back, by kind of unit",
        "steps back from the end",
        "size of the gradient",
        log=True,
    )
    return (
        f'<div class="krl"><p>{length} numbers are read, two of them are marked: {numbers} = '
        f"<b>{targets[0, 0]:.3f}</b>. Always to answer 1 has a squared error of 0.167.</p>"
        '<div class="scroll"><table><tr><th>unit</th><th>answer</th><th>squared error on 32 such '
        f"problems</th></tr>{''.join(rows)}</table></div>{chart}</div>"
    )


@cache
def default_look():
    """Return what the first tab shows before any click."""
    return look(TEXT, 1, UNIT, 8)


@cache
def default_sum():
    """Return what the second tab shows before any click."""
    return add_numbers(100, 0)


@EXHIBIT.page
def page(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Inside one unit"):
        with gr.Row():
            text = gr.Textbox(
                TEXT, label=f"Text to read (up to {LONGEST} characters)", lines=3, scale=3
            )
            with gr.Column(scale=2):
                layer = gr.Slider(1, 2, 1, step=1, label="Layer")
                unit = gr.Slider(0, 255, UNIT, step=1, label="Unit")
                busy = gr.Button("Choose the unit that changes most")
        step = gr.Slider(1, LONGEST, 8, step=1, label="Step")
        inside = gr.HTML()
        ctx.at_first(default_look, inside)
        inputs = [text, layer, unit, step]
        for trigger in (layer.change, unit.change, step.change):
            ctx.event(trigger, look, inputs, inside, trigger_mode="always_last")
        ctx.event(text.change, look, inputs, inside, verb="look", trigger_mode="always_last")
        ctx.event(busy.click, busiest_unit, [text, layer], unit, verb="busiest")
        gr.Examples(
            [["MENENIUS:\nWhy, masters, my good friends,\n"], ["To be, or not to be: that is"]],
            text,
            api_visibility="private",
        )
    with gr.Tab("How far back it reaches"):
        with gr.Row():
            length = gr.Slider(10, 300, 100, step=10, label="Steps (trained on 100)")
            seed = gr.Number(0, label="Problem", precision=0)
        summed = gr.HTML()
        ctx.at_first(default_sum, summed)
        ctx.event(length.release, add_numbers, [length, seed], summed)
        ctx.event(seed.change, add_numbers, [length, seed], summed, verb="add")


@EXHIBIT.tour
def tour():
    """Read the default text."""
    tracks = run(PRESET, lambda model: trace(TEXT, 1, UNIT, model))
    return f"unit {UNIT} of layer 1 keeps {tracks['f'].mean():.0%} of its cell on average"
