"""The First Law of Complexodynamics: what in a picture is structure, and what is noise?"""

from functools import cache

import numpy as np

from keras_readinglist.information import (
    CoffeeAutomaton,
    coarse_sophistication,
    complextropy,
    encode_image,
    sophistication_profile,
    two_part_image_code,
)

from ..components.axes import WIDTH, svg, words
from ..components.charts import lines
from ..components.html import callout, el, page, side_by_side
from ..components.images import grid_picture, outlines, read_picture
from ..components.inputs import appended, cells, choice, number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..exhibit import FAILS, Exhibit

EXHIBIT = Exhibit(
    slug="complexodynamics",
    claim="Entropy counts all bits of a state. What rises and falls is the part of them that "
    "describes its structure.",
    try_this="Scrub the price of a bit of model, and watch the rectangles dissolve into noise; "
    "click on the picture to paint into it, and go through the three cups.",
    what_you_see="Every rectangle holds its number of white cells; which of the cells are white is "
    "noise to this description. Two numbers add up to the shortest exact description: the bits of "
    "the rectangles, and the bits of the noise. The unmixed cup needs few of both, the mixed cup "
    "many of the second and hardly any of the first; only the tendrils need many of the first. "
    "The curve shows how many bits of noise remain when the model may have so many bits.",
    code="""\
from keras_readinglist.information import CoffeeAutomaton, two_part_image_code

cup = CoffeeAutomaton(64, dynamics="stirred", seed=1)
for name, time in {"unmixed": 0, "tendrils": 6, "mixed": 60}.items():
    cup.step(time - cup.time)
    code = two_part_image_code(cup.state[0])
    print(f"{name}: {code.model_bits:.0f} bits of model, {code.data_bits:.0f} bits of noise")
""",
)

SIDE = 64
PRICES = (-6, -4, -2, -1, 0, 1, 2, 3, 4, 6)  # log2 of a bit of model against one of noise
DOING = "Searching for the shortest description"
STAGES = {"Unmixed cup": 0, "Tendrils": 6, "Mixed cup": 60}


def disc():
    """Return a disc."""
    at = np.arange(SIDE) - SIDE / 2 + 0.5
    return (np.hypot(at[None], at[:, None]) < 22).astype(np.uint8)


def carpet():
    """Return a fractal: full of structure, yet made by a rule of one line."""
    at = np.arange(SIDE)
    return ((at[None] & at[:, None]) == 0).astype(np.uint8)


@cache
def cups():
    """Return one stirred cup at its stages."""
    cup = CoffeeAutomaton(SIDE, dynamics="stirred", seed=1)
    return dict(zip(STAGES, (s[0] for s in cup.run(STAGES.values())), strict=True))


def pictures():
    """Return the pictures that a visitor can start from, by name."""
    noise = np.random.default_rng(0).integers(0, 2, (SIDE, SIDE)).astype(np.uint8)
    noisy = disc() ^ (np.random.default_rng(1).random((SIDE, SIDE)) < 0.1)
    return {
        **cups(),
        "Disc": disc(),
        "Noisy disc": noisy.astype(np.uint8),
        "Sierpinski": carpet(),
        "Noise": noise,
    }


def picture(name, upload=None, strokes=""):
    """Return what is to be described, `(64, 64)`; `ValueError` in plain words."""
    known = pictures()
    if upload is not None:
        image = _black_and_white(upload)
    else:
        image = known[choice(name, known)].copy()
    for row, column in cells(strokes, SIDE, 4000)[:200]:
        part = image[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
        part[:] = 1 - image[row, column]
    return image


def _black_and_white(upload):
    """Return an uploaded picture in 64 x 64 cells, white where it is lighter than its mean.

    What is transparent shows the white page behind it.
    """
    if isinstance(upload, bytes):
        upload = read_picture(upload)
    try:
        upload = np.asarray(upload)
    except ValueError as error:
        raise ValueError("A picture has rows of equal length.") from error
    if upload.dtype.kind not in "uibf" or not np.isfinite(upload).all():
        raise ValueError("A picture holds numbers.")
    if upload.ndim not in (2, 3) or min(upload.shape[:2]) < 8 or max(upload.shape) > 8000:
        raise ValueError("A picture has 8 to 8000 pixels a side.")
    if not upload[0, 0].size:
        raise ValueError("A picture has at least one channel.")
    if upload.ndim == 3 and upload.shape[-1] in (2, 4):
        white = np.iinfo(upload.dtype).max if upload.dtype.kind in "ui" else max(upload.max(), 1)
        opaque = upload[..., -1] / white
        upload = upload[..., :-1].mean(axis=-1) * opaque + white * (1 - opaque)
    elif upload.ndim == 3:
        upload = upload[..., :3].mean(axis=-1)
    rows, columns = (np.linspace(0, n, SIDE + 1).astype(int) for n in upload.shape)
    gray = np.array(
        [
            [
                upload[a : max(b, a + 1), c : max(d, c + 1)].mean()
                for c, d in zip(columns[:-1], columns[1:], strict=True)
            ]
            for a, b in zip(rows[:-1], rows[1:], strict=True)
        ]
    )
    return (gray > gray.mean()).astype(np.uint8)


def describe(name, price, upload=None, strokes=""):
    """Return the description of a picture as HTML: rectangles, bits and the structure function."""
    price = number(price, -6, 6, "The price")
    image = picture(name, upload, strokes)
    prices = sorted({*PRICES, price})
    codes = [two_part_image_code(image, True, model_weight=2.0**p) for p in prices]
    shortest = two_part_image_code(image)
    cells_of = outlines([code.leaves for code in codes], 0.25)
    views = side_by_side(
        [
            ("The picture and its rectangles: click to paint",
             grid_picture(image, name or "", cells_of, touch=True)),
            ("What the model knows: the share of white",
             grid_picture([c.denoised for c in codes], "The picture as the model has it")),
        ],
        least=140,
    )  # fmt: skip
    said = [
        f"{len(c.leaves)} rectangles: {c.model_bits:.0f} bits of model and {c.data_bits:.0f} of "
        f"noise, {c.total_bits:.0f} in all" + (", the shortest" if p == 0 else "")
        for p, c in zip(prices, codes, strict=True)
    ]
    moving = player(views, bars(codes, image.size), profile_chart(image, codes), captions=said,
                    count=len(codes), label="Price of a bit of model, from cheap to dear",
                    name="price", start=prices.index(price), slow=True)  # fmt: skip
    verdict = callout(
        el("b", f"The shortest description has {shortest.total_bits:.0f} bits"),
        f"; a file of it has {len(encode_image(image))} bytes, and its length tells some more. "
        f"Coarse sophistication: {coarse_sophistication(image):.0f} bits; complextropy by "
        f"compressed blurs: {complextropy(image):.0f} bits.",
        kind="verdict",
    )
    return page(moving, verdict)


def bars(codes, size):
    """Return one bar of model and noise, over the length of the picture itself."""
    scale = (WIDTH - 8) / max(size, *(code.total_bits for code in codes))
    model = np.array([code.model_bits for code in codes]) * scale
    data = np.array([code.data_bits for code in codes]) * scale
    parts = [
        el("rect", x=2, y=6, height=22, fill="var(--krl-information)", class_="moves",
           steps={"width": model}),
        el("rect", y=6, height=22, fill="var(--krl-exact)", class_="moves",
           steps={"x": 2 + model, "width": data}),
        el("path", d=f"M{2 + size * scale:.1f} 2V34", stroke_width=2, stroke="var(--krl-ink)"),
        words(2, 52, "■ model", fill="var(--krl-information)"),
        words(76, 52, "■ noise", fill="var(--krl-exact)"),
        words(WIDTH, 52, f"| written out: {size} bits", "end"),
    ]  # fmt: skip
    return svg(WIDTH, 58, parts, label="Bits of the model and of the noise")


def profile_chart(image, codes):
    """Return the structure function, with the present model on it."""
    profile = sophistication_profile(image)
    order = np.argsort([code.model_bits for code in codes], kind="stable")
    found = np.array([[codes[k].model_bits, codes[k].data_bits] for k in order])
    x = np.unique(np.concatenate([profile[:, 0], found[:, 0]]))
    y = np.interp(x, *profile[np.argsort(profile[:, 0])].T)
    return lines({"": (x, y, "var(--krl-information)")},
                 "Structure function: bits of noise by bits of model",
                 "bits of the model (square root scale)", "bits of noise that remain",
                 x_scale="root", cursor=np.array([c.model_bits for c in codes]),
                 height=210)  # fmt: skip


@cache
def default():
    """Return what the page shows before any click."""
    return describe("Tendrils", 0)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    def paint(strokes, item, x, y):
        return appended(strokes, [min(int(at * SIDE), SIDE - 1) for at in (y, x)], 200)

    def afresh(name, price):
        """Describe a picture of ours: an upload and what was painted are put away."""
        return describe(name, price), None, ""

    with stage():
        with picture_side():
            shown = html(touch=True)
        with control_side(1):
            name = gr.Radio(list(pictures()), value="Tendrils", label="Picture")
            upload = gr.UploadButton(
                "Or a picture of your own", type="binary", file_types=["image"]
            )
            ctx.note()
            clear = gr.Button("Undo the painting")
            examples = choices_row()
            with advanced():
                price = gr.Slider(-6, 6, 0, step=0.25, label="Price shown first, log2")
                strokes = gr.Textbox("", label="Cells that were clicked", max_lines=1)
    with examples:
        ctx.choices({FAILS: ["Sierpinski"]}, [name])
    ctx.at_first(default, shown)
    inputs = [name, price, upload, strokes]
    ctx.endpoint(describe, inputs, shown, "describe")
    ctx.event(name.change, afresh, [name, price], [shown, upload, strokes], doing=DOING)
    ctx.event([price.change, upload.upload, strokes.change], describe, inputs, shown, doing=DOING)
    ctx.event(clear.click, lambda: "", None, strokes)
    ctx.touch(shown, paint, strokes, strokes)


@EXHIBIT.tour
def tour():
    """Describe the three cups."""
    default()
    bits = {name: two_part_image_code(cup).model_bits for name, cup in cups().items()}
    return "bits of the model: " + ", ".join(f"{name} {b:.0f}" for name, b in bits.items())
