"""Kolmogorov complexity: what in your own text or drawing is structure, and what is noise?"""

import math
from functools import cache
from html import escape

import numpy as np

from keras_readinglist.information import (
    compressed_length,
    context_code_length,
    lempel_ziv_complexity,
    lossy_denoise,
    ncd_clustering,
    quartet_score,
    structure_function,
)

from ..components.charts import colour_of, lines, svg
from ..components.clicks import ON_PICTURE
from ..components.images import grid_picture, side_by_side
from ..components.inputs import appended, cells, choice, number, plain_text, seed_of, whole_number
from ..exhibit import Exhibit

EXHIBIT = Exhibit(
    slug="kolmogorov-randomness",
    claim="A good explanation of a single string is a small set in which it is a typical member: "
    "what names the set is structure, the rest is noise.",
    try_this="Paste a text of your own and read where its structure ends; then add noise to the "
    "drawing, and let compression take it out again.",
    what_you_see="The curve is the structure function: how many bits remain when the model may "
    "have so many bits. The marked model is the smallest that, with what remains, describes the "
    "string as shortly as any: after it more model only describes noise. In the second tab the "
    "same sum of two parts decides how strongly a picture may be compressed, without being told "
    "how much noise it has; in the third, texts that explain each other stand close together.",
    shows=(
        "information.structure_function",
        "information.lossy_denoise",
        "information.ncd_matrix",
    ),
)

MODEL, DATA = "var(--krl-information)", "var(--krl-exact)"
LONGEST, SIDE = 4000, 64
EXAMPLES = {
    "A coin": lambda rng: "".join(map(str, rng.integers(0, 2, 1000))),
    "A coin that sticks": lambda rng: "".join(map(str, np.cumsum(rng.random(1000) < 0.1) % 2)),
    "Parities of digits": lambda rng: "".join(str(k.bit_count() % 2) for k in range(1024)),
    "A nursery rhyme": lambda rng: (
        "this is the house that jack built. this is the malt that lay in the house that jack "
        "built. this is the rat that ate the malt that lay in the house that jack built. this is "
        "the cat that killed the rat that ate the malt that lay in the house that jack built. "
    ),
}
LANGUAGES = {
    "English 1": "All human beings are born free and equal in dignity and rights. They are endowed "
    "with reason and conscience and should act towards one another in a spirit of brotherhood.",
    "English 2": "Everyone has the right to life, liberty and the security of the person. No one "
    "shall be held in slavery or servitude; everyone has the right to recognition as a person.",
    "French 1": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont "
    "doués de raison et de conscience et doivent agir dans un esprit de fraternité.",
    "French 2": "Tout individu a droit à la vie, à la liberté et à la sûreté de sa personne. Nul "
    "ne sera tenu en esclavage ni en servitude; chacun a le droit à la reconnaissance.",
    "German 1": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit "
    "Vernunft und Gewissen begabt und sollen einander im Geiste der Brüderlichkeit begegnen.",
    "German 2": "Jeder hat das Recht auf Leben, Freiheit und Sicherheit der Person. Niemand darf "
    "in Sklaverei oder Leibeigenschaft gehalten werden; jeder hat das Recht auf Anerkennung.",
}


def example(name):
    """Return an example string."""
    return EXAMPLES[choice(name, EXAMPLES)](np.random.default_rng(4))


def explain(text):
    """Return the structure function of a text and its sizes, as HTML."""
    text = plain_text(text)
    if not 16 <= len(text) <= LONGEST:
        raise ValueError(f"Type 16 to {LONGEST} characters; these are {len(text)}.")
    alphabet, symbols = np.unique(list(text), return_inverse=True)
    found = structure_function(symbols)
    binary = len(alphabet) == 2
    plain = len(text) * math.log2(max(len(alphabet), 2))
    deep = (
        context_code_length(symbols, alphabet=2) if binary else context_code_length(text, depth=5)
    )
    rows = [
        ("written out", plain),
        ("the marked chain and what remains", float(found.total.min())),
        ("all contexts mixed", deep),
        ("deflate", 8 * compressed_length(text, "zlib")),
        ("lzma", 8 * compressed_length(text, "lzma")),
    ]
    table = "".join(f"<tr><td>{name}</td><td>{bits:.0f} bits</td></tr>" for name, bits in rows)
    noise = lempel_ziv_complexity(text)
    best = found.minimal_sufficient_statistic
    words = {"order 0": "no memory at all: only how often each character occurs"}
    return (
        '<div class="krl"><p><b>The smallest sufficient model is a chain of '
        f"{escape(best)}</b>: {words.get(best, 'what follows depends on the characters before')}."
        f"</p>{chart(found)}"
        f'<div class="scroll"><table><tr><th>description</th><th>length</th></tr>{table}</table>'
        f'</div><p class="faint">{len(text)} characters, {len(alphabet)} different; it can be '
        f"copied up from itself in {noise} steps (Lempel and Ziv).</p></div>"
    )


def chart(found, width=720, height=300):
    """Return a structure function as SVG, its models named and the sufficient one marked."""
    left, right, top, bottom = 64, width - 30, 18, height - 44
    most_model, most_data = max(found.alpha.max(), 1), max(found.log_size.max(), 1)

    def at(model, data):
        x = left + (right - left) * math.sqrt(model / most_model)
        return x, bottom - (bottom - top) * data / most_data

    chosen = found.models.index(found.minimal_sufficient_statistic)
    points = [at(a, h) for a, h in zip(found.alpha, found.log_size, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts = [
        f'<path d="M{left} {top}V{bottom}H{right}" fill="none" style="stroke:var(--krl-line)"/>',
        f'<polyline points="{path}" fill="none" stroke-width="2.2" style="stroke:{MODEL}"/>',
    ]
    for i, (x, y) in enumerate(points):
        anchor = "end" if x > 0.8 * width else "start"
        lower = y + 22 + 18 * (i % 2) if i and y < bottom - 44 else y - 10
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{9 if i == chosen else 5}" '
            f'style="fill:{DATA if i == chosen else MODEL}"/>'
            f'<text x="{x + (0 if anchor == "end" else 8):.1f}" y="{lower:.1f}" font-size="12" '
            f'text-anchor="{anchor}">{escape(found.models[i])}: {found.alpha[i]:.0f} + '
            f"{found.log_size[i]:.0f}</text>"
        )
    parts.append(
        f'<text x="{(left + right) / 2}" y="{height - 8}" font-size="13" text-anchor="middle">bits '
        "of the model (square root scale)</text>"
        f'<text x="14" y="{(top + bottom) / 2}" font-size="13" text-anchor="middle" '
        f'transform="rotate(-90 14 {(top + bottom) / 2})">bits of noise</text>'
    )
    label = f"Structure function; the smallest sufficient model is {found.models[chosen]}"
    return svg(width, height, "".join(parts), label)


def drawing(strokes):
    """Return what a visitor drew, `(64, 64)`, or a face; `ValueError` in plain words."""
    clicked = cells(strokes, SIDE, 8000)
    at = np.arange(SIDE) - SIDE / 2 + 0.5
    row, column = at[:, None], at[None]
    face = np.hypot(row, column) < 27
    for eye in (-10, 10):
        face &= np.hypot(row + 8, column - eye) > 4.5
    face &= ~((np.hypot(row - 1, column) < 17) & (np.hypot(row + 4, column) > 18) & (row > 3))
    image = face.astype(int)
    for r, c in clicked[:400]:
        near = np.hypot(np.arange(SIDE)[:, None] - r, np.arange(SIDE)[None] - c) < 4
        image[near] = 1 - face[r, c]
    return image


def denoise(strokes, flips, chosen, seed=1):
    """Return a noisy drawing, what compression makes of it, and the two-part curve, as HTML."""
    flips = number(flips, 0, 40, "The noise in percent")
    chosen = whole_number(chosen, -1, 99, "The quality")
    clean = drawing(strokes)
    noise = np.random.default_rng(seed_of(seed)).random(clean.shape) < flips / 100
    found = lossy_denoise(clean ^ noise)
    index = found.best if chosen < 0 else min(chosen, len(found.images) - 1)
    shown = found.images[index]
    views = (
        (f"The drawing with {noise.sum()} cells flipped", grid_picture(clean ^ noise, "Noisy")),
        (
            f"Compressed, {found.qualities[index]:.0f} rounds of majorities",
            grid_picture(shown, "The drawing as compression has it"),
        ),
        ("What was given up as noise", grid_picture((clean ^ noise) ^ shown, "The noise found")),
    )
    curve = lines(
        {
            "both": (found.total_bits, MODEL),
            "picture": (found.code_bits, "var(--krl-sequences)"),
            "noise": (found.noise_bits, DATA),
        },
        "Bits of the picture, of the noise and of both, by quality",
        "quality, from fine to coarse",
        "bits",
    )
    wrong = np.mean(shown != clean)
    return (
        f'<div class="krl">{side_by_side(views, least=150)}<p><b>{found.distortion[index]} cells '
        f"are called noise, {noise.sum()} were flipped; {wrong:.1%} of the cells are wrong "
        f"now.</b> The choice needed no word on how much noise there is.</p>{curve}</div>"
    )


def family(text):
    """Return the distances and the tree of texts, one a line as `name: text`, as HTML."""
    text = plain_text(text)[:60_000].lstrip("\ufeff")  # the byte order mark of a pasted file
    rows = [row for row in text.splitlines() if row.strip()]
    if not 3 <= len(rows) <= 20:
        raise ValueError(f"3 to 20 texts, one a line, please; these are {len(rows)}.")
    pairs = [row.partition(":") for row in rows]
    names = [
        name.strip()[:14] if rest else f"text {i}" for i, (name, _, rest) in enumerate(pairs, 1)
    ]
    texts = [(rest or name).strip() for name, _, rest in pairs]
    if min(map(len, texts)) < 10:
        raise ValueError("Every text needs at least 10 characters.")
    tree, distances = ncd_clustering(texts, compressor="ctw" if len(texts) <= 8 else "lzma")
    score = quartet_score(tree, distances) if len(texts) > 3 else 1.0
    views = (
        ("Who explains whom: red is far", matrix(distances, names)),
        ("The family tree", dendrogram(tree, names)),
    )
    return (
        f'<div class="krl">{side_by_side(views, least=300)}'
        f"<p><b>The tree agrees with the distances in {score:.0%} of all groups of four.</b> "
        "Nothing is known of languages here: only how much shorter two texts become together."
        "</p></div>"
    )


def matrix(distances, names):
    """Return distances as a coloured grid with names."""
    cell, left, top = 26, 104, 12
    low, high = np.min(distances + 9 * np.eye(len(names))), distances.max()
    parts = []
    for i, name in enumerate(names):
        parts.append(
            f'<text x="{left - 6}" y="{top + i * cell + 17}" font-size="13" text-anchor="end">'
            f"{escape(name)}</text>"
        )
        for j, other in enumerate(names):
            parts.append(
                f'<rect x="{left + j * cell}" y="{top + i * cell}" width="{cell - 1}" '
                f'height="{cell - 1}" fill="{colour_of(distances[i, j], low, high)}"><title>'
                f"{escape(name)}, {escape(other)}: {distances[i, j]:.2f}</title></rect>"
            )
    size = left + cell * len(names) + 6
    return svg(size, top + cell * len(names) + 6, "".join(parts), "Distances between the texts")


def dendrogram(tree, names):
    """Return a family tree as SVG."""
    from scipy.cluster.hierarchy import dendrogram as lay_out

    laid = lay_out(tree, no_plot=True)
    step, width = 26, 300
    tall = max(tree[:, 2].max(), 1e-9)
    parts = []
    for rows, heights in zip(laid["icoord"], laid["dcoord"], strict=True):
        points = " ".join(
            f"{110 + (width - 20) * h / tall:.1f},{8 + step * r / 10:.1f}"
            for r, h in zip(rows, heights, strict=True)
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke-width="2" style="stroke:{MODEL}"/>'
        )
    for place, leaf in enumerate(laid["leaves"]):
        parts.append(
            f'<text x="104" y="{8 + step * (place + 0.5) + 4:.1f}" font-size="13" '
            f'text-anchor="end">{escape(names[leaf])}</text>'
        )
    return svg(110 + width, 16 + step * len(names), "".join(parts), "Family tree of the texts")


def default_family():
    """Return the languages as text."""
    return "\n".join(f"{name}: {text}" for name, text in LANGUAGES.items())


@cache
def defaults():
    """Return what the three tabs show before any click."""
    return explain(example("A coin that sticks")), denoise("", 10, -1), family(default_family())


@EXHIBIT.page
def page(ctx):
    """Lay out the page."""
    import gradio as gr

    def paint(strokes, event: gr.EventData):
        cell = [min(int(at * SIDE), SIDE - 1) for at in (event.y, event.x)]
        return appended(strokes, cell, 400)

    with gr.Tab("Explain this string"):
        name = gr.Radio(list(EXAMPLES), value="A coin that sticks", label="Example")
        text = gr.Textbox(
            example("A coin that sticks"), label="Or your own text", lines=3, max_lines=5
        )
        explained = gr.HTML()
        ctx.at_first(lambda: defaults()[0], explained)
        ctx.event(name.change, example, name, text)
        ctx.event(text.change, explain, text, explained, verb="explain")
    with gr.Tab("Take the noise out"):
        with gr.Row():
            flips = gr.Slider(0, 40, 10, step=1, label="Cells flipped, percent")
            quality = gr.Slider(-1, 6, -1, step=1, label="Quality; -1: chosen by its bits")
        with gr.Row():
            strokes = gr.Textbox("", label="Cells that were clicked", max_lines=1, scale=3)
            clear = gr.Button("Undo the drawing", scale=1)
        stage = gr.HTML(js_on_load=ON_PICTURE)
        ctx.at_first(lambda: defaults()[1], stage)
        inputs = [strokes, flips, quality]
        ctx.event(strokes.change, denoise, inputs, stage, verb="denoise")
        for trigger in (flips.change, quality.change):
            ctx.event(trigger, denoise, inputs, stage, trigger_mode="always_last")
        ctx.event(clear.click, lambda: "", None, strokes)
        stage.click(paint, strokes, strokes, api_visibility="private", show_progress="hidden")
    with gr.Tab("Family tree"):
        texts = gr.Textbox(
            default_family(), label="Texts, one a line, as name: text", lines=6, max_lines=10
        )
        grow = gr.Button("Compare", variant="primary")
        relatives = gr.HTML()
        ctx.at_first(lambda: defaults()[2], relatives)
        ctx.event(grow.click, family, texts, relatives, verb="family")


@EXHIBIT.tour
def tour():
    """Explain, denoise and compare by default."""
    defaults()
    found = structure_function([int(c) for c in example("A coin that sticks")])
    return f"a coin that sticks is a chain of {found.minimal_sufficient_statistic}"
