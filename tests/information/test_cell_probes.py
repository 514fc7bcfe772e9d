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


def test_auc_equals_counting_pairs():
    cells = np.random.default_rng(1).standard_normal((1, len(PLAY), 1))
    inside = PROPERTIES["inside quotes"](PLAY)
    pairs = cells[0, inside][:, None, 0] > cells[0, ~inside][None, :, 0]
    [probe] = probe_cells(cells, PLAY, ["inside quotes"], top=1)
    assert probe.value == pytest.approx(max(pairs.mean(), 1 - pairs.mean()))


def test_constant_properties_are_left_out_and_lengths_checked():
    assert probe_cells(np.ones((1, 3, 2)), "abc", ["inside quotes"]) == []
    with pytest.raises(ValueError, match="one character per step"):
        probe_cells(np.ones((1, 3, 2)), "ab")


def test_gate_saturation():
    left, right = gate_saturation(np.array([[[0.05, 0.95], [0.5, 0.95]]]))
    assert left.tolist() == [[0.5, 0.0]] and right.tolist() == [[0.0, 1.0]]
