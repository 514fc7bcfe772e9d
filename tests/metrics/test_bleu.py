"""BLEU of a corpus with references of different number."""

import math

import pytest

from keras_readinglist.metrics import bleu

pytestmark = pytest.mark.once


def test_the_definition_at_a_corpus_of_two():
    # Matches of 1 to 4 words: 5 + 4 of 6 + 4, 3 + 3 of 5 + 3, 2 + 2 of 4 + 2, 1 + 1 of 3 + 1.
    hypotheses = ["the cat sat on a mat", "we all go home"]
    references = [["the cat sat on the mat"], ["they go", "we all go home"]]
    precisions = (9 / 10, 6 / 8, 4 / 6, 2 / 4)
    expected = 100 * math.prod(precisions) ** 0.25
    assert bleu(hypotheses, references) == pytest.approx(expected)
    assert bleu(hypotheses, references[::-1]) < 5


def test_any_reference_counts():
    hypotheses = ["il fait froid ce soir", "je ne sais pas du tout"]
    references = [["on a froid", "il fait froid ce soir"], ["je ne sais pas du tout"]]
    assert bleu(hypotheses, references) == pytest.approx(100)
    assert bleu(hypotheses, [group[:1] for group in references]) < 60
    assert bleu(["Va\u202f!"] * 2, [["Va !"]] * 2) == bleu(["Va !"] * 2, [["Va !"]] * 2)


def test_the_ends_of_the_scale():
    sentences = ["the cat sat on the mat", "we all go home now"]
    same = [[text] for text in sentences]
    assert bleu(sentences, same) == pytest.approx(100)
    assert bleu(["", ""], same) == 0
    words = [text.split()[:-1] for text in sentences]  # all right, but too short
    short = bleu([" ".join(row) for row in words], same)
    assert short == pytest.approx(100 * math.exp(1 - 11 / 9))


@pytest.mark.parametrize("references", [[], [["a"]], [["a"], []]])
def test_sentences_without_references_are_refused(references):
    with pytest.raises(ValueError, match="`references` must hold at least one"):
        bleu(["a", "b"], references)
