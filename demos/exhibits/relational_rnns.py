"""Relational recurrent networks: who is farthest, and what does a small program give?"""

import json
from functools import cache

import numpy as np

from keras_readinglist.datasets.nth_farthest import encode_questions, ranking

from ..components import board as boards
from ..components.charts import bars
from ..components.heat import heat_map
from ..components.html import callout, el, faint, page, side_by_side, table
from ..components.inputs import choice, number, number_rows, whole_number, within
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import following, player
from ..exhibit import FAILS, Exhibit, run
from . import _relational_rnns_programs as programs

EXHIBIT = Exhibit(
    slug="relational-rnns",
    claim="A memory whose slots attend to one another can compare what it remembers.",
    try_this="Drag a point, and see both networks answer anew; ask for another rank, or from "
    "another point, and step through what the memory reads.",
    what_you_see="Both networks read the points one after the other, with the question, and hold "
    "as many numbers in memory; the relational memory ranks them, the LSTM has learned little more "
    "than to name the point asked from. The square shows the attention after each reading: a row "
    "is a slot of the memory, a column what it looks at, and the last column is the point just "
    "read. In the second tab two such networks read a small program and write what it gives, one "
    "character after the other: at this the LSTM is as good, and neither has learned to add.",
    presets=(
        "relational_rnn_farthest",
        "relational_rnn_farthest_lstm",
        "relational_rnn_programs",
        "relational_rnn_programs_lstm",
    ),
    code="""\
import numpy as np
from keras_readinglist.applications.loading import load_preset
from keras_readinglist.datasets.nth_farthest import encode_questions, ranking

network = load_preset("relational_rnn_farthest")
points = np.array([[-0.7, 0.6], [0.8, 0.7], [0.1, -0.2], [-0.4, -0.8]], "float32")[None]
question = encode_questions(points, np.arange(4)[None], [0], [0])  # the farthest from A
p = network.trace(question)["probabilities"]
print("answer:", "ABCD"[p[0].argmax()], p[0].round(2))
print("truth:", "ABCD"[ranking(points, [range(4)], [0])[0, 0]])
""",
)

NAMES = "ABCD"
RANKS = ("farthest", "2nd farthest", "3rd farthest", "itself")
MODELS = {
    "relational memory": ("relational_rnn_farthest", "var(--krl-structure)"),
    "LSTM": ("relational_rnn_farthest_lstm", "var(--krl-sequences)"),
}
CLOSE = "[[0.0, 0.0], [0.7, 0.05], [-0.68, 0.1], [0.05, -0.69]]"  # nearly equal distances
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


SQUARE = boards.Square(x=(-1, 1), y=(-1, 1))


def board(points, reference, answer=None, given=None):
    """Return the points; a line to the true answer, a dashed one to the network's if it errs.

    While a point was not read yet it is pale.
    """
    at = [SQUARE(point) for point in points]
    (x0, y0), lines = at[reference], []
    ends = []
    if answer is not None and answer != reference:
        ends.append((answer, {"stroke_width": 7, "stroke": "var(--krl-exact)"}))
    if given is not None and given not in (answer, reference):
        ends.append((given, {"stroke_width": 4, "stroke_dasharray": "8 6",
                             "stroke": "var(--krl-structure)"}))  # fmt: skip
    for end, look in ends:
        x, y = at[end]
        lines.append(el("path", d=f"M{x0:.1f} {y0:.1f}L{x:.1f} {y:.1f}", **look))
    pins = [boards.pin(i, place, NAMES[i], i == reference, 17) for i, place in enumerate(at)]
    now = [f"translate({x:.1f} {y:.1f})" for x, y in at]
    halo = el("circle", r=26, fill="none", stroke="var(--krl-structure)", stroke_width=3,
              class_="moves", steps={"transform": now})  # fmt: skip
    label = f"Board with the points {', '.join(NAMES)}; asked from {NAMES[reference]}. Drag them"
    return boards.board(lines, halo, pins, label=label, square=SQUARE, widest=400)


def answers_table(truth, answers):
    """Return the ranking of every network beside the true one; a tie answers nothing."""
    rows = [[el("b", "truth"), *(el("b", NAMES[label]) for label in truth)]]
    for name, p in answers.items():
        cells = []
        for n, row in enumerate(p):
            if tied(row):
                cells.append([el("b", "a tie"), f" {row.max():.0%}"])
                continue
            label = int(row.argmax())
            mark = " ✓ " if label == truth[n] else " ✗ "
            cells.append([el("b", NAMES[label]), mark, el("span", f"{row.max():.0%}",
                                                          class_="faint")])  # fmt: skip
        rows.append([el("b", name, style=f"color:{MODELS[name][1]}"), *cells])
    return table(("", *RANKS), rows)


def tied(p):
    """Return whether the two likeliest are as good as equal."""
    first, second = np.sort(p)[::-1][:2]
    return bool(first - second < 0.02)


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
    question = "itself" if rank == "itself" else f"the {rank} from {reference}"
    moving = player(
        board(points, centre, int(truth[n]), given),
        count=len(NAMES),
        label="Point that is read",
        name="reading",
        start=-1,
        captions=[f"It reads {name}" for name in NAMES],
        slow=True,
    )
    charts = [
        ("", faint(f"{name}") + bars(p[n], NAMES, f"{name}: {rank} from {reference}", None,
                                     MODELS[name][1]))
        for name, p in answers.items()
    ]  # fmt: skip
    slots = attention.shape[2]
    names = [str(k + 1) for k in range(slots)]
    squares = heat_map(attention[n], names, [*names, "read"],
                       "Attention between the slots of the memory after each reading",
                       "var(--krl-structure)", cell=(36, 26))  # fmt: skip
    return page(moving), page(
        callout(f"Which point is {question}? ", el("b", NAMES[truth[n]]), kind="verdict"),
        side_by_side(charts, least=250),
        answers_table(truth, answers),
        faint("Where the slots of the memory look, mean over heads"),
        following(squares, name="reading", start=len(NAMES) - 1),
    )


def move(text, item, x, y):
    """Return the points as text after one of them was dragged to (x, y)."""
    points = parse_points(text)
    x, y = (float(np.clip(number(v, -10_000, 10_000, "A place"), -1, 1)) for v in (x, y))
    points[whole_number(item, 0, len(NAMES) - 1, "The point")] = x, y
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
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    def drag(text, item, x, y):
        return text if item is None or x is None else move(text, item, x, y)

    with gr.Tab("Farthest point"):
        with stage():
            with picture_side():
                picture = html(touch=True)
            with control_side():
                with gr.Row():
                    reference = gr.Radio(list(NAMES), value="A", label="Measured from")
                    rank = gr.Radio(list(RANKS), value=RANKS[0], label="Asked for")
                answers = html()
                draw = gr.Button("Draw four points", variant="primary")
                examples = choices_row()
                with advanced():
                    words = "Points A to D, as pairs"
                    text = gr.Textbox(DEFAULT, label=words, lines=2, max_lines=3)
                ctx.note()
        inputs, outputs = [text, reference, rank], [picture, answers]
        with examples:
            ctx.choices({
                "From B, the second": ["[[0, 0], [0.9, 0.9], [-0.5, 0.1], [0.2, -0.9]]", "B",
                                       "2nd farthest"],
                FAILS: [CLOSE, "A", "2nd farthest"],
            }, inputs)  # fmt: skip
        ctx.at_first(default, outputs)
        ctx.on_change(show, inputs, outputs, verb="ask", doing="Asking both networks")
        ctx.event(draw.click, random_points, None, text)
        ctx.touch(picture, drag, text, text)
    with gr.Tab("Small programs"):
        programs.tab(ctx)


@EXHIBIT.tour
def tour():
    """Ask the default question."""
    points = parse_points(DEFAULT)
    p, _ = run(MODELS["relational memory"][0], lambda model: ask(points, 0, model))
    return f"farthest from A: {NAMES[p[0].argmax()]}, {p[0].max():.0%} sure"
