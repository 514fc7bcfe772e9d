"""The coffee automaton: pour cream, stir, and watch what grows and what comes back."""

from functools import cache

import numpy as np

from keras_readinglist.information import (
    CoffeeAutomaton,
    coarse_grain,
    compressed_size,
    two_part_image_code,
)

from ..components.charts import lines
from ..components.clicks import ON_PICTURE
from ..components.images import grid_picture, rectangles, side_by_side
from ..components.inputs import appended, choice, number_rows, seed_of, whole_number, within
from ..exhibit import Exhibit

EXHIBIT = Exhibit(
    slug="coffee-automaton",
    claim="Entropy only grows while coffee and cream mix; complexity should rise and then fall. "
    "Whether it does depends on the dynamics, and on how one measures it.",
    try_this="Press Mix and watch the curves; then choose Interacting, mix again, and compare the "
    "published measurement with the adjusted one.",
    what_you_see="Left the cup, then the cup from far away, in 3 levels as published and in 7 "
    "levels with the rows adjusted; last the rectangles of the shortest exact description. "
    "Interacting coffee has a bump in 3 levels only: its blurred border crosses the two "
    "thresholds as noise, which the authors' erratum of 2014 admits, and the adjusted curve stays "
    "flat. Stirred coffee makes tendrils: every measure of its complexity rises and falls.",
    shows=("information.coarse_grain", "information.CoffeeAutomaton"),
)

DYNAMICS = {
    "Stirred": "stirred",
    "Interacting": "interacting",
    "Non-interacting": "non_interacting",
}
SIZES = (32, 64, 128)
FRAMES = 40
MEASURES = ("entropy", "published", "adjusted", "model")


def start_of(text, size):
    """Return the grid that a visitor pours, `(size, size)`; `ValueError` in plain words."""
    words = "Drops are triples of numbers, like [[0.5, 0.3, 0.2]]: across, down and radius."
    drops = number_rows(text, 3, 3000, words)
    if not len(drops):
        return None
    if len(drops) > 40:
        raise ValueError(f"{words} Up to 40.")
    if not within(drops, 0, 1):
        raise ValueError("Drops lie between 0 and 1 across and down; radii are 0 to 1.")
    at = (np.arange(size) + 0.5) / size
    inside = [np.hypot(at[None] - x, at[:, None] - y) <= r for x, y, r in drops]
    cream = np.any(inside, axis=0).astype(np.uint8)
    if cream.min() == cream.max():
        raise ValueError("Pour less or more: the cup is all of one kind.")
    return cream


def make(dynamics, size, drops, seed=0):
    """Return the automaton that a visitor has chosen."""
    dynamics = DYNAMICS[choice(dynamics, DYNAMICS)]
    size = choice(size, SIZES, "The side")
    state = start_of(drops, size)
    return CoffeeAutomaton(size, dynamics=dynamics, initial_state=state, seed=seed_of(seed))


def times(cup):
    """Return when a cup is looked at: step by step if it is stirred, else ever more rarely."""
    if cup.dynamics == "stirred":
        return np.arange(FRAMES)
    last = cup.height**2 * (4 if cup.dynamics == "non_interacting" else 1)
    return np.unique(np.r_[0, np.geomspace(1, last, FRAMES - 1).astype(int)])


def measure(cup, grain):
    """Return pictures and numbers of the present state."""
    state = cup.state[0]
    published = coarse_grain(state, grain, levels=3)
    adjusted = coarse_grain(state, grain, levels=7, adjust=True)
    code = two_part_image_code(state, return_partition=True)
    numbers = {
        "entropy": compressed_size(cup.counts[0]),
        "published": compressed_size(published),
        "adjusted": compressed_size(adjusted),
        "model": code.model_bits,
    }
    pictures = [state, published / 2, adjusted / 6, code.denoised, code.leaves]
    return {"time": cup.time, "numbers": numbers, "pictures": pictures}


def pictures(seen, grain):
    """Return the cup in four views as HTML."""
    state, published, adjusted, denoised, leaves = seen["pictures"]
    bits = seen["numbers"]["model"]
    views = (
        (f"The cup after {seen['time']} steps", grid_picture(state, "The cup")),
        (
            f"From afar: means of {grain} x {grain}, 3 levels",
            grid_picture(published, "The cup blurred, in 3 levels"),
        ),
        ("7 levels, rows adjusted", grid_picture(adjusted, "The cup blurred and adjusted")),
        (
            f"Its shortest description: {len(leaves)} rectangles, {bits:.0f} bits",
            grid_picture(
                denoised,
                f"The cup as {len(leaves)} rectangles",
                rectangles(leaves, width=len(state) / 320),
            ),
        ),
    )
    return side_by_side(views, least=150)


def curves(history):
    """Return the four curves so far as HTML, each on its own scale."""
    tracks = {name: [seen["numbers"][name] for seen in history] for name in MEASURES}
    colours = ("var(--krl-exact)", "var(--krl-information)")
    charts = (
        ("Entropy: gzip of the cup, bytes", {"entropy": (tracks["entropy"], colours[0])}),
        (
            "Apparent complexity: gzip from afar, bytes",
            {
                "3 levels": (tracks["published"], colours[0]),
                "adjusted": (tracks["adjusted"], colours[1]),
            },
        ),
        ("Bits of the model", {"model": (tracks["model"], colours[1])}),
    )
    return side_by_side(
        (title, lines(series, f"{title}, picture by picture", "picture", "", width=440, height=240))
        for title, series in charts
    )


def sentence(history):
    """Say in words whether complexity has come back down."""
    words = []
    for name, title in (("published", "3 levels"), ("adjusted", "adjusted"), ("model", "model")):
        track = [seen["numbers"][name] for seen in history]
        words.append(f"{title} {max(track):.0f} at most, {track[-1]:.0f} now")
    return f"Entropy {history[-1]['numbers']['entropy']} bytes; complexity: {'; '.join(words)}."


def page_of(history, grain):
    """Return everything below the controls as HTML."""
    return (
        f'<div class="krl">{pictures(history[-1], grain)}<p><b>{sentence(history)}</b></p>'
        f"{curves(history)}</div>"
    )


def mix(dynamics, size, grain, drops, seed=0, frames=FRAMES):
    """Mix a cup and yield the page after every look."""
    cup = make(dynamics, size, drops, seed)
    grain = whole_number(grain, 2, size // 2, "The grain")
    history = []
    for time in times(cup)[:frames]:
        cup.step(int(time) - cup.time)
        history.append(measure(cup, grain))
        yield page_of(history, grain)


def pour(dynamics, size, grain, drops):
    """Return the page of a cup that was not mixed yet."""
    return next(mix(dynamics, size, grain, drops))


@cache
def default():
    """Return what the page shows before any click: a cup stirred for 30 steps."""
    *_, last = mix("Stirred", 64, 8, "", frames=31)
    return last


@EXHIBIT.page
def page(ctx):
    """Lay out the page."""
    import gradio as gr

    def drop(text, radius, event: gr.EventData):
        return appended(text, [round(event.x, 3), round(event.y, 3), radius], 40)

    with gr.Row():
        dynamics = gr.Radio(list(DYNAMICS), value="Stirred", label="Dynamics")
        size = gr.Radio(SIZES, value=64, label="Cells a side")
        grain = gr.Slider(2, 32, 8, step=1, label="Grain: how far away one looks from")
    with gr.Row():
        start = gr.Button("Mix", variant="primary")
        stop = gr.Button("Stop")
        again = gr.Button("Pour anew")
    with gr.Row():
        drops = gr.Textbox(
            "", label="Cream, as drops [across, down, radius]; empty: on top", max_lines=2, scale=3
        )
        radius = gr.Slider(0.02, 0.5, 0.15, step=0.01, label="Radius of a click", scale=2)
    stage = gr.HTML(js_on_load=ON_PICTURE)
    ctx.at_first(default, stage)
    inputs = [dynamics, size, grain, drops]
    running = ctx.event(start.click, mix, inputs, stage, verb="mix")
    ctx.event(stop.click, lambda: None, cancels=[running])
    ctx.event(again.click, pour, inputs, stage, verb="pour")
    ctx.event(drops.change, pour, inputs, stage)
    stage.click(drop, [drops, radius], drops, api_visibility="private", show_progress="hidden")
    gr.Examples(
        [
            ["Stirred", 128, 8, ""],
            ["Interacting", 64, 10, ""],
            ["Stirred", 64, 8, "[[0.5, 0.5, 0.3]]"],
            ["Non-interacting", 64, 10, "[[0.3, 0.3, 0.2], [0.7, 0.7, 0.2]]"],
        ],
        inputs,
        api_visibility="private",
    )


@EXHIBIT.tour
def tour():
    """Stir the default cup."""
    history = []
    cup = make("Stirred", 64, "")
    for time in (0, 6, 39):
        cup.step(time - cup.time)
        history.append(measure(cup, 8))
    default()
    return sentence(history)
