"""Understanding LSTM Networks: gates that open and close while a text is read."""

from functools import cache

import numpy as np
from keras import ops

from keras_readinglist.datasets import adding_problem
from keras_readinglist.gradients import Differentiable

from ..components.axes import rounded_sum
from ..components.charts import lines
from ..components.heat import heat_map, legend
from ..components.html import callout, el, page, table
from ..components.inputs import clipped, plain_text, seed_of, whole_number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import following, player
from ..components.text import visible
from ..exhibit import FAILS, Exhibit, run
from ._understanding_lstms_cell import cell

EXHIBIT = Exhibit(
    slug="understanding-lstms",
    claim="Three gates decide what a cell forgets, what it takes in and what it shows; along the "
    "cell, information and gradient can travel far.",
    try_this="Press play, and watch the plates open and shut the pipes while the text is read; "
    "then type a text of your own, or choose another unit.",
    what_you_see="Along the upper pipe flows what the cell keeps, red above zero and blue below, "
    "the fuller the larger. The plate f lets a share of it through, the plate i lets in a share of "
    "what could be written, the plate o shows a share of what is known. Below, each row is one "
    "gate or state over the whole text. In the second tab the curves show how much an answer "
    "depends on an input so many steps back: the plain network forgets, the gated ones learned "
    "not to.",
    presets=("char_rnn_shakespeare", "adding_problem_lstm", "adding_problem_rnn"),
    code="""\
from keras_readinglist.applications import CharRNN

network = CharRNN.from_preset("char_rnn_shakespeare")
text = "ROMEO:\\nBut, soft!"
gates = network.activations(text)  # each (layers, time, units)
f, i, o, g, c, h = (gates[name][0, :, 68] for name in "fiogch")  # unit 68 of the first layer
for t in range(1, len(text)):
    kept, written = f[t] * c[t - 1], i[t] * g[t]
    print(repr(text[t]), f"{kept:+.3f} kept {written:+.3f} written {c[t]:+.3f} in the cell")
""",
)

PRESET = "char_rnn_shakespeare"
TEXT = "ROMEO:\nBut, soft! what light through yonder window breaks?\n"
UNIT = 68  # the busiest of layer 1 over the text
FORGETFUL = 93  # the one of layer 1 that keeps least over it
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
        named = " ".join(map(visible, strange[:8]))
        raise ValueError(f"The network never saw these characters: {named}")
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


def equations(tracks):
    """Return the equations of an LSTM, filled in with the numbers of every step."""
    f, i, o, g, c, h = (np.asarray(tracks[name], float) for name in "fiogch")
    before = np.concatenate([[0.0], c[:-1]])
    sums = []
    for fk, bk, ik, gk in zip(f, before, i, g, strict=True):
        (kept, written), _ = rounded_sum((fk * bk, ik * gk))
        sums.append(f"{fk:.3f} · {bk:.3f} + {ik:.3f} · {gk:.3f} = {kept:.3f} + {written:.3f}")

    def moving(values):
        return el("span", steps={"#text": list(values)})

    def inner(values):
        return np.log(values / np.maximum(1 - values, 1e-7) + 1e-30)

    bent = np.arctanh(np.clip(g, -1 + 1e-7, 1 - 1e-7))
    rows = [
        ("f", "σ(W_f x + U_f h + b_f)", [f"σ({v:.3f})" for v in inner(f)], f),
        ("i", "σ(W_i x + U_i h + b_i)", [f"σ({v:.3f})" for v in inner(i)], i),
        ("g", "tanh(W_g x + U_g h + b_g)", [f"tanh({v:.3f})" for v in bent], g),
        ("c", "f · c before + i · g", sums, c),
        ("o", "σ(W_o x + U_o h + b_o)", [f"σ({v:.3f})" for v in inner(o)], o),
        ("h", "o · tanh(c)", [f"{a:.3f} · tanh({b:.3f})" for a, b in zip(o, c, strict=True)], h),
    ]
    return table(
        None,
        [
            (el("b", name), f"= {symbols}", ["= ", moving(numbers)],
             el("b", "= ", moving(f"{v:.3f}" for v in values)))
            for name, symbols, numbers, values in rows
        ],
        style="white-space:nowrap",
    )  # fmt: skip


def memory(forget):
    """Say how long a unit keeps what was written into it."""
    kept = float(np.exp(np.mean(np.log(np.maximum(forget, 1e-7)))))  # shares are multiplied
    last = int(np.ceil(np.log(0.5) / np.log(min(kept, 0.9999))))
    said = f"From one letter to the next this unit keeps {kept:.0%} of its cell: "
    if last == 1:
        said += "what was written is mostly gone after a single one, and travels nowhere."
    else:
        said += f"half of what was written is gone after {last}."
    return callout(said, kind="verdict")


def look(text, layer, unit, step):
    """Return the cell over a text, its gates and its equations, as HTML."""
    tracks = run(PRESET, lambda model: trace(text, layer, unit, model))
    text = plain_text(text)
    start = clipped(step, 1, len(text), "Step") - 1
    symbols = [visible(c) for c in text]
    strips = heat_map([tracks[name] for name in _RANGES], list(_RANGES), symbols,
                      f"Gates and states of unit {unit} over the text", span=list(_RANGES.values()),
                      current=range(len(text)), cell=(18, 22))  # fmt: skip
    said = [
        f"It reads {symbol}: keeps {f:.0%} of the cell, lets {i:.0%} of g in, shows {o:.0%}"
        for symbol, f, i, o in zip(symbols, *(tracks[name] for name in "fio"), strict=True)
    ]
    moving = player(cell(tracks, symbols), strips, count=len(text), label="Step", name="lstm",
                    start=start, captions=said, play=True, slow=True)  # fmt: skip
    scale = legend("0 or negative", "1 or positive", "f, i, o are shares; g, c and h have signs")
    return page(
        moving, scale, memory(tracks["f"]), following(equations(tracks), name="lstm", start=start)
    )


def busiest_unit(text, layer):
    """Return the unit of a layer whose cell changes most over a text."""
    cells = run(PRESET, lambda model: model.activations(readable(text, model)))["c"]
    layer = whole_number(layer, 1, len(cells), "Layer")
    return int(cells[layer - 1].std(axis=0).argmax())


_PADDED = (30, 100, 300)  # lengths for which programs are compiled
LONGEST_SUM = _PADDED[-1]


@cache
def differentiable(kind):
    """Return the answers and gradients of a kind of unit, compiled once."""
    return run(f"adding_problem_{kind}", lambda model: Differentiable(model, ops.sum))


def answer_and_reach(kind, inputs):
    """Return the answers `(problems,)`, and how far back they depend on what was read."""
    count, length = inputs.shape[:2]
    size = next(n for n in _PADDED if n >= length)
    padded = np.zeros((count, size, 2), "float32")
    padded[:, :length] = inputs
    mask = np.zeros((count, size), bool)
    mask[:, :length] = True
    model = differentiable(kind)
    answers = ops.convert_to_numpy(model.outputs(padded, mask))[:, 0]
    _, (gradient, _) = model.gradients(padded, mask)
    return answers, np.sqrt((gradient[:, :length] ** 2).sum(axis=-1)).mean(axis=0)[::-1]


def add_numbers(length, seed):
    """Return what every kind of unit answers to one adding problem, and how far gradients reach."""
    length = whole_number(length, 10, LONGEST_SUM, "Length")
    inputs, targets = adding_problem(32, length, seed_of(seed))
    rows, curves = [], {}
    for kind, (name, colour) in KINDS.items():
        answers, reach = run(
            f"adding_problem_{kind}", lambda model, kind=kind: answer_and_reach(kind, inputs)
        )
        error = float(np.square(answers - targets[:, 0]).mean())
        label = el("b", name, style=f"color:{colour}")
        rows.append((label, f"{answers[0]:.3f}", f"{error:.4f}"))
        curves[name] = (reach, colour)
    marks = np.flatnonzero(inputs[0, :, 1])
    addends, total = rounded_sum(inputs[0, marks, 0])
    numbers = " + ".join(
        f"{part:.3f} (step {k + 1})" for k, part in zip(marks, addends, strict=True)
    )
    chart = lines(
        curves,
        "How much the answer depends on the input so many steps back, by kind of unit",
        "steps back from the end",
        "size of the gradient",
        scale="log",
    )
    return page(
        chart,
        callout(
            f"{length} numbers are read, two of them are marked: {numbers} = ",
            el("b", f"{total:.3f}"),
            ". Always to answer 1 has a squared error of 0.167.",
        ),
        table(("unit", "answer", "squared error on 32 such problems"), rows),
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
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Inside one unit"):
        _inside(ctx)
    with gr.Tab("How far back it reaches"):
        _far(ctx)


def _inside(ctx):
    """Lay out the tab of one unit."""
    import gradio as gr

    with stage():
        with picture_side():
            inside = html()
        with control_side():
            words = f"Text to read (up to {LONGEST} characters)"
            text = gr.Textbox(TEXT, label=words, lines=3)
            ctx.note()
            layer = gr.Slider(1, 2, 1, step=1, label="Layer")
            unit = gr.Slider(0, 255, UNIT, step=1, label="Unit")
            busy = gr.Button("Choose the unit that changes most", variant="primary")
            examples = choices_row()
            with advanced():
                step = gr.Slider(1, LONGEST, 8, step=1, label="Step shown first")
    with examples:
        ctx.choices({
            "To be": ["To be, or not to be: that is", 1, UNIT],
            "The busiest of layer 2": [TEXT, 2, 98],
            FAILS: [TEXT, 1, FORGETFUL],
        }, [text, layer, unit])  # fmt: skip
    ctx.at_first(default_look, inside)
    inputs = [text, layer, unit, step]
    ctx.on_change(look, inputs, inside, verb="look", doing="Reading the text")
    inputs = [text, layer]
    ctx.event(busy.click, busiest_unit, inputs, unit, verb="busiest", doing="Trying all units")


def _far(ctx):
    """Lay out the tab of the adding problem."""
    import gradio as gr

    with stage():
        with picture_side():
            summed = html()
        with control_side():
            length = gr.Slider(10, LONGEST_SUM, 100, step=10, label="Steps (trained on 100)")
            seed = gr.Number(0, label="Problem", precision=0)
            ctx.note()
            examples = choices_row()
    with examples:
        ctx.choices({FAILS: [300, 0]}, [length, seed])
    ctx.at_first(default_sum, summed)
    inputs = [length, seed]
    ctx.on_change(add_numbers, inputs, summed, verb="add", doing="Adding numbers")


@EXHIBIT.tour
def tour():
    """Read the default text, and add the default numbers."""
    add_numbers(100, 0)
    tracks = run(PRESET, lambda model: trace(TEXT, 1, UNIT, model))
    return f"unit {UNIT} of layer 1 keeps {tracks['f'].mean():.0%} of its cell on average"
