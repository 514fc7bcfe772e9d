"""The Transformer: a translation, what every head of every block looks at, and the beam."""

from functools import cache

import numpy as np

from ..components.alignment import alignment, by_words
from ..components.axes import TEXT, svg, words
from ..components.html import callout, el, faint, page, table
from ..components.inputs import choice, number, plain_text, whole_number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, Exhibit, run
from ._attention_is_all_you_need_beam import Tree, beam_tree

EXHIBIT = Exhibit(
    slug="attention-is-all-you-need",
    claim="Attention alone translates: every word asks all others at once, in many heads, and each "
    "head learns a question of its own.",
    try_this="Type an English sentence, then choose another head: the large picture shows what it "
    "looks at, word by word. Change what reads what, and watch the upper triangle vanish where "
    "French reads itself: a word that is not yet written cannot be seen.",
    what_you_see="The small pictures are all heads, a row for each block; the framed one is drawn "
    "large, a row for each word that looks and a column for each that is looked at. Some heads "
    "follow the order of the words, some look for the same word in the other language, some at the "
    "end of the sentence. Below is the beam search, piece by piece: of all continuations of the "
    "sentences it holds, it keeps the likeliest few; pale ones were given up later. Longer "
    "sentences have smaller probabilities, so a score that corrects for the length decides.",
    presets=("transformer_english_french",),
    code="""\
from keras_readinglist.applications import Transformer

network = Transformer.from_preset("transformer_english_french")
print(network.translate("She gave me a red flower.", beam_size=4, length_penalty=0.6))
source = network.encode(["She gave me a red flower."])
tokens, log_p = network.generate(source, beam_size=4, length_penalty=0.6)
fed = [[1, *tokens[0, 0, :-1]]]  # what the decoder read while it wrote
maps = network.attention_maps(source, fed)
print(maps["cross"].shape)  # (1, blocks, heads, written pieces, read pieces)
""",
)

MODEL = EXHIBIT.presets[0]
DEFAULT = "She gave me a red flower for my birthday."
CROSS, ENCODER, DECODER = "French looks at English", "English at itself", "French at itself"
KINDS = {CROSS: "cross", ENCODER: "encoder", DECODER: "decoder"}
LONGEST, PIECES = 200, 40
_DOT = 5  # the width of a cell of a small picture


def read_sentence(text):
    """Return a sentence as pieces, `(1, length)` with the end; `ValueError` in plain words."""
    text = plain_text(text).strip()
    if not text:
        raise ValueError("The sentence is empty: type a few words.")
    if len(text) > LONGEST:
        raise ValueError(f"The sentence may have {LONGEST} characters; this one has {len(text)}.")
    ids, pieces = run(MODEL, lambda model: (model.encode([text]), model.tokenizer.vocabulary))
    if ids.shape[1] > PIECES:
        raise ValueError(
            f"The sentence is too long: {ids.shape[1]} pieces of words, at most {PIECES}."
        )
    if not any(c.isalnum() for i in ids[0] if i > 3 for c in pieces[i]):
        raise ValueError("The sentence holds no letter that the network knows.")
    return ids


def searched(ids, beam_size, penalty, model):
    """Return what the beam search kept."""
    steps = model.beam_steps(ids, 2 * PIECES, beam_size, penalty)
    return Tree(steps, model.tokenizer.vocabulary)


def attended(ids, written, model):
    """Return the attention of all blocks and heads while a sentence was written, by kind."""
    fed = np.zeros(2 * PIECES, "int32")
    fed[: len(written)] = [1, *written[:-1]]
    source = np.pad(ids, ((0, 0), (0, PIECES - ids.shape[1])))
    maps = model.attention_maps(source, fed[None])
    read, wrote = ids.shape[1], len(written)
    sizes = {"cross": (wrote, read), "encoder": (read, read), "decoder": (wrote, wrote)}
    return {name: maps[name][0, :, :, : sizes[name][0], : sizes[name][1]] for name in maps}


def names_of(ids, written, model):
    """Return the pieces of the rows and columns of every kind of attention."""
    vocabulary = [*model.tokenizer.vocabulary]
    vocabulary[1:4] = "\u2581start", "\u2581end", "\u2581?"
    english = [vocabulary[i] for i in ids[0]]
    french = [vocabulary[i] for i in written]
    fed = [vocabulary[1], *french[:-1]]
    return {"cross": (french, english), "encoder": (english, english), "decoder": (french, fed)}


def all_heads(maps, chosen):
    """Return small pictures of all heads, a row for each block; the chosen one is framed."""
    blocks, heads, rows, columns = maps.shape
    wide, high = columns * _DOT + 16, rows * _DOT + 30
    parts = []
    for block, head in np.ndindex(blocks, heads):
        x, y = head * wide + 4, block * high + 20
        name = f"block {block + 1}, head {head + 1}"
        cells = [
            el("rect", x=x + j * _DOT, y=y + i * _DOT, width=_DOT, height=_DOT,
               fill="var(--krl-accent)", fill_opacity=round(float(maps[block, head, i, j]), 2))
            for i, j in np.ndindex(rows, columns) if maps[block, head, i, j] >= 0.02
        ]  # fmt: skip
        now = (block, head) == chosen
        frame = el("rect", x=x - 2, y=y - 2, width=columns * _DOT + 4, height=rows * _DOT + 4,
                   fill="none", stroke="var(--krl-ink)" if now else "var(--krl-line)",
                   stroke_width=2 if now else 0.8)  # fmt: skip
        title = words(x, y - 7, f"{block + 1}.{head + 1}")
        parts.append(el("g", el("title", name), title, frame, cells))
    width, label = heads * wide + 4, "All heads of all blocks"
    picture = svg(width, blocks * high + 4, parts, label=label, widest=420)
    least = f"min-width:{12 / TEXT * width:.0f}px"  # rather scroll than write smaller
    return el("div", el("div", picture, style=least), class_="scroll")


def beam_table(tree, penalty, model):
    """Return the sentences that the search kept, the best first."""
    rows = []
    for rank, score in enumerate(tree.log_p[:, -1]):
        pieces = tree.pieces(rank)
        corrected = score / ((5 + len(pieces)) / 6) ** penalty
        text = model.tokenizer.decode(pieces) or "–"
        rows.append((text, len(pieces), f"{score:.2f}", f"{corrected:.2f}"))
    return table(("sentence", "pieces", "log p", "score"), rows)


def show(text, kind=CROSS, block=2, head=4, beam_size=4, penalty=0.6):
    """Return the translation, the chosen head, all heads, and the beam."""
    ids = read_sentence(text)
    beam_size = whole_number(beam_size, 1, 8, "The width of the beam")
    kind = choice(kind, KINDS)
    penalty = number(penalty, 0, 2, "The length penalty")

    def look(model):
        layers, heads = model.num_layers, model.num_heads
        chosen = (
            whole_number(block, 1, layers, "The block") - 1,
            whole_number(head, 1, heads, "The head") - 1,
        )
        tree = searched(ids, beam_size, penalty, model)
        written = tree.pieces(0)
        maps = attended(ids, written, model)[KINDS[kind]]
        shares = by_words(maps[chosen], *names_of(ids, written, model)[KINDS[kind]])
        label = f"{kind}: block {chosen[0] + 1}, head {chosen[1] + 1}"
        large, small = alignment(*shares, label), all_heads(maps, chosen)
        answer = model.tokenizer.decode(written) or "–"
        return large, small, answer, tree, beam_table(tree, penalty, model)

    large, small, answer, tree, kept = run(MODEL, look)
    said = callout(el("b", answer), kind="verdict")
    heads = el("div", faint("All heads, block.head; the framed one is drawn large."), small)
    title = faint("The beam search, piece by piece; the answer is the bold path")
    return page(large), page(said, heads), page(title, beam_tree(tree), kept)


@cache
def default():
    """Return what the page shows before any click."""
    return show(DEFAULT)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with stage():
        with picture_side():
            picture = html()
        with control_side():
            text = gr.Textbox(DEFAULT, label="English", lines=2, max_lines=4)
            kind = gr.Radio(list(KINDS), value=CROSS, label="What looks at what")
            with gr.Row():
                block = gr.Slider(1, 2, 2, step=1, label="Block")
                head = gr.Slider(1, 4, 4, step=1, label="Head")
            ctx.note()
            heads = html()
            examples = choices_row()
            with advanced():
                beam_size = gr.Slider(1, 8, 4, step=1, label="Width of the beam")
                penalty = gr.Slider(0, 2, 0.6, step=0.1, label="Length penalty")
    beam = html()
    with examples:
        ctx.choices({
            "Turned round": ["We have a big black dog and a small white cat."],
            "A name": ["Tom told Mary that he would be late."],
            FAILS: ["The archaeologist deciphered the hieroglyphs by candlelight."],
        }, [text])  # fmt: skip
    ctx.at_first(default, [picture, heads, beam])
    ctx.event(
        [text.submit, text.change, kind.change, block.release, head.release, beam_size.release,
         penalty.release],
        show,
        [text, kind, block, head, beam_size, penalty],
        [picture, heads, beam],
        verb="translate", doing="Translating",
    )  # fmt: skip


@EXHIBIT.tour
def tour():
    """Translate the default sentence."""
    ids = read_sentence(DEFAULT)
    found = run(MODEL, lambda model: searched(ids, 4, 0.6, model))
    return found.text(0)
