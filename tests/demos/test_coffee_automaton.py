"""The exhibit on coffee: what it computes, and what it refuses."""

import re

import numpy as np
import pytest

from demos.exhibits import coffee_automaton

pytestmark = pytest.mark.once
GOOD = {
    "mix": ["Stirred", 32, 4, ""],
    "pour": ["Interacting", 32, 4, "[[0.5, 0.5, 0.2]]"],
}
BAD = {"mix": ["Stirred", 32, 4, "milk"], "pour": ["Boiling", 32, 4, ""]}


def test_mixing_ends_mixed_and_opens_at_the_peak():
    *_, last = coffee_automaton.mix("Stirred", 32, 4, "")
    assert last.count("<svg") == 4 and "Entropy" in last and 'data-count="40"' in last
    peak = int(re.search(r'data-start="(\d+)"', last)[1])
    assert 0 < peak < 20 and "model rose and fell" in last


def test_the_first_example_shows_what_its_text_says():
    *_, last = coffee_automaton.mix("Stirred", 128, 8, "")
    assert last.count("rose and fell") == 3


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
        (("Stirred", 32, 4, "[[NaN, 0, 1]]"), "between 0 and 1"),
        (("Stirred", 32, 4, "[[0.5, 0.5, 1]]"), "all of one kind"),
        (("Stirred", 32, 4, "x" * 1_000_000), "triples of numbers"),
    ],
)
def test_bad_cups_are_refused_in_words(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        coffee_automaton.pour(*arguments)
