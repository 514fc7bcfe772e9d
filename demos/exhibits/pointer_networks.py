"""Pointer Networks: click points, and the network names some of them in order."""

import json
from functools import cache

import numpy as np

from keras_readinglist.datasets.convex_hull import convex_hull
from keras_readinglist.datasets.delaunay import delaunay
from keras_readinglist.datasets.tsp import (
    nearest_neighbor_tour,
    shortest_tours,
    two_opt_tour,
)
from keras_readinglist.metrics import geometry

from ..components import board as boards
from ..components.charts import bars
from ..components.html import callout, el, faint, page
from ..components.inputs import choice, clipped, number_rows, touched, within
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import following, player
from ..exhibit import FAILS, Exhibit, run

EXHIBIT = Exhibit(
    slug="pointer-networks",
    claim="A network can answer by pointing at its own inputs, so its dictionary grows with the "
    "problem.",
    try_this="Drag a point, and see the answer change under your hand; click to add one, "
    "double-click to take one away, and press play.",
    what_you_see="From the last point that was written an arrow leads to every point that could "
    "be next, as wide as the network believes in it; the strong line is what it wrote so far, the "
    "dashed line below it the exact answer. There are as many bars as points and one more, the end "
    "sign: the dictionary of the answer grows with the problem. The network was trained on 5 to "
    "10 points (triangulations: on 5): go beyond, and see it begin to fail.",
    presets=("pointer_network_hull", "pointer_network_tsp", "pointer_network_delaunay"),
    code="""\
import numpy as np
from keras_readinglist.applications import PointerNetwork

network = PointerNetwork.from_preset("pointer_network_hull")
points = np.random.default_rng(0).random((1, 10, 2)).astype("float32")
mask = np.ones((1, 10), bool)
answer, log_probability = network.generate(points, mask, constraint="no_repeat")
pointing = network.pointing(points, answer, mask)  # (1, steps, 1 + points)
print(answer[0][answer[0] >= 0])
print(pointing[0, 0].round(2))
""",
)

TASKS = {
    "Convex hull": ("pointer_network_hull", 3, 20),
    "Shortest tour": ("pointer_network_tsp", 3, 20),
    "Triangulation": ("pointer_network_delaunay", 3, 8),
}
DEFAULT = (
    "[[0.12, 0.31], [0.48, 0.88], [0.83, 0.72], [0.55, 0.42], [0.9, 0.2], [0.34, 0.6], "
    "[0.62, 0.1], [0.25, 0.12]]"
)
_BUCKETS = (5, 10, 15, 20)


def read_points(text, task):
    """Return the points that a visitor typed or clicked, `(n, 2)`; `ValueError` in plain words."""
    most = TASKS[choice(task, TASKS)][2]
    words = "Points are pairs of numbers, like [[0.1, 0.2], [0.8, 0.5]]."
    points = number_rows(text, 2, 5000, words)
    if not within(points, 0, 1):
        raise ValueError("Every coordinate must lie between 0 and 1.")
    if len(points) > most:
        raise ValueError(f"{task} takes up to {most} points here. There are {len(points)}.")
    return points.astype("float32")


def parse_points(text, task):
    """Return as many points as the task needs; the rest as for `read_points`."""
    points = read_points(text, task)
    if len(points) < TASKS[task][1]:
        raise ValueError(f"{task} needs at least {TASKS[task][1]} points.")
    return points


def solve(points, task, model):
    """Return the network's answer, the exact one, and the distributions of every step."""
    n = len(points)
    size = next(b for b in _BUCKETS if b >= n)
    padded, mask = np.zeros((1, size, 2), "float32"), np.zeros((1, size), bool)
    padded[0, :n], mask[0, :n] = points, True
    if task == "Triangulation":
        steps = 3 * (2 * size - 5) + 1
        written, _ = model.generate(padded, mask, max_steps=steps)
    else:
        constraint = "tour" if task == "Shortest tour" else "no_repeat"
        written, _ = model.generate(padded, mask, constraint=constraint)
    answer = written[0][written[0] >= 0]
    pointing = model.pointing(padded, written, mask)[0, : len(answer) + 1, : n + 1]
    return {"answer": answer, "exact": _exact(points, task), "pointing": pointing}


def _exact(points, task):
    if task == "Convex hull":
        exact = convex_hull(points[None])[0]
    elif task == "Triangulation":
        try:
            exact = delaunay(points[None])[0]
        except ValueError as error:
            raise ValueError(
                "These points have no single triangulation: all lie on one line, or four on one "
                "circle. Move one a little."
            ) from error
    elif len(points) <= 10:
        exact = shortest_tours(points[None])[0]
    else:
        exact = two_opt_tour(points)
    return exact[exact >= 0]


def verdict(points, task, answer, exact):
    """Return one sentence that compares the network's answer with the exact one."""
    if task == "Convex hull":
        if geometry.hull_accuracy([answer], [exact]):
            return "Exactly the convex hull."
        if not geometry.polygon_area(points[exact]):
            return "All points lie on one line: the hull is its two ends, and the network errs."
        if not geometry.is_simple_polygon(points[answer]):
            return "Not a simple polygon: the network failed."
        share = abs(geometry.polygon_area(points[answer])) / geometry.polygon_area(points[exact])
        return f"Not the hull, but a polygon with {share:.1%} of its area."
    if task == "Triangulation":
        found = geometry.triangle_coverage([answer], [exact])
        return f"{found:.0%} of the true triangles were found."
    ours, best = (geometry.tour_length(points[None], [path])[0] for path in (answer, exact))
    nearest = geometry.tour_length(points[None], nearest_neighbor_tour(points)[None])[0]
    word = "shortest" if len(points) <= 10 else "best found by 2-opt"
    return f"Length {ours:.3f}; {word} {best:.3f}; always to the nearest city {nearest:.3f}."


def arrows(places, answer, pointing):
    """Return, for every step, arrows from the last point written to all that come into question.

    An arrow is as wide as its probability; before the first point, circles are.
    """
    count = len(places)
    chosen = [None, *answer][: len(pointing)]
    start = [[places[i if k is None else k] for k in chosen] for i in range(count)]
    parts = []
    for i, (x, y) in enumerate(places):
        p = pointing[:, i + 1]
        seen = [0 if k in (None, i) else min(0.35 + v, 0.95) * (v > 0.004) for k, v in
                zip(chosen, p, strict=True)]  # fmt: skip
        steps = {
            "x1": [a for a, _ in start[i]],
            "y1": [b for _, b in start[i]],
            "stroke-width": np.round(1 + 13 * p, 2),
            "opacity": np.round(seen, 3),
        }
        ring = {"r": [14 + 22 * v if k is None else 0 for k, v in zip(chosen, p, strict=True)]}
        ink = "var(--krl-attention)"
        parts.append(el("line", x2=round(x, 1), y2=round(y, 1), stroke=ink, class_="moves",
                        stroke_linecap="round", steps=steps))  # fmt: skip
        parts.append(el("circle", cx=round(x, 1), cy=round(y, 1), fill=ink, fill_opacity=0.35,
                        class_="moves", steps=ring))  # fmt: skip
    return parts


def written_so_far(places, answer, task, steps):
    """Return the lines that have been written at every step; the last closes them."""
    if task == "Triangulation":
        paths = [_triangles(places, answer[: k // 3 * 3]) for k in range(steps)]
    else:
        at = ["{:.1f} {:.1f}".format(*places[i]) for i in answer]
        paths = ["M" + "L".join(at[:k]) if k else "M0 0" for k in range(steps)]
        paths[-1] += "Z" if len(at) else ""
    return el("path", steps={"d": paths}, fill="none", stroke="var(--krl-attention)",
              stroke_width=3, stroke_linejoin="round")  # fmt: skip


def _triangles(places, corners):
    corners = [places[i] for i in corners]
    groups = [corners[k : k + 3] for k in range(0, len(corners) - 2, 3)]
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in group) + "Z" for group in groups)


def board(points, task="Convex hull", found=None):
    """Return the board: the exact answer dashed, the network's over it, step by step."""
    square = boards.Square()
    places = [square(point) for point in points]
    parts = []
    if found:
        answer, exact, steps = found["answer"], found["exact"], len(found["pointing"])
        dashes = {"fill": "none", "stroke": "var(--krl-exact)", "stroke_width": 7,
                  "stroke_dasharray": "2 9", "stroke_linecap": "round"}  # fmt: skip
        outline = _triangles(places, exact)
        if task != "Triangulation" and len(exact):
            outline = "M" + "L".join("{:.1f} {:.1f}".format(*places[i]) for i in exact) + "Z"
        parts += [el("path", d=outline, **dashes), written_so_far(places, answer, task, steps)]
        parts += arrows(places, answer, found["pointing"])
    pins = [boards.pin(i, at, str(i + 1), radius=13) for i, at in enumerate(places)]
    label = f"Board with {len(places)} points. Drag them, click to add one, double-click to remove"
    return boards.board(parts, pins, label=label, square=square, adds=True)


def show(text, task, step=1):
    """Return board, bars and sentence for what a visitor has chosen; few points are only drawn."""
    points, fewest = read_points(text, task), TASKS[task][1]
    if len(points) < fewest:
        more = f"{fewest - len(points)} more"
        words = f"Click on the board: {task.lower()} needs {fewest} points, {more}."
        return page(board(points, task)), page(callout(words))
    points = parse_points(text, task)
    found = run(TASKS[task][0], lambda model: solve(points, task, model))
    answer, pointing = found["answer"], found["pointing"]
    names = ["end", *map(str, range(1, len(points) + 1))]
    start = clipped(step, 1, len(pointing), "The step") - 1
    largest = pointing.argmax(axis=1)
    said = [
        f"Step {k + 1}: it points at {'the end' if i == 0 else f'point {i}'}, "
        f"{pointing[k, i]:.0%} sure"
        for k, i in enumerate(largest)
    ]
    moving = player(
        board(points, task, found),
        count=len(pointing),
        label="Step of the answer",
        name="pointer",
        start=start,
        captions=said,
        play=True,
        slow=True,
    )
    chart = bars(pointing, names, "Where the network points", largest.tolist(), steps=True)
    sentence = callout(el("b", verdict(points, task, answer, found["exact"])), kind="verdict")
    key = faint("Dashed: the exact answer. Bars: where the network points at this step.")
    return page(moving), page(sentence, following(chart, name="pointer", start=start), key)


def random_cloud(count, seed=None):
    """Return a cloud of points as text."""
    count = clipped(count or 8, 3, 20, "The number of points")
    points = 0.04 + 0.92 * np.random.default_rng(seed).random((count, 2))
    return json.dumps(points.round(3).tolist())


@cache
def default():
    """Return what the page shows before any click."""
    return show(DEFAULT, "Convex hull", 5)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            task = gr.Radio(list(TASKS), value="Convex hull", label="Task")
            with gr.Row():
                cloud = gr.Button("Draw a cloud", variant="primary", min_width=80)
                clear = gr.Button("Clear", min_width=80)
            pictures = html()
            examples = choices_row()
            with advanced():
                count = gr.Slider(3, 20, 8, step=1, label="Points in a new cloud")
                text = gr.Textbox(DEFAULT, label="Points, as pairs", lines=3, max_lines=4)
                step = gr.Slider(1, 21, 1, step=1, label="Step shown first")
            ctx.note()
    with examples:
        ctx.choices({
            "A tour of 12": [random_cloud(12, 5), "Shortest tour"],
            "Triangles": ["[[0.1, 0.2], [0.9, 0.15], [0.8, 0.8], [0.3, 0.9], [0.5, 0.4]]",
                          "Triangulation"],
            FAILS: [random_cloud(20, 1), "Convex hull"],
        }, [text, task])  # fmt: skip
    inputs, outputs = [text, task, step], [picture, pictures]
    ctx.at_first(default, outputs)
    ctx.on_change(show, inputs, outputs, verb="solve", doing="Pointing")
    ctx.event(cloud.click, random_cloud, count, text, verb="cloud")
    ctx.event(clear.click, lambda: "[]", None, text)
    ctx.touch(picture, lambda *args: touched(*args, most=20), text, text)


@EXHIBIT.tour
def tour():
    """Solve the default hull."""
    points = parse_points(DEFAULT, "Convex hull")
    found = run(TASKS["Convex hull"][0], lambda model: solve(points, "Convex hull", model))
    return verdict(points, "Convex hull", found["answer"], found["exact"])
