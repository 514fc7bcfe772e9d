"""AlexNet: a picture of the visitor's, its two towers, what its normalization does, ten looks."""

import base64
import json
from functools import cache
from importlib.resources import files

import numpy as np

from keras_readinglist.applications.image_classification.pictures import fitted
from keras_readinglist.layers import LocalResponseNormalization, TenCrop
from keras_readinglist.softmax import softmax

from ..components.axes import WIDTH, svg, words
from ..components.html import callout, el, faint, page, side_by_side
from ..components.images import data_uri, grid_picture, read_picture, shaded
from ..components.inputs import appended, cells, choice, number, whole_number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..exhibit import FAILS, Exhibit, run

EXHIBIT = Exhibit(
    slug="alexnet",
    claim="With rectifiers, two towers and normalization across channels a large network learns to "
    "see.",
    try_this="Draw on the picture: what does the network take it for? Then open its towers.",
    what_you_see="The network was trained on pictures of clothes, which may be shipped: it names "
    "whatever it sees as one of ten. Each of its first filters looks for one pattern of 5 x 5 "
    "pixels, sixteen in either tower, and what a filter says of the picture is divided by what the "
    "filters beside it say at the same place: a loud one silences its neighbours. Turn the picture "
    "upside down, or move it: it has never seen that, and errs.",
    presets=("alexnet_fashion",),
    code="""\
import numpy as np
from keras_readinglist.applications import AlexNet

network = AlexNet.from_preset("alexnet_fashion")
trousers = np.zeros((28, 28))
trousers[2:6, 9:19] = 0.8
trousers[6:26, 9:13] = trousers[6:26, 15:19] = 0.7
print(network.classify(trousers, top=3))
print(network.classify(trousers[::-1], top=3))  # upside down
print(network.ten_crop_predict(trousers).argmax(-1))  # what ten looks say
""",
)

PRESET, SIDE, BLANK = "alexnet_fashion", 28, "Blank"
DOING = "Asking the network, and looking inside"
POSES = ("As it is", "Mirrored", "Upside down", "Moved")
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
INK = "var(--krl-accent)"
PAPER = {"k": 2, "n": 5, "alpha": -4, "beta": 0.75}
STRONG = {"k": 1, "n": 5, "alpha": 0, "beta": 0.75}


@cache
def pictures():
    """Return test pictures of Fashion-MNIST, one of every class, by name, `(28, 28)` in [0, 1].

    MIT, (c) 2017 Zalando SE.
    """
    text = (files(__package__) / "_alexnet_pictures.json").read_text(encoding="utf-8")
    return {
        name: np.frombuffer(base64.b64decode(data), np.uint8).reshape(SIDE, SIDE) / 255
        for name, data in json.loads(text).items()
    }


def seen(name, upload=None, strokes="", pose=POSES[0]):
    """Return what the network is shown, `(28, 28)` in [0, 1]; `ValueError` in plain words."""
    known = pictures()
    choice(pose, POSES, "The pose")
    if upload is not None:
        image = _brought(read_picture(upload))
    elif choice(name, (*known, BLANK)) == BLANK:
        image = np.zeros((SIDE, SIDE))
    else:
        image = known[name]
    image = painted(image, cells(strokes, SIDE, 8000))
    if pose == "Moved":
        return np.pad(image, ((7, 0), (5, 0)))[:SIDE, :SIDE]
    return {"Mirrored": image[:, ::-1], "Upside down": image[::-1]}.get(pose, image)


def _brought(gray):
    """Return the middle of a picture as one of the data set: light, on a dark ground."""
    image = fitted(gray[..., None].astype("float32"), SIDE, SIDE)[..., 0]
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return 1 - image if np.median(edge) > 0.5 else image


def painted(image, strokes):
    """Return a picture with a light line from stroke to stroke, where they are not far apart."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    image, before = image.copy(), None
    for cell in strokes[:400]:
        near = before is not None and np.abs(cell - before).max() <= 8
        steps = np.linspace(before if near else cell, cell, 9)
        distance = np.hypot(rows - steps[:, :1, None], columns - steps[:, 1:, None]).min(axis=0)
        image = np.maximum(image, np.clip(1.9 - distance, 0, 0.9))
        before = cell
    return image


def first_maps(image, model):
    """Return what the first filters say of a picture, `(28, 28, 32)`."""
    kernel, bias = model.get_layer("conv1").get_weights()
    x = np.pad(model.preprocess(image)[0, ..., 0], 2)
    windows = np.lib.stride_tricks.sliding_window_view(x, (5, 5))
    return np.maximum(np.einsum("ijuv,uvc->ijc", windows, kernel[:, :, 0]) + bias, 0)


def answer(name, upload=None, strokes="", pose=POSES[0]):
    """Return the picture and what the network takes it for."""
    image = seen(name, upload, strokes, pose)
    logits, names = run(PRESET, lambda m: (m.predict_on_batch(m.preprocess(image)), m.class_names))
    shares = softmax(logits)[0]
    order = np.argsort(-shares)[:6]
    board = grid_picture(shaded(image, BLACK, WHITE), "The picture; click or drag to draw on it",
                         touch=True, widest=330)  # fmt: skip
    said = answers(shares[None, order], [[names[k] for k in order]])
    best, second = (f"{names[k]}, {shares[k]:.0%}" for k in order[:2])
    sentence = callout(el("b", f"It says: {best}."), f" Next: {second}.", kind="verdict")
    figures = [("What it is shown: draw on it", board), ("What it takes it for", said)]
    return page(sentence, side_by_side(figures, least=230))


def answers(shares, names, count=6):
    """Return the likeliest classes with bars that leave room for their names."""
    parts = []
    for k in range(count):
        y = 34 * k
        parts.append(words(112, y + 22, "", "end", 17, steps={"#text": [row[k] for row in names]}))
        parts.append(el("rect", x=120, y=y + 5, height=24, fill=INK, class_="moves",
                        steps={"width": np.round(1 + 222 * shares[:, k], 1)}))  # fmt: skip
        share = [f"{v:.0%}" for v in shares[:, k]]
        parts.append(words(WIDTH, y + 23, "", "end", 17, steps={"#text": share}))
    return svg(WIDTH, 34 * count, parts, label="The likeliest classes", widest=620)


def settings(chosen, row, column, k, n, alpha, beta):
    """Return the checked settings of the normalization and of what is shown of it."""
    return {
        "chosen": whole_number(chosen, 1, 32, "The filter") - 1,
        "place": tuple(whole_number(v, 0, SIDE - 1, "A pixel") for v in (row, column)),
        "bias": number(k, 0.1, 10, "k"),
        "window": 2 * (whole_number(n, 1, 15, "n") // 2) + 1,
        "alpha": 10 ** number(alpha, -5, 1, "The power of alpha"),
        "beta": number(beta, 0, 1.5, "Beta"),
    }


def inside(name, upload, strokes, pose, *controls):
    """Return the filters by tower, and one map before and after normalization."""
    found, image = settings(*controls), seen(name, upload, strokes, pose)
    maps, kernel = run(
        PRESET, lambda m: (first_maps(image, m), m.get_layer("conv1").get_weights()[0][:, :, 0])
    )
    layer = LocalResponseNormalization(
        found["window"] // 2, found["bias"], found["alpha"], found["beta"]
    )
    after = np.asarray(layer(maps[None].astype("float32")))[0]
    return towers(kernel, found["chosen"]), normalization(maps, after, **found)


def towers(kernel, chosen):
    """Return the filters of the first layer, a frame around each tower."""
    size, parts = np.abs(kernel).max(axis=(0, 1)), []
    for k in range(kernel.shape[-1]):
        x, y = filter_place(k)
        pixels = shaded(0.5 + 0.5 * kernel[..., k] / size[k], BLACK, WHITE)
        parts.append(el("image", x=x, y=y, width=40, height=40, href=data_uri(pixels),
                        preserveAspectRatio="none", style="image-rendering:pixelated"))  # fmt: skip
        if k == chosen:
            parts.append(el("rect", x=x - 2, y=y - 2, width=44, height=44, fill="none",
                            stroke=INK, stroke_width=5))  # fmt: skip
    for place, tower in enumerate(("First tower", "Second tower")):
        x = 204 * place
        parts.append(el("rect", x=x + 1, y=23, width=194, height=194, rx=6, fill="none",
                        stroke="var(--krl-line)", stroke_width=1.5))  # fmt: skip
        parts.append(words(x + 97, 15, tower, "middle"))
    picture = svg(WIDTH, 220, parts, label="32 filters of 5 by 5 pixels in two towers; click one",
                  interactive=True, class_="touch", data_ends="0 400 220 0", data_margin=0,
                  widest=620, data_step="0.12 0.218", tabindex=0)  # fmt: skip
    return page(picture, faint("Filters of the first layer. The layer behind it sees one tower."))


def filter_place(k):
    """Return where a filter stands in the picture of the towers."""
    tower, k = divmod(k, 16)
    return 204 * tower + 10 + 46 * (k % 4), 30 + 47 * (k // 4)


def clicked_filter(x, y):
    """Return the number of the filter, from 1, at a place in the picture of the towers."""
    tower = int(x >= 200)
    column = np.clip((x - 204 * tower - 7) // 46, 0, 3)
    row = np.clip((y - 27) // 47, 0, 3)
    return int(16 * tower + 4 * row + column + 1)


def normalization(before, after, chosen, place, **settings):
    """Return one map before and after, and all 32 at one pixel."""
    row, column = place
    parts = []
    for at, (said, maps) in enumerate((("before", before), ("after", after))):
        x, plane = 204 * at, maps[..., chosen]
        pixels = shaded(plane / max(maps.max(), 1e-9), BLACK, WHITE)
        parts.append(words(x + 98, 15, f"filter {chosen + 1}, {said}", "middle"))
        parts.append(el("image", x=x, y=22, width=196, height=196, href=data_uri(pixels),
                        preserveAspectRatio="none", style="image-rendering:pixelated"))  # fmt: skip
        parts.append(el("rect", x=x + 7 * column, y=22 + 7 * row, width=7, height=7, fill="none",
                        stroke=INK, stroke_width=2.5))  # fmt: skip
    here, there = before[row, column], after[row, column]
    parts.append(words(0, 242, "All 32 filters at the framed pixel"))
    for k in range(len(here)):
        x = 4 + 12.2 * k + (5 if k > 15 else 0)
        tall, small = (90 * v[k] / max(v.max(), 1e-9) for v in (here, there))
        parts.append(el("rect", x=x, y=344 - tall, width=10, height=tall, fill="none",
                        stroke="var(--krl-faint)", stroke_width=1.2))  # fmt: skip
        parts.append(el("rect", x=x, y=344 - small, width=10, height=small, fill=INK,
                        opacity=1 if k == chosen else 0.6))  # fmt: skip
    parts.append(el("path", d="M0 344H400M201.5 246V350", stroke="var(--krl-line)"))
    picture = svg(WIDTH, 352, parts, label="A map before and after normalization, and all filters "
                  "at one pixel; click a pixel", interactive=True, class_="touch",
                  data_ends="0 400 352 0", data_margin=0, data_step="0.0175 0.02", tabindex=0,
                  widest=620)  # fmt: skip
    loud, quiet = here[chosen], there[chosen]
    sentence = f"Here filter {chosen + 1} says {loud:.2f}, and {quiet:.2f} after it is divided by "
    sentence += f"{loud / quiet:.3g}." if quiet > 0 else "what its neighbours say."
    key = "Outlined: before. Filled: after. White, or full height, is the largest of all filters."
    return page(callout(sentence), picture, faint(key))


def clicked_pixel(x, y):
    """Return row and column at a place in the picture of the maps, or `None`."""
    if not 22 <= y <= 218:
        return None
    return min(int((y - 22) / 7), SIDE - 1), min(int((x % 204) / 7), SIDE - 1)


def looks(name, upload=None, strokes="", pose=POSES[0]):
    """Return the ten crops with what the network says of each, and the average."""
    image = seen(name, upload, strokes, pose)
    larger = round(SIDE * 256 / 224)
    whole = fitted(image[..., None].astype("float32"), larger, larger)

    def ask(model):
        single = model.predict_on_batch(model.preprocess(image))
        return single, model.ten_crop_predict(image)[0], model.class_names

    single, ten, names = run(PRESET, ask)
    crops = np.asarray(TenCrop(SIDE)(whole[None]))[0, ..., 0]
    single, ten = softmax(single)[0], softmax(ten)
    shares = np.concatenate([ten, ten.mean(axis=0, keepdims=True)])
    order = np.argsort(-shares, axis=-1)[:, :4]
    told = [[names[k] for k in row] for row in order]
    chart = answers(np.take_along_axis(shares, order, axis=-1), told, count=4)
    said = [f"Look {k + 1} of ten: {names[row[0]]}, {shares[k][row[0]]:.0%}"
            for k, row in enumerate(order)]  # fmt: skip
    said[-1] = f"The average of ten: {names[order[-1][0]]}, {shares[-1].max():.0%}"
    moving = player(el("div", thumbnails(crops, shares, names), chart), count=11, name="looks",
                    label="Look", captions=said, start=-1, play=True, slow=True)  # fmt: skip
    one = f"One look at the picture as it is: {names[single.argmax()]}, {single.max():.0%}."
    agree = int((order[:10, 0] == order[-1][0]).sum())
    key = "Below a look: how sure it is, or another class than that of the average."
    return page(moving, callout(one, f" Of the ten, {agree} agree with their average."), faint(key))


def thumbnails(crops, shares, names):
    """Return the ten crops, each with its class below, and a frame that goes round."""
    parts, places = [], []
    for k, crop in enumerate(crops):
        x, y = 2 + 80 * (k % 5), 2 + 100 * (k // 5)
        best = names[shares[k].argmax()]
        places.append((x, y))
        parts.append(el("image", x=x, y=y, width=74, height=74, style="image-rendering:pixelated",
                        href=data_uri(shaded(crop, BLACK, WHITE))))  # fmt: skip
        agrees = best == names[shares[-1].argmax()]
        told = f"{shares[k].max():.0%}" if agrees else best
        parts.append(words(x + 37, y + 90, told, "middle", class_="faint" if agrees else None))
    places.append((-200, 2))  # the average is of none
    parts.append(el("rect", width=74, height=74, fill="none", stroke=INK, stroke_width=5,
                    class_="moves", steps={"x": [x for x, _ in places],
                                           "y": [y for _, y in places]}))  # fmt: skip
    return svg(WIDTH, 204, parts, label="Ten crops with the class that the network names",
               widest=620)  # fmt: skip


DEFAULT = ("ankle boot", None, "", POSES[0])
CONTROLS = (1, 12, 14, *STRONG.values())


@cache
def default():
    """Return what the page shows before any click."""
    return (answer(*DEFAULT), *inside(*DEFAULT, *CONTROLS), looks(*DEFAULT))


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    def paint(strokes, item, x, y):
        return appended(strokes, [min(int(at * SIDE), SIDE - 1) for at in (y, x)], 400)

    def point(row, column, item, x, y):
        return clicked_pixel(x, y) or (row, column)

    def everything(*values):
        return answer(*values[:4]), *inside(*values), looks(*values[:4])

    def afresh(name, pose, *controls):
        """Take a picture of ours: an upload and what was painted are put away."""
        return *everything(name, None, "", pose, *controls), None, ""

    with gr.Tab("What is it?"), stage():
        with picture_side():
            board = html(touch=True)
        with control_side(1):
            name = gr.Radio([*pictures(), BLANK], value=DEFAULT[0], label="Picture")
            pose = gr.Radio(list(POSES), value=DEFAULT[3], label="Shown")
            upload = gr.UploadButton(
                "Or a picture of your own", type="binary", file_types=["image"]
            )
            ctx.note()
            clear = gr.Button("Wipe the drawing")
            examples = choices_row()
            with advanced():
                strokes = gr.Textbox("", label="Cells that were painted", max_lines=1)
    with gr.Tab("Two towers"), stage():
        with picture_side():
            filters = html(touch=True)
            maps = html(touch=True)
        with control_side(1):
            values = choices_row()
            alpha = gr.Slider(-5, 1, STRONG["alpha"], step=0.25, label="alpha, power of ten")
            n = gr.Slider(1, 15, STRONG["n"], step=2, label="n, channels")
            k = gr.Slider(0.1, 10, STRONG["k"], step=0.1, label="k")
            beta = gr.Slider(0, 1.5, STRONG["beta"], step=0.05, label="beta")
            others = choices_row()
            with advanced():
                chosen = gr.Slider(1, 32, CONTROLS[0], step=1, label="Filter")
                row = gr.Slider(0, SIDE - 1, CONTROLS[1], step=1, label="Pixel, row")
                column = gr.Slider(0, SIDE - 1, CONTROLS[2], step=1, label="Pixel, column")
    with gr.Tab("Ten looks"), stage():
        with picture_side():
            crops = html()
        with control_side(1):
            more = choices_row()
    with values:
        told = [tuple(v.values()) for v in (PAPER, STRONG)]
        ctx.choices(
            dict(zip(("As in the paper", "Strong"), told, strict=True)), [k, n, alpha, beta]
        )
    with examples:
        ctx.choices({
            "A coat, moved": ["coat", "Moved"],
            FAILS: ["ankle boot", "Upside down"],
        }, [name, pose])  # fmt: skip
    for row_of_choices, poses in ((others, POSES[:1]), (more, POSES)):
        with row_of_choices:
            ctx.choices({f"{thing}, {way.lower()}" if way != POSES[0] else thing: [thing, way]
                         for way in poses for thing in ("ankle boot", "trousers", "coat")
                         }, [name, pose])  # fmt: skip
    picture = [name, upload, strokes, pose]
    controls = [chosen, row, column, k, n, alpha, beta]
    outputs = [board, filters, maps, crops]
    ctx.at_first(default, outputs)
    ctx.endpoint(answer, picture, board, "name")
    ctx.endpoint(looks, picture, crops, "look")
    ctx.event([name.change, pose.change], afresh, [name, pose, *controls],
              [*outputs, upload, strokes], doing=DOING)  # fmt: skip
    ctx.event([upload.upload, strokes.change], everything, picture + controls, outputs, doing=DOING)
    ctx.event([control.change for control in controls], inside, picture + controls,
              [filters, maps], verb="normalize", doing=DOING)  # fmt: skip
    ctx.event(clear.click, lambda: "", None, strokes)
    ctx.touch(board, paint, strokes, strokes)
    ctx.touch(filters, lambda item, x, y: clicked_filter(x, y), None, chosen)
    ctx.touch(maps, point, [row, column], [row, column])


@EXHIBIT.tour
def tour():
    """Name every picture."""
    found = run(PRESET, lambda m: m.classify([x.astype("float32") for x in pictures().values()], 1))
    right = sum(best[0][0] == name for best, name in zip(found, pictures(), strict=True))
    return f"{right} of {len(found)} pictures named"
