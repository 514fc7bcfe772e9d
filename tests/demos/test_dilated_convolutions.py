"""The exhibit of dilated convolutions: its board, the fills, and what one pixel sees."""

import numpy as np
import pytest

from demos.exhibits import _dilated_convolutions_board as drawing
from demos.exhibits import _dilated_convolutions_field as field
from demos.exhibits import dilated_convolutions as exhibit
from keras_readinglist.datasets.marker_fill import filled

GOOD = {"fill": ["circle 20 20 9\nred 20 20"], "board": [], "field": ["1 2 4", 35, 35]}
BAD = {"fill": ["hexagon 1 2 3"], "field": ["0 1", 35, 35]}


def test_the_board_is_what_its_lines_say():
    things = drawing.parse("circle 20 20 9\n RED 20 21 \nbox 45 40 8 6\neraser 53 40")
    assert drawing.parse(drawing.written(things)) == things
    board = drawing.pixels(things)
    assert board[20, 29] == 1 and board[20, 30] == 0 and (board[20:23, 19:22] == 2).all()
    assert not board[38:43, 51:56].any() and board[40, 37] == 1
    labels = filled(board)
    assert labels[20, 15] == 1 and not labels[40, 45]
    assert drawing.pixels([("box", [2, 2, 9, 9])])[11, :12].all()  # what is cut off


def test_things_are_moved_added_and_taken_away():
    text = "circle 20 20 9\nred 20 20"
    assert drawing.touched(text, "red", 10, "1", 30.4, 200) == "circle 20 20 9\nred 30 63"
    assert drawing.touched(text, "red", 10, "0", None, None) == "red 20 20"
    assert drawing.touched(text, "box", 10, None, 3, 4).endswith("box 3 4 10 8")
    assert drawing.touched("", "eraser", 10, None, 3, 4) == "eraser 3 4"


def test_every_default_choice_is_filled():
    for text in (exhibit.DEFAULT, exhibit.NESTED, exhibit.OPEN, exhibit.WIDE, ""):
        board, result = exhibit.show(text)
        assert board.count("data-item") == len(text.splitlines())
        assert result.count("<figure") == 1 + len(exhibit.EXHIBIT.presets)


def test_context_fills_what_the_front_end_cannot():
    _, truth, found = exhibit.answers(drawing.parse(exhibit.DEFAULT))
    shares = {preset: exhibit.agreement(truth, labels) for preset, labels in found.items()}
    assert shares["dilated_context"] > 0.5 > shares["dilated_front_end"]


@pytest.mark.once
def test_drawn_boards_are_filled_by_a_flood_fill():
    for seed in range(5):
        things = drawing.parse(exhibit.random_board(seed))
        assert 4 <= len(things) <= 8
        assert len(set(np.unique(filled(drawing.pixels(things)))) - {0}) >= 1


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hexagon 1 2", "Write lines like"),
        ("circle 1 2", "Write lines like"),
        ("red 1 2 3", "Write lines like"),
        ("red 1 64", "A place is a number from 0 to 63"),
        ("red nan 4", "A place is a number"),
        ("circle 1 2 41", "A size is a number from 1 to 40"),
        ("red 1 2\n" * 25, "takes up to 24 things. There are 25"),
    ],
)
def test_boards_are_refused_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        drawing.parse(text)
    with pytest.raises(ValueError, match="A place is a number"):
        drawing.touched("", "red", 10, None, None, None)


@pytest.mark.once
def test_the_field_is_that_of_the_layers():
    frames = field.picture((1, 2, 4), 35, 35)
    lit = [(frame[..., 0] > 22).sum() for frame in frames]
    assert lit == [3**2, 7**2, 15**2]
    assert "But with gaps" in field.show("2 4 8 16")[1]
    assert "But with gaps" not in field.show("1 1 2 4 8 16 1")[1]
    assert "67 × 67" in field.show("1 1 2 4 8 16 1")[1]
    for bad in ("", "0", "1 2 x", "36", "1 " * 11):
        with pytest.raises(ValueError, match="Write one to ten dilations"):
            field.show(bad)
