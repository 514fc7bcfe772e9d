"""Variational lossy autoencoder: what the decoder sees around a pixel, the code need not say."""

import zlib
from functools import cache

import numpy as np

from keras_readinglist import catalog, presets
from keras_readinglist.information import BitsBackCodec
from keras_readinglist.recipes.variational_lossy_autoencoder import as_png

from ..components.charts import stacked_bars
from ..components.html import callout, el, faint, page, side_by_side, table
from ..components.images import grid_picture, inked
from ..components.inputs import choice, plain_text, seed_of
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, Exhibit, run

SLUG = "variational-lossy-autoencoder"
EXHIBIT = Exhibit(
    slug=SLUG,
    claim="A code keeps what the decoder cannot see for itself: give it a small window, and the "
    "code holds the shape and drops the texture.",
    try_this="Paint on the board, and change what the decoder sees before each pixel.",
    what_you_see="Beside your picture stands what each pixel costs, given the code and the framed "
    "pixels before it. The copies have the same code, and pixels that are drawn anew: what they "
    "share with yours is in the code, what changes from copy to copy is not. The stacks are bits "
    "in the code and bits in the pixels: what is sent without loss costs both.",
    presets=catalog.find(SLUG).presets,
    code="""\
from keras_readinglist.applications import VariationalLossyAutoencoder
from keras_readinglist.datasets import textured_digits

model = VariationalLossyAutoencoder.from_preset("lossy_autoencoder_window")
pictures, digits = textured_digits("test")
print(model.elbo(pictures))
copies = model.reconstruct(pictures[:4], seed=0)  # the same codes, new stripes
print(copies[0, :, :, 0])
data = model.compress(pictures)  # needs keras-readinglist[compression]
print(8 * len(data) / len(pictures), "bits a picture;", (model.decompress(data) == pictures).all())
""",
)
SIDE, COPIES, SHOWN, DRAWS = 16, 32, 3, 16
WINDOWS = {
    "Nothing": ("lossy_autoencoder_independent", None),
    "4 neighbours": ("lossy_autoencoder_window", (3, 1)),
    "All before it": ("lossy_autoencoder_all_pixels", (2 * SIDE - 1, SIDE - 1)),
}
CHOSEN = "4 neighbours"
TOOLS = ("stripes", "one pixel", "eraser")
ROW, COLUMN = np.indices((SIDE, SIDE))
STRIPES = (COLUMN + 7 * ROW) // 6 % 2  # what the brush uncovers
ACCENT = (190, 60, 40)
EXAMPLES = {
    "0": "000103f00ff00fc00f304c000c0c00000c000c000c3000300ff0000001c003c0",
    "2": "00005fc000003fc232c03cc0000000c000000000000003c10ff0000003e00ffc",
    "7": "00002ffc000c0f3c003c00300e3002c000d000c000c0818003c0000002000038",
    "8": "0e000f00000048000c300c300ff00ff0038003c0000040002cc00cc000000180",
    "A square": "000000000000000000001f801f801f801f801f801f8000000000000000000000",
    FAILS: "aaaa5555" * 8,
}


def parse(text):
    """Return the picture that 64 hexadecimal digits are, `(16, 16)`; `ValueError` in words."""
    digits = "".join(plain_text(text)[:400].split())
    try:
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(digits), np.uint8))
    except ValueError:
        bits = ()
    if len(bits) != SIDE * SIDE:
        raise ValueError("A picture is 64 hexadecimal digits, four pixels each, row by row.")
    return bits.reshape(SIDE, SIDE).astype(int)


def written(picture):
    """Return the digits of a picture; the inverse of `parse`."""
    return np.packbits(picture.astype(bool)).tobytes().hex()


def painted(text, tool, x, y, before=None):
    """Return the digits of a picture after a touch at a place, from 0 to 1, and the cell.

    A brush draws a line from the cell touched before, if that is near.
    """
    picture, tool = parse(text), choice(tool, TOOLS, "The tool")
    cell = np.array([min(max(int(at * SIDE), 0), SIDE - 1) for at in (y, x)])
    if tool == "one pixel":
        picture[tuple(cell)] ^= 1
        return written(picture), cell.tolist()
    near = before is not None and np.abs(cell - before).max() <= 8
    for row, column in np.linspace(before if near else cell, cell, 9).round().astype(int):
        place = slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2)
        picture[place] = STRIPES[place] if tool == "stripes" else 0
    return written(picture), cell.tolist()


def costs(picture, model):
    """Return the bits of every pixel, and those of the code, means over draws of the code."""
    same = np.repeat(picture[None, ..., None], DRAWS, axis=0)
    pixels = model.surprise(same).mean(axis=0) / np.log(2)
    return pixels, model.elbo(same)["rate"] / np.log(2)


def frame(window):
    """Return the outline of a pixel in the middle, and of what the decoder sees before it."""
    row = column = SIDE // 2
    cells = []
    if window:
        wide, high = window
        left, top = max(column - wide // 2, 0), max(row - high, 0)
        right = min(column + wide // 2 + 1, SIDE)
        shape = f"M{left} {top}H{right}V{row}H{column}V{row + 1}H{left}Z"
        cells.append(el("path", d=shape, fill="none", stroke="var(--krl-ink)", stroke_width=0.25))
    cells.append(el("rect", x=column, y=row, width=1, height=1, fill="none",
                    stroke="var(--krl-high)", stroke_width=0.3))  # fmt: skip
    return cells


def pictures(picture, pixels, copies, window):
    """Return the board, what its pixels cost, and the copies."""
    board = grid_picture(picture, "Your picture of 16 by 16 pixels: click or drag to paint",
                         touch=True, widest=300)  # fmt: skip
    ink = inked(np.clip(pixels / 2, 0, 1), ACCENT)
    ground = el("rect", width=SIDE, height=SIDE, fill="none", stroke="var(--krl-line)",
                stroke_width=0.2)  # fmt: skip
    cost = grid_picture(ink, "What each pixel costs", ground, frame(window), widest=300)
    copied = [
        (f"Copy {k + 1}", grid_picture(copy, f"Copy {k + 1}: the same code, new pixels"))
        for k, copy in enumerate(copies[:SHOWN])
    ]
    mean = copies.mean(axis=0)
    copied.append((f"Mean of {len(copies)}", grid_picture(mean, "The mean of all copies")))
    large = [("Your picture: paint on it", board), ("What each pixel costs", cost)]
    return page(
        side_by_side(large, least=140),
        _in_a_row(copied),
        faint("Full red is two bits or more. Framed: a pixel, and what the decoder sees before it. "
              "Copies: the same code, pixels drawn anew. Their mean is what the code knows."),
    )  # fmt: skip


def _in_a_row(figures):
    style = f"display:grid;grid-template-columns:repeat({len(figures)},1fr);gap:12px"
    shown = [el("figure", picture, el("figcaption", said)) for said, picture in figures]
    return el("div", shown, class_="figures", style=style)


def verdict(window, sums):
    """Return the sentence about what is where, of `(pixels, code)` for every window."""
    (pixels, code), without = sums[window], sums["Nothing"]
    said = f"{code:.1f} bits in the code and {pixels:.0f} in the pixels"
    if pixels + code > SIDE * SIDE:
        return f"{said}: more than a bit a pixel. Nothing like this was among what it learned from."
    if window == "Nothing":
        return f"{said}: what pixels cannot know of each other, the code must say, or nobody does."
    if window == CHOSEN:
        less = sum(without) - pixels - code
        return (
            f"{said}, {abs(less):.0f} {'less' if less > 0 else 'more'} than if pixels see nothing. "
            f"Stripes come from the neighbours; the code, of {without[1]:.1f} bits there, keeps "
            "the shape."
        )
    return (
        f"{said}: the code says least. A perfect decoder that sees all this would leave it empty; "
        "ours is small, and still gains by those bits."
    )


def show(text, window=CHOSEN, seed=0):
    """Return the pictures, and the bits of all three decoders."""
    picture, seed = parse(text), seed_of(seed)
    preset, field = WINDOWS[choice(window, tuple(WINDOWS), "What the decoder sees")]
    found = {name: run(known, lambda model: costs(picture, model))
             for name, (known, _) in WINDOWS.items()}  # fmt: skip
    rows = np.repeat(picture[None, ..., None], COPIES, axis=0)
    copies = run(preset, lambda model: model.reconstruct(rows, seed))[..., 0]
    sums = {name: (pixels.sum(), code) for name, (pixels, code) in found.items()}
    chart = stacked_bars(
        {
            "in the code": ([code for _, code in sums.values()], "var(--krl-accent)"),
            "in the pixels": ([pixels for pixels, _ in sums.values()], "var(--krl-line)"),
        },
        [name.lower() for name in WINDOWS],
        "Bits of your picture, by what the decoder sees",
        chosen=list(WINDOWS).index(window),
    )
    said = callout(verdict(window, sums), kind="verdict")
    return pictures(picture, found[window][0], copies, field), page(said, chart)


def send(text, window=CHOSEN):
    """Write the picture by bits back, and read it again."""
    picture = parse(text)
    preset, _ = WINDOWS[choice(window, tuple(WINDOWS), "What the decoder sees")]

    def exchange(model):
        codec = BitsBackCodec(model)
        words, bits = codec.encode(picture[None, ..., None])
        return bits, len(words), codec.decode(words, 1)[0, ..., 0]

    try:
        bits, words, back = run(preset, exchange)
    except ImportError as error:
        raise ValueError(str(error)) from error
    packed = np.packbits(picture).tobytes()
    rows = [
        ("As it is, a bit a pixel", 8 * len(packed)),
        ("PNG file", 8 * len(as_png(picture[..., None]))),
        ("zlib", 8 * len(zlib.compress(packed, 9))),
        (el("b", "Bits back, with this decoder"), el("b", bits)),
    ]
    exact = np.array_equal(back, picture)
    said = f"Sent in {bits} bits, and read back: " + (
        "every pixel is as it was." if exact else "NOT as it was."
    )
    many = presets.read_metadata(preset)["metrics"]
    note = (
        f"The stack had {32 * words - bits} bits before, which chose the code, and the reader has "
        "them back. 397 digits in one file, that start and a head with them, took "
        f"{many['file_bits']:.0f} bits each, and {many['best_other_bits']:.0f} by the best of "
        "zlib, bz2, lzma and PNG."
    )
    return page(callout(said, kind="verdict"), table(("", "bits"), rows), faint(note))


@cache
def default():
    """Return what the page shows before any click."""
    return show(EXAMPLES["0"])


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    def touch(text, tool, before, item, x, y):
        return painted(text, tool, x, y, before)

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            window = gr.Radio(list(WINDOWS), value=CHOSEN, label="Before each pixel it sees")
            result = html()
            before = gr.State()  # the cell that was painted last
            tool = gr.Radio(list(TOOLS), value=TOOLS[0], label="You paint")
            with choices_row():
                button = gr.Button("Send", variant="primary", min_width=80)
                again = gr.Button("New copies", min_width=80)
                clear = gr.Button("Clear", min_width=80)
            examples = choices_row()
            ctx.note()
            sent = html()
            with advanced():
                text = gr.Textbox(EXAMPLES["0"], label="The picture in hexadecimal digits")
                seed = gr.Number(0, label="Seed of the copies", precision=0)
    with examples:
        ctx.choices({name: [digits] for name, digits in EXAMPLES.items()}, [text])
    ctx.at_first(default, [picture, result])
    inputs = [text, window, seed]
    ctx.on_change(show, inputs, [picture, result], verb="show", doing="Drawing and counting bits")
    ctx.event(
        button.click,
        send,
        [text, window],
        sent,
        verb="send",
        doing="Sending the picture by bits back",
    )
    ctx.event(again.click, lambda seed: seed_of(seed) + 1, seed, seed)
    ctx.event(clear.click, lambda: "0" * 64, None, text)
    ctx.touch(picture, touch, [text, tool, before], [text, before])


@EXHIBIT.tour
def tour():
    """Copy the default picture by all three decoders, and send it by one."""
    picture = parse(EXAMPLES["0"])
    found = []
    for name, (preset, _) in WINDOWS.items():
        show(EXAMPLES["0"], name)  # compiles all that the page calls
        pixels, code = run(preset, lambda model: costs(picture, model))
        found.append(f"{name.lower()}: {code:.1f} bits in the code, {pixels.sum():.0f} in pixels")
    return "; ".join(found)
