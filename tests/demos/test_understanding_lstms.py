"""The exhibit inside LSTMs: its equations, its adding problem and its refusals."""

import json
import re

import numpy as np
import pytest

from demos.components.html import shown
from demos.exhibits import _understanding_lstms_cell as diagram
from demos.exhibits import understanding_lstms as exhibit
from keras_readinglist.applications.loading import load_preset
from keras_readinglist.applications.lstm_explorer import gradient_norm_by_lag
from keras_readinglist.datasets import adding_problem

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
        (lambda: exhibit.look("a\tb", 1, 0, 1), "never saw these characters: ⇥"),
        (lambda: exhibit.add_numbers(None, 0), "Length is a whole number"),
        (lambda: exhibit.add_numbers(9999, 0), "Length is a whole number"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def moving(html):
    found = re.findall(r'data-steps="([^"]*)"', html)
    return [json.loads(each.replace("&#34;", '"').replace("&#39;", "'")) for each in found]


def test_the_equations_hold_at_every_step():
    html = exhibit.look("ROMEO:\n", 1, 5, 3)
    assert 'data-start="2"' in html and 'data-count="7"' in html
    texts = [steps["#text"] for steps in moving(html) if "#text" in steps]
    sums = next(t for t in texts if t[0].count("·") == 2)
    cells = texts[texts.index(sums) + 1]
    for equation, c in zip(sums, cells, strict=True):
        f, before, i, g, kept, written = map(float, re.findall(r"-?[\d.]+", equation))
        assert kept + written == pytest.approx(float(c), abs=1e-9)
        assert f * before == pytest.approx(kept, abs=3e-3)
        assert i * g == pytest.approx(written, abs=3e-3)


def test_plates_are_as_long_as_gates_are_closed():
    tracks = {name: [0.25, 1.0] for name in "fiogch"}
    heights = [
        s["height"] for s in moving(str(diagram.cell(tracks, "ab"))) if s.keys() == {"height"}
    ]
    assert heights == [[shown(0.75 * (diagram.PIPE + 4)), "0"]]


def test_sums_are_answered_for_any_length():
    html = exhibit.add_numbers(10, 1)
    assert "squared error" in html and html.count("<polyline") == 5
    addends, total = re.search(r"marked: (.*?) = <b>([\d.]+)", html).groups()
    parts = [float(v) for v in re.findall(r"(\d\.\d+) \(", addends)]
    assert sum(parts) == pytest.approx(float(total), abs=1e-9)


def test_padding_changes_no_answer_and_no_gradient():
    inputs, _ = adding_problem(2, 20, 0)
    answers, reach = exhibit.answer_and_reach("lstm", inputs)
    model = load_preset("adding_problem_lstm")
    np.testing.assert_allclose(answers, model.predict_on_batch(inputs)[:, 0], atol=1e-5)
    np.testing.assert_allclose(reach, gradient_norm_by_lag(model, inputs), atol=1e-5)


def test_how_long_a_unit_remembers_is_said():
    assert "gone after 7." in exhibit.memory(np.full(9, 0.9))
    assert "keeps 10% of its cell" in exhibit.memory(
        np.full(9, 0.1)
    ) and "travels nowhere" in exhibit.memory([0.1])
    assert "keeps 0%" in exhibit.memory(np.zeros(3)) and "keeps 100%" in exhibit.memory(np.ones(3))
