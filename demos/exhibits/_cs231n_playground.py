"""The second tab: points in the plane, and a classifier that is trained while one looks."""

import json

import numpy as np

from keras_readinglist.applications.cs231n.autograd import (
    Affine,
    ReLU,
    Sequential,
    softmax_loss,
    svm_loss,
)
from keras_readinglist.datasets import spiral_data

from ..components import board as boards
from ..components.charts import lines
from ..components.html import callout, el, faint, page
from ..components.images import data_uri
from ..components.inputs import choice, known, number, number_rows, whole_number, within
from ..components.player import following, player

CLASSES = ("Round", "Square", "Triangle")
COLOURS = ((33, 102, 172), (200, 90, 40), (26, 107, 69))
LOSSES = {"Softmax": softmax_loss, "SVM": svm_loss}
HIDDEN = {"None: a linear classifier": 0, "3 rectifiers": 3, "50 rectifiers": 50}
MOST_POINTS, GRID, FRAMES, STEPS = 120, 50, 13, 1_500
_WORDS = "Points are triples of x, y and a class, like [[0.1, -0.5, 0], [0.4, 0.2, 2]]."


def spiral(points=27):
    """Return the spiral of the notes, thinned out, as text."""
    x, y = spiral_data(points, 3, seed=3)
    return json.dumps(np.c_[0.95 * x, y].round(3).tolist())


def clouds(seed=1):
    """Return three clouds as text."""
    rng = np.random.default_rng(seed)
    middles = np.array([[-0.5, -0.4], [0.5, -0.35], [0.0, 0.55]])
    x = np.concatenate([m + 0.17 * rng.standard_normal((12, 2)) for m in middles])
    return json.dumps(np.c_[np.clip(x, -1, 1), np.repeat(np.arange(3), 12)].round(3).tolist())


def read_points(text):
    """Return points `(n, 2)` and classes; `ValueError` in plain words."""
    found = number_rows(text, 3, 8000, _WORDS)
    if not within(found[:, :2], -1, 1) or not set(found[:, 2]) <= {0.0, 1.0, 2.0}:
        raise ValueError(f"{_WORDS} x and y lie between -1 and 1, a class is 0, 1 or 2.")
    if len(found) > MOST_POINTS:
        raise ValueError(f"{MOST_POINTS} points at most, please; there are {len(found)}.")
    return found[:, :2], found[:, 2].astype(int)


def train(points, labels, loss, hidden, rate=1.0, decay=1e-3):
    """Train by full batches, and return what is seen at some steps.

    Returns:
        Steps, losses, accuracies, and scores on the grid `(frames, GRID, GRID, 3)`.
    """
    rng = np.random.default_rng(0)
    parts = [Affine(2, hidden, rng), ReLU()] if hidden else []
    network = Sequential(*parts, Affine(hidden or 2, 3, rng, 0.01))
    at = (np.arange(GRID) + 0.5) / GRID * 2 - 1
    grid = np.stack(np.meshgrid(at, -at), axis=-1).reshape(-1, 2)  # y upwards
    moments = np.unique(np.rint(np.geomspace(1, STEPS + 1, FRAMES)).astype(int)) - 1
    found = []
    for step in range(STEPS + 1):
        scores = network.forward(points)
        value, gradient = loss(scores, labels)
        if step in moments:
            right = float((scores.argmax(axis=1) == labels).mean())
            found.append((step, value, right, network.forward(grid).reshape(GRID, GRID, 3)))
            network.forward(points)
        network.backward(gradient)
        network.step(rate / (1 + step / 400), decay)
    return [list(part) for part in zip(*found, strict=True)]


def coloured(scores):
    """Return the regions of the classes, paler where a second class is near."""
    ordered = np.sort(scores, axis=-1)
    sure = np.clip((ordered[..., -1] - ordered[..., -2]) / 2, 0.1, 1)[..., None]
    ink = np.array(COLOURS)[scores.argmax(axis=-1)]
    return np.concatenate([ink, np.rint(60 + 80 * sure)], axis=-1).astype(np.uint8)


def show(text, loss, hidden, rate=1.0, decay=1e-3):
    """Return the board with the regions of the classes by step, and the curve of the loss."""
    points, labels = read_points(text)
    measure = LOSSES[choice(loss, LOSSES, "The loss")]
    units = HIDDEN[choice(hidden, HIDDEN, "The hidden layer")]
    rate = number(1.0 if rate is None else rate, 0.01, 3, "The rate")
    decay = number(1e-3 if decay is None else decay, 0, 0.1, "The regulariser")
    if not len(points):
        return page(drawn(points, labels)), page(callout("Click on the board to add points."))
    with np.errstate(all="ignore"):
        steps, losses, right, scores = train(points, labels, measure, units, rate, decay)
    if not np.isfinite(losses).all():
        raise ValueError("The loss became infinite: choose a smaller rate.")
    said = [f"Step {s}: loss {v:.3f}, {r:.0%} of the points right" for s, v, r in
            zip(steps, losses, right, strict=True)]  # fmt: skip
    moving = player(
        drawn(points, labels, [coloured(each) for each in scores]),
        count=len(steps),
        label="Step of training",
        name="training",
        captions=said,
        start=-1,
        play=True,
    )
    at = np.array(steps) + 1
    curve = lines({"": (at, losses, "var(--krl-accent)")}, "Loss by step", "step", "loss",
                  x_scale="log", cursor=at, height=200)  # fmt: skip
    chance = measure(np.zeros((len(points), 3)), labels)[0]
    verdict = f"{right[-1]:.0%} of {len(points)} points are on the right side."
    if right[-1] < 0.75 and not units:
        verdict += " Straight borders cannot separate them: give it a hidden layer."
    key = f"Scores that are all alike have a loss of {chance:.3f}: there training begins."
    side = callout(el("b", verdict), kind="verdict"), following(curve, name="training", start=-1)
    return page(moving), page(*side, faint(key))


def drawn(points, labels, regions=()):
    """Return the board: points by their class, over the regions of the classes."""
    square, parts = boards.Square((-1, 1), (-1, 1)), []
    if regions:
        side = boards.SIDE - 2 * boards.MARGIN
        parts.append(el("image", x=boards.MARGIN, y=boards.MARGIN, width=side, height=side,
                        preserveAspectRatio="none",
                        steps={"href": [data_uri(each) for each in regions]}))  # fmt: skip
    shapes = (
        {"d": "M-7 0a7 7 0 1 0 14 0a7 7 0 1 0 -14 0Z"},
        {"d": "M-6.5 -6.5H6.5V6.5H-6.5Z"},
        {"d": "M0 -8.5L8 6H-8Z"},
    )
    pins = []
    for k, (point, label) in enumerate(zip(points, labels, strict=True)):
        ink = "rgb({},{},{})".format(*COLOURS[label])
        shape = el("path", fill=ink, stroke="#fff", stroke_width=1.6, **shapes[label])
        reach = el("circle", r=13, fill="transparent")
        pins.append(boards.thing(k, square(point), reach, shape,
                                 label=f"{CLASSES[label]} point: arrow keys move it"))  # fmt: skip
    label = f"Board with {len(points)} points. Drag them, click to add one, double-click to remove"
    return boards.board(parts, pins, label=label, square=square, adds=True)


def touched(text, name, item, x, y):
    """Return the points as text after a touch of the board."""
    label = CLASSES.index(choice(name, CLASSES, "The class"))
    points = known(text)
    if item is None:
        points = [*points, [round(x, 3), round(y, 3), label]][-MOST_POINTS:]
    else:
        k = whole_number(item, 0, len(points) - 1, "The point")
        kept = [] if x is None else [[round(x, 3), round(y, 3), points[k][2]]]
        points[k : k + 1] = kept
    return json.dumps(points)
