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

from ..components.clicks import ON_PICTURE
from ..components.images import grid_picture, rectangles, side_by_side
from ..components.inputs import appended, cells, choice, number
from ..exhibit import Exhibit

EXHIBIT = Exhibit(
    slug="complexodynamics",
    claim="Entropy counts all bits of a state. What rises and falls is the part of them that "
    "describes its structure.",
    try_this="Go through the three cups: unmixed, tendrils, mixed. Then click on the picture to "
    "paint into it, or move the price of a model bit.",
    what_you_see="Every rectangle holds its number of white cells; which of the cells are white is "
    "noise to this description. Two numbers add up to the shortest exact description: the bits of "
    "the rectangles, and the bits of the noise. The unmixed cup needs few of both, the mixed cup "
    "many of the second and hardly any of the first; only the tendrils need many of the first. "
    "The curve shows how many bits of noise remain when the model may have so many bits.",
    shows=("information.two_part_image_code", "information.sophistication_profile"),
)

SIDE = 64
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
    weight = 2.0 ** number(price, -6, 6, "The price")
    image = picture(name, upload, strokes)
    code = two_part_image_code(image, return_partition=True, model_weight=weight)
    shortest = two_part_image_code(image)
    lines = rectangles(code.leaves, width=0.25)
    views = (
        ("The picture, and the rectangles that describe it", grid_picture(image, name, lines)),
        (
            "What the model knows: the share of white in every rectangle",
            grid_picture(code.denoised, f"{name}, as the model has it"),
        ),
        (
            "Bits of noise that remain, by bits of the model",
            profile_chart(sophistication_profile(image), code),
        ),
    )
    return (
        f'<div class="krl">{side_by_side(views)}{bars(code, image.size)}'
        f"<p><b>{len(code.leaves)} rectangles: {code.model_bits:.0f} bits of model and "
        f"{code.data_bits:.0f} bits of noise, {code.total_bits:.0f} in all.</b> The shortest "
        f"description has {shortest.total_bits:.0f} bits; written to a file and read back it takes "
        f"{len(encode_image(image))} bytes ({8 * len(encode_image(image))} bits). Coarse "
        f"sophistication: {coarse_sophistication(image):.0f} bits; complextropy by compressed "
        f"blurs: {complextropy(image):.0f} bits.</p></div>"
    )


def bars(code, cells):
    """Return one bar of model and noise, over the length of the picture itself."""
    scale = 700 / max(code.total_bits, cells)
    model, data = code.model_bits * scale, code.data_bits * scale
    return (
        '<svg viewBox="0 0 720 66" role="img" aria-label="Bits of the model and of the noise">'
        f'<rect x="8" y="8" width="{model:.1f}" height="22" '
        'style="fill:var(--krl-information)"/>'
        f'<rect x="{8 + model:.1f}" y="8" width="{data:.1f}" height="22" '
        'style="fill:var(--krl-exact)" opacity="0.7"/>'
        f'<path d="M{8 + cells * scale:.1f} 4V36" stroke-width="2" '
        'style="stroke:var(--krl-ink)"/>'
        f'<text x="8" y="54" font-size="14">model {code.model_bits:.0f} bits, then noise '
        f"{code.data_bits:.0f} bits; the stroke is the picture written out, {cells} bits</text>"
        "</svg>"
    )


def profile_chart(profile, code):
    """Return the structure function as SVG, with the present model marked."""
    width, height, left, bottom = 440, 300, 58, 252
    most_model = max(profile[-1, 0], code.model_bits, 1)
    most_data = max(profile[:, 1].max(), 1)

    def at(model, data):
        x = left + (width - left - 16) * np.sqrt(model / most_model)
        return x, bottom - (bottom - 16) * data / most_data

    curve = " ".join("{:.1f},{:.1f}".format(*at(*corner)) for corner in profile)
    x, y = at(code.model_bits, code.data_bits)
    ticks = "".join(
        f'<text x="{at(most_model * share**2, 0)[0]:.1f}" y="{bottom + 18}" font-size="12" '
        f'text-anchor="middle">{most_model * share**2:.0f}</text>'
        for share in (0, 0.5, 1)
    )
    sides = "".join(
        f'<text x="{left - 6}" y="{at(0, most_data * share)[1] + 4:.1f}" font-size="12" '
        f'text-anchor="end">{most_data * share:.0f}</text>'
        for share in (0, 0.5, 1)
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="Structure function: bits of '
        f'noise by bits of model; now {code.model_bits:.0f} and {code.data_bits:.0f}">'
        f'<path d="M{left} 16V{bottom}H{width - 12}" fill="none" style="stroke:var(--krl-line)"/>'
        f'<polyline points="{curve}" fill="none" stroke-width="2.4" '
        'style="stroke:var(--krl-information)"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" style="fill:var(--krl-exact)"/>{ticks}{sides}'
        f'<text x="{(left + width) / 2}" y="{height - 10}" font-size="13" text-anchor="middle">'
        "bits of the model (square root scale)</text></svg>"
    )


@cache
def default():
    """Return what the page shows before any click."""
    return describe("Tendrils", 0)


@EXHIBIT.page
def page(ctx):
    """Lay out the page."""
    import gradio as gr

    def paint(strokes, event: gr.EventData):
        cell = [min(int(at * SIDE), SIDE - 1) for at in (event.y, event.x)]
        return appended(strokes, cell, 200)

    with gr.Row():
        with gr.Column(scale=3):
            name = gr.Radio(list(pictures()), value="Tendrils", label="Picture")
            price = gr.Slider(
                -6, 6, 0, step=0.25, label="Price of a bit of model against one of noise, log2"
            )
            with gr.Row():
                strokes = gr.Textbox("", label="Cells that were clicked", max_lines=1, scale=3)
                clear = gr.Button("Undo the painting", scale=1)
        with gr.Column(scale=1, min_width=200):
            upload = gr.Image(
                label="Or a picture of your own", type="numpy", sources=["upload"], height=180
            )
    stage = gr.HTML(js_on_load=ON_PICTURE)
    ctx.at_first(default, stage)
    inputs = [name, price, upload, strokes]
    ctx.event(name.change, describe, inputs, stage, verb="describe")
    for trigger in (price.change, upload.change, strokes.change):
        ctx.event(trigger, describe, inputs, stage, trigger_mode="always_last")
    ctx.event(clear.click, lambda: "", None, strokes)
    stage.click(paint, strokes, strokes, api_visibility="private", show_progress="hidden")


@EXHIBIT.tour
def tour():
    """Describe the three cups."""
    default()
    bits = {name: two_part_image_code(cup).model_bits for name, cup in cups().items()}
    return "bits of the model: " + ", ".join(f"{name} {b:.0f}" for name, b in bits.items())
