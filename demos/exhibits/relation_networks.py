"""Relation Networks: ask about six shapes or a story, and see which pairs were listened to."""

from functools import cache

import numpy as np

from keras_readinglist import catalog
from keras_readinglist.datasets.sort_of_clevr import (
    ANSWERS,
    COLOURS,
    HALF_SIZE,
    IMAGE_SIZE,
    KINDS,
    SHAPES,
    SPACING,
    all_answers,
    describe,
    encode_questions,
    has_ties,
    random_scenes,
    render,
    squared_distances,
)

from ..components.html import callout, el, page, table
from ..components.inputs import choice, number, plain_text
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, Exhibit, run
from . import _relation_networks_stories as stories
from ._relation_networks_board import board, pairs

SLUG = "relation-networks"
EXHIBIT = Exhibit(
    slug=SLUG,
    claim="A network that scores every pair of objects and sums the scores has relations built in: "
    "it learns to compare sooner and better than one that sees all objects as one vector.",
    try_this="Drag a shape, and see the lines and the answers follow; double-click one to change "
    "its form. Or change a word of a story in the second tab.",
    what_you_see="Every model answers the same question about the same scene, beside the truth. "
    "The lines join the pairs that decide the relation network's answer: the lead of the answer "
    "over the second best falls when what the small network says of the pair is left out of the "
    "sum (a dashed line: it rises). Ask about one shape alone, and the strongest is nearly always "
    "the pair of the shape with itself, drawn as a ring; ask for the nearest, and lines reach out "
    "to the others. In a story the sentences are the objects, and arcs join their pairs. "
    "Of the six kinds of story only induction stays a guess between the colours that were named.",
    presets=catalog.find(SLUG).presets,
    code="""\
from keras_readinglist.applications import RelationNetworkVQA
from keras_readinglist.datasets.sort_of_clevr import (
    ANSWERS, all_answers, describe, encode_questions, random_scenes,
)

network = RelationNetworkVQA.from_preset("relation_network_state")
centres, shapes = random_scenes(1, 0)
question = encode_questions([[0]], [[3]])  # of the red object: what shape is nearest to it?
answer, p = network.answer(describe(centres, shapes), question)
print(ANSWERS[answer[0, 0]], "sure", p[0, 0].max().round(2))
print("truth:", ANSWERS[all_answers(centres, shapes)[0, 0, 3]])
""",
)

QUESTIONS = {
    "What shape is it?": "shape",
    "Is it left of the middle?": "left",
    "Is it in the upper half?": "upper",
    "What shape is the object nearest to it?": "nearest",
    "What shape is the object furthest from it?": "furthest",
    "How many objects have its shape, itself included?": "count",
}
# Preset, name for people, and whether it sees pixels.
MODELS = {
    "relation_network_state": ("Relation network · descriptions", False),
    "relation_network_state_mlp": ("Perceptron · descriptions", False),
    "relation_network_pixels": ("Relation network · pixels", True),
    "relation_network_pixels_mlp": ("CNN and perceptron · pixels", True),
}
NEAREST = "What shape is the object nearest to it?"
DEFAULT = (  # at which both networks without relations err
    "red square 54 59\ngreen square 33 60\nblue square 12 27\norange circle 62 45\n"
    "grey square 16 63\nyellow square 62 28"
)
HARD = (  # at which all four err
    "red square 29 60\ngreen circle 17 31\nblue circle 28 5\norange square 10 56\n"
    "grey square 66 20\nyellow square 10 14"
)
FURTHEST = "What shape is the object furthest from it?"


def lenders():
    """Return the presets of relation networks whose pairs can be drawn, by name for people."""
    return {
        MODELS[name][0]: name
        for name in ("relation_network_state", "relation_network_pixels")
        if name in EXHIBIT.presets
    }


def parse_scene(text):
    """Return centres `(6, 2)` and shapes `(6,)` of six lines; `ValueError` in plain words."""
    lines = plain_text(text)[:1000].strip().lower().splitlines()
    form = "Write six lines like: red square 14 16"
    if len(lines) != len(COLOURS):
        raise ValueError(f"{form}. There are {len(lines)} lines.")
    centres, shapes = np.zeros((6, 2), int), np.zeros(6, int)
    for line, colour in zip(sorted(lines, key=_rank), COLOURS, strict=True):
        words = line.split()
        if len(words) != 4 or words[0] != colour or words[1] not in SHAPES:
            raise ValueError(f"{form}. Every colour once ({', '.join(COLOURS)}): {line[:40]!r}")
        if not all(word.isdecimal() and len(word) < 4 for word in words[2:]):
            raise ValueError(f"{form}. Places are whole numbers: {line[:40]!r}")
        k = COLOURS.index(colour)
        centres[k], shapes[k] = [int(word) for word in words[2:]], SHAPES.index(words[1])
    low, high = HALF_SIZE, IMAGE_SIZE - HALF_SIZE - 1
    if centres.min() < low or centres.max() > high:
        raise ValueError(f"Places lie between {low} and {high}, so that shapes are whole.")
    if _crowded(centres):
        raise ValueError(f"Two shapes must be more than {SPACING} apart.")
    return centres, shapes


def _rank(line):
    colour = (line.split() or [""])[0]
    return COLOURS.index(colour) if colour in COLOURS else len(COLOURS)


def _crowded(centres):
    distances = squared_distances(centres[None])[0] + 10**6 * np.eye(len(centres), dtype=int)
    return distances.min() <= SPACING**2


def write_scene(centres, shapes):
    """Return a scene as six lines of text; the inverse of `parse_scene`."""
    return "\n".join(
        f"{colour} {SHAPES[shape]} {x} {y}"
        for colour, (x, y), shape in zip(COLOURS, centres, shapes, strict=True)
    )


def move(text, colour, x, y):
    """Put an object as near to a place as the others allow, and return the scene as text."""
    centres, shapes = parse_scene(text)
    k = COLOURS.index(choice(colour, COLOURS, "What is dragged"))
    x, y = (number(at, -10_000, 10_000, "A place") for at in (x, y))
    grid = np.arange(HALF_SIZE, IMAGE_SIZE - HALF_SIZE)
    places = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    others = np.delete(centres, k, axis=0)
    gaps = np.square(places[:, None] - others).sum(axis=-1).min(axis=-1)
    free = places[gaps > SPACING**2]
    order = np.square(free - np.array([x, y])).sum(axis=-1).argsort()
    for place in free[order]:  # the first that makes no two distances equal
        centres[k] = place
        if not has_ties(centres[None])[0]:
            break
    return write_scene(centres, shapes)


def reshape(text, colour):
    """Turn a square into a circle or back, and return the scene as text."""
    centres, shapes = parse_scene(text)
    shapes[COLOURS.index(choice(colour, COLOURS, "What is double-clicked"))] ^= 1
    return write_scene(centres, shapes)


def random_scene(seed=None):
    """Return a drawn scene as text."""
    centres, shapes = random_scenes(1, seed)
    return write_scene(centres[0], shapes[0])


def parse_question(colour, question):
    """Return the indices of the colour and of the kind of a question."""
    colour, question = choice(colour, COLOURS), choice(question, QUESTIONS)
    return COLOURS.index(colour), KINDS.index(QUESTIONS[question])


def scene_of(centres, shapes, pixels):
    """Return what a model sees, a batch of one."""
    return (render if pixels else describe)(centres[None], shapes[None])


def answers(centres, shapes, colour, kind):
    """Return the truth, and every model's answer with its probability, by name for people."""
    question = encode_questions([[colour]], [[kind]])
    truth = ANSWERS[all_answers(centres[None], shapes[None])[0, colour, kind]]
    found = {}
    for preset, (name, pixels) in MODELS.items():
        if preset in EXHIBIT.presets:
            scene = scene_of(centres, shapes, pixels)
            index, p = run(preset, lambda model, scene=scene: model.answer(scene, question))
            found[name] = (ANSWERS[index[0, 0]], float(p[0, 0].max()))
    return truth, found


def judged(colour, question, truth, found):
    """Return the answers beside the truth."""
    rows = [
        (name, [el("b", answer), f" {p:.0%}"], "✓ right" if answer == truth else "✗ wrong")
        for name, (answer, p) in found.items()
    ]
    asked = f"The {colour} object. {question}"
    said = callout(el("b", asked), " The truth: ", el("b", truth), kind="verdict")
    return page(said, table(("Model", "Answer, and how sure", ""), rows))


def ask(text, colour, question, lender=None):
    """Return board and answers for what a visitor has chosen."""
    centres, shapes = parse_scene(text)
    c, kind = parse_question(colour, question)
    if has_ties(centres[None])[0] and QUESTIONS[question] in ("nearest", "furthest"):
        raise ValueError("Two shapes are equally far away: move one a little.")
    choices = lenders()
    lender = choice(lender or next(iter(choices)), choices)
    pixels = MODELS[choices[lender]][1]
    scene, encoded = scene_of(centres, shapes, pixels), encode_questions([c], [kind])
    heard = run(choices[lender], lambda model: model.relations(scene, encoded))[0]
    cells = np.stack(np.meshgrid(range(5), range(5)), axis=-1).reshape(-1, 2) * 15 + 7
    picture = board(centres, shapes, c, pairs(heard), cells if pixels else centres)
    return page(picture), judged(colour, question, *answers(centres, shapes, c, kind))


@cache
def default():
    """Return what the page shows before any click."""
    return ask(DEFAULT, "red", NEAREST)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("A scene"):
        _scene(ctx)
    with gr.Tab("A story"):
        stories.tab(ctx)


def _scene(ctx):
    import gradio as gr

    def drag(text, item, x, y):
        if item is None:
            return text
        return reshape(text, item) if x is None else move(text, item, x, y)

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            result = html()
            colour = gr.Radio(list(COLOURS), value="red", label="Ask about the object that is")
            question = gr.Dropdown(list(QUESTIONS), value=NEAREST, label="Question")
            shuffle = gr.Button("Draw a scene", variant="primary")
            examples = choices_row()
            with advanced():
                names = list(lenders())
                lender = gr.Radio(names, value=names[0], label="Draw the pairs of")
                words = "The scene in words: colour, shape, column, row"
                text = gr.Textbox(DEFAULT, label=words, lines=6)
            ctx.note()
    with examples:
        ctx.choices({
            "Furthest from yellow": [DEFAULT, "yellow", FURTHEST],
            "One alone": [DEFAULT, "blue", "Is it left of the middle?"],
            FAILS: [HARD, "red", FURTHEST],
        }, [text, colour, question])  # fmt: skip
    inputs, outputs = [text, colour, question, lender], [picture, result]
    ctx.at_first(default, outputs)
    ctx.on_change(ask, inputs, outputs, verb="ask", doing="Comparing all pairs of things")
    ctx.event(shuffle.click, random_scene, None, text, verb="scene")
    ctx.touch(picture, drag, text, text)


@EXHIBIT.tour
def tour():
    """Ask the default question."""
    centres, shapes = parse_scene(DEFAULT)
    truth, found = answers(centres, shapes, *parse_question("red", list(QUESTIONS)[3]))
    said = "; ".join(f"{name}: {answer}" for name, (answer, _) in found.items())
    return f"nearest to the red square: {truth}. {said}. {stories.tour()}"
