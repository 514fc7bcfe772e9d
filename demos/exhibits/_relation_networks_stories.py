"""The stories tab of the relation networks exhibit: write a story, ask, and see what was heard."""

from functools import cache

import numpy as np

from keras_readinglist.datasets.babi import babi_stories, read_babi, story_words, words_of

from ..components.axes import svg, words
from ..components.charts import bars
from ..components.html import callout, el, faint, page, side_by_side
from ..components.inputs import choice, plain_text
from ..components.layout import choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, run
from ._relation_networks_board import pair_look, pairs
from ._relation_networks_truth import truth

LENDER = "relation_network_stories"
MODELS = {
    LENDER: "Relation network",
    "relation_network_stories_lstm": "LSTM, word by word",
}
# The name for people of every kind of story, the generator's, and an example.
KINDS = {
    "One supporting fact": (
        "single_supporting_fact",
        "Anna went to the kitchen.\nBen moved to the office.\nAnna walked to the garden.\n"
        "Carla went to the attic.",
        "Where is Anna?",
    ),
    "Two supporting facts": (
        "two_supporting_facts",
        "Ben went to the cellar.\nAnna took the lamp.\nAnna walked to the hall.\n"
        "Carla moved to the garden.\nAnna went to the attic.",
        "Where is the lamp?",
    ),
    "Yes or no": (
        "yes_no",
        "David went to the office.\nCarla walked to the hall.\nDavid moved to the attic.",
        "Is David in the office?",
    ),
    "Counting": (
        "counting",
        "Anna took the apple.\nBen took the book.\nAnna took the lamp.\nAnna dropped the apple.\n"
        "Anna took the letter.",
        "How many things does Anna carry?",
    ),
    "Induction": (
        "basic_induction",
        "Emil is a swan.\nFiona is a frog.\nEmil is grey.\nBen is a mouse.\nFiona is yellow.\n"
        "Ben is white.\nAnna is a frog.",
        "What color is Anna?",
    ),
    "Sizes": (
        "size_reasoning",
        "The basket fits into the barrel.\nThe ring fits into the cup.\n"
        "The cup fits into the basket.",
        "Does the ring fit into the barrel?",
    ),
}
DEFAULT = "Two supporting facts"
_SENTENCES, _WORDS, _LENGTH = 9, 12, 2_000


def example(kind):
    """Return the story and the question that stand for a kind."""
    return KINDS[choice(kind, KINDS)][1:]


def write(kind, seed=None):
    """Return a new story of a kind, and its question."""
    example(kind)
    (drawn,) = read_babi(babi_stories(KINDS[kind][0], 1, seed))
    return "\n".join(drawn.story), drawn.question


def parse(story, question):
    """Return the sentences and the question that were typed; `ValueError` in plain words."""
    story, question = (plain_text(text).strip() for text in (story, question))
    if len(story) + len(question) > _LENGTH:
        raise ValueError(f"Story and question may have {_LENGTH} characters together.")
    lines = [line.strip() for line in story.replace(".", ".\n").splitlines()]
    sentences = [line for line in lines if words_of(line)]
    if not sentences:
        raise ValueError("The story needs a sentence, such as: Anna went to the kitchen.")
    if len(sentences) > _SENTENCES:
        raise ValueError(
            f"The story may have {_SENTENCES} sentences; this one has {len(sentences)}."
        )
    if not words_of(question):
        raise ValueError("Ask a question, such as: Where is Anna?")
    known = set(story_words()[0])
    for text in (*sentences, question):
        said = words_of(text)
        if len(said) > _WORDS:
            raise ValueError(f"A sentence may have {_WORDS} words: {text[:60]!r}")
        strange = [word for word in said if word not in known]
        if strange:
            raise ValueError(
                f"The networks never read the word {strange[0][:30]!r}. "
                "The words they know are listed beside the story."
            )
    return sentences, question


def sheet(sentences, lines=()):
    """Return the sentences as SVG, with an arc for every pair that was listened to.

    Args:
        sentences: List of strings.
        lines: What `pairs` returned.
    """
    right = 44 + 8.6 * max(map(len, sentences))  # the width of 16 units of type, about
    width, step = max(right + 100, 330), 36
    parts = []
    for k, sentence in enumerate(sentences):
        y = 26 + step * k
        parts.append(words(8, y, k + 1, class_="faint"))
        parts.append(words(30, y, sentence, size=16))
    spoken = []
    for i, j, share in lines:
        parts.append(_arc(right, 21 + step * i, 21 + step * j, share))
        spoken.append(f"{i + 1} and {j + 1} {100 * share:+.0f} %")
    label = "The story, and the pairs of sentences that decided: " + ", ".join(spoken)
    picture = svg(width, 24 + step * len(sentences), parts, label=label, widest=round(1.1 * width))
    return page(el("div", el("div", picture, style=f"min-width:{0.8 * width:.0f}px"),
                   class_="scroll"))  # fmt: skip


def _arc(x, first, second, share):
    """Return the arc of a pair; a ring for a sentence with itself. Dashes speak against."""
    title, look = pair_look(share, 7)
    if first == second:
        return el("circle", title, cx=x, cy=first, r=9, **look)
    reach = x + 26 + 0.32 * abs(second - first)
    path = f"M{x:.0f} {first}C{reach:.0f} {first} {reach:.0f} {second} {x:.0f} {second}"
    return el("path", title, d=path, **look)


def answers(sentences, question):
    """Return the probabilities of all answers, by the name of the model."""
    return {
        name: run(preset, lambda model: model.ask(sentences, question)[1])
        for preset, name in MODELS.items()
    }


def _bars(name, probabilities, true, count=4):
    first = sorted(probabilities, key=lambda a: (-round(probabilities[a], 3), a))[:count]
    values = [probabilities[answer] for answer in first]
    label = f"{name}: " + ", ".join(f"{a} {p:.2f}" for a, p in zip(first, values, strict=True))
    mark = "" if true is None else (" ✓ right" if first[0] == true else " ✗ wrong")
    said = [f"{name}: ", el("b", first[0]), f" {values[0]:.0%}{mark}"]
    return el("p", said) + bars(values, first, label, highlight=0)


def ask(story, question):
    """Return the sentences with their pairs, and the answers of both models beside the truth."""
    sentences, question = parse(story, question)
    heard = run(LENDER, lambda model: model.relations(sentences, question))
    found = answers(sentences, question)
    true, why = truth(sentences, question)
    told = [" The truth: ", el("b", true)]
    if true is None:
        told = [" ", el("b", "The story does not determine it. "), why, " The networks answer ",
                "all the same: they cannot say that they do not know."]  # fmt: skip
    said = callout(el("b", question), *told, kind="verdict")
    columns = [("", _bars(name, probabilities, true)) for name, probabilities in found.items()]
    result = page(said, side_by_side(columns, least=200))
    return sheet(sentences, pairs(np.asarray(heard), 5)), result


@cache
def default():
    """Return what the tab shows before any click."""
    return ask(*example(DEFAULT))


def tour():
    """Ask the default question."""
    story, question = parse(*example(DEFAULT))
    found = answers(story, question)
    said = "; ".join(f"{name}: {max(p, key=p.get)}" for name, p in found.items())
    return f"{question} {said}"


def tab(ctx):
    """Lay out the tab."""
    import gradio as gr

    story, question = example(DEFAULT)
    with stage():
        with picture_side():
            picture = html()
            result = html()
        with control_side():
            kind = gr.Radio(list(KINDS), value=DEFAULT, label="Kind of story")
            text = gr.Textbox(story, label="Story, up to nine sentences", lines=5)
            asked = gr.Textbox(question, label="Question")
            ctx.note()
            with gr.Row():
                go = gr.Button("Ask", variant="primary", min_width=80)
                fresh = gr.Button("Write another", min_width=80)
            examples = choices_row()
            known = ", ".join(story_words()[0])
            html(page(el("details", el("summary", "Words that both know"), faint(known))))
    inputs, outputs = [text, asked], [picture, result]
    ctx.at_first(default, outputs)
    with examples:
        ctx.choices({
            "Undetermined": ["Anna took the lamp.", "Where is the lamp?"],
            FAILS: list(example("Induction")),
        }, inputs)  # fmt: skip
    ctx.event(
        [text.change, asked.change, go.click],
        ask,
        inputs,
        outputs,
        verb="story",
        doing="Comparing all pairs of sentences",
    )
    ctx.event(kind.input, example, kind, inputs)
    ctx.event(fresh.click, write, kind, inputs, verb="write")
