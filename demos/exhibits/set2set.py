"""Order Matters: numbers given as a set, sorted by a network that cannot see their order."""

import re
from functools import cache

import numpy as np

from keras_readinglist import catalog
from keras_readinglist.datasets.sorting import ascending
from keras_readinglist.recipes import report

from ..components.axes import WIDTH, svg, words
from ..components.html import el, faint, page, table
from ..components.images import data_uri, inked
from ..components.inputs import plain_text, whole_number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..exhibit import FAILS, Exhibit, run

EXHIBIT = Exhibit(
    slug="set2set",
    claim="A set has no order, and a network that reads it by repeated attention cannot see one.",
    try_this="Press Shuffle: what the network keeps of the set does not change by a hair, and what "
    "an LSTM keeps does. Then play how it looks, and writes from the smallest to the largest.",
    what_you_see="First the network looks at the set several times, a line as wide as its "
    "attention; then it writes, pointing at one number after the other. The coloured bands are all "
    "that a network keeps of the numbers, as they are given and in the reverse order: the same "
    "band twice for this network, two bands for a pointer network, which reads with an LSTM. Both "
    "are free to err: to name a number twice, or to end too early.",
    presets=("read_process_write_sort", "pointer_network_sort"),
    code="""\
import numpy as np
from keras_readinglist.applications import ReadProcessWrite

network = ReadProcessWrite.from_preset("read_process_write_sort")
numbers = np.array([0.9, 0.1, 0.5, 0.3], "float32")[None, :, None]
written, log_probability = network.generate(numbers)
print(numbers[0, written[0][written[0] >= 0], 0])  # sorted
moved = network.read(numbers) - network.read(numbers[:, ::-1])
print("another order changes what it keeps by", np.abs(moved).max())
""",
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

    What it keeps is `(2, features)`, of the numbers as given and in the reverse order. Where it
    looked before is `None` for a network that reads one number after the other.
    """
    inputs, count = to_inputs(numbers), len(numbers)
    written, _ = model.generate(*inputs)
    answer = written[0][written[0] >= 0]
    pointing = model.pointing(inputs[0], written, inputs[1])[0, : len(answer), 1 : count + 1]
    attention = None
    if hasattr(model, "process_attention"):
        attention = model.process_attention(*inputs)[0, :, :count]
    kept = np.concatenate([model.read(*to_inputs(x)) for x in (numbers, numbers[::-1])])
    return {
        "answer": answer,
        "pointing": pointing,
        "attention": attention,
        "kept": kept,
        "distance": float(np.linalg.norm(kept[1] - kept[0])),
    }


def show(text):
    """Return the pictures and answers for the numbers that a visitor typed."""
    numbers = parse_numbers(text)
    found = {name: run(name, lambda model: solve(numbers, model)) for name in (SET, LSTM)}
    ours = found[SET]
    looks, writes = len(ours["attention"]), len(ours["answer"])
    said = [f"Look {k + 1}: it attends to all numbers at once" for k in range(looks)]
    said += [f"It writes {numbers[i]:.6g}, {p[i]:.0%} sure" for i, p in
             zip(ours["answer"], ours["pointing"], strict=True)]  # fmt: skip
    moving = player(
        drawn(numbers, ours),
        count=looks + writes,
        label="Look or number written",
        name="set",
        captions=said,
        start=-1,
        play=True,
        slow=True,
    )
    return page(moving, memories(found)), answers(numbers, found)


def drawn(numbers, found):
    """Return the numbers as bars, with where the network looks and points at every step."""
    weights = np.concatenate([found["attention"], found["pointing"]])
    looks, count = len(found["attention"]), len(numbers)
    step, bottom = WIDTH / count, 170
    share = (numbers - min(numbers.min(), 0)) / (numbers.max() - min(numbers.min(), 0))
    parts = [
        el("rect", x=140, y=4, width=120, height=30, rx=6, fill="var(--krl-panel)",
           stroke="var(--krl-ink)"),
        words(200, 25, "what it keeps", "middle"),
    ]  # fmt: skip
    slanted = step < 9 * max(len(f"{n:.6g}") for n in numbers) + 8
    for i, number in enumerate(numbers):
        x, height = (i + 0.5) * step, 6 + 84 * share[i]
        widths, inks = np.round(14 * weights[:, i], 2), np.round(weights[:, i], 3)
        chosen = [k - looks for k in range(looks, len(weights)) if found["answer"][k - looks] == i]
        opacity = [0.45 if k < looks else (1 if k - looks in chosen else 0.45)
                   for k in range(len(weights))]  # fmt: skip
        parts.append(el("rect", x=x - 0.32 * step, y=bottom - height, width=0.64 * step,
                        height=height, fill="var(--krl-accent)", class_="moves",
                        steps={"opacity": opacity}))  # fmt: skip
        parts.append(el("line", x1=200, y1=34, x2=x, y2=bottom - height, class_="moves",
                        stroke="var(--krl-accent)", stroke_linecap="round",
                        steps={"stroke-width": widths, "opacity": np.sqrt(inks)}))  # fmt: skip
        turn = f"rotate(-40 {x + 4:.1f} {bottom + 16})" if slanted else None
        parts.append(words(x + 4 * slanted, bottom + 18, f"{number:.6g}",
                           "end" if slanted else "middle", transform=turn))  # fmt: skip
    low = bottom + (62 if slanted else 36)
    parts.append(words(0, low + 8, "It writes", class_="faint"))
    parts += [
        words((k % 8) * 50 + 2, low + 30 + 20 * (k // 8), f"{numbers[i]:.6g}", data_at=looks + k)
        for k, i in enumerate(found["answer"])
    ]
    high = low + 36 + 20 * (len(found["answer"]) > 8)
    label = f"{count} numbers, where the network looks {looks} times, and what it writes"
    return svg(WIDTH, high, parts, label=label, widest=480)


def memories(found):
    """Return what both networks keep of the numbers, as given and in the reverse order."""
    figures = []
    for name, label in ((SET, "This network"), (LSTM, "A network that reads with an LSTM")):
        kept = found[name]["kept"]
        share = kept / max(np.abs(kept).max(), 1e-9)
        pixels = inked(np.abs(share), (33, 102, 172))
        pixels[share > 0, :3] = (190, 60, 60)
        bands = [
            el("svg", el("image", href=data_uri(pixels[k : k + 1]), width=pixels.shape[1], height=1,
                         preserveAspectRatio="none", style="image-rendering:pixelated"),
               viewBox=f"0 0 {pixels.shape[1]} 1", preserveAspectRatio="none", role="img",
               style="height:20px;margin:2px 0", aria_label=f"{label} keeps this, {order}")
            for k, order in enumerate(("as given", "in the reverse order"))
        ]  # fmt: skip
        same = "the same" if found[name]["distance"] < 1e-4 else "another"
        figures.append([faint(f"{label} keeps, as given and reversed: {same}"), *bands])
    return figures


def answers(numbers, found):
    """Return the answers and what another order changes, as HTML."""
    true = ascending(numbers[None], np.ones((1, len(numbers)), bool))[0]
    rows = []
    for name, label in ((SET, "reads a set"), (LSTM, "reads one by one")):
        answer, distance = found[name]["answer"], found[name]["distance"]
        right = numbers[answer].tolist() == numbers[true].tolist()
        listed = ", ".join(f"{numbers[place]:.6g}" for place in answer)
        rows.append((el("b", label), f"{listed} {'✓' if right else '✗'}", f"{distance:.6f}"))
    head = ("network", "written", "change of what it keeps in the reverse order")
    return page(table(head, rows), recorded())


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
        entries = [
            metrics.get(f"sort{count}_{run_name}_g{glimpses}/accuracy")
            for count in (5, 10)
            for glimpses in (0, 1)
        ]
        rows.append((label, *(f"{entry['mean']:.1%}" if entry else "–" for entry in entries)))
    heads = [f"{n} numbers, {g}" for n in (5, 10) for g in ("no glimpse", "one")]
    words = "How often the reproduction is wholly right, by looks and glimpses"
    return el("details", el("summary", words), table(("", *heads), rows))


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
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with stage():
        with picture_side():
            pictures = html()
        with control_side():
            text = gr.Textbox(DEFAULT, label=f"Numbers, 2 to {LARGEST}", max_lines=3)
            ctx.note()
            with gr.Row():
                mix = gr.Button("Shuffle", variant="primary", min_width=80)
                new = gr.Button("Draw numbers", min_width=80)
            examples = choices_row()
            found = html()
            with advanced():
                count = gr.Slider(2, LARGEST, 8, step=1, label="How many to draw")
    with examples:
        ctx.choices({
            "Five": ["5, 4, 3, 2, 1"],
            "Years": ["1990, 2015, 1953, 2001, 1848, 1776"],
            FAILS: ["1, 1.001, 1.002, 1.003, 1.004, 2, 3, 5, 8, 13, 21, 1000"],
        }, [text])  # fmt: skip
    ctx.at_first(default, [pictures, found])
    ctx.on_change(
        show, text, [pictures, found], verb="sort", doing="Reading and sorting the numbers"
    )
    ctx.event(mix.click, shuffle, text, text, verb="shuffle")
    ctx.event(new.click, draw, count, text)


@EXHIBIT.tour
def tour():
    """Sort the default numbers."""
    numbers = parse_numbers(DEFAULT)
    found = run(SET, lambda model: solve(numbers, model))
    return "sorted: " + ", ".join(f"{numbers[place]:g}" for place in found["answer"])
