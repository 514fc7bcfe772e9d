"""Neural Turing Machines: draw bits, and watch heads write them on a tape and read them back."""

import json
from functools import cache
from html import escape

import numpy as np

from keras_readinglist.datasets import algorithmic_tasks as tasks

from ..components.images import data_uri
from ..components.inputs import choice, listed, plain_text, whole_number
from ..exhibit import Exhibit, run

EXHIBIT = Exhibit(
    slug="neural-turing-machines",
    claim="Give a network a tape and heads that move on it, and it learns an algorithm instead of "
    "a length: trained on 20 columns it copies 120.",
    try_this="Click on the board to change bits, or type a text; then draw the length far beyond "
    "20, and compare the machine with the LSTM.",
    what_you_see="Above, what must be written, then what the machine and the LSTM wrote: a red "
    "cell is a wrong bit. Below, time runs to the right and every line is a row of the memory that "
    "a head looked at. While it reads the pattern the write head walks down the tape; after the "
    "dashed line nothing is shown any more, and the read head, which waits at the start or jumps "
    "back to it, walks the same rows. Repeated copies hold within the range of training; with more "
    "than ten repeats the machine loses its place.",
    presets=(
        "ntm_copy",
        "ntm_copy_lstm",
        "ntm_repeat_copy",
        "ntm_repeat_copy_lstm",
        "ntm_recall",
        "ntm_recall_lstm",
    ),
    shows=("layers.ntm.content_addressing", "layers.ntm.circular_shift", "layers.ntm.sharpen"),
)  # fmt: skip

COPY, REPEAT, RECALL = "Copy", "Repeat copy", "Associative recall"
PRESETS = {COPY: "ntm_copy", REPEAT: "ntm_repeat_copy", RECALL: "ntm_recall"}
BITS = {COPY: 8, REPEAT: 8, RECALL: 6}
COLUMNS = {COPY: (1, 120), REPEAT: (1, 20), RECALL: (6, 60)}
TRAINED = {COPY: "1 to 20 columns", REPEAT: "up to 10 columns 10 times", RECALL: "2 to 6 items"}
FIRST = {COPY: 40, REPEAT: 10, RECALL: 30}  # columns after a change of the task
MOST_REPEATS = 20
ASKED, REPEATS = "Item asked about", "Repeats (trained on 1 to 10)"
ITEM = 3  # columns of an item of the recall task
TEXT = "Neural Turing machines copy far beyond"
_STEPS = {COPY: (41, 81, 161, 241), REPEAT: (112, 222, 422), RECALL: (32, 56, 88)}
_ONE, _WRONG, _MISSED = (92, 122, 160), (206, 44, 60), (240, 150, 150)


def parse_pattern(text, task):
    """Return the columns that a visitor drew, bits `(columns, bits)`; `ValueError` in words."""
    top = 2 ** BITS[choice(task, BITS)] - 1
    words = f"Columns are whole numbers from 0 to {top}, like [72, 101, 33]."
    values = listed(text, 3000, words)
    if not all(type(v) is int for v in values):
        raise ValueError(words)
    fewest, most = COLUMNS[task]
    if not fewest <= len(values) <= most:
        raise ValueError(
            f"{task} takes {fewest} to {most} columns here. There are {len(values)}: type a text "
            "or draw a new pattern."
        )
    if task == RECALL and len(values) % ITEM:
        raise ValueError(
            f"An item has {ITEM} columns, so their number must be a multiple of it. There are "
            f"{len(values)}."
        )
    if not all(0 <= v <= top for v in values):
        raise ValueError(words)
    shifts = np.arange(BITS[task])[::-1]
    return ((np.array(values)[:, None] >> shifts) & 1).astype("float32")


def episode_of(vectors, task, number):
    """Return the episode of a pattern, padded to one of a few lengths.

    Args:
        vectors: Array `(columns, bits)`.
        task: String, one of `BITS`.
        number: How often to repeat, or which item is asked about.
    """
    if task == COPY:
        episode = tasks.copy_episode(vectors[None])
    elif task == REPEAT:
        repeats = whole_number(number, 1, MOST_REPEATS, "The number of repeats")
        episode = tasks.repeat_copy_episode(vectors[None], repeats)
    else:
        items = vectors.reshape(1, -1, ITEM, vectors.shape[1])
        query = whole_number(number, 1, items.shape[1] - 1, "The item asked about")
        episode = tasks.associative_recall_episode(items, np.array([query - 1]))
    steps = next(s for s in _STEPS[task] if s >= episode[0].shape[1])
    return tasks.pad_time(episode, steps), episode[0].shape[1]


def solve(episode, steps, machine, baseline):
    """Return what is due, what both models wrote, and what the machine's heads did.

    Args:
        episode: `(inputs, targets, mask)` of one sequence.
        steps: Integer, its number of steps without padding.
        machine: Function `(inputs) -> dictionary`, such as `NTMSequenceModel.attention`.
        baseline: Function `(inputs) -> logits`.
    """
    inputs, targets, mask = episode
    trace = machine(inputs)
    heads = {
        name: np.asarray(trace[name], "float32")[0, :steps]
        for name in ("weightings", "gate", "shift")
    }
    return {
        "begin": int(mask[0].argmax()),
        "due": targets[mask],
        "machine": (np.asarray(trace["logits"])[mask] > 0).astype("float32"),
        "lstm": (np.asarray(baseline(inputs), "float32")[mask] > 0).astype("float32"),
        **heads,
    }


def verdict(found, columns, task):
    """Return sentences on how many bits each model got right."""
    total = found["due"].size

    def words(name):
        wrong = int((found[name] != found["due"]).sum())
        return f"all {total} bits right" if not wrong else f"{wrong} of {total} bits wrong"

    size = f"{columns} columns"
    if task == RECALL:
        size = f"{columns // ITEM} items"
    elif task == REPEAT:
        size += f" {(len(found['due']) - 1) // columns} times, then the end mark"
    return (
        f"{size} (trained on {TRAINED[task]}). Machine: {words('machine')}. LSTM: {words('lstm')}."
    )


def picture(pixels, label, cell=22, shape=(1 / 12, 1.0), overlay="", attributes=""):
    """Return colours with opacity `(rows, columns, 4)` as a picture that fits the page.

    Args:
        pixels: Array of bytes.
        label: Description of the picture.
        cell: Largest width of a cell on the screen, in pixels.
        shape: Least and largest height of the picture by its width; cells are squares in between.
        overlay: SVG drawn above it, in units of columns; `HEIGHT` stands for the height.
        attributes: Further attributes of the picture.
    """
    rows, columns = pixels.shape[:2]
    height = f"{columns * min(max(rows / columns, shape[0]), shape[1]):.2f}"
    return (
        f'<svg viewBox="0 0 {columns} {height}" role="img" aria-label="{escape(label)}" '
        f'style="max-width:{columns * cell}px" {attributes}>'
        f'<rect width="{columns}" height="{height}" style="fill:var(--krl-panel)"/>'
        f'<image href="{data_uri(pixels)}" width="{columns}" height="{height}" '
        'preserveAspectRatio="none" style="image-rendering:pixelated"/>'
        f"{overlay.replace('HEIGHT', height)}</svg>"
    )


def bits_picture(bits, label, due=None, **options):
    """Return bits `(columns, bits)` as a picture; where they differ from `due` they are red."""
    bits = bits.T > 0.5
    pixels = np.zeros((*bits.shape, 4), np.uint8)
    pixels[bits] = (*_ONE, 255)
    if due is not None:
        wrong = bits != (due.T > 0.5)
        pixels[wrong & bits] = (*_WRONG, 255)
        pixels[wrong & ~bits] = (*_MISSED, 255)
    return picture(pixels, label, **options)


def heat(values, label, colour=_ONE, **options):
    """Return values in [0, 1], `(rows, columns)`, as opacity of a colour."""
    values = np.clip(values, 0, 1)[..., None]
    pixels = np.concatenate([np.broadcast_to(colour, (*values.shape[:2], 3)), 255 * values], -1)
    return picture(pixels.astype(np.uint8), label, **options)


def visited_rows(weightings, least=0.05):
    """Return the rows that any head looked at, in the order of the tape, around its end.

    The tape is a ring: it is cut where no head was for longest.
    """
    slots = weightings.shape[-1]
    rows = np.flatnonzero(weightings.max(axis=(0, 1)) > least)
    if not len(rows):
        return np.arange(slots)
    gaps = np.diff(np.append(rows, rows[0] + slots))
    first = rows[(gaps.argmax() + 1) % len(rows)]
    return (first + np.arange(slots - gaps.max() + 1)) % slots


def tape(found):
    """Return what every head did over time, as HTML; a line marks the end of the input."""
    rows, heads = visited_rows(found["weightings"]), found["weightings"].shape[1]
    kinds = [("Read", heads // 2), ("Write", heads // 2)]  # as many of each
    names = [
        f"{kind} head" + (f" {k + 1}" if count > 1 else "")
        for kind, count in kinds
        for k in range(count)
    ]
    line = (
        f'<path d="M{found["begin"]} 0VHEIGHT" style="stroke:var(--krl-ink)" '
        'stroke-width="1.5" stroke-dasharray="3 4" vector-effect="non-scaling-stroke"/>'
    )
    figures = []
    for k in (*range(heads // 2, heads), *range(heads // 2)):  # it writes before it reads
        tracks = (
            ("weight of every row of the memory", found["weightings"][:, k, rows].T, (8, 118, 188),
             (0.3, 0.5)),
            ("is told to move back, to stay, to move on", found["shift"][:, k].T, (138, 43, 143),
             (0.07, 0.07)),
            ("goes by content (full) or by its last place (empty)", found["gate"][None, :, k],
             (26, 127, 75), (0.03, 0.03)),
        )  # fmt: skip
        parts = [f"<p style='margin:10px 0 0'><b>{names[k]}</b></p>"]
        for words, values, colour, shape in tracks:
            label = f"{names[k]} over time: {words}"
            image = heat(values, label, colour, cell=600, shape=shape, overlay=line)
            parts.append(f'<p class="faint" style="margin:6px 0 2px">{words}</p>{image}')
        figures.append("".join(parts))
    cells = "".join(
        f'<div style="flex:1 1 300px;min-width:0;max-width:600px">{figure}</div>'
        for figure in figures
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px 24px">{cells}</div>'


def board(vectors, task):
    """Return the pattern as a picture whose cells can be clicked, as HTML."""
    columns, bits = vectors.shape
    label = f"Board with {columns} columns of {bits} bits"
    attributes = f'data-columns="{columns}" data-bits="{bits}"'
    image = bits_picture(vectors, label, cell=30, attributes=attributes)
    return f'<div class="krl pattern">{image}</div>'


def show(pattern, task, number):
    """Return board and results of what a visitor has chosen, as HTML."""
    vectors = parse_pattern(pattern, task)
    episode, steps = episode_of(vectors, task, number)
    preset = PRESETS[task]
    found = solve(
        episode,
        steps,
        lambda x: run(preset, lambda model: model.attention(x)),
        lambda x: run(f"{preset}_lstm", lambda model: model.predict_on_batch(x)),
    )
    due, parts = found["due"], []
    for name, words in (("due", "Due"), ("machine", "Machine"), ("lstm", "LSTM")):
        wrong = int((found[name] != due).sum())
        label = f"{words}: {len(due)} columns, {wrong} wrong bits"
        image = bits_picture(found[name], label, None if name == "due" else due)
        parts.append(f'<p class="faint" style="margin:8px 0 2px">{words}</p>{image}')
    sentence = escape(verdict(found, len(vectors), task))
    html = f'<div class="krl"><p><b>{sentence}</b></p>{"".join(parts)}{tape(found)}</div>'
    return board(vectors, task), html


def text_pattern(text, task):
    """Return a text as columns, one for each character, cut to what the task takes."""
    values = [ord(c) % 2 ** BITS[choice(task, BITS)] for c in plain_text(text)[:200]]
    fewest, most = COLUMNS[task]
    if task == RECALL:
        values = values[: len(values) // ITEM * ITEM]
    if len(values) < fewest:
        raise ValueError(f"{task} needs at least {fewest} characters.")
    return json.dumps(values[:most])


def random_pattern(task, length, seed=None):
    """Return a random pattern of about a length, as text."""
    fewest, most = COLUMNS[choice(task, COLUMNS)]
    length = min(whole_number(length, 1, 120, "The length"), most)
    if task == RECALL:
        length = max(length // ITEM * ITEM, fewest)
    values = np.random.default_rng(seed).integers(0, 2 ** BITS[task], length)
    return json.dumps(values.tolist())


def toggled(pattern, task, column, bit):
    """Return a pattern with one bit turned over."""
    bits = parse_pattern(pattern, task)
    column = whole_number(column, 0, len(bits) - 1, "The column")
    bit = whole_number(bit, 0, BITS[task] - 1, "The bit")
    values = json.loads(pattern)
    values[column] ^= 1 << (BITS[task] - 1 - bit)
    return json.dumps(values)


@cache
def default():
    """Return what the page shows before any click."""
    return show(text_pattern(TEXT, COPY), COPY, 1)


_CLICK = """
element.addEventListener('click', (event) => {
  const svg = element.querySelector('svg');
  if (!svg) return;
  const box = svg.getBoundingClientRect();
  const column = Math.floor((event.clientX - box.left) / box.width * svg.dataset.columns);
  const bit = Math.floor((event.clientY - box.top) / box.height * svg.dataset.bits);
  trigger('click', {column: column, bit: bit});
});
"""


@EXHIBIT.page
def page(ctx):
    """Lay out the page."""
    import gradio as gr

    def click(pattern, task, event: gr.EventData):
        try:
            return toggled(pattern, task, event.column, event.bit)
        except ValueError:
            return pattern

    def choose(task):
        label, value = (REPEATS, 5) if task == REPEAT else (ASKED, 1)
        control = gr.update(visible=task != COPY, label=label, value=value)
        return random_pattern(task, FIRST[task], 0), control

    with gr.Row():
        task = gr.Radio(list(BITS), value=COPY, label="Task", scale=2)
        length = gr.Slider(1, 120, 38, step=1, label="Length (copies: trained on 1 to 20)", scale=3)
        again = gr.Button("New pattern", variant="primary", scale=1)
    with gr.Row():
        text = gr.Textbox(TEXT, label="Text: every character is a column", scale=3)
        pattern = gr.Textbox(text_pattern(TEXT, COPY), label="Columns, as numbers", max_lines=1,
                             scale=3)  # fmt: skip
        number = gr.Slider(1, MOST_REPEATS, 1, step=1, visible=False, label=ASKED, scale=2)
    drawn = gr.HTML(js_on_load=_CLICK)
    pictures = gr.HTML()
    inputs, outputs = [pattern, task, number], [drawn, pictures]
    ctx.at_first(default, outputs)
    ctx.event(pattern.change, show, inputs, outputs, verb="solve", trigger_mode="always_last")
    ctx.event(task.change, choose, task, [pattern, number])
    ctx.event(number.change, show, inputs, outputs, trigger_mode="always_last")
    ctx.event(text.change, text_pattern, [text, task], pattern, trigger_mode="always_last")
    ctx.event(length.release, random_pattern, [task, length], pattern)
    ctx.event(again.click, random_pattern, [task, length], pattern, verb="pattern")
    drawn.click(click, [pattern, task], pattern, api_visibility="private", show_progress="hidden")
    gr.Examples(
        [["Hello, tape!"], [TEXT], ["Trained on at most twenty columns, it copies a hundred and "
          "twenty without a single wrong bit, because it walks."]],
        text, label="Texts", api_visibility="private")  # fmt: skip


@EXHIBIT.tour
def tour():
    """Copy the default text."""
    vectors = parse_pattern(text_pattern(TEXT, COPY), COPY)
    episode, steps = episode_of(vectors, COPY, 1)
    found = solve(
        episode,
        steps,
        lambda x: run("ntm_copy", lambda model: model.attention(x)),
        lambda x: run("ntm_copy_lstm", lambda model: model.predict_on_batch(x)),
    )
    return verdict(found, len(vectors), COPY)
