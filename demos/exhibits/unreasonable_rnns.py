"""The Unreasonable Effectiveness of RNNs: a network that writes, and cells that can be read."""

import re
import time
from functools import cache
from html import escape

import keras
import numpy as np

from keras_readinglist.applications import CharRNN, CharTokenizer, TruncatedBPTT
from keras_readinglist.datasets import StreamBatcher
from keras_readinglist.information import probe_cells

from ..components.charts import lines
from ..components.inputs import choice, clipped, number, plain_text, whole_number
from ..components.text import coloured_text, legend
from ..exhibit import Exhibit, run
from ..serving import serve

EXHIBIT = Exhibit(
    slug="unreasonable-rnns",
    claim="A network that guesses one character after another learns spelling, layout and syntax, "
    "and some of its cells can be read.",
    try_this="Type the beginning of a scene and press Write; then turn the temperature up, and "
    "see the words fall apart.",
    what_you_see="Each character is coloured by how much it surprised the network: blue was "
    "expected, red was not, and the first letters of words are the reddest. In the second tab the "
    "colour is the value of one cell while it reads your text: nobody told it what to follow. In "
    "the third a fresh network begins with your own text, and its loss falls while you watch.",
    presets=("char_rnn_shakespeare", "char_rnn_python"),
    shows=("applications.CharRNN",),
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


def clean(text, corpus, longest=LONGEST):
    """Return a visitor's text if the network knows its characters; else say which it does not."""
    preset = CORPORA[choice(corpus, CORPORA)]
    text = plain_text(text).replace("\r\n", "\n")
    if len(text) > longest:
        raise ValueError(f"The text may have {longest} characters; this one has {len(text)}.")
    known = run(preset, lambda model: set(model.tokenizer.vocabulary))
    strange = sorted(set(text) - known)
    if strange:
        shown = " ".join(strange[:8])
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
    text, bits, shown = "", [], 0.0
    for character, surprise in stream:
        text += character
        bits.append(surprise)
        if time.monotonic() - shown > 0.1 and len(text) % 8 == 0:
            shown = time.monotonic()
            yield _written(prompt, text, bits)
    yield _written(prompt, text, bits)


def _written(prompt, text, bits):
    mean = np.mean(bits) if bits else 0.0
    before = f'<div class="krl"><div class="mono faint">{escape(prompt)}</div></div>'
    after = legend("expected", "surprising", f"{mean:.2f} bits per character")
    return before + coloured_text(text, bits, 0.0, 8.0, "bits") + after


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
        return coloured_text(text, bits, 0.0, 8.0, "bits") + note
    place = re.fullmatch(r"(\d{1,4}):(\d{1,4})", str(shown))
    cells = run(CORPORA[corpus], lambda model: model.activations(text))["c"]
    layer, unit = map(int, place.groups()) if place else cells.shape[::2]
    if layer >= cells.shape[0] or unit >= cells.shape[2]:
        raise ValueError("A cell is written layer:unit, such as 1:37.")
    values = np.tanh(cells[layer, :, unit])
    return coloured_text(text, values, -1.0, 1.0, f"cell {shown}") + legend("off", "on")


@cache
def readable_cells(corpus):
    """Return the choices for a corpus: surprise first, then the cells that follow something."""
    text = SAMPLE if corpus == "Shakespeare" else CODE
    tracks = run(CORPORA[corpus], lambda model: model.activations(text))
    choices = [("how surprising each character is", _SURPRISE)]
    for probe in probe_cells(tracks, text, top=2):
        name = f"{probe.property} ({probe.statistic} {probe.value:.2f}): cell {probe.unit}"
        choices.append((f"{name} of layer {probe.layer + 1}", f"{probe.layer}:{probe.unit}"))
    return choices


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
    return (
        f'<div class="krl">{curve}<p class="faint">What it writes now</p>'
        f'<div class="mono">{escape(sample)}</div></div>'
    )


@cache
def default_text():
    """Return what the first tab shows before any click."""
    *_, last = write(PROMPTS["Shakespeare"], "Shakespeare", 400, 0.7, 0, 1.0, seed=3)
    return last


@cache
def default_cells():
    """Return what the second tab shows before any click."""
    cell = next(
        (value for name, value in readable_cells("Shakespeare") if "speaker" in name), _SURPRISE
    )
    return look_inside(SAMPLE, "Shakespeare", cell)


@EXHIBIT.page
def page(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Write"):
        with gr.Row():
            with gr.Column(scale=2):
                corpus = gr.Radio(list(CORPORA), value="Shakespeare", label="Trained on")
                prompt = gr.Textbox(PROMPTS["Shakespeare"], label="Beginning", lines=3)
                temperature = gr.Slider(0, 2, 0.7, step=0.05, label="Temperature (0: likeliest)")
                with gr.Accordion("More", open=False):
                    length = gr.Slider(50, 2000, 600, step=50, label="Characters")
                    top_k = gr.Slider(0, 60, 0, step=1, label="Top k (0: all)")
                    top_p = gr.Slider(0.05, 1, 1, step=0.05, label="Top p")
                with gr.Row():
                    go = gr.Button("Write", variant="primary")
                    stop = gr.Button("Stop")
            with gr.Column(scale=3):
                written = gr.HTML()
        ctx.at_first(default_text, written)
        inputs = [prompt, corpus, length, temperature, top_k, top_p]
        running = ctx.event(go.click, write, inputs, written, verb="write")
        stop.click(None, None, None, cancels=[running], api_visibility="private")
        ctx.event(corpus.change, PROMPTS.get, corpus, prompt)
        gr.Examples(
            [
                ["KING RICHARD:\nMy lord, ", "Shakespeare"],
                ["class Reader:\n    def ", "Python source"],
            ],
            [prompt, corpus],
            api_visibility="private",
        )
    with gr.Tab("Look inside"):
        with gr.Row():
            with gr.Column(scale=2):
                which = gr.Radio(list(CORPORA), value="Shakespeare", label="Network")
                cell = gr.Dropdown(
                    [("how surprising each character is", _SURPRISE)],
                    value=_SURPRISE,
                    label="Colour by",
                    allow_custom_value=True,
                )
                text = gr.Textbox(SAMPLE, label="Text to read", lines=10)
                look = gr.Button("Look inside", variant="primary")
            with gr.Column(scale=3):
                inside = gr.HTML()
        ctx.at_first(default_cells, inside)
        ctx.event(look.click, look_inside, [text, which, cell], inside, verb="look")
        ctx.event(cell.change, look_inside, [text, which, cell], inside)

        def switch(corpus):
            sample = SAMPLE if corpus == "Shakespeare" else CODE
            return gr.Dropdown(choices=readable_cells(corpus), value=_SURPRISE), sample

        ctx.event(which.change, switch, which, [cell, text])
        ctx.event(
            cell.focus, lambda corpus: gr.Dropdown(choices=readable_cells(corpus)), which, cell
        )
    with gr.Tab("Train it yourself"):
        with gr.Row():
            with gr.Column(scale=2):
                own = gr.Textbox(
                    SAMPLE * 2, label="Your text (300 to 100,000 characters)", lines=10
                )
                seconds = gr.Slider(10, 90, 60, step=10, label="Seconds")
                with gr.Row():
                    train = gr.Button("Train", variant="primary")
                    halt = gr.Button("Stop")
            with gr.Column(scale=3):
                curve = gr.HTML('<div class="krl faint">Press Train: the loss appears here.</div>')
        training = ctx.event(
            train.click, train_here, [own, seconds], curve, verb="train", concurrency_limit=1
        )
        halt.click(None, None, None, cancels=[training], api_visibility="private")


@EXHIBIT.tour
def tour():
    """Write a line."""
    text = run(CORPORA["Shakespeare"], lambda model: model.generate("ROMEO:\n", 60, 0.5, seed=0))
    return " / ".join(text.split("\n"))
