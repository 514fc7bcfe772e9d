"""Order Matters: numbers given as a set, sorted by a network that cannot see their order."""

import re
from functools import cache
from html import escape

import numpy as np

from keras_readinglist import catalog
from keras_readinglist.datasets.sorting import ascending
from keras_readinglist.recipes import report

from ..components.charts import heat_map
from ..components.inputs import plain_text, whole_number
from ..exhibit import Exhibit, run

EXHIBIT = Exhibit(
    slug="set2set",
    claim="A set has no order, and a network that reads it by repeated attention cannot see one.",
    try_this="Type up to 15 numbers, or shuffle those that are there: what the network keeps of "
    "the set does not change, and what an LSTM keeps does.",
    what_you_see="The first picture shows where the network looks while it processes the set, once "
    "a row; the second where it points while it writes, from the smallest number to the largest, "
    "with a frame around its choice. Below stand the answers of this network and of a pointer "
    "network, which reads with an LSTM, one number after the other. Both are free to err: to name "
    "a number twice, or to end too early.",
    presets=("read_process_write_sort", "pointer_network_sort"),
    shows=("layers.ProcessBlock", "applications.ReadProcessWrite"),
)

SET, LSTM = "read_process_write_sort", "pointer_network_sort"
LARGEST = 15
DEFAULT = "12, 7.5, 31, -4, 20, 15, 26"


def parse_numbers(text):
    """Return the numbers that a visitor typed; `ValueError` in plain words."""
    text = plain_text(text)[:1000]
    try:
        numbers = np.array([float(part) for part in re.split(r"[,;\s]+", text.strip()) if part])
    except ValueError as error:
        raise ValueError("Type numbers with commas between them, like 3, 1.5, -2.") from error
    if not 2 <= len(numbers) <= LARGEST:
        raise ValueError(f"Type 2 to {LARGEST} numbers. There are {len(numbers)}.")
    if not np.isfinite(numbers).all() or np.abs(numbers).max() > 1e12:
        raise ValueError("Every number must be finite, and of at most 12 digits.")
    if np.ptp(numbers) == 0:
        raise ValueError("All numbers are equal: there is nothing to sort.")
    return numbers


def to_inputs(numbers):
    """Return the numbers as the networks take them, between 0 and 1 and padded, and the mask."""
    values, mask = np.zeros((1, LARGEST, 1), "float32"), np.zeros((1, LARGEST), bool)
    count = len(numbers)
    values[0, :count, 0] = 0.02 + 0.96 * (numbers - numbers.min()) / np.ptp(numbers)
    mask[0, :count] = True
    return values, mask


def solve(numbers, model):
    """Return the places that a network writes, where it points, and what it keeps.

    Where it looked before is `None` for a network that reads one number after the other.
    """
    inputs, count = to_inputs(numbers), len(numbers)
    written, _ = model.generate(*inputs)
    answer = written[0][written[0] >= 0]
    pointing = model.pointing(inputs[0], written, inputs[1])[0, : len(answer), 1 : count + 1]
    attention = None
    if hasattr(model, "process_attention"):
        attention = model.process_attention(*inputs)[0, :, :count]
    moved = model.read(*to_inputs(np.sort(numbers))) - model.read(*inputs)
    return {
        "answer": answer,
        "pointing": pointing,
        "attention": attention,
        "distance": float(np.linalg.norm(moved)),
    }


def show(text):
    """Return the pictures and answers for the numbers that a visitor typed."""
    numbers = parse_numbers(text)
    names = [f"{number:.6g}" for number in numbers]
    found = {name: run(name, lambda model: solve(numbers, model)) for name in (SET, LSTM)}
    ours = found[SET]
    steps = [f"look {k + 1}" for k in range(len(ours["attention"]))]
    looks = heat_map(ours["attention"], steps, names, "Where the network looks as it processes")
    writes = heat_map(
        ours["pointing"],
        [f"write {k + 1}" for k in range(len(ours["answer"]))],
        names,
        "Where the network points as it writes",
        marked=ours["answer"],
    )
    return (
        '<div class="krl"><p class="faint">Process: where it looks, by the numbers as given</p>'
        f'{looks}<p class="faint">Write: where it points</p>{writes}</div>'
    ), table(numbers, found)


def table(numbers, found):
    """Return the answers and what another order changes, as HTML."""
    true = ascending(numbers[None], np.ones((1, len(numbers)), bool))[0]
    rows = []
    for name, label in ((SET, "reads a set"), (LSTM, "reads one by one")):
        answer, distance = found[name]["answer"], found[name]["distance"]
        right = numbers[answer].tolist() == numbers[true].tolist()
        listed = ", ".join(f"{numbers[place]:.6g}" for place in answer)
        rows.append(
            f"<tr><td><b>{label}</b></td><td>{escape(listed)} {'✓' if right else '✗'}</td>"
            f"<td>{distance:.6f}</td></tr>"
        )
    return (
        '<div class="krl"><div class="scroll"><table><tr><th>network</th><th>written</th><th>change'
        " of what it keeps, if the numbers come sorted</th></tr>"
        f"{''.join(rows)}</table></div>{recorded()}</div>"
    )


@cache
def recorded():
    """Return the table of what looking and glimpsing bought in the reproduction, as HTML."""
    measured = catalog.report("set2set")
    if measured is None:
        return ""
    metrics = report.metrics(measured)
    models = {f"{p} looks" if p != 1 else "1 look": f"p{p}" for p in (0, 1, 5, 10)}
    rows = []
    for label, run_name in {"pointer network": "pointer", **models}.items():
        cells = []
        for count in (5, 10):
            for glimpses in (0, 1):
                entry = metrics.get(f"sort{count}_{run_name}_g{glimpses}/accuracy")
                cells.append(f"<td>{entry['mean']:.1%}</td>" if entry else "<td>–</td>")
        rows.append(f"<tr><td>{label}</td>{''.join(cells)}</tr>")
    heads = "".join(f"<th>{n} numbers, {g}</th>" for n in (5, 10) for g in ("no glimpse", "one"))
    return (
        '<p class="faint">Wholly right in the reproduction, by how often the network looks before '
        "it writes and whether it glimpses before it points</p>"
        f'<div class="scroll"><table><tr><th></th>{heads}</tr>{"".join(rows)}</table></div>'
    )


def shuffle(text, seed=None):
    """Return the numbers in another order, as text."""
    numbers = parse_numbers(text)
    return ", ".join(f"{x:.12g}" for x in np.random.default_rng(seed).permutation(numbers))


def draw(count, seed=None):
    """Return random numbers as text."""
    count = whole_number(count, 2, LARGEST, "The number of numbers")
    return ", ".join(map(str, np.random.default_rng(seed).choice(100, count, replace=False)))


@cache
def default():
    """Return what the page shows before any click."""
    return show(DEFAULT)


@EXHIBIT.page
def page(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Row():
        with gr.Column(scale=2):
            text = gr.Textbox(DEFAULT, label=f"Numbers, 2 to {LARGEST}", lines=2, max_lines=3)
            with gr.Row():
                mix = gr.Button("Shuffle", variant="primary")
                new = gr.Button("Draw numbers")
            count = gr.Slider(2, LARGEST, 8, step=1, label="How many to draw")
        with gr.Column(scale=3):
            pictures = gr.HTML()
    answers = gr.HTML()
    gr.Examples(
        [[DEFAULT], ["1, 2, 3, 4, 5"], ["5, 4, 3, 2, 1"], ["1990, 2015, 1953, 2001, 1848, 1776"]],
        text, label="Examples", api_visibility="private")  # fmt: skip
    ctx.at_first(default, [pictures, answers])
    ctx.event(text.change, show, text, [pictures, answers], verb="sort", trigger_mode="always_last")
    ctx.event(mix.click, shuffle, text, text, verb="shuffle")
    ctx.event(new.click, draw, count, text)


@EXHIBIT.tour
def tour():
    """Sort the default numbers."""
    numbers = parse_numbers(DEFAULT)
    found = run(SET, lambda model: solve(numbers, model))
    return "sorted: " + ", ".join(f"{numbers[place]:g}" for place in found["answer"])
