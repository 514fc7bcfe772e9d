"""The probes find planted cells, and their properties are what they say."""

import numpy as np
import pytest

from keras_readinglist.information import gate_saturation, probe_cells
from keras_readinglist.information.cell_probes import PROPERTIES

pytestmark = pytest.mark.once

PLAY = 'ANNA:\nHe said "go" to me.\n\nBOB:\nNo (never).\n'
CODE = "def f(x):\n    return [x]  # done\n"


def marked(name, text):
    return "".join(c for c, on in zip(text, PROPERTIES[name](text), strict=True) if on)


def test_properties():
    assert marked("inside quotes", PLAY) == "go"
    assert marked("inside brackets", CODE) == "xx"
    assert marked("inside a speaker's name", PLAY) == "ANNA:\nBOB:\n"
    assert marked("inside a comment", CODE) == "# done\n"
    assert marked("end of word", "to be, ok") == "oek"
    assert PROPERTIES["position in line"]("ab\ncd").tolist() == [1, 2, 0, 1, 2]
    assert PROPERTIES["indentation"](CODE).tolist() == [0] * 10 + [4] * 23


@pytest.mark.parametrize("name", ["position in line", "inside a speaker's name"])
def test_planted_cells_are_found(name):
    cells = np.random.default_rng(0).standard_normal((2, len(PLAY), 5))
    cells[1, :, 3] = -0.05 * PROPERTIES[name](PLAY)
    best = probe_cells(cells, PLAY, [name], top=2)[0]
    assert (best.layer, best.unit, best.inverted) == (1, 3, True)
    assert abs(best.value) > 0.99


@pytest.mark.parametrize("kinds", [0, 2, 5])
def test_auc_equals_counting_pairs(kinds):
    rng = np.random.default_rng(1)
    shape = (1, len(PLAY), 1)
    cells = rng.integers(0, kinds, shape) / 4 if kinds else rng.standard_normal(shape)
    inside = PROPERTIES["inside quotes"](PLAY)
    on, off = cells[0, inside][:, None, 0], cells[0, ~inside][None, :, 0]
    expected = np.mean((on > off) + 0.5 * (on == off))
    [probe] = probe_cells(cells, PLAY, ["inside quotes"], top=1)
    assert probe.value == pytest.approx(max(expected, 1 - expected))
    assert probe.inverted == (expected < 0.5)


@pytest.mark.parametrize("level", [0.0, 0.1, -3.0, 40.0])
def test_a_constant_cell_follows_nothing(level):
    cells = np.full((1, len(PLAY), 2), level)
    for name, nothing in (("inside quotes", 0.5), ("position in line", 0.0)):
        for probe in probe_cells(cells, PLAY, [name]):
            assert probe.value == nothing and not probe.inverted


def test_line_ends_accents_and_other_alphabets():
    windows = PLAY.replace("\n", "\r\n")
    assert marked("inside a speaker's name", windows) == "ANNA:\r\nBOB:\r\n"
    assert marked("indentation", "") == ""
    assert marked("end of word", "cafe\u0301 où") == "\u0301ù"  # an e, and its accent apart
    assert marked("end of word", "हिन्दी है") == "ीै"
    assert marked("inside a speaker's name", "Ödipus:\nהמלט:\n小明:\nund:\n") == (
        "Ödipus:\nהמלט:\n小明:\n"
    )


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: probe_cells(np.ones((1, 3, 2)), "abc", ["vowels"]), "properties"),
        (lambda: probe_cells(np.ones((1, 3, 2)), "abc", {"odd": lambda text: [1]}), "properties"),
        (lambda: probe_cells(np.full((1, 3, 2), np.nan), "abc"), "activations"),
        (lambda: probe_cells({"gates": np.ones((1, 3, 2))}, "abc"), "activations"),
    ],
)
def test_bad_arguments_are_named(call, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        call()


def test_constant_properties_are_left_out_and_lengths_checked():
    assert probe_cells(np.ones((1, 3, 2)), "abc", ["inside quotes"]) == []
    with pytest.raises(ValueError, match="one character per step"):
        probe_cells(np.ones((1, 3, 2)), "ab")


def test_gate_saturation():
    left, right = gate_saturation(np.array([[[0.05, 0.95], [0.5, 0.95]]]))
    assert left.tolist() == [[0.5, 0.0]] and right.tolist() == [[0.0, 1.0]]
