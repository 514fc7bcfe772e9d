"""The exhibit inside LSTMs: its equations, its adding problem and its refusals."""

import re

import pytest

from demos.exhibits import understanding_lstms as exhibit

GOOD = {"look": ["ROMEO:\n", 1, 5, 3], "busiest": ["ROMEO:\n", 1], "add": [10, 1]}
BAD = {"look": ["", 1, 5, 3], "busiest": ["", 1], "add": [50_000, 1]}
HUGE = "x" * 1_000_000


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: exhibit.look("", 1, 0, 1), "Type a few words"),
        (lambda: exhibit.look(HUGE, 1, 0, 1), "may have 200 characters"),
        (lambda: exhibit.look("abc", 3, 0, 1), "Layer is a whole number"),
        (lambda: exhibit.look("abc", 1, None, 1), "Unit is a whole number"),
        (lambda: exhibit.look("\u4e2d", 1, 0, 1), "never saw"),
        (lambda: exhibit.add_numbers(None, 0), "Length is a whole number"),
        (lambda: exhibit.add_numbers(9999, 0), "Length is a whole number"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_lstm_exhibit_fills_in_true_equations():
    html = exhibit.look("ROMEO:\n", 1, 5, 3)
    row = re.search(r"= ([-\d.]+) · ([-\d.]+) \+ ([-\d.]+) · ([-\d.]+) .*?<b>= ([-\d.]+)", html)
    f, c, i, g, result = map(float, row.groups())
    assert f * c + i * g == pytest.approx(result, abs=5e-3)
    assert "squared error" in exhibit.add_numbers(10, 1)
