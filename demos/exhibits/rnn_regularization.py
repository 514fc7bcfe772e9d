"""Recurrent Neural Network Regularization: where dropout strikes, and what it is good for."""

from functools import cache

import numpy as np

from keras_readinglist import catalog
from keras_readinglist.datasets.text import separate_words
from keras_readinglist.recipes import report
from keras_readinglist.softmax import softmax

from ..components.charts import lines, ranking
from ..components.heat import colour_of
from ..components.html import callout, el, faint, page, side_by_side, table
from ..components.inputs import choice, plain_text
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import following, player
from ..exhibit import FAILS, Exhibit, run
from . import _rnn_regularization_path as way

REGULARISED, UNREGULARISED = "lstm_words_regularised", "lstm_words_unregularised"
EXHIBIT = Exhibit(
    slug="rnn-regularization",
    claim="Dropout helps an LSTM once it leaves alone what is carried from step to step: then a "
    "memory is struck as often as there are layers, however old it is.",
    try_this="Drag the framed word further back and watch its way to the guess. Then let dropout "
    "act in the recurrence too, and drag it again.",
    what_you_see="A word goes up into layer 1, along the steps, up into layer 2 and out; at every "
    "dashed arrow dropout strikes it, and the squares are what is left of it. In the second tab "
    "stand the curves of the models that were trained so: without dropout the text is learned by "
    "heart, and what was held out gets worse. In the third two of them read your own words.",
    presets=(REGULARISED, UNREGULARISED),
    code="""\
from keras_readinglist.applications import LSTMLanguageModel, ModelEnsemble

names = ("lstm_words_regularised", "lstm_words_unregularised")
models = {name: LSTMLanguageModel.from_preset(name) for name in names}
models["mean of both"] = ModelEnsemble(list(models.values()))
for name, model in models.items():
    print(name, round(model.perplexity("to be or not to be"), 1), model.next_tokens("to be or", 3))
""",
)
RUNS = {
    "nowhere": ("unregularised", "var(--krl-vision)"),
    "layers": ("regularised", "var(--krl-sequences)"),
    "recurrence": ("naive", "var(--krl-attention)"),
}
CORPORA = {
    "WikiText-2": ("articles_", "2 LSTMs of 200 units, nine tenths of the test articles of "
                   "WikiText-2; the last tenth is held out."),
    "Shakespeare": ("", "2 LSTMs of 96 units, the first 25,000 words of Shakespeare's works; held "
                    "out are Macbeth and the sonnets."),
}  # fmt: skip
TEXT = "My lord, I know not what you mean. To be or not to"
MOST, GUESSES = 60, 5
FIRST = ("Between layers only", 5, 0.5, 1)


@cache
def curves(corpus="WikiText-2"):
    """Return perplexities by name and epoch, a mean over seeds, as the reproduction had them."""
    prefix, _ = CORPORA[corpus]
    metrics = report.metrics(catalog.report("rnn-regularization") or {"runs": {}})
    found = {}
    for name, (run_name, _) in RUNS.items():
        tracks = {
            kind: [metrics[key]["mean"] for key in sorted(metrics)
                   if key.startswith(f"{prefix}{run_name}/{kind}_") and key[-2:].isdigit()]
            for kind in ("train", "valid")
        }  # fmt: skip
        if tracks["valid"]:
            found[name] = tracks
    return found


def compare(names, corpus):
    """Return the learning curves of some models, which a player goes along."""
    found, names = curves(choice(corpus, CORPORA)), names if isinstance(names, list) else []
    names = [choice(name, list(RUNS)) for name in names]
    chosen = {name: found[name] for name in RUNS if name in names and name in found}
    if not chosen:
        raise ValueError("Choose at least one model whose curves were measured.")
    epochs = min(len(tracks["valid"]) for tracks in chosen.values())
    places = np.arange(1, epochs + 1)
    figures = []
    for kind, words in (("train", "As trained, dropout and all"), ("valid", "Text held out")):
        series = {
            name: (places, tracks[kind][:epochs], RUNS[name][1]) for name, tracks in chosen.items()
        }
        drawn = lines(series, f"Perplexity by epoch: {words}", "epoch", "perplexity", scale="log",
                      cursor=places)  # fmt: skip
        figures.append((words, drawn))
    said = [
        f"Epoch {epoch}: " + "; ".join(
            f"{name} {tracks['train'][epoch - 1]:.1f}, held out {tracks['valid'][epoch - 1]:.1f}"
            for name, tracks in chosen.items())
        for epoch in places
    ]  # fmt: skip
    moving = player(side_by_side(figures, least=400), count=epochs, label="Epoch", name="epochs",
                    start=-1, captions=said)  # fmt: skip
    rows = []
    for name, tracks in chosen.items():
        best = int(np.argmin(tracks["valid"]))
        rows.append((el("b", name), f"{tracks['valid'][best]:.1f} after epoch {best + 1}",
                     f"{tracks['valid'][-1]:.1f}", f"{tracks['train'][-1]:.1f}"))  # fmt: skip
    head = ("dropout", "held out, at best", "held out, at the end", "trained on, at the end")
    return page(moving), page(table(head, rows), faint(
        f"Perplexity: among how many words the model chooses. {CORPORA[corpus][1]}"))  # fmt: skip


def words_of(text, model):
    """Return a text as the models read it, and its words; `ValueError` in plain words."""
    text = separate_words(plain_text(text)[:2000])
    ids = model.tokenizer.encode(text)[:-1]  # its last line may go on
    if not len(ids):
        raise ValueError("Type a few words of English.")
    if len(ids) > MOST:
        raise ValueError(f"The text may have {MOST} words and marks; this one has {len(ids)}.")
    return ids, text.replace("\n", " ↵ ").split()[: len(ids)]


def read(ids, model):
    """Return the probabilities of all words at every place of a text, and after it."""
    inputs = np.zeros((1, MOST + 1), "int32")
    inputs[0, : len(ids) + 1] = [model.start, *ids]
    logits = model.predict_on_batch(inputs)[0, : len(ids) + 1].astype("float64")
    return softmax(logits)


def guess(text):
    """Return what both models and their mean make of a text, word by word."""
    ids, said = run(REGULARISED, lambda model: words_of(text, model))
    vocabulary = run(REGULARISED, lambda model: model.tokenizer.vocabulary)
    presets = {"Between layers": REGULARISED, "No dropout": UNREGULARISED}
    found = {name: run(preset, lambda m: read(ids, m)) for name, preset in presets.items()}
    found["Mean of both"] = sum(found.values()) / 2
    own = {name: p[np.arange(len(ids)), ids] for name, p in found.items()}
    perplexity = {name: float(np.exp(-np.log(p).mean())) for name, p in own.items()}
    figures = []
    for name, p in found.items():
        best = np.argsort(-p, axis=-1)[:, :GUESSES]
        names = [[vocabulary[i].replace("<eos>", "↵") for i in row] for row in best]
        shares = np.take_along_axis(p, best, axis=-1)
        drawn = ranking(shares, names, f"{name}: the likeliest next words", room=104)
        figures.append((f"{name}: perplexity {perplexity[name]:.1f} on this text", drawn))
    captions = [f"Before “{word}”: {own['Between layers'][k]:.1%} with dropout, "
                f"{own['No dropout'][k]:.1%} without" for k, word in enumerate(said)]  # fmt: skip
    moving = player(side_by_side(figures, least=400), count=len(ids) + 1, label="Word",
                    name="words", start=-1, captions=[*captions, "What comes next?"])  # fmt: skip
    unknown = [word for word, i in zip(said, ids, strict=True) if vocabulary[i] == "<unk>"]
    return page(moving), page(
        following(coloured(said, own["Between layers"], own["No dropout"]), name="words"),
        callout(judged(perplexity), kind="verdict"),
        faint(f"They know {len(vocabulary)} words; these they read as <unk>: "
              f"{', '.join(dict.fromkeys(unknown))}." if unknown else
              f"They know {len(vocabulary)} words, all of these among them."),
    )  # fmt: skip


def coloured(said, ours, other):
    """Return a text whose words are coloured by which model expected them more."""
    gains = np.log2(ours / other)
    spans = [
        el("span", word, " ", style=f"background:{colour_of(-gain, -4, 4)}", data_at=k,
           title=f"{2.0**gain:.2g} times as likely with dropout")
        for k, (word, gain) in enumerate(zip(said, gains, strict=True))
    ]  # fmt: skip
    return el("div", spans, class_="mono")


def judged(perplexity):
    """Return which model expected a text more, in words."""
    ours, other = perplexity["Between layers"], perplexity["No dropout"]
    better = "with dropout chose" if ours < other else "without dropout chose"
    best = min(perplexity, key=perplexity.get)
    return (f"The model {better} among fewer words: {min(ours, other):.1f} against "
            f"{max(ours, other):.1f}. Best of all is {best.lower()}.")  # fmt: skip


@cache
def default():
    """Return what the first tab shows before any click."""
    return way.show(*FIRST)


@cache
def default_curves():
    """Return the first curves."""
    return compare(list(RUNS), "WikiText-2")


@cache
def default_words():
    """Return what is said of the first text."""
    return guess(TEXT)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Where dropout strikes"):
        _way(ctx)
    with gr.Tab("Overfit or not"):
        _curves(ctx)
    with gr.Tab("Your own words"):
        _words(ctx)


def _way(ctx):
    import gradio as gr

    mode, lag, rate, seed = FIRST
    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            mode = gr.Radio(list(way.MODES), value=mode, label="What is dropped")
            lag = gr.Slider(0, way.LAST, lag, step=1, label="Steps back")
            rate = gr.Slider(0.05, 0.95, rate, step=0.05, label="Share that is dropped")
            ctx.note()
            again = gr.Button("Throw again", variant="primary")
            examples = choices_row()
            found = html()
            with advanced():
                seed = gr.Number(seed, label="Seed of the throws", precision=0)
    controls = [mode, lag, rate, seed]
    with examples:
        ctx.choices({
            "The latest word": ["Between layers only", 0, 0.5, 1],
            "The oldest": ["Between layers only", way.LAST, 0.5, 1],
            FAILS: ["In the recurrence too", way.LAST, 0.5, 1],
        }, controls)  # fmt: skip
    ctx.at_first(default, [picture, found])
    changes = [control.change for control in controls]
    ctx.event(
        changes,
        way.show,
        controls,
        [picture, found],
        verb="path",
        doing="Following a word through the stack",
    )
    ctx.event(again.click, lambda seed: way.seed_of(seed) + 1, seed, seed)
    ctx.touch(picture, lambda lag, item, x, y: way.moved(lag, x), lag, lag)


def _curves(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            picture = html()
        with control_side():
            corpus = gr.Radio(list(CORPORA), value="WikiText-2", label="Trained on")
            names = gr.CheckboxGroup(list(RUNS), value=list(RUNS), label="Dropout acts")
            ctx.note()
            found = html()
    ctx.at_first(default_curves, [picture, found])
    ctx.on_change(
        compare,
        [names, corpus],
        [picture, found],
        verb="curves",
        doing="Drawing the curves",
    )


def _words(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            picture = html()
        with control_side():
            text = gr.Textbox(TEXT, label=f"Your words, at most {MOST}", lines=3)
            ctx.note()
            examples = choices_row()
            found = html()
    with examples:
        ctx.choices({
            "A king": ["Good morrow, my lord. How does the king? He is sick, and will not"],
            "Learned by heart": ["So shaken as we are, so wan with care, find we a time for "
                                 "frighted peace to pant"],
            FAILS: ["The server returned an error, please reboot your computer."],
        }, [text])  # fmt: skip
    ctx.at_first(default_words, [picture, found])
    ctx.event(
        text.change, guess, text, [picture, found], verb="words", doing="Guessing word after word"
    )


@EXHIBIT.tour
def tour():
    """Let both models read a line."""
    line = "to be or not to be"
    found = [run(name, lambda model: model.perplexity(line)) for name in EXHIBIT.presets]
    return f"perplexity of “{line}”: {found[0]:.1f} with dropout, {found[1]:.1f} without"
