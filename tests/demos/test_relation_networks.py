"""The relation networks exhibit: scenes in words, dragging, answers beside the truth."""

import re

import numpy as np
import pytest

from demos.exhibits import relation_networks as exhibit
from keras_readinglist.datasets.sort_of_clevr import COLOURS, has_ties, squared_distances

QUESTIONS = list(exhibit.QUESTIONS)
DEFAULT = (
    "red square 14 16\ngreen circle 33 22\nblue square 58 12\norange circle 20 55\n"
    "grey square 44 45\nyellow circle 64 62"
)
EXHIBITED = [name for name in exhibit.MODELS if name in exhibit.EXHIBIT.presets]
ASKED = "What shape is it?"
ANNA = "Anna went to the kitchen."
GOOD = {
    "ask": [DEFAULT, "red", ASKED, None],
    "scene": [],
    "story": [ANNA, "Where is Anna?"],
    "write": ["Counting"],
}
BAD = {
    "ask": ["nonsense", "red", ASKED, None],
    "story": ["Anna went to the moon.", "Where is Anna?"],
    "write": ["Riddle"],
}


def changed(line, text=DEFAULT, row=0):
    lines = text.splitlines()
    lines[row] = line
    return "\n".join(lines)


def test_scenes_survive_writing():
    centres, shapes = exhibit.parse_scene(DEFAULT)
    assert exhibit.write_scene(centres, shapes) == DEFAULT
    shuffled = "\n".join(reversed(DEFAULT.upper().splitlines()))
    np.testing.assert_array_equal(exhibit.parse_scene(shuffled)[0], centres)
    for seed in range(5):
        drawn = exhibit.random_scene(seed)
        assert exhibit.write_scene(*exhibit.parse_scene(drawn)) == drawn


@pytest.mark.parametrize("place", [(40, 40), (33, 22), (-50, 900), (69, 5), (18.4, 20.6)])
def test_dragged_objects_land_where_the_others_allow(place):
    moved, _ = exhibit.parse_scene(exhibit.move(DEFAULT, "red", *place))
    before, _ = exhibit.parse_scene(DEFAULT)
    np.testing.assert_array_equal(moved[1:], before[1:])
    gaps = squared_distances(moved[None])[0][0, 1:]
    assert gaps.min() > 15**2 and not has_ties(moved[None])[0]


def test_double_click_changes_the_form():
    once = exhibit.reshape(DEFAULT, "red")
    assert once.startswith("red circle 14 16") and exhibit.reshape(once, "red") == DEFAULT


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_answered_beside_the_truth(question):
    picture, table = exhibit.ask(DEFAULT, "grey", question)
    assert picture.count("data-item=") == len(COLOURS)
    assert table.count("<tr>") == 1 + len(EXHIBITED)
    truth = re.search(r"The truth: <b>(\w+)</b>", table)[1]
    assert ("✓ right" in table) == (f"<b>{truth}</b> " in table)


def test_at_the_default_only_the_relation_networks_are_right():
    _, table = exhibit.default()
    assert re.findall("✓ right|✗ wrong", table) == ["✓ right", "✗ wrong"] * 2
    _, table = exhibit.ask(exhibit.HARD, "red", exhibit.FURTHEST)
    assert table.count("✗ wrong") == 4


@pytest.mark.parametrize("lender", exhibit.lenders())
def test_pairs_are_drawn(lender):
    picture, _ = exhibit.ask(DEFAULT, "red", QUESTIONS[3], lender)
    assert 2 <= picture.count("of the strongest pair") <= 6


def test_pairs_of_both_orders_are_one():
    found = exhibit.pairs(np.array([[0.0, 2.0, 0.0], [2.0, 0.0, -8.0], [0.0, 0.0, 1.0]]), count=3)
    assert found == [(1, 2, -1.0), (0, 1, 0.5), (2, 2, 0.125)]
    assert exhibit.pairs(np.diag([1.0, 0.009]), count=3) == [(0, 0, 1.0)]


@pytest.mark.once
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: exhibit.parse_scene(None), "There are 0 lines"),
        (lambda: exhibit.parse_scene("x" * 1_000_000), "There are 1 lines"),
        (lambda: exhibit.parse_scene(changed("pink square 14 16")), "Every colour once"),
        (lambda: exhibit.parse_scene(changed("green square 14 16")), "Every colour once"),
        (lambda: exhibit.parse_scene(changed("red star 14 16")), "Every colour once"),
        (lambda: exhibit.parse_scene(changed("red square a 16")), "whole numbers"),
        (lambda: exhibit.parse_scene(changed("red square \u00b2 16")), "whole numbers"),
        (lambda: exhibit.parse_scene(changed("red square 1 16")), "between 5 and 69"),
        (lambda: exhibit.parse_scene(changed("red square 30 22")), "more than 15 apart"),
        (lambda: exhibit.ask(DEFAULT, "pink", QUESTIONS[0]), "Choose one of: red"),
        (lambda: exhibit.ask(DEFAULT, "red", "Why?"), "Choose one of: What"),
        (lambda: exhibit.ask(DEFAULT, "red", QUESTIONS[0], "an oracle"), "Choose one of: Rel"),
        (lambda: exhibit.move(DEFAULT, "pink", 3, 3), "dragged is one of: red"),
        (lambda: exhibit.move(DEFAULT, "red", float("nan"), 3), "A place is a number"),
        (lambda: exhibit.reshape(DEFAULT, None), "clicked is one of: red"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_ties_have_no_truth():
    centres, shapes = exhibit.parse_scene(DEFAULT)
    centres[1], centres[3] = (34, 16), (14, 36)
    with pytest.raises(ValueError, match="equally far away"):
        exhibit.ask(exhibit.write_scene(centres, shapes), "red", QUESTIONS[3])
