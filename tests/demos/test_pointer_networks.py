"""The exhibit of pointer networks: its three tasks and its refusals."""

import json
import re

import numpy as np
import pytest

from demos.components.html import joined
from demos.exhibits import pointer_networks as exhibit

POINTS = "[[0.1, 0.2], [0.9, 0.15], [0.8, 0.8], [0.3, 0.9], [0.5, 0.4]]"
GOOD = {"solve": [POINTS, "Convex hull", 1], "cloud": [6]}
BAD = {"solve": ["nonsense", "Convex hull", 1]}
HUGE = "x" * 1_000_000


def steps_of(elements):
    found = re.findall(r'data-steps="([^"]*)"', joined(elements))
    return [json.loads(each.replace("&#34;", '"')) for each in found]


def test_pointer_exhibit_solves_all_tasks():
    for task in exhibit.TASKS:
        text = json.dumps(np.random.default_rng(0).random((5, 2)).tolist())
        board, pictures = exhibit.show(text, task, 2)
        assert board.count("data-item") == 5 and "2 / " in board and "<rect" in pictures


def test_the_arrows_are_as_wide_as_the_probabilities():
    pointing = np.array([[0, 0.25, 0.75], [1, 0, 0]])
    first, *_ = steps_of(exhibit.arrows([(0, 0), (10, 0)], [1], pointing))
    assert first["stroke-width"] == ["4.25", "1"] and first["opacity"] == ["0", "0"]
    *_, ring = steps_of(exhibit.arrows([(0, 0), (10, 0)], [1], pointing))
    assert ring["r"] == ["30.5", 0]


def test_a_board_with_too_few_points_shows_them():
    for text, count in (("[]", 0), ("[[0.1, 0.2]]", 1), ("[[0.1, 0.2], [1, 1]]", 2)):
        board, words = exhibit.show(text, "Convex hull")
        assert board.count("data-item") == count and f"{3 - count} more" in words


@pytest.mark.parametrize(
    "text",
    [
        "[[0, 0], [0.25, 0.25], [0.5, 0.5], [1, 1]]",
        "[[0.5, 0.5], [0.5, 0.5], [0, 0]]",
        "[[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]",
    ],
)
def test_points_on_a_line_and_in_one_place(text):
    for task in ("Convex hull", "Shortest tour"):
        _, pictures = exhibit.show(text, task, None)
        assert "nan" not in pictures and "inf" not in pictures
    with pytest.raises(ValueError, match="no single triangulation"):
        exhibit.show(text, "Triangulation", None)


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "needs at least 3"),
        ("", "needs at least 3"),
        ("[[0.1, 0.2]]", "needs at least 3"),
        ("[[0, 2], [1, 1], [0, 0]]", "between 0 and 1"),
        ("[[NaN, 0], [1, 1], [0, 0]]", "between 0 and 1"),
        ("[1, 2, 3]", "pairs of numbers"),
        ('{"a": 1}', "pairs of numbers"),
        ("hello", "pairs of numbers"),
        (HUGE, "pairs of numbers"),
        (json.dumps([[0.5, 0.5]] * 60), "takes up to 20 points"),
    ],
)
def test_pointer_exhibit_refuses_bad_points(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        exhibit.parse_points(text, "Convex hull")


def test_pointer_exhibit_other_bad_input():
    with pytest.raises(ValueError, match="Choose one of"):
        exhibit.parse_points("[[0, 0]]", "Sorting")
    assert len(json.loads(exhibit.random_cloud(None))) == 8
    assert len(json.loads(exhibit.random_cloud(10**9))) == 20
