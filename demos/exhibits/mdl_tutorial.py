"""Minimum description length: points, sequences and numbers whose bits choose the model."""

import gzip
import json
import re
from functools import cache

import numpy as np

from keras_readinglist.information import (
    Markov,
    MDLHistogram,
    MDLMarkovOrder,
    code_length,
)

from ..components.charts import histogram, stacked_bars
from ..components.html import callout, el, faint, page, side_by_side
from ..components.inputs import choice, number_rows, plain_text, touched, whole_number, within
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import following, player
from ..exhibit import FAILS, Exhibit
from ._mdl_tutorial_curves import CODES, CRITERIA, DATA, MODEL, board, messages

EXHIBIT = Exhibit(
    slug="mdl-tutorial",
    claim="Among all explanations choose the one that makes the message shortest: the model, and "
    "the data with its help.",
    try_this="Drag a point far from the curve, and see the bits grow; play through the degrees, "
    "and type a pattern of your own into the second tab.",
    what_you_see="For every degree the message has two parts: what the polynomial costs, which "
    "grows with its parameters, and the points once it is known, which shrinks the better it fits. "
    "The framed stack is the shortest message, which is chosen. The same happens with orders of a "
    "chain and with bins of a histogram: more parameters always fit better, and at some point no "
    "longer pay. BIC, AIC and leaving one out are no messages but scores: their stacks show what "
    "they add up.",
    code="""\
import numpy as np
from keras_readinglist.information import Markov, MDLPolynomial, code_length

rng = np.random.default_rng(0)
x = np.linspace(-1, 1, 40)
y = 0.5 + 0.9 * x**3 - 0.5 * x + 0.05 * rng.standard_normal(40)
print("degree", MDLPolynomial(criterion="rnml").fit(x, y).degree_)
text = np.array([0, 1] * 40)
print([round(code_length(text, Markov(order, 2), "nml"), 1) for order in range(4)], "bits")
""",
)

MOST_POINTS, MOST_DEGREE = 60, 8
NML = "Normalized maximum likelihood"
TEXT = "abracadabra " * 6
METHODS_ARE_CODES = {"nml": True, "bayes": True, "bic": False}
METHODS = {"Normalized maximum likelihood": "nml", "Jeffreys' mixture": "bayes", "BIC": "bic"}


def example_points():
    """Return a noisy cubic as text."""
    rng = np.random.default_rng(3)
    x = np.sort(rng.random(24))
    t = 2 * x - 1
    y = 0.5 + 0.9 * t**3 - 0.5 * t + 0.05 * rng.standard_normal(24)
    return json.dumps(np.stack([x, np.clip(y, 0.02, 0.98)], axis=1).round(3).tolist())


def parse_points(text):
    """Return the points that a visitor clicked or typed; `ValueError` in plain words."""
    words = "Points are pairs of numbers from 0 to 1, like [[0.1, 0.2], [0.5, 0.4]]."
    points = number_rows(text, 2, 6000, words)
    if not len(points):
        raise ValueError(f"Click on the board to add points. {words}")
    if not within(points, 0, 1):
        raise ValueError(words)
    if not 5 <= len(points) <= MOST_POINTS:
        raise ValueError(f"5 to {MOST_POINTS} points, please; there are {len(points)}.")
    if len(np.unique(points[:, 0])) < 3:
        raise ValueError("Spread the points out: they share fewer than 3 places across.")
    return points


def polynomials(text, criterion, shown):
    """Return the board with the fits, and the message of every degree, as HTML."""
    points = parse_points(text)
    choice(criterion, CRITERIA)
    shown = whole_number(-1 if shown is None else shown, -1, 99, "The degree drawn")
    most = min(MOST_DEGREE, len(np.unique(points[:, 0])) - 2, len(points) - 3)
    parts, totals = messages(points, criterion, most)
    best = int(np.argmin(np.round(totals, 6)))
    start, count = best if shown < 0 else min(shown, most), most + 1
    word = "message" if criterion in CODES else "score"
    said = [f"Degree {d}: a {word} of {totals[d]:.1f} bits" for d in range(count)]
    said[best] += f", the shortest: {criterion} chooses it"
    name = f"degree-{best}"
    moving = player(board(points, most), count=count, label="Degree drawn", name=name, start=start,
                    captions=said, slow=True)  # fmt: skip
    label = f"Bits by degree; {criterion} chooses {best}"
    bars = stacked_bars(parts, range(count), label, best, moving=True)
    verdict = callout(el("b", chosen_words("degree", totals, criterion)), kind="verdict")
    note = "Bits by degree, for points written to two decimals; the framed stack is the shortest."
    if criterion not in CODES:
        note += " This criterion is a score: nobody could read the points from it."
    return page(moving), page(verdict, following(bars, name=name, start=start), faint(note))


def chosen_words(what, totals, criterion):
    """Say which of several is shortest, and which are as short."""
    totals = np.asarray(totals)
    best = int(np.argmin(np.round(totals, 6)))
    ties = [k for k in range(len(totals)) if abs(totals[k] - totals[best]) < 0.05]
    if len(ties) > 1:
        names = " and ".join(map(str, ties))
        return f"A tie of {what}s {names}; {criterion} takes the simplest, {what} {best}."
    second = np.partition(totals, 1)[1] - totals[best] if len(totals) > 1 else 0
    return f"{criterion} chooses {what} {best}, by {second:.1f} bits."


def sequences(text, method):
    """Return the message of every order of a chain over a text, as HTML."""
    text, method = plain_text(text), METHODS[choice(method, METHODS)]
    if not 8 <= len(text) <= 5000:
        raise ValueError(f"Type 8 to 5000 characters; these are {len(text)}.")
    alphabet, symbols = np.unique(list(text), return_inverse=True)
    size = max(len(alphabet), 2)
    totals, data = [], []
    for order in range(6):
        chain = Markov(order, size)
        totals.append(code_length(symbols, chain, method))
        data.append(chain.fit_nats(chain.check(symbols)) / np.log(2))
    best = MDLMarkovOrder(5, size, method).fit(symbols).order_
    message = METHODS_ARE_CODES[method]
    parts = {
        "transitions" if message else "penalty": (np.subtract(totals, data), MODEL),
        "text, once they are known": (data, DATA),
    }
    bars = stacked_bars(parts, range(6), f"Bits by order; order {best} is chosen", best)
    plain, packed = len(text) * np.log2(size), 8 * len(gzip.compress(text.encode(), mtime=0))
    word = "message" if message else "score"
    pays = f"A chain of order {best} has the shortest {word}: {totals[best]:.0f} bits"
    if totals[best] >= plain:
        pays = f"No memory pays. A chain of order {best} takes {totals[best]:.0f} bits"
    note = "Bits by order: how many characters back the next one depends on."
    if not message:
        note += " BIC is a score, not a message: no code has its lengths for all texts."
    return page(
        bars,
        callout(
            el("b", pays),
            f", against {plain:.0f} bits for {len(text)} characters out of {len(alphabet)} "
            f"written out, and {packed} bits by gzip.",
            kind="verdict",
        ),
        faint(note),
    )


def example_numbers(kind):
    """Return numbers of a known density as text."""
    rng = np.random.default_rng(5)
    kinds = {
        "Two normals": np.where(
            rng.random(300) < 0.7, rng.normal(0, 1, 300), rng.normal(5, 0.3, 300)
        ),
        "Steps": np.where(rng.random(300) < 0.5, rng.uniform(0, 1, 300), rng.uniform(1, 9, 300)),
        "Uniform": rng.uniform(0, 1, 300),
    }
    return " ".join(f"{v:.3f}" for v in kinds[choice(kind, kinds)])


def histograms(text):
    """Return the histogram with the shortest message, and NumPy's beside it, as HTML."""
    words = re.split(r"[\s,;]+", plain_text(text)[:60_000].strip())
    try:
        x = np.array([float(word) for word in words if word])
    except ValueError as error:
        raise ValueError("Paste numbers, separated by blanks, commas or lines.") from error
    fits = 5 <= len(x) <= 3000 and within(x, -1e12, 1e12)
    if not fits or np.ptp(x) <= max(1e-9 * np.abs(x).max(), 1e-100):
        raise ValueError(
            "5 to 3000 finite numbers of up to 12 digits, not all alike, please; there are "
            f"{len(x)}."
        )
    model = MDLHistogram(max_bins=30).fit(x)
    edges = np.histogram_bin_edges(x, "auto")
    densities = np.histogram(x, edges, density=True)[0]
    bits = model.scores_ / np.log(2)
    shares = model.counts_ / len(x) / np.diff(model.edges_)
    views = [
        (
            f"The shortest message: {model.n_bins_} bins, each as wide as it pays",
            histogram(model.edges_, shares, "Histogram of the shortest message", MODEL),
        ),
        (
            f"NumPy's rule: {len(edges) - 1} equal bins",
            histogram(edges, densities, "Histogram by NumPy", DATA),
        ),
    ]
    more = ""
    if model.n_bins_ < len(bits):
        more = f" One bin more would cost {bits[model.n_bins_] - bits.min():.1f} bits more."
    saved = f"{model.n_bins_} bins save {bits[0] - bits.min():.0f} bits against a single bin."
    if model.n_bins_ == 1:
        saved = "A single bin is the shortest message: no shape pays."
    said = callout(el("b", saved), more, kind="verdict")
    return page(side_by_side(views, least=260), said)


@cache
def default_points():
    """Return what the first tab shows before any click."""
    return polynomials(example_points(), NML, -1)


@cache
def default_text():
    """Return what the second tab shows before any click."""
    return sequences(TEXT, "Normalized maximum likelihood")


@cache
def default_numbers():
    """Return what the third tab shows before any click."""
    return histograms(example_numbers("Two normals"))


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Which curve?"):
        _curve(ctx)
    with gr.Tab("Which memory?"):
        _memory(ctx)
    with gr.Tab("Which bins?"):
        _bins(ctx)


def _curve(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            criterion = gr.Radio(list(CRITERIA), value=NML, label="Chosen by")
            bars = html()
            examples = choices_row()
            with advanced():
                words = "Points, as pairs"
                points = gr.Textbox(example_points(), label=words, lines=3, max_lines=3)
                shown = gr.Number(-1, label="Degree drawn first; -1 for the chosen", precision=0)
            ctx.note()
    noise = np.random.default_rng(11).random((10, 2)).round(3).tolist()
    line = [[round(x, 2), round(0.2 + 0.6 * x, 2)] for x in np.linspace(0.05, 0.95, 12)]
    with examples:
        ctx.choices({
            "A cubic": [example_points(), NML],
            "An exact line": [json.dumps(line), NML],
            "Ten random points": [json.dumps(noise), NML],
            FAILS: [json.dumps(noise), "AIC"],
        }, [points, criterion])  # fmt: skip
    inputs = [points, criterion, shown]
    ctx.at_first(default_points, [picture, bars])
    ctx.on_change(polynomials, inputs, [picture, bars], verb="curve", doing="Fitting every degree")
    ctx.touch(picture, lambda *done: touched(*done, most=MOST_POINTS), points, points)


def _memory(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            chains = html()
        with control_side():
            text = gr.Textbox(TEXT, label="A sequence: any characters", lines=3, max_lines=6)
            ctx.note()
            method = gr.Radio(list(METHODS), value=next(iter(METHODS)), label="Coded by")
            examples = choices_row()
    with examples:
        ctx.choices({
            "A pattern": ["0110" * 30],
            "A coin": ["HTTHTHHTTTHTHHHTTHTHHTTHHHTHTTTHTHHTHTTH"],
            FAILS: ["".join(str(k.bit_count() % 2) for k in range(256))],
        }, [text])  # fmt: skip
    ctx.at_first(default_text, chains)
    ctx.on_change(
        sequences, [text, method], chains, verb="sequence", doing="Coding with every order"
    )


def _bins(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            bins = html()
        with control_side():
            kinds = ["Two normals", "Steps", "Uniform"]
            kind = gr.Radio(kinds, value=kinds[0], label="Example")
            numbers = gr.Textbox(example_numbers(kinds[0]), label="Numbers", lines=3, max_lines=4)
            ctx.note()
    ctx.at_first(default_numbers, bins)
    ctx.event(kind.input, example_numbers, kind, numbers)
    ctx.on_change(histograms, numbers, bins, verb="histogram", doing="Trying every cut into bins")


@EXHIBIT.tour
def tour():
    """Choose a curve, a memory and bins by default."""
    default_points()
    default_numbers()
    return re.search(r"<b>(.*?)</b>", default_text())[1]
