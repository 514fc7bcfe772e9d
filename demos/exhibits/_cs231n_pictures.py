"""The third tab: what a small network looks at in a picture."""

import base64
import json
import pathlib
from functools import cache

import numpy as np

from keras_readinglist.datasets.fashion_mnist import CLASSES
from keras_readinglist.recipes.cs231n.pictures import maps, probabilities, without
from keras_readinglist.visualization import fooling_image

from ..components.axes import WIDTH, svg, words
from ..components.html import callout, el, faint, page, side_by_side
from ..components.images import data_uri, grid_picture, inked, read_picture
from ..components.inputs import cells, choice
from ..exhibit import run

SIDE, SHARE = 28, 0.2
PRESET = "cs231n_convnet_fashion"
LIKELIEST = "What it says"
BLANK, NOISE = "An empty sheet, to draw on", "Noise"
METHODS = {
    "saliency": "Saliency: pixels that move the score",
    "smooth_grad": "SmoothGrad: the same over 25 noisy copies",
    "grad_cam": "Grad-CAM: features that speak for it",
    "occlusion": "Occlusion: what it cannot do without",
}


@cache
def garments():
    """Return the shipped pictures of Fashion-MNIST (MIT), uint8 `(28, 28)` by their name."""
    file = pathlib.Path(__file__).with_name("_cs231n_garments.json")
    found = json.loads(file.read_text(encoding="utf-8"))
    return {
        name: np.frombuffer(base64.b64decode(text), np.uint8).reshape(SIDE, SIDE)
        for name, text in found.items()
    }


def choices():
    """Return the names of the pictures that a visitor can start from."""
    return [*garments(), NOISE, BLANK]


def picture(name, upload=None, strokes=""):
    """Return a picture as the network takes it, float `(28, 28)`; `ValueError` in words."""
    choice(name, choices(), "The picture")
    if upload is not None:
        found = _fitted(read_picture(upload))
    elif name == NOISE:
        found = np.random.default_rng(3).random((SIDE, SIDE)) ** 2
    else:
        found = garments()[name] / 255 if name != BLANK else np.zeros((SIDE, SIDE))
    found = np.array(found, "float32")
    for row, column in cells(strokes, SIDE, 6000)[:300]:
        top, left = max(row - 1, 0), max(column - 1, 0)
        found[top : row + 2, left : column + 2] = 0.9
    return found


def _fitted(gray):
    """Return a picture of any size at 28 x 28, bright on dark as the garments are."""
    rows, columns = gray.shape
    side = max(rows, columns)
    edge = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    if np.median(edge) > 0.5:  # dark on bright paper
        gray = 1 - gray
    wide = np.zeros((side, side))
    top, left = (side - rows) // 2, (side - columns) // 2
    wide[top : top + rows, left : left + columns] = gray
    from PIL import Image

    image = Image.fromarray(np.rint(255 * wide).astype(np.uint8))
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX), float) / 255


def explain(image, asked, model):
    """Return the probabilities, the heat of every method, and what pixels cost when deleted."""
    images = image[None, :, :, None]
    p = probabilities(model, images)[0]
    chosen = int(p.argmax()) if asked == LIKELIEST else CLASSES.index(asked)
    heats = {name: heat[0] for name, heat in maps(model, images, chosen).items()}
    blank = {name: without(images, heats[name][None], SHARE) for name in METHODS}
    rng = np.random.default_rng(0)
    blank["random"] = without(images, rng.random((1, SIDE, SIDE)), SHARE)
    after = probabilities(model, np.concatenate(list(blank.values())))[:, chosen]
    return {"p": p, "chosen": chosen, "heats": heats, "after": dict(zip(blank, after, strict=True))}


def heated(image, heat):
    """Return a picture, dimmed, under its heat as a warm colour."""
    top = np.quantile(heat, 0.99) or heat.max()
    share = np.clip(heat / (top or 1), 0, 1)
    base = np.rint(110 * image).astype(np.uint8)
    overlay = el("image", href=data_uri(inked(share, (255, 150, 40))), width=SIDE, height=SIDE,
                 style="image-rendering:pixelated")  # fmt: skip
    return np.repeat(base[..., None], 3, axis=-1), overlay


def show(name, asked, upload=None, strokes=""):
    """Return the picture under every method, and the likeliest classes, as HTML."""
    choice(asked, [LIKELIEST, *CLASSES], "What is asked for")
    image = picture(name, upload, strokes)
    found = run(PRESET, lambda model: explain(image, asked, model))
    p, chosen = found["p"], found["chosen"]
    plain = np.rint(255 * image).astype(np.uint8)
    plain = np.repeat(plain[..., None], 3, axis=-1)
    drawn = grid_picture(plain, "The picture", touch=True, widest=330)
    methods = []
    for method, words_ in METHODS.items():
        base, overlay = heated(image, found["heats"][method])
        methods.append((words_, grid_picture(base, words_, overlay, widest=330)))
    views = [
        ("The picture: click or drag on it to draw", drawn),
        ("Brighter: the pixel matters more", side_by_side(methods, least=120)),
    ]
    order = np.argsort(-p, kind="stable")[:5]
    after = found["after"]
    told = (
        f"{CLASSES[chosen].capitalize()}: {p[chosen]:.0%}. Without the 20 % of pixels that matter "
        f"most to saliency {after['saliency']:.0%}, to Grad-CAM {after['grad_cam']:.0%}, to "
        f"occlusion {after['occlusion']:.0%}; without 20 % at random {after['random']:.0%}."
    )
    head = callout(el("b", told), kind="verdict")
    return page(side_by_side(views, least=240)), page(head, likeliest(p, order, chosen))


def likeliest(p, order, chosen):
    """Return a bar for each of the likeliest classes; the one that is explained is filled."""
    parts = []
    for place, k in enumerate(order):
        y, full = 27 * place, k == chosen
        parts.append(words(104, y + 18, CLASSES[k], "end", font_weight="700" if full else None))
        parts.append(el("rect", x=112, y=y + 3, width=1 + 220 * p[k], height=20,
                        fill="var(--krl-accent)", opacity=1 if full else 0.4))  # fmt: skip
        parts.append(words(WIDTH, y + 18, f"{p[k]:.0%}", "end"))
    return svg(WIDTH, 27 * len(order), parts, label="The likeliest classes")


def fool(name, target, upload=None, strokes=""):
    """Return the picture before and after it was changed until it is taken for another class."""
    choice(target, CLASSES, "The target")
    image = picture(name, upload, strokes)[None, :, :, None]
    goal = CLASSES.index(target)

    def attack(model):
        found = fooling_image(model, image, goal, rate=0.1, steps=100, limits=(0.0, 1.0))
        return found, probabilities(model, np.concatenate([image, found.images]))

    found, p = run(PRESET, attack)
    change = found.images[0, :, :, 0] - image[0, :, :, 0]
    size = float(np.sqrt((change**2).mean()))
    grays = [np.rint(255 * each[..., 0]).astype(np.uint8) for each in (image[0], found.images[0])]
    pixels = inked(np.clip(np.abs(change) / max(np.abs(change).max(), 1e-9), 0, 1), (33, 102, 172))
    pixels[change > 0, :3] = (190, 60, 60)
    views = [np.repeat(gray[..., None], 3, axis=-1) for gray in grays]
    names = [f"{CLASSES[k]} {row[k]:.0%}" for row, k in zip(p, p.argmax(axis=1), strict=True)]
    figures = [
        (f"Before: {names[0]}", grid_picture(views[0], "The picture before", widest=220)),
        ("The change, blown up: red brighter, blue darker",
         grid_picture(pixels, "The change", widest=220)),
        (f"After: {names[1]}", grid_picture(views[1], "The picture after", widest=220)),
    ]  # fmt: skip
    said = (
        f"After {found.steps[0]} steps it is {target}, and a pixel has changed by {size:.1%} on "
        "average."
        if found.success[0] and found.steps[0]
        else f"It is {target} already."
        if found.success[0]
        else "100 steps were not enough."
    )
    note = faint("Every step follows the gradient of the target's score, as training follows that "
                 "of the loss, but changes the picture.")  # fmt: skip
    return page(callout(el("b", said), kind="verdict"), side_by_side(figures, least=110), note)
