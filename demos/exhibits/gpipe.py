"""GPipe: micro-batches stream over devices, and the visitor moves the cuts of the network."""

import json
from functools import cache

import numpy as np

from keras_readinglist.distribution import Schedule

from ..components.axes import WIDTH, svg, words
from ..components.board import thing
from ..components.html import callout, el, faint, page
from ..components.inputs import choice, listed, whole_number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..exhibit import FAILS, Exhibit
from ._gpipe_networks import ADAM, NETWORKS, best_cuts, cells, network

EXHIBIT = Exhibit(
    slug="gpipe",
    claim="Cut a network over several devices, stream small parts of a batch through it, and all "
    "of them work at once; the update is that of one device.",
    try_this="Play the schedule; then set one micro-batch, and watch all devices but one wait.",
    what_you_see="Each row is a device: forward passes, the same passes computed again, and "
    "backward passes, with the number of the micro-batch. What stays empty is the bubble. Below, "
    "the layers and how much each computes: drag a cut, and the slowest cell sets the pace of all.",
    code="""\
import keras
import numpy as np
from keras_readinglist.distribution import GPipe

layers = keras.layers
model = keras.Sequential([keras.Input((8,)), layers.Dense(64, "relu"), layers.Dense(1)])
pipeline = GPipe(model, num_partitions=1, num_microbatches=4)  # or as many as there are devices
pipeline.compile("adam", "mse")
pipeline.fit(np.ones((32, 8)), np.ones((32, 1)), epochs=3)
pipeline.summary()
""",
)
DEVICES, MICRO_BATCHES, BATCH, STEPS = 8, 32, 64, 49
LEFT, RIGHT, ROW = 20, 398, 30
COLOURS = {
    "forward": "var(--krl-accent)",
    "again": "var(--krl-exact)",
    "backward": "var(--krl-low)",
}
DEFAULT = ["Transformer, 24 blocks", 4, 8, True, ""]


def parse(name, devices, count, again, cuts):
    """Return what a visitor chose, checked; cuts that do not fit the network are the best ones."""
    name = choice(name, NETWORKS, "The network")
    devices = whole_number(devices, 1, DEVICES, "The number of devices")
    count = whole_number(count, 1, MICRO_BATCHES, "The number of micro-batches")
    said = "Cuts are numbers of layers, like [6, 12, 18]."
    given = listed(cuts, 200, said)
    if not all(type(cut) is int for cut in given):
        raise ValueError(said)
    bounds = [0, *given, len(network(name).names)]
    rising = all(a < b for a, b in zip(bounds, bounds[1:], strict=False))
    fits = rising and len(given) == devices - 1
    return name, devices, count, bool(again), given if fits else best_cuts(name, devices)


class Run:
    """A batch on its way through the cells of a network, in time and in bytes."""

    def __init__(self, name, count, again, cuts):
        self.name, self.count, self.again, self.cuts = name, count, again, cuts
        self.cells = cells(name, cuts)
        whole = sum(self.cells.flops)
        self.costs = [flops / whole for flops in self.cells.flops]
        self.schedule = Schedule(len(self.costs), count, again)
        self.events = self.schedule.timeline(self.costs)
        self.span = max(event.end for event in self.events)
        self.times = np.linspace(0, self.span, STEPS)

    def working(self):
        """Return how many devices work, at every step of the player."""
        middle = self.times - self.span / (2 * STEPS)
        return [sum(e.begin <= t < e.end for e in self.events) for t in middle]

    def held(self):
        """Return the bytes of activations on every device, `(steps, devices)`."""
        share = BATCH / self.count
        inputs, insides = (np.array(v) * share for v in (self.cells.inputs, self.cells.insides))
        held = np.zeros((STEPS, len(self.costs)))
        for (phase, cell, _), begin, end in self.events:
            begun, ended = self.times >= begin, self.times >= end
            kept = inputs[cell] if self.again else inputs[cell] + insides[cell]
            if phase == "forward":
                held[:, cell] += begun * inputs[cell] + ended * (kept - inputs[cell])
            else:
                held[:, cell] -= ended * kept
            if phase == "forward" or self.again:
                held[:, cell] += (begun & ~ended) * insides[cell]
        return held

    def fullest(self):
        """Return the bytes on the fullest device, and on one device that keeps everything."""
        share = BATCH / self.count
        parts = ([value * share for value in v] for v in (self.cells.inputs, self.cells.insides))
        most = np.array(self.schedule.memory(*parts)) + ADAM * np.array(self.cells.params)
        alone = BATCH * (self.cells.inputs[0] + sum(self.cells.insides))
        return float(most.max()), alone + ADAM * sum(self.cells.params)


def gantt(run):
    """Return the devices as rows and their tasks as bars, which appear as time goes on."""
    scale = (RIGHT - LEFT) / run.span
    bottom = ROW * len(run.costs)
    drawn = [el("rect", x=LEFT, y=0, width=RIGHT - LEFT, height=bottom, fill="var(--krl-panel)")]
    for (phase, cell, number), begin, end in run.events:
        pieces = [(phase, begin, end)]
        if phase == "backward" and run.again:
            middle = begin + run.costs[cell]
            pieces = [("again", begin, middle), (phase, middle, end)]
        at = min(int(np.searchsorted(run.times, begin + 1e-9)), STEPS - 1)
        for name, start, stop in pieces:
            x, width, text = LEFT + scale * start, scale * (stop - start), str(number + 1)
            drawn.append(el("rect", x=x, y=ROW * cell + 2, width=max(width - 0.8, 0.3),
                            height=ROW - 4, fill=COLOURS[name], data_at=at))  # fmt: skip
            if name != "again" and width > 8.5 * len(text) + 1:
                drawn.append(words(x + width / 2, ROW * cell + 20, text, "middle",
                                   fill="var(--krl-paper)", data_at=at))  # fmt: skip
    for cell in range(len(run.costs)):
        drawn.append(words(4, ROW * cell + 20, cell + 1))
    places = LEFT + scale * run.times
    drawn.append(el("rect", y=0, width=2, height=bottom, fill="var(--krl-ink)",
                    steps={"x": places - 1}))  # fmt: skip
    for k, (name, said) in enumerate(
        {"forward": "forward", "again": "computed again", "backward": "backward"}.items()
    ):
        x = LEFT + (0, 94, 244)[k]
        drawn.append(el("rect", x=x, y=bottom + 9, width=13, height=13, fill=COLOURS[name]))
        drawn.append(words(x + 19, bottom + 21, said))
    label = f"{len(run.costs)} devices and their {run.count} micro-batches in time"
    return svg(WIDTH, bottom + 28, drawn, label=label, widest=640)


def memory(run):
    """Return what every device holds, as bars that move with the schedule below their peaks."""
    held, weights = run.held(), ADAM * np.array(run.cells.params)
    peaks = held.max(axis=0) + weights
    most = max(float(peaks.max()), 1.0)
    drawn = []
    for cell, fixed in enumerate(weights):
        y, base = 26 * cell, 290 * fixed / most
        widths = 290 * held[:, cell] / most
        text = [size(value + fixed) for value in held[:, cell]]
        drawn += [
            words(4, y + 18, cell + 1),
            el("rect", x=LEFT, y=y + 3, width=base, height=20, fill="var(--krl-faint)"),
            el("rect", x=LEFT + base, y=y + 3, height=20, fill="var(--krl-accent)",
               class_="moves", steps={"width": np.round(widths, 1)}),
            el("path", d=f"M{LEFT + 290 * peaks[cell] / most:.1f} {y + 1}V{y + 25}",
               stroke="var(--krl-ink)", stroke_width=2.5),
            words(398, y + 19, "", "end", steps={"#text": text}),
        ]  # fmt: skip
    return svg(WIDTH, 26 * len(weights), drawn, label="What each device holds", widest=640)


def size(count):
    """Return a number of bytes as people write it."""
    for unit in ("B", "kB", "MB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def chain(run):
    """Return the layers as bars of what they compute, with cuts that can be dragged."""
    found = network(run.name)
    step = (WIDTH - 40) / len(found.names)
    most, cell, drawn = max(found.flops), 0, []
    for k, (name, flops) in enumerate(zip(found.names, found.flops, strict=True)):
        cell += k in run.cuts
        height = 3 + 90 * flops / most
        title = el("title", f"{name}: {flops / 1e6:,.1f} million operations, device {cell + 1}")
        drawn.append(el("rect", title, x=20 + step * k + 0.7, y=100 - height, width=step - 1.4,
                        height=height, fill="var(--krl-accent)",
                        fill_opacity=1 if cell % 2 == 0 else 0.45))  # fmt: skip
    ends = [0, *run.cuts, len(found.names)]
    for cell, (a, b) in enumerate(zip(ends, ends[1:], strict=False)):
        drawn.append(words(20 + step * (a + b) / 2, 118, cell + 1, "middle"))
    for k, cut in enumerate(run.cuts):
        handle = [
            el("rect", x=-24, y=-120, width=48, height=154, fill="transparent"),
            el("path", d="M0 -118V8", stroke="var(--krl-ink)", stroke_width=2.5,
               stroke_dasharray="5 3"),
            el("circle", cy=18, r=10, fill="var(--krl-ink)"),
        ]  # fmt: skip
        said = f"Cut before layer {cut + 1}, {found.names[cut]}: arrow keys move it"
        drawn.append(thing(k, (20 + step * cut, 122), handle, label=said))
    return svg(WIDTH, 156, drawn, label="The layers, what each computes, and the cuts",
               interactive=True, widest=640, class_="touch",
               data_ends=f"0 {len(found.names)} 0 1")  # fmt: skip


def sentence(run):
    """Say what the pipeline gains, and what it costs."""
    idle, fast = run.schedule.idle_fraction(run.costs), run.schedule.speedup(run.costs)
    fullest, alone = run.fullest()
    equal = run.schedule.bubble_fraction
    slowest = max(run.costs) * len(run.costs)
    parts = [
        f"Devices idle {idle:.0%} of the time",
        f"; the bubble alone is (K − 1) / (M + K − 1) = {equal:.0%}",
    ]
    if slowest > 1.05:
        parts.append(f", but the slowest cell has {slowest:.2f} times its share of the work")
    parts.append(f". {fast:.2f} times as fast as one device, if sending took no time")
    if run.again:
        kept = run.schedule.speedup(run.costs) * (4 / 3)
        parts.append(f" (about {kept:.2f} if nothing were computed again)")
    parts.append(
        f". The fullest device holds {size(fullest)}; one device with all of it would hold "
        f"{size(alone)}."
    )
    return "".join(parts)


def show(name, devices, count, again, cuts):
    """Return the schedule with what devices hold, and the chain with its cuts."""
    name, devices, count, again, cuts = parse(name, devices, count, again, cuts)
    run = Run(name, count, again, cuts)
    said = [f"{n} of {devices} devices work" for n in run.working()]
    said[0] = "The batch arrives."
    moving = player(gantt(run), faint("What each device holds: weights with Adam's slots (grey) "
                                      "and activations, of a batch of 64; the mark is the most."),
                    memory(run),
                    count=STEPS, label="Time", captions=said, start=-1)  # fmt: skip
    verdict = callout(sentence(run), kind="verdict")
    return page(moving), page(chain(run)), page(verdict)


def moved(name, devices, cuts, item, x):
    """Return the cuts as text after one was dragged, between its neighbours, and the chain anew."""
    *_, known = parse(name, devices, 1, True, cuts)
    if item is not None and x is not None and known:
        k = whole_number(item, 0, len(known) - 1, "The cut")
        low = known[k - 1] + 1 if k else 1
        high = (known[k + 1] if k + 1 < len(known) else len(network(name).names)) - 1
        known[k] = int(min(max(round(x), low), high))
    # What was dragged to no new place has to go back: a picture that differs is drawn anew.
    return json.dumps(known), page(chain(Run(name, 1, True, known)), data_at_x=x)


@cache
def default():
    """Return what the page shows before any click."""
    return show(*DEFAULT)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with stage():
        with picture_side():
            schedule = html()
            layers = html(touch=True)
        with control_side():
            name = gr.Dropdown(list(NETWORKS), value=DEFAULT[0], label="Network")
            devices = gr.Slider(1, DEVICES, DEFAULT[1], step=1, label="Devices, K")
            count = gr.Slider(1, MICRO_BATCHES, DEFAULT[2], step=1, label="Micro-batches, M")
            again = gr.Checkbox(DEFAULT[3], label="Compute again instead of keeping")
            ctx.note()
            verdict = html()
            best = gr.Button("Best cuts", variant="primary", min_width=80)
            examples = choices_row()
            with advanced():
                cuts = gr.Textbox("", label="Cuts, as numbers of layers; empty: the best")
    inputs = [name, devices, count, again, cuts]
    with examples:
        ctx.choices({
            "One micro-batch": ["Transformer, 24 blocks", 4, 1, True, ""],
            "Four a device": ["Transformer, 24 blocks", 8, 32, True, ""],
            "Badly cut": ["ResNet-50", 4, 8, True, "[2, 4, 6]"],
            FAILS: ["AlexNet", 8, 32, True, ""],
        }, inputs)  # fmt: skip
    outputs = [schedule, layers, verdict]
    ctx.at_first(default, outputs)
    ctx.on_change(
        show, inputs, outputs, verb="show", doing="Cutting the chain and timing the schedule"
    )
    ctx.event(best.click, lambda: "", None, cuts)
    ctx.touch(layers, lambda name, devices, cuts, item, x, y: moved(name, devices, cuts, item, x),
              [name, devices, cuts], [cuts, layers])  # fmt: skip


@EXHIBIT.tour
def tour():
    """Schedule the default network."""
    name, _, count, again, cuts = parse(*DEFAULT)
    return sentence(Run(name, count, again, cuts))
