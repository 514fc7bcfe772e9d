"""The exhibit on minimum description length: what it chooses, and what it refuses."""

import json

import numpy as np
import pytest

from demos.exhibits import _mdl_tutorial_curves as curves
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
    assert 'data-start="1"' in board and board.count("data-item") == 30
    if criterion in curves.CODES:
        assert "chooses degree 2" in bars
    assert ("score" in bars) == (criterion not in curves.CODES)


def test_an_exact_line_costs_its_true_bits_and_its_points_nearly_none():
    x = np.linspace(0.05, 0.95, 12).round(2)
    points = np.stack([x, (0.2 + 0.6 * x).round(2)], axis=1)
    for criterion in curves.CODES:
        parts, totals = curves.messages(points, criterion, 8)
        (curve, _), (data, _) = parts.values()
        assert totals.argmin() == 1 and 20 < curve[1] < 40 and 0 < data[1] < 6
        np.testing.assert_allclose(curve + data, totals)
        assert 60 < totals[0] < 12 * 2 * np.log2(100)  # a level line explains nothing


@pytest.mark.parametrize("criterion", curves.CODES)
def test_random_points_have_no_shape(criterion):
    chosen = [
        curves.messages(np.random.default_rng(seed).random((10, 2)), criterion, 7)[1].argmin()
        for seed in range(60)
    ]
    assert sum(degree > 0 for degree in chosen) <= 15


@pytest.mark.parametrize("criterion", curves.CODES)
def test_the_lengths_are_those_of_a_code(criterion):
    """By Kraft, 2 to the minus of the bits of all heights of two decimals sum to at most 1."""
    rng, x = np.random.default_rng(0), np.linspace(0.05, 0.95, 5)
    heights = rng.integers(0, 100, (1500, 5)) / 100
    totals = [curves.messages(np.stack([x, y], axis=1), criterion, 2)[1] for y in heights]
    sums = (2.0 ** -np.array(totals)).mean(axis=0) * 100.0**5
    assert (sums < 1).all() and (sums > 0.003).all()


def test_ties_are_called_ties():
    assert "A tie of degrees 1 and 2" in exhibit.chosen_words("degree", [9, 5, 5.01], NML)
    assert "chooses degree 1, by 4.0 bits" in exhibit.chosen_words("degree", [9, 5, 10], NML)


def test_a_criterion_frames_its_shortest_stack():
    points = np.array(json.loads(exhibit.example_points()))
    for criterion in curves.CRITERIA:
        parts, totals = curves.messages(points, criterion, 8)
        np.testing.assert_allclose(sum(values for values, _ in parts.values()), totals)
        assert (
            f"chooses degree {totals.argmin()}"
            in exhibit.polynomials(exhibit.example_points(), criterion, -1)[1]
        )


def test_a_pattern_has_a_memory_and_a_coin_has_none():
    assert "not a message" in exhibit.sequences("01" * 40, "BIC")
    assert "A chain of order 1" in exhibit.sequences("01" * 40, NML)
    coin = "".join(map(str, np.random.default_rng(0).integers(0, 2, 300)))
    assert "A chain of order 0" in exhibit.sequences(coin, "Jeffreys' mixture")


def test_histograms_of_examples():
    for kind in ("Two normals", "Steps", "Uniform"):
        assert exhibit.histograms(exhibit.example_numbers(kind)).count("<svg") == 2
    assert "A single bin" in exhibit.histograms(exhibit.example_numbers("Uniform"))


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
