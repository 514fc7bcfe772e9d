"""CS231n: an expression that flows back, a classifier that trains live, what a network looks at."""

import re
from functools import cache

from keras_readinglist.datasets.fashion_mnist import CLASSES

from ..components.inputs import appended
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..exhibit import FAILS, Exhibit
from . import _cs231n_graph as graph
from . import _cs231n_pictures as pictures
from . import _cs231n_playground as playground

EXHIBIT = Exhibit(
    slug="cs231n",
    claim="A network is an expression: values flow forward through it, gradients flow back, and "
    "both can be looked at.",
    try_this="Change the expression and press play; then drag a point in the second tab, and draw "
    "on a garment in the third.",
    what_you_see="Every operation is given numbers, gives one, and on the way back multiplies what "
    "comes from behind with its own slope: that is all of backpropagation. The second tab does "
    "just that some thousand times for a classifier of points, and shows its regions while they "
    "form. The third goes on to the pixels: how the score of a small network for garments moves "
    "with them, and what becomes of it when they are gone.",
    presets=(pictures.PRESET,),
    code="""\
import numpy as np
from keras_readinglist import visualization
from keras_readinglist.applications import ThreeLayerConvNet
from keras_readinglist.applications.cs231n.autograd import Graph

graph = Graph("sigmoid(w * x + b)", w=2, x=-1, b=-3)
graph.backward()
print({node.name: round(node.grad, 3) for node in graph.nodes if node.name})
network = ThreeLayerConvNet.from_preset("cs231n_convnet_fashion")
picture = np.zeros((28, 28))
picture[9:25, 4:24] = 0.7
print(network.classify(picture, top=2))
print(visualization.saliency(network, network.preprocess(picture)).shape)
""",
)

DOING = "Asking the network why"
EXPRESSION = "sigmoid(w0 * x0 + w1 * x1 + w2)"
VALUES = "w0 = 2, x0 = -1, w1 = -3, x1 = -2, w2 = -3"


@cache
def default_graph():
    """Return what the first tab shows before any click."""
    return graph.show(EXPRESSION, VALUES)


@cache
def default_training():
    """Return what the second tab shows before any click."""
    return playground.show(playground.spiral(), "Softmax", "50 rectifiers")


@cache
def default_picture():
    """Return what the third tab shows before any click."""
    return pictures.show("Ankle boot", pictures.LIKELIEST)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Graph"):
        _graph(ctx)
    with gr.Tab("Training"):
        _training(ctx)
    with gr.Tab("Looking in"):
        _pictures(ctx)


def _graph(ctx):
    import gradio as gr

    with stage():
        with picture_side(4):
            picture = html()
        with control_side():
            text = gr.Textbox(EXPRESSION, label="An expression of numbers and names", max_lines=3)
            values = gr.Textbox(VALUES, label="What the names stand for", max_lines=3)
            ctx.note()
            examples = choices_row()
            found = html()
    with examples:
        ctx.choices({
            "(x + y) z": ["(x + y) * z", "x = -2, y = 5, z = -4"],
            "A name twice": ["x * y + x", "x = 3, y = -4"],
            "Softmax loss": ["log(exp(a) + exp(b) + exp(c)) - b", "a = 3.2, b = 5.1, c = -1.7"],
            FAILS: ["relu(x - 1) * w + max(x, y)", "x = 1, y = 1, w = 2"],
        }, [text, values])  # fmt: skip
    ctx.at_first(default_graph, [picture, found])
    ctx.on_change(
        graph.show, [text, values], [picture, found], verb="graph", doing="Carrying gradients back"
    )


def _training(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            hidden = gr.Radio(list(playground.HIDDEN), value="50 rectifiers", label="Hidden layer")
            loss = gr.Radio(list(playground.LOSSES), value="Softmax", label="Loss")
            names = list(playground.CLASSES)
            name = gr.Radio(names, value=names[0], label="A click adds a point that is")
            examples = choices_row()
            ctx.note()
            found = html()
            with advanced():
                rate = gr.Slider(0.01, 3, 1, step=0.01, label="Rate")
                decay = gr.Slider(0, 0.1, 0.001, step=0.001, label="Regulariser")
                points = gr.Textbox(playground.spiral(), label="Points", lines=2, max_lines=3)
    with examples:
        linear = next(iter(playground.HIDDEN))
        ctx.choices({
            "Spiral": [playground.spiral(), "50 rectifiers", "Softmax"],
            "Three clouds": [playground.clouds(), linear, "SVM"],
            "Empty": ["[]", "3 rectifiers", "Softmax"],
            FAILS: [playground.spiral(), linear, "Softmax"],
        }, [points, hidden, loss])  # fmt: skip
    inputs, outputs = [points, loss, hidden, rate, decay], [picture, found]
    ctx.at_first(default_training, outputs)
    ctx.on_change(playground.show, inputs, outputs, verb="training", doing="Training the network")
    ctx.touch(picture, playground.touched, [points, name], points)


def _pictures(ctx):
    import gradio as gr

    def paint(strokes, item, x, y):
        last = pictures.SIDE - 1
        return appended(strokes, [min(int(at * pictures.SIDE), last) for at in (y, x)], 300)

    def afresh(name, asked):
        """Show a picture of ours: an upload and what was drawn are put away."""
        return *pictures.show(name, asked), None, ""

    with stage():
        with picture_side():
            shown = html(touch=True)
            fooled = html()
        with control_side():
            name = gr.Dropdown(pictures.choices(), value="Ankle boot", label="Picture")
            upload = gr.UploadButton(
                "Or a picture of your own", type="binary", file_types=["image"]
            )
            ctx.note()
            asked = gr.Dropdown(
                [pictures.LIKELIEST, *CLASSES], value=pictures.LIKELIEST, label="What speaks for"
            )
            clear = gr.Button("Undo the drawing")
            examples = choices_row()
            found = html()
            target = gr.Dropdown(list(CLASSES), value="bag", label="Fool it into")
            attack = gr.Button("Fool it", variant="primary")
            with advanced():
                strokes = gr.Textbox("", label="Cells that were drawn", max_lines=1)
    with examples:
        ctx.choices({
            "Draw": [pictures.BLANK, pictures.LIKELIEST],
            "Why not a coat?": ["Shirt", "coat"],
            FAILS: [pictures.NOISE, pictures.LIKELIEST],
        }, [name, asked])  # fmt: skip
    inputs, outputs = [name, asked, upload, strokes], [shown, found]
    ctx.at_first(default_picture, outputs)
    ctx.endpoint(pictures.show, inputs, outputs, "picture")
    ctx.event(name.change, afresh, [name, asked], [*outputs, upload, strokes], doing=DOING)
    asks = [asked.change, upload.upload, strokes.change]
    ctx.event(asks, pictures.show, inputs, outputs, doing=DOING)
    ctx.event(
        attack.click,
        pictures.fool,
        [name, target, upload, strokes],
        fooled,
        verb="fool",
        doing="Changing the picture until it fools",
    )
    ctx.event(clear.click, lambda: "", None, strokes)
    ctx.touch(shown, paint, strokes, strokes)


@EXHIBIT.tour
def tour():
    """Go through the three tabs by default."""
    default_graph()
    default_picture()
    return re.search(r"<b>(.*?)</b>", default_training()[1])[1]
