"""The exhibit of attention in translation: what it shows, and what it refuses."""

import re

import numpy as np
import pytest

from demos.exhibits import rnnsearch as exhibit

GOOD = {
    "translate": ["I am tired.", 2],
    "align": ["I am tired.", "Je suis fatigué."],
}
BAD = {"translate": ["", 4], "align": ["I am tired.", ""]}


def test_a_translation_has_a_row_for_every_word_and_the_answer_of_the_twin():
    picture, found = exhibit.show("She reads an old book.", 2)
    rows = re.findall(r'<g class="row".*?</g></g>', picture)
    assert len(rows) > 2 and all(row.count("<rect") == 6 for row in rows)
    assert "looking back" in found and "one fixed vector" in found
    assert found.count("<polyline") == 2  # BLEU by length, of both


def test_the_shares_of_a_row_are_those_of_the_model():
    ids = exhibit.read_sentence("She reads an old book.")
    written, pieces, weights = exhibit.run(
        exhibit.SEARCH, lambda model: exhibit.translated(ids, 2, model)
    )
    assert weights.shape == (len(pieces), ids.shape[1]) and written
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-4)
    picture, _ = exhibit.show("She reads an old book.", 2)
    first = re.findall(r'fill-opacity="([\d.]+)"', picture)[:6]
    assert sum(map(float, first)) == pytest.approx(1, abs=0.01)


def test_a_pair_of_ones_own_is_aligned():
    drawn = exhibit.align("I am tired.", "Je suis fatigué.")
    assert drawn.count('class="row"') == 4 and "bits" in drawn
    right, wrong = (
        float(re.search(r"([\d.]+) bits,", exhibit.align("I am tired.", french))[1])
        for french in ("Je suis fatigué.", "Fatigué suis je.")
    )
    assert right < wrong


@pytest.mark.parametrize("text", ["Tom 🙂 is here.", "Naïve café", "1 + 1 = 2", "a" * 60])
def test_unusual_sentences_are_answered(text):
    picture, found = exhibit.show(text, 1)
    assert "nan" not in picture and 'class="row"' in picture or "–" in found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (None, "is empty"),
        ("   ", "is empty"),
        ("🙂🙂", "no letter"),
        ("这是", "no letter"),
        ("x" * 400, "may have 300 characters"),
        ("x" * 10**6, "may have 300 characters"),
        ("go " * 99, "is too long"),
    ],
)
def test_bad_sentences(text, words):
    with pytest.raises(ValueError, match=words):
        exhibit.show(text)
    with pytest.raises(ValueError, match=words):
        exhibit.align("I am tired.", text)


@pytest.mark.parametrize("beam", [0, 9, "many", None])
def test_bad_beams(beam):
    with pytest.raises(ValueError, match="whole number from 1 to 8"):
        exhibit.show("I am tired.", beam)
