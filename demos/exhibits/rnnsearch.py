"""RNNsearch: a sentence translated with its alignment, and by the network that has none."""

from functools import cache

import numpy as np

from keras_readinglist.presets import read_metadata

from ..components.alignment import alignment, by_words
from ..components.charts import lines
from ..components.html import callout, el, faint, page, table
from ..components.inputs import plain_text, whole_number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, Exhibit, run

EXHIBIT = Exhibit(
    slug="rnnsearch",
    claim="A decoder that looks back at the source at every word need not squeeze a sentence into "
    "one vector, and shows where every word came from.",
    try_this="Point at a French word: what it came from lights up. With one vector, the doctor "
    "advises to smoke.",
    what_you_see="Each row is a word that the network wrote, each column a word that it read; the "
    "darker a cell, the more it looked there, among the words: about a third of its attention "
    "rests on the end of the sentence, and is not drawn. Where French turns words round, as it "
    "does with adjectives, the dark cells leave the diagonal: nobody told the network which words "
    "belong together. Below is what the same network writes with one fixed vector in place of the "
    "attention: short sentences fit into it, long ones do not. Both are small, and invent words "
    "that they have rarely seen. In the second tab it aligns a pair of your own.",
    presets=("rnnsearch_english_french", "encoder_decoder_english_french"),
    code="""\
from keras_readinglist.applications import RNNSearch

network = RNNSearch.from_preset("rnnsearch_english_french")
print(network.translate("The white cat is sleeping on the bed."))
source = network.encode(["The white cat is sleeping."])
target = network.encode(["Le chat blanc dort."])
attention, log_p = network.align(source, target)  # (1, target pieces, source pieces)
pieces = [network.tokenizer.vocabulary[i] for i in source[0]]
for place, row in zip(target[0], attention[0]):
    print(network.tokenizer.vocabulary[place], "<-", pieces[row[:-1].argmax()])
""",
)

SEARCH, FIXED = EXHIBIT.presets
DEFAULT = "My doctor advised me to give up smoking."
PAIR = ("I bought a red car last year.", "J'ai acheté une voiture rouge l'an dernier.")
LONGEST, PIECES = 300, 64
# What runs of the recipe measured, and the length in words that stands for the group.
LENGTHS = {"bleu_to_5": 4, "bleu_6_to_8": 7, "bleu_9_to_12": 10, "bleu_from_13": 15}


def read_sentence(text, name="The sentence"):
    """Return a sentence as pieces, `(1, length)` with the end; `ValueError` in plain words."""
    text = plain_text(text).strip()
    if not text:
        raise ValueError(f"{name} is empty: type a few words.")
    if len(text) > LONGEST:
        raise ValueError(f"{name} may have {LONGEST} characters; this one has {len(text)}.")
    ids, pieces = run(SEARCH, lambda model: (model.encode([text]), model.tokenizer.vocabulary))
    if ids.shape[1] > PIECES:
        raise ValueError(f"{name} is too long: {ids.shape[1]} pieces of words, at most {PIECES}.")
    if not any(c.isalnum() for i in ids[0] if i > 3 for c in pieces[i]):
        raise ValueError(f"{name} holds no letter that the network knows.")
    return ids


def translated(ids, beam_size, model):
    """Return a translation as text, its pieces with the end, and where each looked."""
    written = model.generate(ids, 2 * PIECES, beam_size, 0.6 if beam_size > 1 else 0.0)[0][0, 0]
    ends = np.flatnonzero(written == 2)
    pieces = written[: ends[0] + 1] if len(ends) else written
    weights, _ = model.align(ids, _padded(pieces))
    return model.tokenizer.decode(written), pieces, weights[0, : len(pieces)]


def _padded(pieces):
    """Return one target, padded to one of few lengths: every length is compiled."""
    length = next(n for n in (16, 32, 64, 128) if n >= len(pieces))
    return np.pad(pieces, (0, length - len(pieces)))[None]


def drawn(weights, target, source, model, label):
    """Return the alignment of a pair of sentences, between words alone, without the end."""
    weights, source = weights[:, :-1], source[:-1]
    weights = weights / (weights.sum(axis=1, keepdims=True) + 1e-9)
    vocabulary = [*model.tokenizer.vocabulary]
    vocabulary[3] = "\u2581?"
    names = ([vocabulary[i] for i in ids] for ids in (target, source))
    return alignment(*by_words(weights, *names), label)


def show(text, beam_size=4):
    """Return the alignment of a translation, and what both networks wrote."""
    ids = read_sentence(text)
    beam_size = whole_number(beam_size, 1, 8, "The width of the beam")

    def search(model):
        written, pieces, weights = translated(ids, beam_size, model)
        # The end of what is written came from no word.
        picture = drawn(
            weights[: len(pieces) - 1] if pieces[-1] == 2 else weights,
            pieces[pieces != 2],
            ids[0],
            model,
            f"Where the network looked while it wrote: {written}",
        )
        return written, picture

    written, picture = run(SEARCH, search)
    fixed = run(FIXED, lambda model: translated(ids, beam_size, model)[0])
    rows = [(el("b", "looking back"), written or "–"), (el("b", "one fixed vector"), fixed or "–")]
    said = "The same answer." if written == fixed else "The answers differ."
    return page(picture), page(table(None, rows), callout(said, kind="verdict"), curve())


def align(english, french):
    """Return where the network would look if it wrote a visitor's own translation."""
    source, target = read_sentence(english, "The English"), read_sentence(french, "The French")[0]

    def follow(model):
        weights, log_p = model.align(source, _padded(target))
        surprise = -log_p[0, : len(target)] / np.log(2)
        picture = drawn(
            weights[0, : len(target) - 1],
            target[:-1],
            source[0],
            model,
            "Where the network would look",
        )
        return picture, surprise, model.tokenizer.vocabulary

    picture, surprise, vocabulary = run(SEARCH, follow)
    worst = int(surprise.argmax())
    piece = "the end" if target[worst] == 2 else f"“{vocabulary[target[worst]].strip('▁')}”"
    total = f"{surprise.sum():.1f} bits, {surprise.mean():.1f} a piece"
    said = f"It would write this with a surprise of {total}; most of all at {piece}."
    return page(picture, callout(said, kind="verdict"))


@cache
def curve():
    """Return BLEU by the length of the sentence for both networks, as they were measured."""
    series = {}
    names = {
        SEARCH: ("looking back", "var(--krl-accent)"),
        FIXED: ("one vector", "var(--krl-exact)"),
    }
    for preset, (name, colour) in names.items():
        metrics = read_metadata(preset).get("metrics", {})
        known = [key for key in LENGTHS if key in metrics]
        if len(known) < 2:
            return ""
        series[name] = [LENGTHS[key] for key in known], [metrics[key] for key in known], colour
    chart = lines(series, "BLEU by length", "words of the English sentence", "BLEU", height=200)
    return el("div", chart, faint("On sentences of Tatoeba that neither was trained on."))


@cache
def default():
    """Return what the page shows before any click."""
    return show(DEFAULT)


@cache
def default_pair():
    """Return what the second tab shows before any click."""
    return align(*PAIR)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Translate"):
        with stage():
            with picture_side():
                picture = html()
            with control_side():
                text = gr.Textbox(DEFAULT, label="English", lines=2, max_lines=5)
                go = gr.Button("Translate", variant="primary")
                ctx.note()
                found = html()
                examples = choices_row()
                with advanced():
                    beam = gr.Slider(1, 8, 4, step=1, label="Width of the beam")
        with examples:
            ctx.choices({
                "Short": ["I am very tired."],
                "Turned round": ["She has a small black dog and a large white house."],
                FAILS: ["When the old doctor who lived near the station finally arrived, the "
                        "children had already eaten everything that their mother had left on the "
                        "table for them."],
            }, [text])  # fmt: skip
        ctx.at_first(default, [picture, found])
        ctx.event(
            [text.submit, text.change, go.click, beam.release],
            show,
            [text, beam],
            [picture, found],
            verb="translate",
            doing="Translating and aligning",
        )
    with gr.Tab("Align your own pair"):
        with stage():
            with picture_side():
                aligned = html()
            with control_side():
                english = gr.Textbox(PAIR[0], label="English", lines=2, max_lines=5)
                french = gr.Textbox(PAIR[1], label="French", lines=2, max_lines=5)
                match = gr.Button("Align", variant="primary")
                ctx.note()
        ctx.at_first(default_pair, aligned)
        ctx.event(
            match.click,
            align,
            [english, french],
            aligned,
            verb="align",
            doing="Aligning your translation",
        )


@EXHIBIT.tour
def tour():
    """Translate the default sentence."""
    ids = read_sentence(DEFAULT)
    return run(SEARCH, lambda model: translated(ids, 4, model)[0])
