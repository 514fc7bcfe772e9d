"""The exhibit of CS231n: its graph, its playground, its pictures and its refusals."""

import io
import json
import re

import numpy as np
import pytest

from demos.exhibits import _cs231n_graph as graph
from demos.exhibits import _cs231n_pictures as pictures
from demos.exhibits import _cs231n_playground as playground
from demos.exhibits import cs231n as exhibit

POINTS = "[[0.5, 0.5, 0], [-0.5, 0.4, 1], [0, -0.6, 2], [0.4, 0.6, 0]]"
LINEAR = next(iter(playground.HIDDEN))
GOOD = {
    "graph": ["(x + y) * z", "x = -2, y = 5, z = -4"],
    "training": [POINTS, "SVM", LINEAR, 1.0, 0.001],
    "picture": ["Bag", "coat", None, "[[3, 4]]"],
    "fool": ["Bag", "shirt", None, ""],
}
BAD = {
    "graph": ["import os", ""],
    "training": ["nonsense", "SVM", LINEAR, 1.0, 0.001],
    "picture": ["A cat", "coat", None, ""],
    "fool": ["Bag", "a cat", None, ""],
}


def test_the_default_graph_goes_forward_and_back():
    moving, found = exhibit.default_graph()
    assert 'data-count="12"' in moving  # 5 operations each way, what is given, and the result
    assert "Backward through sigmoid" in moving and found.count("✓") == 5
    assert "every gradient" in found.lower()


def test_the_graph_of_the_notes():
    moving, found = graph.show("(x + y) * z", "x = -2, y = 5, z = -4")
    cells = re.findall(r"<td>(.*?)</td>", found)
    assert cells[2::4] == ["−4", "−4", "3"]
    assert 'data-at="2"' in moving and "z gets" in moving
    nodes = graph.Graph("(x + y) * z", x=-2, y=5, z=-4).nodes
    assert graph.formula(nodes, nodes[-1]) == "3 × (−4)"


def test_kinks_and_dead_ends_are_named():
    assert "disagree" in graph.show("relu(x)", "x = 0")[1]
    assert "Nothing that is given moves" in graph.show("relu(x - 9)", "x = 1")[1]
    assert graph.read_values("b = 4", ["a", "b"]) == {"a": 2.0, "b": 4.0}


@pytest.mark.parametrize("hidden", playground.HIDDEN)
@pytest.mark.parametrize("loss", playground.LOSSES)
def test_points_are_separated(hidden, loss):
    moving, found = playground.show(playground.clouds(), loss, hidden)
    assert "100% of 36 points" in found and moving.count("data-item") == 36
    regions = set(re.findall(r"base64,[^&]*", moving))
    assert len(regions) >= 10


def test_a_spiral_needs_a_hidden_layer():
    linear = playground.show(playground.spiral(), "Softmax", LINEAR)[1]
    deep = playground.show(playground.spiral(), "Softmax", "50 rectifiers")[1]
    share = [int(re.search(r"(\d+)% of", each)[1]) for each in (linear, deep)]
    assert share[0] < 65 and share[1] > 90 and "Straight borders" in linear


def test_points_are_touched():
    added = playground.touched(POINTS, "Square", None, 0.12345, 1.0)
    assert json.loads(added)[-1] == [0.123, 1.0, 1]
    moved = json.loads(playground.touched(POINTS, "Square", "2", 0.1, 0.2))
    assert moved[2] == [0.1, 0.2, 2] and len(moved) == 4
    assert len(json.loads(playground.touched(POINTS, "Square", "0", None, None))) == 3
    board, words = playground.show("[]", "SVM", LINEAR)
    assert "data-item" not in board and "Click on the board" in words


def test_pictures_of_a_garment():
    shown, told = exhibit.default_picture()
    assert shown.count("<figure") == 6 and "Ankle boot" in told
    drop = [int(x) for x in re.search(r"saliency (\d+)%.*random (\d+)%", told).groups()]
    assert drop[0] < drop[1]


def test_every_garment_is_known():
    right = 0
    for name in pictures.garments():
        _, told = pictures.show(name, pictures.LIKELIEST)
        right += f"<b>{name}" in told
    assert right >= 9


def test_an_upload_and_a_drawing():
    from PIL import Image

    gray = np.full((60, 40), 255, np.uint8)
    gray[20:40, 10:30] = 0  # dark on bright paper
    file = io.BytesIO()
    Image.fromarray(gray).save(file, "PNG")
    found = pictures.picture("Bag", file.getvalue())
    assert found.shape == (28, 28) and found[14, 14] == 1 and found[0, 0] == 0
    drawn = pictures.picture(pictures.BLANK, strokes="[[10, 12]]")
    assert drawn.sum() == pytest.approx(9 * 0.9)
    _, told = pictures.show(pictures.BLANK, "bag", strokes="[[10, 12], [11, 12]]")
    assert "Bag:" in told


def test_it_is_fooled():
    told = pictures.fool("Trousers", "bag")
    assert "steps it is bag" in told and told.count("<figure") == 3
    assert "is trousers already" in pictures.fool("Trousers", "trousers")


@pytest.mark.once
@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: graph.show("x", "x = 1"), "at least one operation"),
        (lambda: graph.show("x * y", "x : 1"), "written like"),
        (lambda: graph.show("x * y", "x = 1.2.3"), "written like"),
        (lambda: graph.show(None, ""), "Type an expression"),
        (lambda: graph.show("+".join(f"a{k}*b{k}" for k in range(20)), ""), "40 nodes"),
        (lambda: playground.show("[[0, 0]]", "SVM", LINEAR), "triples"),
        (lambda: playground.show("[[0, 2, 0]]", "SVM", LINEAR), "between -1 and 1"),
        (lambda: playground.show("[[0, 0, 5]]", "SVM", LINEAR), "a class is 0, 1 or 2"),
        (lambda: playground.show(json.dumps([[0, 0, 0]] * 121), "SVM", LINEAR), "120 points"),
        (lambda: playground.show(POINTS, "Hinge", LINEAR), "The loss is one of"),
        (lambda: playground.show(POINTS, "SVM", "many"), "The hidden layer is one of"),
        (lambda: playground.show(POINTS, "SVM", LINEAR, "fast"), "The rate is a number"),
        (lambda: playground.touched(POINTS, "Square", 9, 0, 0), "The point is a whole number"),
        (lambda: pictures.show("Bag", "a cat"), "What is asked for is one of"),
        (lambda: pictures.picture("Bag", b"no picture"), "not a picture"),
        (lambda: pictures.picture("Bag", strokes="[[40, 0]]"), "counted from 0 to 27"),
    ],
)
def test_refusals(act, words):
    with pytest.raises(ValueError, match=words):
        act()
