"""The Annotated Transformer: one forward pass, down to a row of one head's softmax."""

import threading
from functools import cache, lru_cache
from time import monotonic

import keras
import numpy as np

from keras_readinglist.applications.translation.walkthrough import walk_through
from keras_readinglist.datasets.copied_symbols import END, FIRST_SYMBOL, START, copied_symbols
from keras_readinglist.presets import list_presets
from keras_readinglist.recipes.annotated_transformer import RECIPE, build, compile_options
from keras_readinglist.softmax import softmax

from ..components.charts import lines, ranking
from ..components.heat import heat_map, legend
from ..components.html import callout, el, faint, page, side_by_side
from ..components.images import grid_picture, inked
from ..components.inputs import choice, plain_text, whole_number
from ..components.layout import choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..exhibit import FAILS, Exhibit, run

COPY, TRANSLATION = "transformer_copy", "transformer_english_french"
DIGITS, FRENCH = "Copy digits", "English to French"
JOBS = {DIGITS: COPY, **({FRENCH: TRANSLATION} if TRANSLATION in list_presets() else {})}
EXHIBIT = Exhibit(
    slug="annotated-transformer",
    claim="A Transformer is a few lines of arithmetic, and every number of it can be shown.",
    try_this="Step through what is written: every row of the table is one product of a query and a "
    "key, and its last column the softmax that decides what is read. Then train one yourself "
    "below, to copy digits, to reverse or to sort them.",
    what_you_see="A column of the grid is one query, a row one key; the darker a cell, the more is "
    "read there. The table has the framed column in numbers: the product of query and key by "
    "the root of their width, whether the mask lets it through, its exponential, and its share of "
    "their sum. To copy, a head of the decoder must find the place after the symbol written last, "
    "to translate the next word in the order of French; nothing told it so. Copies were learned of "
    "1 to 10 digits, and what is longer goes wrong.",
    presets=tuple(JOBS.values()),
    code="""\
from keras_readinglist.applications import Transformer
from keras_readinglist.applications.translation.walkthrough import walk_through

model = Transformer.from_preset("transformer_copy")
source, target = [6, 4, 7, 2], [1, 6, 4, 7]  # the digits 3, 1, 4 as 6, 4, 7; 1 begins and 2 ends
walk = walk_through(model, source, target)  # the whole network in NumPy
scores, mask = walk.cross[1].scores[0], walk.cross[1].mask
print("scores of the first query:", scores[0].round(2), "seen:", mask[0])
print("softmax:", walk.cross[1].weights[0, 0].round(3))
print("most likely next:", walk.logits.argmax(-1))
""",
)

LONGEST, MOST_PIECES = 12, 24
TEXTS = {DIGITS: "31415926", FRENCH: "I don't know where he lives."}
FIRST = FRENCH if FRENCH in JOBS else DIGITS
ENCODER, DECODER, CROSS = "Source reads source", "Target reads target", "Target reads source"
KINDS = {ENCODER: "encoder", DECODER: "decoder", CROSS: "cross"}
# What a model can be trained to write, before the visitor's eyes.
ORDERS = {"Copy": "same", "Reverse": "reversed", "Sort": "sorted"}
FEATURES = 12
# Small enough for a minute of one core, most of which compiles.
LEARNER = {
    **RECIPE.config("copy", "reduced", 0),
    "num_layers": 1,
    "d_model": 64,
    "d_ff": 128,
    "batch_size": 64,
}
_LOCK = threading.Lock()


def to_ids(text, job, model):
    """Return what is read as integers with the end; `ValueError` in plain words."""
    text = plain_text(text).strip()
    if job == DIGITS:
        digits = "".join(text.split())[:1000]
        if not digits or not set(digits) <= set("0123456789") or len(digits) > LONGEST:
            raise ValueError(f"Type 1 to {LONGEST} digits, like 31415. It was trained on 1 to 10.")
        return [*(FIRST_SYMBOL + int(digit) for digit in digits), END]
    ids = model.tokenizer.encode(text[:1000]).tolist()
    if not 0 < len(ids) <= MOST_PIECES:
        raise ValueError(
            f"Type an English sentence of 1 to {MOST_PIECES} pieces. There are {len(ids)}."
        )
    return [*ids, END]


def write(source, model):
    """Return the tokens that a model writes, without the end."""
    row = [*source, *[0] * (MOST_PIECES + 1 - len(source))]  # one compiled program for all
    written = model.generate(np.array([row]), max_steps=2 * MOST_PIECES)[0][0, 0].tolist()
    return written[: written.index(END)] if END in written else written


def names_of(ids, job, model):
    """Return tokens as a visitor reads them."""
    special = {START: "begin", END: "end"}
    if job == DIGITS:
        return [special.get(i, str(i - FIRST_SYMBOL)) for i in ids]
    pieces = model.tokenizer.vocabulary
    return [special.get(i) or pieces[i].replace("\u2581", "") or "·" for i in ids]


@lru_cache(maxsize=64)
def forward(text, job):
    """Return what is read and written, by name, the walk, and the likeliest next tokens."""

    def compute(model):
        source = to_ids(text, job, model)
        written = write(source, model)
        target = [START, *written]
        walk = walk_through(model, source, target)
        shares = softmax(walk.logits)
        best = shares.argsort(axis=-1)[:, :-5:-1]
        return {
            "source": names_of(source, job, model),
            "target": names_of(target, job, model),
            "walk": walk,
            "next": [names_of(row, job, model) for row in best.tolist()],
            "shares": np.take_along_axis(shares, best, axis=-1),
            "right": source[:-1] == written,
        }

    return run(JOBS[job], compute)


def show(text, job, kind, layer, head):
    """Return one head's attention, in colours and in numbers, as HTML."""
    found = forward(plain_text(text)[:1000], choice(job, JOBS))
    name, walk = KINDS[choice(kind, KINDS)], found["walk"]
    blocks = getattr(walk, name)
    layer = whole_number(layer, 1, len(blocks), "The layer")
    attention = blocks[layer - 1]
    head = whole_number(head, 1, len(attention.weights), "The head")
    queries = found["source" if name == "encoder" else "target"]
    keys = found["target" if name == "decoder" else "source"]
    weights = attention.weights[head - 1]
    label = f"Attention of head {head} of layer {layer}: {kind.lower()}"
    wide = 12 + 9 * max(map(len, queries))
    said = [
        f"At {query}: head {head} looks at {keys[row.argmax()]} ({row.max():.0%})"
        for query, row in zip(queries, weights, strict=True)
    ]
    after = []
    if name != "encoder":
        said = [f"{text}; next comes {best[0]} ({share[0]:.0%})" for text, best, share in
                zip(said, found["next"], found["shares"], strict=True)]  # fmt: skip
        after = [faint("What comes next"), ranking(found["shares"], found["next"], "Next token")]
    moving = player(
        heat_map(weights.T, keys, queries, label, current=range(len(queries)),
                 cell=(max(wide, 30), 26)),
        faint(f"One column in numbers: q · k / √{attention.queries.shape[-1]}, mask, softmax"),
        softmax_table(attention, head - 1, keys),
        *after,
        count=len(queries),
        label="Query",
        name="annotated",
        captions=[f"{text}." for text in said],
        play=True,
        slow=True,
    )  # fmt: skip
    return page(moving), page(answer(found, job), all_heads(blocks, layer, head), vectors(found))


def softmax_table(attention, head, keys):
    """Return a row for every key: score, mask, exponential and weight of the moving query."""
    scores, weights = attention.scores[head], attention.weights[head]
    visible = np.where(attention.mask, scores, -np.inf)
    raised = np.exp(visible - visible.max(axis=1, keepdims=True))
    head_row = ("key", "q · k / √d", "seen", "exp", "softmax")
    columns = [
        [[f"{x:.2f}" for x in row] for row in scores],
        [["yes" if x else "no" for x in row] for row in attention.mask],
        [[f"{x:.3f}" for x in row] for row in raised],
        [[f"{x:.3f}" for x in row] for row in weights],
    ]
    rows = [
        el("tr", el("td", key), [el("td", steps={"#text": [row[k] for row in column]})
                                 for column in columns])
        for k, key in enumerate(keys)
    ]  # fmt: skip
    sums = el("tr", el("td", el("b", "sum")), el("td"), el("td"),
              el("td", steps={"#text": [f"{x:.3f}" for x in raised.sum(axis=1)]}),
              el("td", steps={"#text": [f"{x:.3f}" for x in weights.sum(axis=1)]}))  # fmt: skip
    top = el("tr", [el("th", name, scope="col") for name in head_row])
    return el("div", el("table", top, rows, sums), class_="scroll")


def answer(found, job):
    """Return what was read and written, in a sentence."""
    read, written = found["source"][:-1], found["target"][1:]
    blank = "" if job == DIGITS else " "
    mark = "" if job != DIGITS else " ✓" if found["right"] else " ✗"
    return callout(el("b", f"{blank.join(read)} → {blank.join(written)}{mark}"), kind="verdict")


def all_heads(blocks, layer, head):
    """Return a small picture for every layer and head."""
    figures = []
    for k, attention in enumerate(blocks):
        for h, weights in enumerate(attention.weights):
            name = f"layer {k + 1}, head {h + 1}"
            caption = el("b", name) if (k + 1, h + 1) == (layer, head) else name
            picture = grid_picture(inked(weights.T, (150, 80, 190)), f"Attention of {name}",
                                   widest=150)  # fmt: skip
            figures.append((caption, picture))
    return [faint("All heads; queries across, keys down"), side_by_side(figures, least=110)]


def vectors(found):
    """Return the first numbers of the vectors that the encoder begins with."""
    walk, names = found["walk"], found["source"]
    parts = {
        "Embeddings, times the root of the width": walk.embedded["source"],
        "Positions: sines and cosines": walk.positions["source"],
    }
    numbers = [str(k + 1) for k in range(FEATURES)]
    figures = [
        (title, heat_map(values[:, :FEATURES], names, numbers, title, span=(-2.0, 2.0),
                         cell=(24, 22)))
        for title, values in parts.items()
    ]  # fmt: skip
    return [
        faint(f"Before the first layer: the first {FEATURES} numbers of every token's vector"),
        side_by_side(figures, least=300),
        legend("-2", "2"),
    ]


@cache
def learner():
    """Return an untrained model to train before the visitor's eyes, and its variables at first."""
    keras.utils.set_random_seed(LEARNER["seed"])
    model = build(LEARNER)
    model.compile(**compile_options(LEARNER))
    model.optimizer.build(model.trainable_variables)
    return model, tuple(map(keras.ops.convert_to_numpy, _variables(model)))


def _variables(model):
    return [*model.variables, *model.optimizer.variables]


def train(text, job, task="Copy", seed=None):
    """Train a small model on a task; yield its loss a few times a second, and then its answer.

    In the end it is asked for the visitor's digits, or for others where the text is none.
    """
    order = ORDERS[choice(task, ORDERS)]
    asked = to_ids(text if choice(job, JOBS) == DIGITS else TEXTS[DIGITS], DIGITS, None)
    rng, losses, state = np.random.default_rng(seed), [], None
    steps, began = LEARNER["steps"], monotonic()
    yield page(faint("Compiling…"))
    while len(losses) < steps:
        with _LOCK:  # several visitors share the compiled program, each with numbers of their own
            model, first = learner()
            for variable, value in zip(_variables(model), state or first, strict=True):
                variable.assign(value)
            until = monotonic() + 0.3
            while len(losses) < steps and monotonic() < until:
                sizes = LEARNER["batch_size"], LEARNER["length"]
                batch = copied_symbols(*sizes, rng=rng, order=order)
                losses.append(float(model.train_on_batch(*batch)))
            state = [keras.ops.convert_to_numpy(v) for v in _variables(model)]
            last = len(losses) == steps
            written = write(asked, model) if last else None
        yield training_page(losses, asked, written, order, monotonic() - began)


def training_page(losses, asked, written, order, seconds):
    """Return the curve of the loss, and what the trained model writes."""
    chart = lines({"loss": (losses, "var(--krl-accent)")}, "Loss of every update", "updates",
                  "nats per symbol")  # fmt: skip
    words = f"{len(losses)} of {LEARNER['steps']} updates, {seconds:.0f} s: {losses[-1]:.3f} nats."
    if written is None:
        return page(chart, callout(words))
    given, output = ("".join(names_of(ids, DIGITS, None)) for ids in (asked[:-1], written))
    due = {"same": given, "reversed": given[::-1], "sorted": "".join(sorted(given))}[order]
    mark = "✓" if output == due else "✗"
    return page(chart, callout(el("b", f"{words} {given} → {output} {mark}"), kind="verdict"))


@cache
def default():
    """Return what the page shows before any click."""
    return show(TEXTS[FIRST], FIRST, CROSS, 2, 1)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with stage():
        with picture_side():
            picture = html()
        with control_side():
            job = gr.Radio(list(JOBS), value=FIRST, label="Model", visible=len(JOBS) > 1)
            text = gr.Textbox(TEXTS[FIRST], label="What it reads", max_lines=2)
            kind = gr.Radio(list(KINDS), value=CROSS, label="Attention")
            layer = gr.Slider(1, 2, 2, step=1, label="Layer")
            head = gr.Slider(1, 4, 1, step=1, label="Head")
            ctx.note()
            examples = choices_row()
    rest = html()
    task = gr.Radio(list(ORDERS), value="Copy", label="What a small one is trained to do")
    begin = gr.Button("Train a small one from nothing", variant="primary")
    curve = html()
    inputs = [text, job, kind, layer, head]
    with examples:
        ctx.choices({
            "The future is masked": ["27182", DIGITS, DECODER, 1, 1],
            "Twice the same": ["44444", DIGITS, CROSS, 2, 1],
            FAILS: ["314159265358", DIGITS, CROSS, 2, 1],
        }, inputs)  # fmt: skip
    ctx.at_first(default, [picture, rest])
    changes = [component.change for component in (text, kind, layer, head)]  # a job sets the text
    ctx.event(changes, show, inputs, [picture, rest], verb="show", doing="Attending")
    ctx.event(job.input, TEXTS.get, job, text)
    ctx.event(begin.click, train, [text, job, task], curve, verb="train",
              doing="Training from nothing")  # fmt: skip


@EXHIBIT.tour
def tour():
    """Copy the default digits."""
    default()
    found = forward(TEXTS[DIGITS], DIGITS)
    return f"{''.join(found['source'][:-1])} copied as {''.join(found['target'][1:])}"
