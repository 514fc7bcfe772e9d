"""Relational recurrent networks: who is farthest, and what does a small program give?"""

import json
from functools import cache
from html import escape

import numpy as np

from keras_readinglist.datasets.nth_farthest import encode_questions, ranking

from ..components.charts import bars, svg
from ..components.clicks import ON_BOARD
from ..components.inputs import choice, number, number_rows, within
from ..exhibit import Exhibit, run
from . import _relational_rnns_programs as programs

EXHIBIT = Exhibit(
    slug="relational-rnns",
    claim="A memory whose slots attend to one another can compare what it remembers.",
    try_this="Click on the board: the nearest point jumps there. Then ask for another rank, or "
    "from another point, and compare the two answers.",
    what_you_see="Both networks read the points one after the other, with the question, and hold "
    "as many numbers in memory; the relational memory ranks them, the LSTM has learned little more "
    "than to name the point asked from. The squares show the attention after each reading: a row "
    "is a slot of the memory, a column what it looks at, and the last column is the point just "
    "read. In the second tab two such networks read a small program and write what it gives, one "
    "character after the other: at this the LSTM is as good, and neither has learned to add.",
    presets=(
        "relational_rnn_farthest",
        "relational_rnn_farthest_lstm",
        "relational_rnn_programs",
        "relational_rnn_programs_lstm",
    ),
    shows=("layers.relational_memory.attention.attend", "layers.RelationalMemoryCell"),
)

NAMES = "ABCD"
RANKS = ("farthest", "2nd farthest", "3rd farthest", "itself")
MODELS = {
    "relational memory": ("relational_rnn_farthest", "var(--krl-structure)"),
    "LSTM": ("relational_rnn_farthest_lstm", "var(--krl-sequences)"),
}
DEFAULT = "[[-0.7, 0.6], [0.8, 0.7], [0.1, -0.2], [-0.4, -0.8]]"


def parse_points(text):
    """Return the four points that a visitor set, `(4, 2)`; `ValueError` in plain words."""
    words = "Points are pairs of numbers, like [[0.1, 0.2], [0.8, 0.5]]."
    points = number_rows(text, 2, 1000, words)
    if len(points) != len(NAMES):
        raise ValueError(f"The networks know {len(NAMES)} points, each a pair of numbers.")
    if not within(points, -1, 1):
        raise ValueError("Every coordinate must lie between -1 and 1.")
    return points.astype("float32")


def ask(points, reference, model):
    """Return probabilities `(ranks, points)` for all ranks from a point, and attention.

    The attention is `(readings, slots, slots + 1)` of the question for the farthest point, the mean
    over heads; `None` if the core has no slots.
    """
    count = len(points)
    labels = np.tile(np.arange(count), (count, 1))
    vectors = np.tile(points, (count, 1, 1))
    questions = encode_questions(vectors, labels, np.arange(count), np.full(count, reference))
    trace = model.trace(questions)
    attention = trace.get("attention")
    return trace["probabilities"], None if attention is None else attention[:, :, 0].mean(axis=2)


def board(points, reference, answer=None, given=None):
    """Return the points; a line to the true answer, a dashed one to the network's if it errs."""
    at = [(250 + 230 * x, 250 - 230 * y) for x, y in points]
    parts = [
        '<rect x="1" y="1" width="498" height="498" rx="6" stroke-width="1.5" '
        'style="fill:var(--krl-panel);stroke:var(--krl-line)"/>'
    ]
    (x0, y0), lines = at[reference], []
    if answer is not None and answer != reference:
        lines.append((answer, 'stroke-width="6" style="stroke:var(--krl-exact)"'))
    if given is not None and given not in (answer, reference):
        dashed = 'stroke-width="3" stroke-dasharray="8 6" style="stroke:var(--krl-structure)"'
        lines.append((given, dashed))
    for end, style in lines:
        x, y = at[end]
        parts.append(f'<path d="M{x0:.1f} {y0:.1f}L{x:.1f} {y:.1f}" {style}/>')
    for i, (x, y) in enumerate(at):
        asked = i == reference
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="17" stroke-width="2" '
            f'style="fill:var(--krl-{"ink" if asked else "paper"});stroke:var(--krl-ink)"/>'
            f'<text x="{x:.1f}" y="{y + 5:.1f}" font-size="16" text-anchor="middle" '
            f'style="fill:var(--krl-{"paper" if asked else "ink"})">{NAMES[i]}</text>'
        )
    label = f"Board with the points {', '.join(NAMES)}; asked from {NAMES[reference]}"
    return (
        '<div class="krl board"><svg viewBox="0 0 500 500" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg></div>'
    )


def heat_maps(attention):
    """Return one square of attention per reading, side by side."""
    readings, slots, columns = attention.shape
    cell, gap = 26, 46
    width = 26 + columns * cell + gap
    parts = []
    for t in range(readings):
        left = 26 + t * width
        parts.append(
            f'<text x="{left}" y="14" font-size="13">reads {NAMES[t]}</text>'
            f'<text x="{left + (columns - 0.5) * cell}" y="{40 + slots * cell}" font-size="12" '
            f'text-anchor="middle">{NAMES[t]}</text>'
        )
        for row in range(slots):
            parts.append(
                f'<text x="{left - 6}" y="{40 + row * cell}" font-size="12" text-anchor="end">'
                f"{row + 1}</text>"
                f'<text x="{left + (row + 0.5) * cell}" y="{40 + slots * cell}" font-size="12" '
                f'text-anchor="middle">{row + 1}</text>'
            )
            for column in range(columns):
                value = float(attention[t, row, column])
                parts.append(
                    f'<rect x="{left + column * cell}" y="{22 + row * cell}" width="{cell - 1}" '
                    f'height="{cell - 1}" style="fill:var(--krl-structure);stroke:var(--krl-line)" '
                    f'fill-opacity="{value:.3f}"><title>slot {row + 1} looks at '
                    f"{NAMES[t] if column == slots else f'slot {column + 1}'}: {value:.2f}"
                    "</title></rect>"
                )
    label = "Attention between the slots of the memory after each reading"
    picture = svg(readings * width, 46 + slots * cell, "".join(parts), label)
    return f'<div class="scroll"><div style="min-width:{readings * width}px">{picture}</div></div>'


def table(truth, answers):
    """Return the ranking of every network beside the true one, as HTML."""
    rows = [("truth", "var(--krl-ink)", truth, None)]
    rows += [(name, MODELS[name][1], p.argmax(axis=1), p) for name, p in answers.items()]
    body = []
    for name, colour, order, p in rows:
        cells = []
        for n, label in enumerate(order):
            sure = "" if p is None else f' <span class="faint">{p[n, label]:.0%}</span>'
            mark = "" if p is None else (" ✓" if label == truth[n] else " ✗")
            cells.append(f"<td><b>{NAMES[label]}</b>{mark}{sure}</td>")
        body.append(f'<tr><td style="color:{colour}"><b>{name}</b></td>{"".join(cells)}</tr>')
    head = "".join(f"<th>{rank}</th>" for rank in ("", *RANKS))
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(body)}</table></div>'


def show(text, reference, rank):
    """Return the board and the answers of both networks, as HTML."""
    points = parse_points(text)
    centre = NAMES.index(choice(reference, NAMES, "The point"))
    n = RANKS.index(choice(rank, RANKS, "The rank"))
    truth = ranking(points[None], [range(len(NAMES))], [centre])[0]
    answers, attention = {}, None
    for name, (preset, _) in MODELS.items():
        answers[name], found = run(preset, lambda model: ask(points, centre, model))
        attention = found if found is not None else attention
    given = int(answers["relational memory"][n].argmax())
    charts = "".join(
        f'<div style="flex:1;min-width:240px"><p class="faint">{name}: probability of every point'
        f"</p>{bars(p[n], NAMES, f'{name}: {rank} from {reference}', None, MODELS[name][1])}</div>"
        for name, p in answers.items()
    )
    question = "itself" if rank == "itself" else f"the {rank} from {reference}"
    return board(points, centre, int(truth[n]), given), (
        f'<div class="krl"><p>Which point is {question}? <b>{NAMES[truth[n]]}</b></p>'
        f'<div style="display:flex;flex-wrap:wrap;gap:12px">{charts}</div>'
        f"{table(truth, answers)}"
        '<p class="faint">Where the slots of the memory look, mean over heads</p>'
        f"{heat_maps(attention[n])}</div>"
    )


def move(text, x, y):
    """Return the points as text after the one nearest to (x, y) jumped there."""
    points = parse_points(text)
    x, y = (float(np.clip(number(v, -10_000, 10_000, "A place"), -1, 1)) for v in (x, y))
    points[np.square(points - (x, y)).sum(axis=1).argmin()] = x, y
    return json.dumps(points.astype("float64").round(3).tolist())


def random_points(seed=None):
    """Return four points as text."""
    points = np.random.default_rng(seed).uniform(-0.95, 0.95, (len(NAMES), 2))
    return json.dumps(points.astype("float64").round(3).tolist())


@cache
def default():
    """Return what the first tab shows before any click."""
    return show(DEFAULT, "A", RANKS[0])


@EXHIBIT.page
def page(ctx):
    """Lay out the page."""
    import gradio as gr

    def jump(text, event: gr.EventData):
        return move(text, 2 * event.x - 1, 2 * event.y - 1)

    with gr.Tab("Farthest point"):
        with gr.Row():
            with gr.Column(scale=2):
                reference = gr.Radio(list(NAMES), value="A", label="Measured from")
                rank = gr.Radio(list(RANKS), value=RANKS[0], label="Asked for")
                draw = gr.Button("Draw four points", variant="primary")
                text = gr.Textbox(DEFAULT, label="Points A to D, as pairs", lines=2, max_lines=3)
            with gr.Column(scale=3):
                picture = gr.HTML(js_on_load=ON_BOARD)
        answers = gr.HTML()
        inputs, outputs = [text, reference, rank], [picture, answers]
        ctx.at_first(default, outputs)
        ctx.event(text.change, show, inputs, outputs, verb="ask", trigger_mode="always_last")
        for control in (reference, rank):
            ctx.event(control.change, show, inputs, outputs, trigger_mode="always_last")
        ctx.event(draw.click, random_points, None, text)
        picture.click(jump, text, text, api_visibility="private", show_progress="hidden")
        gr.Examples(
            [[DEFAULT, "A", "farthest"], ["[[0, 0], [0.9, 0.9], [-0.5, 0.1], [0.2, -0.9]]", "B",
              "2nd farthest"]], inputs, label="Examples", api_visibility="private")  # fmt: skip
    with gr.Tab("Small programs"):
        programs.tab(ctx)


@EXHIBIT.tour
def tour():
    """Ask the default question."""
    points = parse_points(DEFAULT)
    p, _ = run(MODELS["relational memory"][0], lambda model: ask(points, 0, model))
    return f"farthest from A: {NAMES[p[0].argmax()]}, {p[0].max():.0%} sure"
