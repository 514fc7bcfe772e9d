"""Minimum description length: points, sequences and numbers whose bits choose the model."""

import gzip
import json
import re
from functools import cache
from html import escape

import numpy as np

from keras_readinglist.information import (
    Markov,
    MDLHistogram,
    MDLMarkovOrder,
    MDLPolynomial,
    code_length,
)
from keras_readinglist.information.mdl.regression import LinearRegression

from ..components.charts import stacked_bars, svg
from ..components.clicks import ON_BOARD
from ..components.images import side_by_side
from ..components.inputs import appended, choice, number_rows, plain_text, whole_number, within
from ..exhibit import Exhibit

EXHIBIT = Exhibit(
    slug="mdl-tutorial",
    claim="Among all explanations choose the one that makes the message shortest: the model, and "
    "the data with its help.",
    try_this="Click on the board to add points and see the degree change; then type a pattern of "
    "your own into the second tab.",
    what_you_see="For every degree the message has two parts: what the polynomial costs, which "
    "grows with its parameters, and the points once it is known, which shrinks the better it fits. "
    "The framed stack is the shortest message. The same happens with orders of a chain and with "
    "bins of a histogram: more parameters always fit better, and at some point no longer pay.",
    shows=(
        "information.multinomial_complexity",
        "information.regression_score",
        "information.MDLHistogram",
    ),
)

MODEL, DATA = "var(--krl-information)", "var(--krl-exact)"
CRITERIA = {
    "Normalized maximum likelihood": "rnml",
    "gMDL (Hansen, Yu)": "gmdl",
    "BIC": "bic",
    "AIC": "aic",
    "Leave one out": "loo",
}
_PRECISION = 100  # points are written to two decimals
MOST_POINTS, MOST_DEGREE = 60, 8
TEXT = "abracadabra " * 6
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
    x, y = points.T
    most = min(MOST_DEGREE, len(np.unique(x)) - 2, len(x) - 3)
    model = MDLPolynomial(most, CRITERIA[criterion]).fit(x, y)
    data, extra = [], []
    for degree in range(most + 1):
        columns = model.columns(x, degree)
        nats = LinearRegression(columns).fit_nats(y)
        data.append(max(nats / np.log(2) + len(x) * np.log2(_PRECISION), 0.0))
    if CRITERIA[criterion] in ("aic", "loo"):  # no code: only what it prefers can be shown
        parts = {"points, once the curve is known": (data, DATA)}
    else:
        total = model.scores_ / np.log(2)
        extra = total - np.array(data)
        extra = np.maximum(extra - extra.min() + 4, 0)
        parts = {"curve": (extra, MODEL), "points, once it is known": (data, DATA)}
    best = model.degree_
    other = best if shown < 0 else min(shown, most)
    bars = stacked_bars(parts, range(most + 1), f"Bits by degree; {criterion} chooses {best}", best)
    words = f"{criterion} chooses degree {best}."
    return board(points, model, other), (
        f'<div class="krl"><p><b>{escape(words)}</b> The curve drawn has degree {other}.</p>{bars}'
        '<p class="faint">Bits by degree, for points written to two decimals; the framed stack is '
        "chosen.</p></div>"
    )


def board(points, model, degree):
    """Return the points and the fitted polynomial of a degree as SVG."""
    x, y = points.T
    grid = np.linspace(x.min(), x.max(), 160)
    weights = np.linalg.lstsq(model.columns(x, degree), y, rcond=None)[0]
    curve = np.clip(model.columns(grid, degree) @ weights, -0.5, 1.5)

    def at(a, b):
        return f"{20 + 460 * a:.1f},{480 - 460 * b:.1f}"

    dots = "".join(
        '<circle cx="{}" cy="{}" r="6" style="fill:var(--krl-ink)"/>'.format(*at(a, b).split(","))
        for a, b in points
    )
    line = " ".join(at(a, b) for a, b in zip(grid, curve, strict=True))
    return (
        '<div class="krl board"><svg viewBox="0 0 500 500" role="img" aria-label="'
        f'{len(points)} points and a polynomial of degree {degree}">'
        '<rect x="1" y="1" width="498" height="498" rx="6" stroke-width="1.5" '
        'style="fill:var(--krl-panel);stroke:var(--krl-line)"/>'
        f'<polyline points="{line}" fill="none" stroke-width="3" style="stroke:{MODEL}"/>{dots}'
        "</svg></div>"
    )


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
    parts = {
        "transitions": (np.subtract(totals, data), MODEL),
        "text, once they are known": (data, DATA),
    }
    bars = stacked_bars(parts, range(6), f"Bits by order; order {best} is chosen", best)
    plain, packed = len(text) * np.log2(size), 8 * len(gzip.compress(text.encode(), mtime=0))
    pays = f"A chain of order {best} is the shortest message: {totals[best]:.0f} bits"
    if totals[best] >= plain:
        pays = f"No memory pays. A chain of order {best} takes {totals[best]:.0f} bits"
    return (
        f'<div class="krl"><p><b>{pays}</b>, against {plain:.0f} bits for {len(text)} characters '
        f"out of {len(alphabet)} written out, and {packed} bits by gzip.</p>{bars}"
        '<p class="faint">Bits by order: how many characters back the next one depends on.</p>'
        "</div>"
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
    return (
        '<div class="krl">'
        + side_by_side(
            [
                (
                    f"The shortest message: {model.n_bins_} bins, each as wide as it pays",
                    _bins(model.edges_, model.counts_ / len(x) / np.diff(model.edges_), MODEL),
                ),
                (f"NumPy's rule: {len(edges) - 1} equal bins", _bins(edges, densities, DATA)),
            ],
            least=300,
        )
        + f"<p><b>{model.n_bins_} bins: {bits.min() - bits[0]:.0f} bits against a single bin.</b> "
        f"One bin more would cost {_next_bin(bits, model.n_bins_)} bits more.</p></div>"
    )


def _next_bin(bits, chosen):
    return f"{bits[chosen] - bits[chosen - 1]:.1f}" if chosen < len(bits) else "many"


def _bins(edges, densities, colour):
    scale = 460 / (edges[-1] - edges[0])
    tall = 180 / max(densities.max(), 1e-12)
    bars = "".join(
        f'<rect x="{10 + (a - edges[0]) * scale:.1f}" y="{200 - d * tall:.1f}" '
        f'width="{max((b - a) * scale - 0.6, 0.4):.1f}" height="{d * tall:.1f}" '
        f'style="fill:{colour}"/>'
        for a, b, d in zip(edges[:-1], edges[1:], densities, strict=True)
    )
    marks = "".join(
        f'<text x="{10 + share * 460:.0f}" y="218" font-size="12" text-anchor="{anchor}">'
        f"{edges[0] + share * (edges[-1] - edges[0]):.3g}</text>"
        for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end"))
    )
    return svg(480, 226, bars + marks, f"Histogram with {len(densities)} bins")


@cache
def default_points():
    """Return what the first tab shows before any click."""
    return polynomials(example_points(), "Normalized maximum likelihood", -1)


@cache
def default_text():
    """Return what the second tab shows before any click."""
    return sequences(TEXT, "Normalized maximum likelihood")


@cache
def default_numbers():
    """Return what the third tab shows before any click."""
    return histograms(example_numbers("Two normals"))


@EXHIBIT.page
def page(ctx):
    """Lay out the page."""
    import gradio as gr

    def add(text, event: gr.EventData):
        return appended(text, [round(event.x, 3), round(event.y, 3)], MOST_POINTS)

    with gr.Tab("Which curve?"):
        with gr.Row():
            with gr.Column(scale=2):
                criterion = gr.Radio(
                    list(CRITERIA), value="Normalized maximum likelihood", label="Chosen by"
                )
                shown = gr.Slider(-1, MOST_DEGREE, -1, step=1, label="Degree drawn; -1: the chosen")
                points = gr.Textbox(
                    example_points(), label="Points, as pairs", lines=3, max_lines=3
                )
                fewer = gr.Button("Take the last 5 points away")
                bars = gr.HTML()
            with gr.Column(scale=3):
                picture = gr.HTML(js_on_load=ON_BOARD)
        ctx.at_first(default_points, [picture, bars])
        inputs = [points, criterion, shown]
        ctx.event(points.change, polynomials, inputs, [picture, bars], verb="curve")
        for trigger in (criterion.change, shown.change):
            ctx.event(trigger, polynomials, inputs, [picture, bars], trigger_mode="always_last")
        ctx.event(fewer.click, lambda t: json.dumps(parse_points(t).tolist()[:-5]), points, points)
        picture.click(add, points, points, api_visibility="private", show_progress="hidden")
    with gr.Tab("Which memory?"):
        text = gr.Textbox(TEXT, label="A sequence: any characters", lines=3, max_lines=6)
        method = gr.Radio(list(METHODS), value="Normalized maximum likelihood", label="Coded by")
        chains = gr.HTML()
        ctx.at_first(default_text, chains)
        ctx.event(text.change, sequences, [text, method], chains, verb="sequence")
        ctx.event(method.change, sequences, [text, method], chains)
        gr.Examples(
            [
                ["0110" * 30],
                ["HTTHTHHTTTHTHHHTTHTHHTTHHHTHTTTHTHHTHTTH"],
                ["to be or not to be " * 4],
            ],
            text,
            api_visibility="private",
        )
    with gr.Tab("Which bins?"):
        kind = gr.Radio(["Two normals", "Steps", "Uniform"], value="Two normals", label="Example")
        numbers = gr.Textbox(example_numbers("Two normals"), label="Numbers", lines=3, max_lines=4)
        bins = gr.HTML()
        ctx.at_first(default_numbers, bins)
        ctx.event(kind.change, example_numbers, kind, numbers)
        ctx.event(numbers.change, histograms, numbers, bins, verb="histogram")


@EXHIBIT.tour
def tour():
    """Choose a curve, a memory and bins by default."""
    default_points()
    default_numbers()
    return re.search(r"<b>(.*?)</b>", default_text())[1]
