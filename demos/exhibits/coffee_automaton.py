"""The coffee automaton: pour cream, stir, and watch what grows and what comes back."""

from functools import cache
from time import monotonic

import numpy as np

from keras_readinglist.information import (
    CoffeeAutomaton,
    coarse_grain,
    compressed_size,
    two_part_image_code,
)

from ..components.charts import lines
from ..components.html import callout, el, page, side_by_side
from ..components.images import grid_picture, outlines
from ..components.inputs import appended, choice, number_rows, seed_of, whole_number, within
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..exhibit import FAILS, Exhibit

EXHIBIT = Exhibit(
    slug="coffee-automaton",
    claim="Entropy only grows while coffee and cream mix; complexity should rise and then fall. "
    "Whether it does depends on the dynamics, and on how one measures it.",
    try_this="Scrub from the unmixed cup to the mixed one; click into the cup to pour cream, and "
    "compare stirred coffee with interacting coffee.",
    what_you_see="Left the cup, then the cup from far away in 3 levels as published; last the "
    "rectangles of the shortest exact description. Each curve is drawn by its own largest value, "
    "so that their shapes compare. Interacting coffee has a bump in 3 levels only: its blurred "
    "border crosses the two thresholds as noise, which the authors' erratum of 2014 admits, and "
    "the adjusted curve stays flat. Stirred coffee makes tendrils: every measure of its complexity "
    "rises and falls.",
    code="""\
from keras_readinglist.information import (
    CoffeeAutomaton, coarse_grain, compressed_size, two_part_image_code,
)

cup = CoffeeAutomaton(64, dynamics="stirred", seed=0)
for time in range(0, 40, 3):
    cup.step(time - cup.time)
    afar = coarse_grain(cup.state[0], 8, levels=3)
    print(time, "entropy", compressed_size(cup.counts[0]), "complexity", compressed_size(afar),
          "model", round(two_part_image_code(cup.state[0]).model_bits))
""",
)

DYNAMICS = {
    "Stirred": "stirred",
    "Interacting": "interacting",
    "Non-interacting": "non_interacting",
}
SIZES = (32, 64, 128)
FRAMES = 40
MEASURES = {
    "entropy": ("entropy", "var(--krl-faint)"),
    "published": ("3 levels", "var(--krl-exact)"),
    "adjusted": ("adjusted", "var(--krl-low)"),
    "model": ("model", "var(--krl-information)"),
}


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
    if cup.dynamics == "stirred":  # a wide cup takes longer
        return np.arange(FRAMES) * max(cup.height // 48, 1)
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
    pictures = [state, published / 2, code.denoised]
    return {"time": cup.time, "numbers": numbers, "pictures": pictures, "leaves": code.leaves}


def views(history, grain):
    """Return the cup in three views, which move under a player."""
    states, afar, known = (
        list(frames) for frames in zip(*(seen["pictures"] for seen in history), strict=True)
    )
    size = len(states[0])
    cells = outlines([seen["leaves"] for seen in history], size / 320)
    return side_by_side(
        [
            ("The cup: click to pour cream", grid_picture(states, "The cup", touch=True)),
            (f"From afar: means of {grain} × {grain}", grid_picture(afar, "The cup blurred")),
            ("Its shortest description", grid_picture(known, "The cup as rectangles", cells)),
        ],
        least=90,
    )


def curves(history):
    """Return the four curves, each by its own largest value, with the present marked."""
    tracks = {}
    for name, (title, colour) in MEASURES.items():
        track = np.array([seen["numbers"][name] for seen in history], float)
        tracks[title] = (track / track.max(), colour)
    label = "Entropy and three measures of complexity, picture by picture"
    return lines(tracks, label, "picture", "share of its largest value", height=190,
                 cursor=np.arange(len(history)))  # fmt: skip


def sentence(history):
    """Say in words whether complexity has come back down."""
    words = []
    for name in ("published", "adjusted", "model"):
        track = [seen["numbers"][name] for seen in history]
        fell = "rose and fell" if track[-1] < 0.6 * max(track) else "did not fall back"
        if max(track) < 1.5 * track[0]:
            fell = "hardly rose"
        words.append(f"{MEASURES[name][0]} {fell}: {max(track):.0f} at most, {track[-1]:.0f} now")
    return f"Entropy {history[-1]['numbers']['entropy']} bytes. Complexity: {'; '.join(words)}."


def page_of(history, grain):
    """Return the cup at every time, under a player that opens where the model is largest."""
    said = [
        f"After {seen['time']} steps: entropy {n['entropy']} bytes, 3 levels {n['published']}, "
        f"adjusted {n['adjusted']}, model {n['model']:.0f} bits in {len(seen['leaves'])} rectangles"
        for seen in history
        for n in [seen["numbers"]]
    ]
    peak = int(np.argmax([seen["numbers"]["model"] for seen in history]))
    moving = player(views(history, grain), curves(history), count=len(history), captions=said,
                    label="Time", name="coffee", start=peak)  # fmt: skip
    return page(moving, callout(el("b", sentence(history)), kind="verdict"))


def mix(dynamics, size, grain, drops, seed=0, frames=FRAMES):
    """Mix a cup; yield the page a few times a second, and when all is mixed."""
    cup = make(dynamics, size, drops, seed)
    grain = whole_number(grain, 2, size // 2, "The grain")
    history, yielded = [], monotonic()
    for moment in times(cup)[:frames]:
        cup.step(int(moment) - cup.time)
        history.append(measure(cup, grain))
        if monotonic() - yielded > 1:
            yielded = monotonic()
            yield page_of(history, grain)
    yield page_of(history, grain)


def pour(dynamics, size, grain, drops):
    """Return the page of a cup that was not mixed yet."""
    return next(mix(dynamics, size, grain, drops, frames=1))


@cache
def default():
    """Return what the page shows before any click."""
    *_, last = mix("Stirred", 64, 8, "")
    return last


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    def drop(text, radius, item, x, y):
        return appended(text, [round(x, 3), round(y, 3), radius], 40)

    with stage():
        with picture_side():
            cup = html(touch=True)
        with control_side(1):
            dynamics = gr.Radio(list(DYNAMICS), value="Stirred", label="Dynamics")
            radius = gr.Slider(0.02, 0.5, 0.15, step=0.01, label="Radius of what is poured")
            ctx.note()
            clear = gr.Button("Pour away", variant="primary", min_width=80)
            examples = choices_row()
            with advanced():
                size = gr.Radio(SIZES, value=64, label="Cells a side")
                grain = gr.Slider(2, 32, 8, step=1, label="Grain: from how far one looks")
                words = "Cream, as drops [across, down, radius]; empty: on top"
                drops = gr.Textbox("", label=words, max_lines=2)
    inputs = [dynamics, size, grain, drops]
    with examples:
        ctx.choices({
            "A drop": ["Stirred", 64, 8, "[[0.5, 0.5, 0.3]]"],
            "128 a side": ["Stirred", 128, 8, ""],
            "Two walkers": ["Non-interacting", 64, 10, "[[0.3, 0.3, 0.2], [0.7, 0.7, 0.2]]"],
            FAILS: ["Interacting", 64, 10, ""],
        }, inputs)  # fmt: skip
    ctx.at_first(default, cup)
    ctx.endpoint(mix, inputs, cup, "mix")
    ctx.endpoint(pour, inputs, cup, "pour")
    ctx.on_change(mix, inputs, cup, doing="Mixing the cup")
    ctx.event(clear.click, lambda: "", None, drops)
    ctx.touch(cup, drop, [drops, radius], drops)


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
