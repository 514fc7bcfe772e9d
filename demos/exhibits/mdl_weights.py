"""Description length of weights: a curve whose network pays for every bit that it knows."""

import json
from functools import cache

import keras
import numpy as np

from keras_readinglist import catalog
from keras_readinglist.applications import MDLNetwork

from ..components.axes import WIDTH, Axis, svg, words
from ..components.board import Square, board, thing
from ..components.charts import stacked_bars
from ..components.html import callout, el, faint, page
from ..components.inputs import number_rows, touched, within
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, Exhibit
from ..serving import Served
from ..waiting import go_on

SLUG = "mdl-weights"
EXHIBIT = Exhibit(
    slug=SLUG,
    claim="Noise on a weight makes it cheaper to send: a network that pays for its bits buys only "
    "those that shorten the message.",
    try_this="Drag a point, or click to add one, and watch the band and the bits; then send the "
    "message.",
    what_you_see="The band is what the network expects, two standard deviations wide. Each hump "
    "below is a weight: a tall one says much, a wide one near zero says nothing and costs nothing. "
    "The stacks are the message: bits of the weights and bits of the misfits, beside a message "
    "without a network. While it learns, the price of a weight rises to all of it.",
    presets=catalog.find(SLUG).presets,
    code="""\
import numpy as np
from keras_readinglist.applications import MDLNetwork

model = MDLNetwork.from_preset("mdl_network_sine")
x = np.linspace(-3, 3, 40, dtype="float32")[:, None]
y = 0.7 * np.sin(1.5 * x)
print({name: round(bits, 1) for name, bits in model.description_length(x, y).items()})
message = model.encode(x, y)  # needs keras-readinglist[compression]
targets, payload = model.decode(x, message)
print(message.bits, "bits; exact to two decimals:", np.abs(targets - y).max() < 0.0051)
""",
)
MOST, STEPS, PARTS = 40, 1500, 5
PAYS = 5  # bits; less may come from the noise level, which is sent for nothing: log2(40) / 2 = 2.7
SQUARE = Square()


def examples():
    """Return points of some curves, as text."""
    rng = np.random.default_rng(0)

    def text(x, y):
        y = np.clip(y + 0.02 * rng.standard_normal(len(x)), 0.02, 0.98)
        return json.dumps(np.stack([x, y], axis=1).round(3).tolist())

    x = np.sort(rng.uniform(0.02, 0.98, 40))
    few = np.linspace(0.1, 0.9, 5)
    return {
        "A wave": text(x, 0.5 + 0.35 * np.sin(9 * (x - 0.5))),
        "A line": text(x[::2], 0.2 + 0.6 * x[::2]),
        "A step": text(x, np.where(x > 0.5, 0.8, 0.2)),
        "Noise": text(x, rng.uniform(0.1, 0.9, 40)),
        FAILS: text(few, 0.5 + 0.35 * np.sin(9 * (few - 0.5))),
    }


EXAMPLES = examples()


def parse(text):
    """Return the points of a visitor; `ValueError` in plain words."""
    said = "Points are pairs of numbers from 0 to 1, like [[0.1, 0.2], [0.5, 0.4]]."
    points = number_rows(text, 2, 4000, said)
    if not len(points) or not within(points, 0, 1):
        raise ValueError(said)
    if not 3 <= len(points) <= MOST:
        raise ValueError(f"3 to {MOST} points, please; there are {len(points)}.")
    return points


class Learner:
    """One network that is compiled once, and learns anew from every visitor's points."""

    def __init__(self):
        self.model = MDLNetwork(
            1, MOST, hidden_units=8, prior="gaussian", annealing=STEPS * 2 // 3, seed=0
        )
        self.model.compile(keras.optimizers.Adam(0.03))
        self.model.optimizer.build(self.model.trainable_variables)
        rng = np.random.default_rng(0)
        for layer, scale in ((self.model.hidden, 1.0), (self.model.out, 0.3)):
            # From smaller weights half of the starts end as a flat line.
            layer.mean.assign(scale * rng.standard_normal(layer.mean.shape))
        variables = self.model.variables + self.model.optimizer.variables
        self.start = [(v, keras.ops.convert_to_numpy(v)) for v in variables]

    def learn(self, points):
        """Yield the network a few times while it learns, and when it has."""
        for variable, value in self.start:
            variable.assign(value)
        count, places = len(points), np.arange(MOST)
        weights = (places < count).astype("float32")
        rows = points[np.minimum(places, count - 1)]
        x, y = inputs_of(rows[:, 0]), targets_of(rows[:, 1])
        # The cost of all weights is shared by MOST cases, those of no weight among them.
        steps = STEPS // PARTS
        x, y, weights = np.tile(x, (steps, 1)), np.tile(y, (steps, 1)), np.tile(weights, steps)
        for _ in range(PARTS):
            go_on()
            self.model.fit(x, y, MOST, sample_weight=weights, shuffle=False, verbose=0)
            yield self.model


LEARNER = Served(Learner)


def inputs_of(x):
    """Return places on the board as inputs of the network."""
    return (6 * np.asarray(x, "float32") - 3)[:, None]


def targets_of(y):
    """Return heights on the board as targets of the network."""
    return (2 * np.asarray(y, "float32") - 1)[:, None]


def picture(points, model):
    """Return the board with the band that the network expects."""
    across = np.linspace(0, 1, 61)
    mean, spread = (v[:, 0] for v in model.predict_distribution(inputs_of(across)))
    places = [SQUARE((x, np.clip((m + 1) / 2, -0.5, 1.5))) for x, m in zip(across, mean,
                                                                          strict=True)]  # fmt: skip
    edges = [
        [SQUARE((x, np.clip((v + 1) / 2, 0, 1))) for x, v in zip(across, mean + side * spread,
                                                                strict=True)]
        for side in (2, -2)
    ]  # fmt: skip
    band = el("path", d=_path(edges[0] + edges[1][::-1]) + "Z", fill="var(--krl-accent)",
              fill_opacity=0.22)  # fmt: skip
    line = el("path", d=_path(places), fill="none", stroke="var(--krl-accent)", stroke_width=3)
    pins = [
        thing(k, SQUARE(point), el("circle", r=16, fill="transparent"),
              el("circle", r=6, fill="var(--krl-ink)"),
              label=f"Point {k + 1}: arrow keys move it, Enter takes it away")
        for k, point in enumerate(points)
    ]  # fmt: skip
    return board(band, line, pins, label="Points and what the network expects", square=SQUARE,
                 adds=True)  # fmt: skip


def _path(places):
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def humps(model):
    """Return every weight as a Gaussian, those that say something in colour."""
    axis = Axis(-4, 4, 10, WIDTH - 10)
    drawn, said = [], 0
    tallest = np.log(1 / 0.01)
    for layer in (model.hidden, model.out):
        mean, log_scale = map(keras.ops.convert_to_numpy, layer.posterior())
        for mu, sigma in zip(mean.ravel(), np.exp(log_scale).ravel(), strict=True):
            speaks = abs(mu) > 2 * sigma
            said += int(speaks)
            height = 110 * np.clip(np.log(1 / sigma) / tallest, 0.08, 1)
            around = np.linspace(-3, 3, 25)
            places = [(float(axis(np.clip(mu + sigma * z, -4, 4))),
                       130 - height * np.exp(-z * z / 2)) for z in around]  # fmt: skip
            colour = "var(--krl-accent)" if speaks else "var(--krl-line)"
            drawn.append((speaks, el("path", d=_path(places) + "Z", fill=colour,
                                     fill_opacity=0.3, stroke=colour, stroke_width=1)))  # fmt: skip
    parts = [part for _, part in sorted(drawn, key=lambda pair: pair[0])]
    parts += [words(float(axis(v)), 148, str(v), "middle") for v in (-4, -2, 0, 2, 4)]
    title = f"{said} of {len(drawn)} weights say something"
    return el("div", svg(WIDTH, 154, parts, label=title), faint(f"{title}: more than two standard "
                                                              "deviations from zero."))  # fmt: skip


def bits_of(points, model):
    """Return what the points cost, in bits."""
    return model.description_length(inputs_of(points[:, 0]), targets_of(points[:, 1]))


def shown(points, model, learned):
    """Return the board, and the message, as HTML."""
    bits = bits_of(points, model)
    parts = {
        "weights": ([bits["model_bits"], 0], "var(--krl-accent)"),
        "misfits": ([bits["data_bits"], bits["null_bits"]], "var(--krl-line)"),
    }
    chart = stacked_bars(parts, ["network", "no network"], "Bits of the message")
    saved = bits["null_bits"] - bits["total_bits"]
    said = "Learning: the price of the weights is rising."
    if learned and saved > PAYS:
        said = (
            f"The weights cost {bits['model_bits']:.0f} bits, and the whole message is "
            f"{saved:.0f} bits shorter than without a network."
        )
    elif learned:
        said = (
            "These points do not pay for a network: it knows nothing, and draws the mean. In the "
            "paper, too, the shortest message of all was that of a network that said nothing."
        )
    return page(picture(points, model)), page(callout(said, kind="verdict"), humps(model), chart)


def learn(text):
    """Learn the points; yield the page a few times."""
    points = parse(text)

    def pages(learner):
        for part, model in enumerate(learner.learn(points), start=1):
            yield shown(points, model, part == PARTS)

    yield from LEARNER.iterate(pages)


def send(text):
    """Learn the points, send them as bits, and read them back."""
    points = parse(text)

    def exchange(learner):
        *_, model = learner.learn(points)
        x, y = inputs_of(points[:, 0]), targets_of(points[:, 1])
        message = model.encode(x, y)
        return bits_of(points, model), message, model.decode(x, message)[0], y

    try:
        bits, message, read, y = LEARNER.run(exchange)
    except ImportError as error:
        raise ValueError(str(error)) from error
    error = np.abs(read - y).max()
    strip = "".join(f"{word:032b}" for word in message.words[:24])
    cells = [el("rect", x=4 * (k % 96), y=8 * (k // 96), width=3.4, height=7,
                fill="var(--krl-ink)" if bit == "1" else "var(--krl-line)")
             for k, bit in enumerate(strip)]  # fmt: skip
    rows = -(-len(strip) // 96)
    said = (
        f"The message took {message.bits} bits; its expected length was {bits['total_bits']:.0f}. "
        f"All {len(points)} targets came back, exact to two decimals (largest difference "
        f"{error:.4f}), and so did the {32 * len(message.words)} random bits, less the message, "
        "that chose the weights."
    )
    return page(
        callout(said, kind="verdict"),
        svg(384, 8 * rows, cells, label="The first bits of what is sent"),
        faint("The first 768 bits of what is sent: they look random, since weights and misfits are "
              "written at the length of their surprise."),
    )  # fmt: skip


@cache
def default():
    """Return what the page shows before any click."""
    *_, last = learn(EXAMPLES["A wave"])
    return last


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    def touch(text, item, x, y):
        return touched(text, item, x, y, MOST)

    with stage():
        with picture_side():
            picture = html(touch=True)
            ctx.note()
            with choices_row():
                button = gr.Button("Send", variant="primary", min_width=80)
                clear = gr.Button("Clear", min_width=80)
            examples_ = choices_row()
        with control_side():
            result = html()
            sent = html()
    with advanced():
        text = gr.Textbox(EXAMPLES["A wave"], label="Points", lines=3)
    with examples_:
        ctx.choices({name: [points] for name, points in EXAMPLES.items()}, [text])
    ctx.at_first(default, [picture, result])
    ctx.on_change(learn, text, [picture, result], verb="learn", doing="Learning the points")
    ctx.event(
        button.click,
        send,
        text,
        sent,
        verb="send",
        doing="Learning, sending and reading the points",
    )
    ctx.event(clear.click, lambda: "[[0.2, 0.3], [0.5, 0.5], [0.8, 0.7]]", None, text)
    ctx.touch(picture, touch, text, text)


@EXHIBIT.tour
def tour():
    """Learn the default points."""
    points = parse(EXAMPLES["A wave"])

    def bits(learner):
        *_, model = learner.learn(points)
        return bits_of(points, model)

    found = LEARNER.run(bits)
    return (
        f"{found['model_bits']:.0f} bits of weights and {found['data_bits']:.0f} of misfits, "
        f"{found['null_bits']:.0f} without a network"
    )
