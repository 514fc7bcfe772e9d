"""Kolmogorov complexity: what in your own text or drawing is structure, and what is noise?"""

import math
from functools import cache

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

from ..components.axes import WIDTH, svg, words
from ..components.charts import lines
from ..components.heat import heat_map
from ..components.html import callout, el, faint, page, side_by_side, table
from ..components.images import grid_picture
from ..components.inputs import appended, cells, choice, number, plain_text, seed_of, whole_number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..exhibit import FAILS, Exhibit

EXHIBIT = Exhibit(
    slug="kolmogorov-randomness",
    claim="A good explanation of a single string is a small set in which it is a typical member: "
    "what names the set is structure, the rest is noise.",
    try_this="Step through the models of the string and watch noise turn into structure; paste a "
    "text of your own, and in the second tab draw, and let compression take the noise out.",
    what_you_see="The curve is the structure function: how many bits remain when the model may "
    "have so many bits. The model that is marked first is the smallest that, with what remains, "
    "describes the string as shortly as any: after it more model only describes noise. The models "
    "are chains, which know a few characters before the next; what they cannot say, such as that a "
    "passage is copied, stays noise to them. In the second tab the same sum of two parts decides "
    "how strongly a picture may be compressed, without being told how much noise it has; in the "
    "third, texts that explain each other stand close together.",
    code="""\
import numpy as np
from keras_readinglist.information import structure_function

rng = np.random.default_rng(4)
sticky = np.cumsum(rng.random(1000) < 0.1) % 2  # a coin that sticks
found = structure_function(sticky)
for name, model, noise in zip(found.models, found.alpha, found.log_size):
    print(f"{name}: {model:.0f} bits of model, {noise:.0f} of noise, {model + noise:.0f} in all")
print("the smallest sufficient model:", found.minimal_sufficient_statistic)
""",
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
    best = found.minimal_sufficient_statistic
    shortest = float(found.total.min())
    packed = 8 * compressed_length(text, "zlib")
    rows = [
        ("written out", plain),
        ("the best chain and what remains", shortest),
        ("all contexts mixed", deep),
        ("deflate", packed),
        ("lzma", 8 * compressed_length(text, "lzma")),
    ]
    knows = "what follows depends on the characters before"
    if best == "order 0":
        knows = "only how often each character occurs"
    said = [el("b", f"The smallest sufficient model is a chain of {best}"), f": {knows}."]
    if min(packed, deep) < 0.9 * shortest:
        other = "deflate, which copies passages" if packed < deep else "a mixture of all contexts"
        said = [
            el("b", "No chain explains this text"),
            f": {other}, needs {min(packed, deep):.0f} bits where the best chain, of {best}, needs "
            f"{shortest:.0f}. Its structure lies outside of this family of models.",
        ]
    size = f"{len(text)} characters, {len(alphabet)} different; it can be copied up from itself in "
    size += f"{lempel_ziv_complexity(text)} steps (Lempel and Ziv)."
    listed = table(("description", "length"), [(name, f"{bits:.0f} bits") for name, bits in rows])
    return page(chart(found), callout(said, kind="verdict"), listed, faint(size))


def chart(found):
    """Return a structure function, its models under a player that opens at the sufficient one."""
    chosen = found.models.index(found.minimal_sufficient_statistic)
    said = [
        f"Chain of {name}: {a:.0f} bits of model and {h:.0f} of noise, {a + h:.0f} in all"
        + (", the smallest sufficient one" if k == chosen else "")
        for k, (name, a, h) in enumerate(
            zip(found.models, found.alpha, found.log_size, strict=True)
        )
    ]
    label = f"Structure function; the smallest sufficient model is {found.models[chosen]}"
    curve = (found.alpha, found.log_size, MODEL)
    mark = (found.alpha[chosen], found.log_size[chosen], "sufficient")
    picture = lines({"": curve}, label, "bits of the model (square root scale)", "bits of noise",
                    x_scale="root", marks=[mark], cursor=found.alpha, height=260)  # fmt: skip
    return player(picture, count=len(found.models), label="Model", name="models", start=chosen,
                  captions=said, slow=True)  # fmt: skip


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
    start = found.best if chosen < 0 else min(chosen, len(found.images) - 1)
    shown, count = list(found.images), len(found.images)
    views = side_by_side(
        [
            (f"{noise.sum()} cells flipped: click to draw",
             grid_picture(clean ^ noise, "Noisy", touch=True)),
            ("Compressed", grid_picture(shown, "The drawing as compression has it")),
            ("Given up as noise",
             grid_picture([(clean ^ noise) ^ image for image in shown], "The noise found")),
        ],
        least=90,
    )  # fmt: skip
    curve = lines(
        {
            "both": (found.total_bits, MODEL),
            "picture": (found.code_bits, "var(--krl-sequences)"),
            "noise": (found.noise_bits, DATA),
        },
        "Bits of the picture, of the noise and of both, by quality",
        "quality, from fine to coarse",
        "bits",
        cursor=np.arange(count),
    )
    said = [
        f"{int(quality)} rounds of majorities: {gone} cells are called noise, "
        f"{np.mean(image != clean):.1%} of the cells are wrong now"
        for quality, gone, image in zip(found.qualities, found.distortion, shown, strict=True)
    ]
    moving = player(views, curve, count=count, label="Quality", name=f"quality-{found.best}",
                    start=start, captions=said, slow=True)  # fmt: skip
    return page(moving, callout(_denoised(found, clean, int(noise.sum())), kind="verdict"))


def _denoised(found, clean, flipped):
    """Say what the shortest description made of a drawing, or that there is none."""
    gone = int(found.distortion[found.best])
    if not gone and flipped > 0.3 * clean.size:
        return [
            el("b", "It gives up: 0 cells are called noise"),
            f", {flipped} were flipped. With so much noise no compressed picture pays, and the "
            f"noisy one itself takes {found.total_bits[found.best]:.0f} bits, more than its "
            f"{clean.size} cells.",
        ]
    wrong = np.mean(found.images[found.best] != clean)
    said = f"{gone} cells are called noise, {flipped} were flipped; {wrong:.1%} of the cells are "
    more = " The choice needed no word on how much noise there is."
    if found.total_bits[found.best] > clean.size:
        more = " The description is longer than the cells written out: it is near giving up."
    return [el("b", said, "wrong in the shortest description."), more]


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
    views = (
        ("Who explains whom: blue is near, red is far", matrix(distances, names)),
        ("The family tree", dendrogram(tree, names)),
    )
    off = distances[~np.eye(len(names), dtype=bool)]
    said = "All texts are equally far from one another: there is no tree to see."
    if np.ptp(off) > 1e-9 and len(texts) > 3:
        score = quartet_score(tree, distances)
        said = f"The tree agrees with the distances in {score:.0%} of all groups of four."
    elif len(texts) == 3:
        said = "With three texts any tree agrees with the distances."
    note = " Nothing is known of languages here: only how much shorter two texts become together."
    return page(side_by_side(views, least=260), callout(el("b", said), note, kind="verdict"))


def matrix(distances, names):
    """Return distances as a coloured grid with names."""
    count = len(names)
    span = (float(np.min(distances + 9 * np.eye(count))), float(distances.max()))
    rows = [f"{k + 1} {name}" for k, name in enumerate(names)]
    columns = [str(k + 1) for k in range(count)]
    return heat_map(distances, rows, columns, "Distances between the texts", span=span,
                    cell=(26, 24))  # fmt: skip


def dendrogram(tree, names):
    """Return a family tree as SVG."""
    from scipy.cluster.hierarchy import dendrogram as lay_out

    laid = lay_out(tree, no_plot=True)
    step, left = 24, 12 + 8 * max(map(len, names))
    tall = max(tree[:, 2].max(), 1e-9)
    parts = []
    for rows, heights in zip(laid["icoord"], laid["dcoord"], strict=True):
        points = " ".join(
            f"{left + (WIDTH - left - 10) * h / tall:.1f},{8 + step * r / 10:.1f}"
            for r, h in zip(rows, heights, strict=True)
        )
        parts.append(el("polyline", points=points, fill="none", stroke_width=2, stroke=MODEL))
    for place, leaf in enumerate(laid["leaves"]):
        parts.append(words(left - 6, 8 + step * (place + 0.5) + 5, names[leaf], "end"))
    return svg(WIDTH, 16 + step * len(names), parts, label="Family tree of the texts")


def default_family():
    """Return the languages as text."""
    return "\n".join(f"{name}: {text}" for name, text in LANGUAGES.items())


@cache
def default_string():
    """Return what the first tab shows before any click."""
    return explain(example("A coin that sticks"))


@cache
def default_drawing():
    """Return what the second tab shows before any click."""
    return denoise("", 10, -1)


@cache
def default_tree():
    """Return what the third tab shows before any click."""
    return family(default_family())


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Explain this string"):
        _string(ctx)
    with gr.Tab("Take the noise out"):
        _drawing(ctx)
    with gr.Tab("Family tree"):
        _tree(ctx)


def _string(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            explained = html()
        with control_side():
            name = gr.Radio(list(EXAMPLES), value="A coin that sticks", label="Example")
            text = gr.Textbox(
                example("A coin that sticks"), label="Or your own text", lines=3, max_lines=5
            )
            ctx.note()
            examples = choices_row()
    with examples:
        ctx.choices({FAILS: ["to be or not to be, that is the question. " * 6]}, [text])
    ctx.at_first(default_string, explained)
    ctx.event(name.input, example, name, text)
    ctx.on_change(
        explain, text, explained, verb="explain", doing="Searching for the shortest description"
    )


def _drawing(ctx):
    import gradio as gr

    def paint(strokes, item, x, y):
        return appended(strokes, [min(int(at * SIDE), SIDE - 1) for at in (y, x)], 400)

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side(1):
            flips = gr.Slider(0, 40, 10, step=1, label="Cells flipped, percent")
            clear = gr.Button("Undo the drawing")
            examples = choices_row()
            with advanced():
                strokes = gr.Textbox("", label="Cells that were clicked", max_lines=1)
                quality = gr.Number(-1, label="Quality shown first; -1: chosen by its bits",
                                    precision=0)  # fmt: skip
            ctx.note()
    with examples:
        ctx.choices({FAILS: [40]}, [flips])
    inputs = [strokes, flips, quality]
    ctx.at_first(default_drawing, picture)
    ctx.on_change(denoise, inputs, picture, verb="denoise", doing="Taking the noise out")
    ctx.event(clear.click, lambda: "", None, strokes)
    ctx.touch(picture, paint, strokes, strokes)


def _tree(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            relatives = html()
        with control_side():
            words = "Texts, one a line, as name: text"
            texts = gr.Textbox(default_family(), label=words, lines=8, max_lines=10)
            ctx.note()
            grow = gr.Button("Compare", variant="primary")
    ctx.at_first(default_tree, relatives)
    ctx.event(
        grow.click, family, texts, relatives, verb="family", doing="Compressing all pairs of texts"
    )


@EXHIBIT.tour
def tour():
    """Explain, denoise and compare by default."""
    default_string(), default_drawing(), default_tree()
    found = structure_function([int(c) for c in example("A coin that sticks")])
    return f"a coin that sticks is a chain of {found.minimal_sufficient_statistic}"
