"""The exhibit of residual networks: what is cut, what is said of it, and its refusals."""

import numpy as np
import pytest

from demos.components.surface import surface
from demos.exhibits import resnet as exhibit

GOOD = {"cut": ["3, 14"], "turn": [30, 40]}
BAD = {"cut": ["28"], "turn": [400, 40]}


def test_a_click_cuts_a_unit_and_another_puts_it_back():
    x, y = exhibit.place(13)
    at = (x - 20) / 460, (480 - y) / 460
    assert exhibit.cut("3", None, *at) == "3, 14"
    assert exhibit.cut("3, 14", None, *at) == "3"
    assert exhibit.cut("3", None, None, None) == "3"
    assert exhibit.cut("3", None, 0.5, 1.0) == "3"  # far from any unit


def test_another_unit_is_one_that_is_there():
    text = ", ".join(map(str, range(1, 27)))
    assert exhibit.parse_units(exhibit.cut_another(text)) == list(range(27))
    assert exhibit.parse_units(exhibit.cut_another(exhibit.cut_another(text))) == list(range(27))


def test_the_network_with_shortcuts_survives_a_lesion():
    picture, found = exhibit.default()
    assert picture.count("<rect") >= 28 and found.count("<img") == 6
    classes = exhibit.pictures()[1]
    right = {name: (exhibit.named(name, [4]) == classes).mean() for name in exhibit.NAMES}
    assert right[exhibit.RESIDUAL] > right[exhibit.PLAIN] + 0.2
    assert "1 unit is cut out" in found and "shortcuts" in exhibit.tour()


def test_landscapes_are_drawn_from_the_back_to_the_front():
    heights = np.add.outer(np.arange(3.0), np.arange(3.0))
    drawn = str(surface(heights, 0, 30, "A slope"))
    assert drawn.count("<path") == 4
    assert drawn != str(surface(heights, 90, 30, "A slope"))
    assert surface(np.array([[0, np.inf], [1, 2]]), 0, 30, "A cliff", top=3)
    assert exhibit.default_landscape().count("<svg") == 2


@pytest.mark.once
@pytest.mark.parametrize("text", ["0", "28", "one", "1.5", "-3", "9" * 400])
def test_bad_units(text):
    with pytest.raises(ValueError, match="whole numbers from 1 to 27"):
        exhibit.show(text)


@pytest.mark.once
@pytest.mark.parametrize("angles", [(None, 30), (30, "x"), (30, 0), (np.nan, 30)])
def test_bad_angles(angles):
    with pytest.raises(ValueError, match="is a number from"):
        exhibit.landscape(*angles)
