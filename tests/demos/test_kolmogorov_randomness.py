"""The exhibit on algorithmic statistics: what it explains, and what it refuses."""

import numpy as np
import pytest

from demos.exhibits import kolmogorov_randomness as exhibit

pytestmark = pytest.mark.once
GOOD = {
    "explain": ["to be or not to be, that is the question"],
    "denoise": ["[[10, 10]]", 10, -1],
    "family": ["a: abcabcabcabc\nb: abcabcabcabd\nc: 0123456789012"],
}
BAD = {"explain": ["short"], "denoise": ["nonsense", 10, -1], "family": ["one line alone"]}


def test_examples_are_explained():
    assert "chain of order 1" in exhibit.explain(exhibit.example("A coin that sticks"))
    assert "chain of order 0" in exhibit.explain(exhibit.example("A coin"))
    assert "No chain explains this text" in exhibit.explain("to be or not to be. " * 12)
    assert "&lt;" in exhibit.family("<b>: abcabcabcabc\nx: abcabcabcabd\ny: abcabcabcabe")


def test_noise_is_taken_out_of_a_drawing():
    page = exhibit.denoise("", 10, -1)
    assert page.count("<svg") == 4 and "are called noise" in page
    assert 'data-start="0"' in exhibit.denoise("", 10, 0)
    assert "It gives up" in exhibit.denoise("", 40, -1)
    drawn = exhibit.drawing("[[2, 2]]")
    assert (drawn != exhibit.drawing("")).sum() > 10 and set(np.unique(drawn)) == {0, 1}


def test_languages_are_families():
    page = exhibit.family(exhibit.default_family())
    assert page.count("<svg") == 2 and "French 1" in page
    file = "\ufeff" + exhibit.default_family().replace("\n", "\r\n")
    assert exhibit.family(file) == page
    for count in (3, 4):
        alike = "\n".join(["all texts are the same"] * count)
        assert "nan" not in exhibit.family(alike)
    assert "no tree to see" in exhibit.family(alike)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: exhibit.explain("short"), "16 to 4000"),
        (lambda: exhibit.explain(None), "16 to 4000"),
        (lambda: exhibit.explain("x" * 10**6), "16 to 4000"),
        (lambda: exhibit.example("A dice"), "Choose one of"),
        (lambda: exhibit.denoise("hello", 10, -1), "pairs of cells"),
        (lambda: exhibit.denoise("[[99, 1]]", 10, -1), "from 0 to 63"),
        (lambda: exhibit.denoise("", None, -1), "from 0 to 40"),
        (lambda: exhibit.denoise("", 99, -1), "from 0 to 40"),
        (lambda: exhibit.family("a\nb"), "3 to 20 texts"),
        (lambda: exhibit.family("x\n" * 50), "3 to 20 texts"),
        (lambda: exhibit.family("a: b\nc: d\ne: f"), "at least 10 characters"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
