"""The Unreasonable Effectiveness of RNNs: a network that writes, and cells that can be read."""

import re
import time
import zlib
from functools import cache

import keras
import numpy as np

from keras_readinglist.applications import CharRNN, CharTokenizer, TruncatedBPTT
from keras_readinglist.datasets import StreamBatcher
from keras_readinglist.softmax import softmax

from ..components.charts import lines, ranking
from ..components.heat import legend
from ..components.html import callout, el, faint, page
from ..components.inputs import choice, clipped, number, plain_text, whole_number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..components.text import coloured_text, visible
from ..exhibit import FAILS, Exhibit, run
from ..serving import serve

EXHIBIT = Exhibit(
    slug="unreasonable-rnns",
    claim="A network that guesses one character after another learns spelling, layout and syntax, "
    "and some of its cells can be read.",
    try_this="Watch it write, with what it might have written below; then press Write with a "
    "beginning of your own, and turn the temperature up until the words fall apart.",
    what_you_see="Each character is coloured by how much it surprised the network: blue was "
    "expected, red was not, and the first letters of words are the reddest. The bars are its "
    "guesses at the framed character. In the second tab the colour is the value of one cell while "
    "it reads your text: nobody told it what to follow, and the number beside its name was "
    "measured on held-out text that it was not chosen on. In the third a fresh network begins "
    "with your own text, and its loss falls while you watch.",
    presets=("char_rnn_shakespeare", "char_rnn_python"),
    code="""\
from keras_readinglist.applications import CharRNN

network = CharRNN.from_preset("char_rnn_shakespeare")
text = network.generate("JULIET:\\nO Romeo, ", 200, temperature=0.7, seed=3)
print(text)
surprise = network.score(text)  # nats of every character
print(round(float(surprise.mean()), 2), "nats per character")
cell = network.activations(text)["c"][1, :, 52]  # follows the names of speakers
print("".join("#" if value > 0.5 else "." for value in cell))
""",
)

CORPORA = {"Shakespeare": "char_rnn_shakespeare", "Python source": "char_rnn_python"}
PROMPTS = {"Shakespeare": "JULIET:\nO Romeo, ", "Python source": "def read_file(self, "}
SAMPLE = """\
FIRST CITIZEN:
We are accounted poor citizens, the patricians good.
What authority surfeits on would relieve us.

MENENIUS:
Why, masters, my good friends, mine honest neighbours,
Will you undo yourselves?

SECOND CITIZEN:
We cannot, sir, we are undone already.
"""
CODE = '''\
def count(words):
    """Return how often every word occurs."""
    table = {}
    for word in words:  # one pass
        table[word] = table.get(word, 0) + 1
    return table
'''
LONGEST = 2000
_SURPRISE = "surprise"
# Chosen on 20,000 held-out characters, measured on the 40,000 that follow: what a cell follows,
# which one, and how well.
CELLS = {
    "Shakespeare": (
        ("inside a speaker's name", "1:52", "AUC 0.93"),
        ("position in line", "1:175", "correlation 0.90"),
        ("end of word", "1:94", "AUC 0.87"),
    ),
    "Python source": (
        ("inside quotes", "1:210", "AUC 0.90"),
        ("inside a comment", "1:14", "AUC 0.78"),
        ("inside brackets", "1:108", "AUC 0.75, 0.99 where it was chosen"),
        ("position in line", "1:185", "correlation 0.74"),
        ("indentation", "0:2", "correlation 0.46"),
    ),
}
GUESSES = 5
_PADDED = (640, 2560)  # lengths for which the network is compiled


def clean(text, corpus, longest=LONGEST):
    """Return a visitor's text if the network knows its characters; else say which it does not."""
    preset = CORPORA[choice(corpus, CORPORA)]
    text = plain_text(text).replace("\r\n", "\n")
    if len(text) > longest:
        raise ValueError(f"The text may have {longest} characters; this one has {len(text)}.")
    known = run(preset, lambda model: set(model.tokenizer.vocabulary))
    strange = sorted(set(text) - known)
    if strange:
        shown = " ".join(map(visible, strange[:8]))
        raise ValueError(f"The network never saw these characters, please leave them out: {shown}")
    return text


def write(prompt, corpus, length, temperature, top_k, top_p, seed=None):
    """Yield the growing text as coloured HTML, a few times a second."""
    prompt = clean(prompt, corpus, 500)
    length = clipped(length, 1, 2000, "The number of characters")
    settings = (
        number(temperature, 0, 2, "The temperature"),
        whole_number(top_k, 0, 60, "Top k") or None,
        number(top_p, 0.05, 1, "Top p"),
        seed,
    )
    stream = serve(CORPORA[corpus]).iterate(lambda model: model.stream(prompt, length, *settings))
    text, bits, shown = "", [], time.monotonic()
    for character, surprise in stream:
        text += character
        bits.append(surprise)
        if time.monotonic() - shown > 0.4:
            shown = time.monotonic()
            yield page(_before(prompt), coloured_text(text, bits, 0.0, 8.0, "bits"))
    yield _written(prompt, text, bits, corpus)


def guesses(prompt, text, model):
    """Return the likeliest characters at every place of a text, and their probabilities.

    Both have the shape `(characters, GUESSES)`.
    """
    ids = model.tokenizer.encode("\n" + prompt + text)
    padded = np.zeros((1, next(n for n in _PADDED if n >= len(ids))), "int32")
    padded[0, : len(ids)] = ids
    logits = model.predict_on_batch(padded)[0, len(ids) - len(text) - 1 : len(ids) - 1]
    p = softmax(logits)
    best = np.argsort(-p, axis=1)[:, :GUESSES]
    vocabulary = np.array([visible(c) for c in model.tokenizer.vocabulary])
    return vocabulary[best], np.take_along_axis(p, best, axis=1)


def _before(prompt):
    return el("div", prompt, class_="mono faint", style="max-height:5em;overflow:auto")


def _written(prompt, text, bits, corpus):
    mean = np.mean(bits) if bits else 0.0
    scale = legend("expected", "surprising", f"{mean:.2f} bits per character")
    if not text:
        return page(_before(prompt), scale)
    names, values = run(CORPORA[corpus], lambda model: guesses(prompt, text, model))
    chart = ranking(values, names, "The likeliest next characters")
    moving = player(
        coloured_text(text, bits, 0.0, 8.0, "bits", steps=True),
        faint("What it might have written here"),
        chart,
        count=len(text),
        label="Character",
        name=f"write-{zlib.crc32(text.encode())}",
        start=-1,
        play=True,
    )
    return page(_before(prompt), moving, scale)


def look_inside(text, corpus, shown):
    """Return the text coloured by a cell or by surprise, and the cells that can be read.

    Args:
        text: What the network reads.
        corpus: Which network.
        shown: `"surprise"`, or `"layer:unit"`.
    """
    text = clean(text, corpus)
    if len(text) < 5:
        raise ValueError("Paste at least a line of text.")
    if shown == _SURPRISE or not shown:
        bits = run(CORPORA[corpus], lambda model: model.score(text)) / np.log(2)
        note = legend("expected", "surprising", f"{bits.mean():.2f} bits per character")
        return page(coloured_text(text, bits, 0.0, 8.0, "bits"), note)
    place = re.fullmatch(r"(\d{1,4}):(\d{1,4})", str(shown))
    cells = run(CORPORA[corpus], lambda model: model.activations(text))["c"]
    layer, unit = map(int, place.groups()) if place else cells.shape[::2]
    if layer >= cells.shape[0] or unit >= cells.shape[2]:
        raise ValueError("A cell is written layer:unit, such as 1:37.")
    values = np.tanh(cells[layer, :, unit])
    name = f"cell {unit} of layer {layer + 1}"
    return page(coloured_text(text, values, -1.0, 1.0, name), legend("off", "on", name))


def readable_cells(corpus):
    """Return the choices for a corpus: surprise first, then the cells that follow something."""
    named = [
        (f"{what}: cell {place.split(':')[1]}, {measured} on held-out text", place)
        for what, place, measured in CELLS[corpus]
    ]
    return [("how surprising each character is", _SURPRISE), *named]


def train_here(text, seconds=60, units=64):
    """Train a small network on a visitor's text; yield the curve of its loss and a sample."""
    text, seconds = plain_text(text), number(seconds, 0, 90, "The time in seconds")
    if not 300 <= len(text) <= 100_000:
        raise ValueError(f"Paste 300 to 100,000 characters; there are {len(text)}.")
    text = "\n" + text.replace("\r\n", "\n")
    tokenizer = CharTokenizer.from_text(text)
    if len(tokenizer) > 200:
        raise ValueError("The text has more than 200 different characters, too many for a minute.")
    keras.utils.set_random_seed(0)
    model = CharRNN(tokenizer.vocabulary, units=units, num_layers=1, embedding_dim=32)
    batch = max(1, min(16, len(text) // 120))
    streams = StreamBatcher(tokenizer.encode(text), batch, min(50, (len(text) - 1) // batch))
    trainer = TruncatedBPTT(model, batch)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    trainer.compile(keras.optimizers.Adam(5e-3, global_clipnorm=1.0), loss=loss)
    chance, losses, began, step = np.log(len(tokenizer)), [], time.monotonic(), 0
    while time.monotonic() - began < seconds:
        block = time.monotonic()
        while time.monotonic() - block < 1.0:
            place = step % len(streams)
            if place == 0:
                trainer.reset_states()
            losses.append(float(trainer.train_on_batch(*streams[place])))
            step += 1
        sample = model.generate("", 200, temperature=0.7, seed=0)
        yield _progress(losses, chance, sample, step)


def _progress(losses, chance, sample, step):
    shown = np.array(losses)
    if len(shown) > 150:
        shown = shown[: len(shown) // 150 * 150].reshape(150, -1).mean(axis=1)
    curve = lines(
        {
            "loss": (shown, "var(--krl-sequences)"),
            "guessing": ([chance] * len(shown), "var(--krl-faint)"),
        },
        "Loss of the network that trains on your text",
        f"progress ({step} steps)",
        "nats per character",
    )
    return page(curve, faint("What it writes now"), el("div", sample, class_="mono"))


@cache
def default_text():
    """Return what the first tab shows before any click."""
    *_, last = write(PROMPTS["Shakespeare"], "Shakespeare", 400, 0.7, 0, 1.0, seed=3)
    return last


@cache
def default_cells():
    """Return what the second tab shows before any click."""
    return look_inside(SAMPLE, "Shakespeare", CELLS["Shakespeare"][0][1])


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    with _tab("Write"):
        _writing(ctx)
    with _tab("Look inside"):
        _looking(ctx)
    with _tab("Train it yourself"):
        _training(ctx)


def _tab(name):
    import gradio as gr

    return gr.Tab(name)


def _writing(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            written = html()
        with control_side():
            corpus = gr.Radio(list(CORPORA), value="Shakespeare", label="Trained on")
            prompt = gr.Textbox(PROMPTS["Shakespeare"], label="Beginning", lines=3)
            ctx.note()
            temperature = gr.Slider(0, 2, 0.7, step=0.05, label="Temperature (0: likeliest)")
            go = gr.Button("Write", variant="primary", min_width=80)
            examples = choices_row()
            with advanced():
                length = gr.Slider(50, 2000, 400, step=50, label="Characters")
                top_k = gr.Slider(0, 60, 0, step=1, label="Top k (0: all)")
                top_p = gr.Slider(0.05, 1, 1, step=0.05, label="Top p")
    inputs = [prompt, corpus, length, temperature, top_k, top_p]
    with examples:
        ctx.choices({
            "A king": ["KING RICHARD:\nMy lord, ", "Shakespeare", 0.7],
            "A class": ["class Reader:\n    def ", "Python source", 0.5],
            FAILS: ["JULIET:\nO Romeo, ", "Shakespeare", 1.6],
        }, [prompt, corpus, temperature])  # fmt: skip
    ctx.at_first(default_text, written)
    ctx.event([go.click, temperature.change], write, inputs, written, verb="write", doing="Writing")
    ctx.event(corpus.input, PROMPTS.get, corpus, prompt)


def _looking(ctx):
    import gradio as gr

    first = readable_cells("Shakespeare")

    def switch(corpus):
        cells = readable_cells(corpus)
        sample = SAMPLE if corpus == "Shakespeare" else CODE
        return gr.Dropdown(choices=cells, value=cells[1][1]), sample

    with stage():
        with picture_side():
            inside = html()
        with control_side():
            which = gr.Radio(list(CORPORA), value="Shakespeare", label="Network")
            cell = gr.Dropdown(first, value=first[1][1], label="Colour by")
            text = gr.Textbox(SAMPLE, label="Text to read", lines=8)
            ctx.note()
    inputs = [text, which, cell]
    ctx.at_first(default_cells, inside)
    ctx.event(
        [text.change, cell.change],
        look_inside,
        inputs,
        inside,
        verb="look",
        doing="Reading the text",
    )
    ctx.on_change(switch, which, [cell, text])


def _training(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            curve = html(page(callout("Press Train: the loss appears here.")))
        with control_side():
            words = "Your text (300 to 100,000 characters)"
            own = gr.Textbox(SAMPLE * 2, label=words, lines=8)
            ctx.note()
            seconds = gr.Slider(10, 90, 60, step=10, label="Seconds")
            train = gr.Button("Train", variant="primary", min_width=80)
    ctx.event(
        train.click,
        train_here,
        [own, seconds],
        curve,
        verb="train",
        doing="Training on your text",
        concurrency_limit=1,
    )


@EXHIBIT.tour
def tour():
    """Write a line."""
    text = run(CORPORA["Shakespeare"], lambda model: model.generate("ROMEO:\n", 60, 0.5, seed=0))
    return " / ".join(text.split("\n"))
