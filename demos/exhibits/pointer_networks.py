"""Pointer Networks: click points, and the network names some of them in order."""

import json
from functools import cache
from html import escape

import numpy as np

from keras_readinglist.datasets.convex_hull import convex_hull
from keras_readinglist.datasets.delaunay import delaunay
from keras_readinglist.datasets.tsp import (
    nearest_neighbor_tour,
    shortest_tours,
    two_opt_tour,
)
from keras_readinglist.metrics import geometry

from ..components.charts import bars
from ..components.clicks import ON_BOARD
from ..components.inputs import appended, choice, clipped, number_rows, within
from ..exhibit import Exhibit, run

EXHIBIT = Exhibit(
    slug="pointer-networks",
    claim="A network can answer by pointing at its own inputs, so its dictionary grows with the "
    "problem.",
    try_this="Click on the board to add a point, or draw a new cloud; then move the step slider to "
    "see where the network points, and how surely.",
    what_you_see="The strong line is what the network wrote, one pointer after the other; the "
    "dashed line below it is the exact answer. The bars are the network's distribution at the "
    "chosen step: over the end sign and over every point, so there are as many bars as points and "
    "one more. It was trained on 5 to 10 points (triangulations: on 5): go beyond, and see it "
    "begin to fail.",
    presets=("pointer_network_hull", "pointer_network_tsp", "pointer_network_delaunay"),
    shows=("layers.PointerAttention",),
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


def parse_points(text, task):
    """Return the points that a visitor typed or clicked, `(n, 2)`; `ValueError` in plain words."""
    _, fewest, most = TASKS[choice(task, TASKS)]
    words = "Points are pairs of numbers, like [[0.1, 0.2], [0.8, 0.5]]."
    points = number_rows(text, 2, 5000, words)
    if not len(points):
        raise ValueError(f"Click on the board: {task.lower()} needs at least {fewest} points.")
    if not within(points, 0, 1):
        raise ValueError("Every coordinate must lie between 0 and 1.")
    if not fewest <= len(points) <= most:
        raise ValueError(f"{task} takes {fewest} to {most} points here. There are {len(points)}.")
    return points.astype("float32")


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


def board(points, task="Convex hull", answer=(), exact=(), step=None):
    """Return the board as SVG: the exact answer dashed, the network's over it."""
    at = [(20 + 460 * x, 480 - 460 * y) for x, y in points]
    parts = [
        '<rect x="1" y="1" width="498" height="498" rx="6" stroke-width="1.5" '
        'style="fill:var(--krl-panel);stroke:var(--krl-line)"/>'
    ]
    for path, style in (
        (
            exact,
            'stroke-width="7" stroke-dasharray="2 9" stroke-linecap="round" '
            'style="stroke:var(--krl-exact)"',
        ),
        (answer, 'stroke-width="2.5" style="stroke:var(--krl-attention)"'),
    ):
        corners = [at[i] for i in path if i < len(at)]
        closed = task != "Triangulation"
        groups = [corners] if closed else [corners[i : i + 3] for i in range(0, len(corners), 3)]
        for group in groups:
            joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in group)
            parts.append(f'<polygon points="{joined}" fill="none" {style}/>')
    current = answer[step] if step is not None and step < len(answer) else None
    for i, (x, y) in enumerate(at):
        chosen = i == current
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{13 if chosen else 9}" stroke-width="2" '
            f'style="fill:var(--krl-{"attention" if chosen else "paper"});'
            'stroke:var(--krl-ink)"/>'
            f'<text x="{x:.1f}" y="{y + 4:.1f}" font-size="11" text-anchor="middle" '
            f'style="fill:var(--krl-{"paper" if chosen else "ink"})">{i + 1}</text>'
        )
    label = f"Board with {len(at)} points: the network's {task.lower()} over the exact one"
    return (
        '<div class="krl board"><svg viewBox="0 0 500 500" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg></div>'
    )


def show(text, task, step):
    """Return board, bars and sentence for what a visitor has chosen."""
    points = parse_points(text, task)
    found = run(TASKS[task][0], lambda model: solve(points, task, model))
    answer, pointing = found["answer"], found["pointing"]
    step = clipped(step, 1, len(pointing), "The step") - 1
    names = ["end", *range(1, len(points) + 1)]
    row = pointing[step]
    label = f"Where the network points at step {step + 1}: most at {names[int(row.argmax())]}"
    sentence = verdict(points, task, answer, found["exact"])
    pictures = (
        f'<div class="krl"><p><b>{escape(sentence)}</b></p>'
        f'<p class="faint">Step {step + 1} of {len(pointing)}: where the network points</p>'
        f"{bars(row, names, label, int(row.argmax()))}</div>"
    )
    return board(points, task, answer, found["exact"], step), pictures


def random_cloud(count, seed=None):
    """Return a cloud of points as text."""
    count = clipped(count or 8, 3, 20, "The number of points")
    points = 0.04 + 0.92 * np.random.default_rng(seed).random((count, 2))
    return json.dumps(points.round(3).tolist())


@cache
def default():
    """Return what the page shows before any click."""
    return show(DEFAULT, "Convex hull", 1)


@EXHIBIT.page
def page(ctx):
    """Lay out the page."""
    import gradio as gr

    def add(text, event: gr.EventData):
        return appended(text, [round(event.x, 3), round(event.y, 3)], 20)

    with gr.Row():
        with gr.Column(scale=2):
            task = gr.Radio(list(TASKS), value="Convex hull", label="Task")
            count = gr.Slider(3, 20, 8, step=1, label="Points in a new cloud")
            with gr.Row():
                cloud = gr.Button("Draw a cloud", variant="primary")
                clear = gr.Button("Clear")
            step = gr.Slider(1, 21, 1, step=1, label="Step")
            text = gr.Textbox(DEFAULT, label="Points, as pairs", lines=3, max_lines=4)
            pictures = gr.HTML()
        with gr.Column(scale=3):
            picture = gr.HTML(board(()), js_on_load=ON_BOARD)
    gr.Examples([[DEFAULT, "Convex hull", 1], [DEFAULT, "Shortest tour", 3],
                 ["[[0.1, 0.2], [0.9, 0.15], [0.8, 0.8], [0.3, 0.9], [0.5, 0.4]]", "Triangulation",
                  1]], [text, task, step], label="Examples", api_visibility="private")  # fmt: skip
    inputs, outputs = [text, task, step], [picture, pictures]
    ctx.at_first(default, outputs)
    ctx.event(text.change, show, inputs, outputs, verb="solve", trigger_mode="always_last")
    ctx.event(task.change, show, inputs, outputs)
    ctx.event(step.change, show, inputs, outputs, trigger_mode="always_last")
    ctx.event(cloud.click, random_cloud, count, text, verb="cloud")
    ctx.event(clear.click, lambda: ("[]", board(())), None, [text, picture])
    picture.click(add, text, text, api_visibility="private", show_progress="hidden")


@EXHIBIT.tour
def tour():
    """Solve the default hull."""
    points = parse_points(DEFAULT, "Convex hull")
    found = run(TASKS["Convex hull"][0], lambda model: solve(points, "Convex hull", model))
    return verdict(points, "Convex hull", found["answer"], found["exact"])
