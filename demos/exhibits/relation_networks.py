"""Relation Networks: ask about six shapes or a story, and see which pairs were listened to."""

from functools import cache
from html import escape

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

from ..components.inputs import choice, number, plain_text
from ..exhibit import Exhibit, run
from . import _relation_networks_stories as stories
from ._relation_networks_board import DRAG, board, pairs

SLUG = "relation-networks"
EXHIBIT = Exhibit(
    slug=SLUG,
    claim="A network that scores every pair of objects and sums the scores has relations built in: "
    "it learns to compare sooner and better than one that sees all objects as one vector.",
    try_this="Drag a shape somewhere else, or double-click it to change its form; then ask about "
    "the shape that is nearest to it. Or change a word of a story in the second tab.",
    what_you_see="Every model answers the same question about the same scene, beside the truth. "
    "The lines join the pairs that decide the relation network's answer: the lead of the answer "
    "over the second best falls when what the small network says of the pair is left out of the "
    "sum (a dashed line: it rises). Ask about one shape alone, and the strongest is nearly always "
    "the pair of the shape with itself, drawn as a ring; ask for the nearest, and lines reach out "
    "to the others. In a story the sentences are the objects, and arcs join their pairs. "
    "Of the six kinds of story only induction stays a guess between the colours that were named.",
    presets=catalog.find(SLUG).presets,
    shows=("layers.PairwiseRelation",),
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
DEFAULT = (
    "red square 14 16\ngreen circle 33 22\nblue square 58 12\norange circle 20 55\n"
    "grey square 44 45\nyellow circle 64 62"
)


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


def table(colour, question, truth, found):
    """Return the answers beside the truth."""
    rows = "".join(
        f'<tr><td style="overflow-wrap:normal">{escape(name)}</td>'
        f'<td style="white-space:nowrap"><b>{escape(answer)}</b> '
        f'{p:.0%}</td><td style="white-space:nowrap">{"right" if answer == truth else "wrong"}'
        "</td></tr>"
        for name, (answer, p) in found.items()
    )
    asked = f"The {colour} object. {question}"
    return (
        f'<div class="krl"><p><b>{escape(asked)}</b> The truth: <b>{escape(truth)}</b></p>'
        "<table><thead><tr><th>Model</th><th>Answer, and how sure</th><th></th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


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
    return picture, table(colour, question, *answers(centres, shapes, c, kind))


@cache
def default():
    """Return what the page shows before any click."""
    return ask(DEFAULT, "red", "What shape is the object nearest to it?")


@EXHIBIT.page
def page(ctx):
    """Lay out the page."""
    import gradio as gr

    def drag(text, event: gr.EventData):
        if getattr(event, "x", None) is None:
            return reshape(text, event.colour)
        return move(text, event.colour, event.x, event.y)

    with gr.Tab("A scene"):
        with gr.Row():
            with gr.Column(scale=3):
                picture = gr.HTML(board(*parse_scene(DEFAULT)), js_on_load=DRAG)
                result = gr.HTML()
            with gr.Column(scale=2):
                colour = gr.Dropdown(
                    list(COLOURS), value="red", label="Ask about the object that is"
                )
                question = gr.Radio(
                    list(QUESTIONS),
                    value="What shape is the object nearest to it?",
                    label="Question",
                )
                lender = gr.Radio(
                    list(lenders()), value=next(iter(lenders())), label="Draw the pairs of"
                )
                shuffle = gr.Button("Draw a scene", variant="primary")
                text = gr.Textbox(
                    DEFAULT, label="The scene in words: colour, shape, column, row", lines=6
                )
        gr.Examples(
            [
                ["red", "What shape is the object nearest to it?"],
                ["yellow", "What shape is the object furthest from it?"],
                ["grey", "How many objects have its shape, itself included?"],
                ["blue", "Is it left of the middle?"],
            ],
            [colour, question],
            label="Examples",
            api_visibility="private",
        )
        inputs, outputs = [text, colour, question, lender], [picture, result]
        ctx.at_first(default, outputs)
        ctx.event(text.change, ask, inputs, outputs, verb="ask", trigger_mode="always_last")
        for control in (colour, question, lender):
            ctx.event(control.change, ask, inputs, outputs, trigger_mode="always_last")
        ctx.event(shuffle.click, random_scene, None, text, verb="scene")
        ctx.event(picture.click, drag, text, text)
    with gr.Tab("A story"):
        stories.tab(ctx)


@EXHIBIT.tour
def tour():
    """Ask the default question."""
    centres, shapes = parse_scene(DEFAULT)
    truth, found = answers(centres, shapes, *parse_question("red", list(QUESTIONS)[3]))
    said = "; ".join(f"{name}: {answer}" for name, (answer, _) in found.items())
    return f"nearest to the red square: {truth}. {said}. {stories.tour()}"
