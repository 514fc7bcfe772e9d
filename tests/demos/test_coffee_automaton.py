"""The exhibits on coffee: what they compute, and what they refuse."""

import numpy as np
import pytest

from demos.exhibits import coffee_automaton, complexodynamics

pytestmark = pytest.mark.once


def test_mixing_streams_and_ends_mixed():
    pages = list(coffee_automaton.mix("Interacting", 32, 4, "", frames=12))
    assert len(pages) == 12
    assert pages[-1].count("<svg") == 7 and "Entropy" in pages[-1]


def test_drops_are_poured():
    cream = coffee_automaton.start_of("[[0.5, 0.5, 0.25]]", 32)
    assert cream[16, 16] == 1 and cream[0, 0] == 0
    assert abs(cream.mean() - np.pi / 16) < 0.02
    assert coffee_automaton.start_of("", 32) is None
    assert "<svg" in coffee_automaton.pour("Non-interacting", 32, 4, "[[0.2, 0.2, 0.1]]")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("Boiling", 32, 4, ""), "Choose one of"),
        (("Stirred", 33, 4, ""), "The side is one of"),
        (("Stirred", 32, None, ""), "grain is a whole number"),
        (("Stirred", 32, 20, ""), "from 2 to 16"),
        (("Stirred", 32, 4, "milk"), "triples of numbers"),
        (("Stirred", 32, 4, "[[1, 2]]"), "triples of numbers"),
        (("Stirred", 32, 4, "[[2, 2, 0.1]]"), "between 0 and 1"),
        (("Stirred", 32, 4, "[[NaN, 0, 1]]"), "triples of numbers"),
        (("Stirred", 32, 4, "[[0.5, 0.5, 1]]"), "all of one kind"),
        (("Stirred", 32, 4, "x" * 1_000_000), "triples of numbers"),
    ],
)
def test_bad_cups_are_refused_in_words(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        coffee_automaton.pour(*arguments)


def test_every_picture_is_described_and_painted_into():
    for name in complexodynamics.pictures():
        assert "rectangles" in complexodynamics.describe(name, 0)
    plain = complexodynamics.picture("Disc")
    painted = complexodynamics.picture("Disc", strokes="[[0, 0], [32, 32]]")
    assert (plain != painted).sum() == 9 + 25


def test_uploads_become_black_and_white():
    ramp = np.tile(np.arange(100, dtype=np.uint8), (80, 1))
    image = complexodynamics.picture("", np.stack([ramp] * 3, axis=-1))
    assert image.shape == (64, 64) and set(np.unique(image)) == {0, 1}
    assert (image[:, :30] == 0).all() and (image[:, 34:] == 1).all()
    assert complexodynamics.picture("", np.zeros((16, 8), np.uint8)).sum() == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("Mona Lisa", 0), "Choose one of"),
        (("Disc", None), "price is a number"),
        (("Disc", 99), "price is a number"),
        (("Disc", float("nan")), "price is a number"),
        (("Disc", 0, np.zeros((3, 3))), "8 to 8000 pixels"),
        (("Disc", 0, None, "hello"), "pairs of cells"),
        (("Disc", 0, None, "[[99, 0]]"), "from 0 to 63"),
    ],
)
def test_bad_pictures_are_refused_in_words(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        complexodynamics.describe(*arguments)
