"""The exhibit on minimum description length: what it chooses, and what it refuses."""

import json

import numpy as np
import pytest

from demos.components.charts import stacked_bars
from demos.exhibits import mdl_tutorial as exhibit

pytestmark = pytest.mark.once

NML = "Normalized maximum likelihood"
POINTS = "[[0.1, 0.2], [0.9, 0.15], [0.8, 0.8], [0.3, 0.9], [0.5, 0.4]]"
GOOD = {
    "curve": [POINTS, NML, -1],
    "sequence": ["abababab" * 4, "BIC"],
    "histogram": ["1 2 3, 4.5; 9 8 7"],
}
BAD = {
    "curve": ["[[0, 1]]", "BIC", 0],
    "sequence": ["abc", "BIC"],
    "histogram": ["one two three"],
}


@pytest.mark.parametrize("criterion", exhibit.CRITERIA)
def test_a_parabola_is_found(criterion):
    x = np.linspace(0.05, 0.95, 30)
    noise = 0.01 * np.random.default_rng(0).standard_normal(30)
    points = json.dumps(np.stack([x, 0.2 + 2 * (x - 0.5) ** 2 + noise], axis=1).tolist())
    board, bars = exhibit.polynomials(points, criterion, 1)
    assert "The curve drawn has degree 1" in bars and board.count("<circle") == 30
    if criterion in (NML, "gMDL (Hansen, Yu)"):
        assert "chooses degree 2" in bars


def test_a_pattern_has_a_memory_and_a_coin_has_none():
    assert "A chain of order 1" in exhibit.sequences("01" * 40, NML)
    coin = "".join(map(str, np.random.default_rng(0).integers(0, 2, 300)))
    assert "A chain of order 0" in exhibit.sequences(coin, "Jeffreys' mixture")


def test_histograms_of_examples():
    for kind in ("Two normals", "Steps", "Uniform"):
        assert exhibit.histograms(exhibit.example_numbers(kind)).count("<svg") == 2
    assert "1 bins" in exhibit.histograms(exhibit.example_numbers("Uniform"))


def test_stacked_bars_frame_one():
    picture = stacked_bars({"a": ([1, 2], "red"), "b": ([3, 1], "blue")}, "xy", "l", 1)
    assert picture.count("stroke-width") == 1 and ">4<" in picture


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: exhibit.polynomials("", NML, -1), "Click on the board"),
        (lambda: exhibit.polynomials("[[1, 2, 3]]", NML, -1), "pairs of numbers"),
        (lambda: exhibit.polynomials("[[0, 2]] ", NML, -1), "numbers from 0 to 1"),
        (lambda: exhibit.polynomials("[[0, 1]]", NML, -1), "5 to 60 points"),
        (lambda: exhibit.polynomials(json.dumps([[0.5, 0.1]] * 6), NML, -1), "Spread the points"),
        (lambda: exhibit.polynomials("x" * 10**6, NML, -1), "pairs of numbers"),
        (lambda: exhibit.polynomials(exhibit.example_points(), "Taste", -1), "Choose one of"),
        (lambda: exhibit.sequences("abc", NML), "8 to 5000"),
        (lambda: exhibit.sequences(None, NML), "8 to 5000"),
        (lambda: exhibit.sequences("x" * 10**6, NML), "8 to 5000"),
        (lambda: exhibit.sequences("x" * 20, "Taste"), "Choose one of"),
        (lambda: exhibit.histograms("one two"), "Paste numbers"),
        (lambda: exhibit.histograms("1 1 1 1 1 1"), "not all alike"),
        (lambda: exhibit.histograms("nan " * 9), "finite"),
        (lambda: exhibit.histograms(""), "5 to 3000"),
        (lambda: exhibit.histograms("1 2 3 4 1e308 -1e308"), "up to 12 digits"),
        (lambda: exhibit.histograms("1 1 1 1 1.0000000000000002"), "not all alike"),
        (lambda: exhibit.example_numbers("Cauchy"), "Choose one of"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
