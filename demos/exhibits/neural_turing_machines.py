"""Neural Turing Machines: draw bits, and watch heads write them on a tape and read them back."""

import json
from functools import cache

import numpy as np

from keras_readinglist.datasets import algorithmic_tasks as tasks

from ..components.html import callout, el, faint, page
from ..components.images import grid_picture
from ..components.inputs import choice, listed, plain_text, whole_number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, Exhibit, run
from . import _neural_turing_machines_tape as tapes

EXHIBIT = Exhibit(
    slug="neural-turing-machines",
    claim="Give a network a tape and heads that move on it, and it learns an algorithm instead of "
    "a length: trained on 20 columns it copies 120.",
    try_this="Click on the pattern to change bits, then press play: the write head fills the tape, "
    "and the read head walks it again. Draw the length far beyond 20.",
    what_you_see="The tape is the memory, a column for every place that a head visits: blue above "
    "zero, red below. While the pattern is read the write head (orange) walks along it; then "
    "nothing is shown any more, and the read head (violet) goes back and walks the same places. "
    "What is written below it is red where a bit is wrong, and so is the LSTM's, which has no tape "
    "and is lost beyond 20. Repeated copies hold within the range of training; with more than ten "
    "repeats the machine loses its place.",
    presets=(
        "ntm_copy",
        "ntm_copy_lstm",
        "ntm_repeat_copy",
        "ntm_repeat_copy_lstm",
        "ntm_recall",
        "ntm_recall_lstm",
    ),
    code="""\
from keras_readinglist.applications import NTMSequenceModel
from keras_readinglist.datasets import copy_task

machine = NTMSequenceModel.from_preset("ntm_copy")  # trained on 1 to 20 columns
episode = copy_task(1, length=40, rng=0)
inputs, targets, mask = episode
wrong = (machine.answer(episode) != targets[mask][None]).sum()
heads = machine.attention(inputs)["weightings"][0]  # (steps, heads, rows of the memory)
print(int(wrong), "wrong bits of", 40 * 8)
print("the write head walks:", heads[:12, 1].argmax(-1))
""",
)

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
_STEPS = {COPY: 241, REPEAT: 422, RECALL: 88}  # one compiled program a task: 4 s each


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
    """Return the episode of a pattern, padded to the longest of its task, and its length.

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
    return tasks.pad_time(episode, _STEPS[task]), episode[0].shape[1]


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
        for name in ("weightings", "erase", "add")
    }
    return {
        "begin": int(mask[0].argmax()),
        "inputs": inputs[0, :steps],
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


def board(vectors):
    """Return the pattern as a picture whose cells can be clicked."""
    columns, bits = vectors.shape
    label = f"Pattern of {columns} columns of {bits} bits: click on one to turn it over"
    ratio = min(max(bits / columns, 1 / 9), 1 / 3) * columns
    return grid_picture(tapes.bit_colours(vectors), label, height=ratio, touch=True,
                        widest=34 * columns)  # fmt: skip


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
    sentence = callout(el("b", verdict(found, len(vectors), task)), kind="verdict")
    drawn = page(faint("The pattern: click on its bits"), board(vectors))
    return drawn, page(tapes.machine(found), sentence)


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


def toggled(pattern, task, x, y):
    """Return a pattern with the bit turned over at a place, from 0 to 1 across and down."""
    bits = parse_pattern(pattern, task)
    column, bit = int(min(x, 0.9999) * len(bits)), int(min(y, 0.9999) * BITS[task])
    values = json.loads(pattern)
    values[column] ^= 1 << (BITS[task] - 1 - bit)
    return json.dumps(values)


@cache
def default():
    """Return what the page shows before any click."""
    return show(text_pattern(TEXT, COPY), COPY, 1)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    def flip(pattern, task, item, x, y):
        return toggled(pattern, task, x, y)

    def question(task):
        return gr.update(visible=task != COPY, label=REPEATS if task == REPEAT else ASKED)

    def choose(task):
        return random_pattern(task, FIRST[task], 0), 5 if task == REPEAT else 1

    def typed(text, task, pattern):
        return text_pattern(text, task) if text else pattern

    def told(pattern, task, text):
        """Keep length and text with the pattern."""
        values = json.loads(pattern)
        if text and text_pattern(text, task) != pattern:
            text = "".join(map(chr, values))
        return len(values), text if text.isprintable() else ""

    with stage():
        with picture_side():
            pictures = html()
        with control_side():
            drawn = html(touch=True)
            task = gr.Radio(list(BITS), value=COPY, label="Task")
            length = gr.Slider(1, 120, 38, step=1, label="Length (copies: trained on 1 to 20)")
            number = gr.Slider(1, MOST_REPEATS, 1, step=1, visible=False, label=ASKED)
            text = gr.Textbox(TEXT, label="Text: every character is a column", max_lines=1)
            ctx.note()
            again = gr.Button("New pattern", variant="primary")
            examples = choices_row()
            with advanced():
                pattern = gr.Textbox(text_pattern(TEXT, COPY), label="Columns, as numbers",
                                     max_lines=3)  # fmt: skip
    with examples:
        ctx.choices({
            "Copy 120": [random_pattern(COPY, 120, 2), COPY, 1],
            "Recall 10 items": [random_pattern(RECALL, 30, 1), RECALL, 4],
            FAILS: [random_pattern(REPEAT, 10, 1), REPEAT, 16],
        }, [pattern, task, number])  # fmt: skip
    inputs, outputs = [pattern, task, number], [drawn, pictures]
    ctx.at_first(default, outputs)
    changes = [pattern.change, number.change]
    solved = ctx.event(
        changes, show, inputs, outputs, verb="solve", doing="Reading, writing and recalling"
    )
    ctx.event(solved.then, told, [pattern, task, text], [length, text], show_progress="hidden")
    ctx.event(task.input, choose, task, [pattern, number])
    ctx.on_change(question, task, number)
    ctx.event(text.change, typed, [text, task, pattern], pattern)
    ctx.event(length.input, random_pattern, [task, length], pattern)
    ctx.event(again.click, random_pattern, [task, length], pattern, verb="pattern")
    ctx.touch(drawn, flip, [pattern, task], pattern)


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
