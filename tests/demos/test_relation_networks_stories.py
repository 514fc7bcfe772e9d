"""The stories of the relation networks exhibit: typed text, two answers, and the pairs as arcs."""

import re

import numpy as np
import pytest

from demos.exhibits import _relation_networks_stories as exhibit
from keras_readinglist.datasets.babi import TASKS

ANNA = "Anna went to the kitchen."


def test_there_is_an_example_of_every_kind():
    assert {kind for kind, *_ in exhibit.KINDS.values()} == set(TASKS)
    for kind in exhibit.KINDS:
        exhibit.parse(*exhibit.example(kind))
        exhibit.parse(*exhibit.write(kind, 0))
        assert exhibit.write(kind, 1) == exhibit.write(kind, 1) != exhibit.write(kind, 2)


def test_sentences_are_lines_or_end_with_a_stop():
    expected = ["Anna went to the hall.", "Ben took the book."], "Where is Anna?"
    for story in ("Anna went to the hall.\n\nBen took the book.\n", " ".join(expected[0])):
        assert exhibit.parse(story, " Where is Anna? ") == expected
    assert exhibit.parse("anna went to the HALL", "where is anna") == (
        ["anna went to the HALL"],
        "where is anna",
    )


@pytest.mark.parametrize("kind", exhibit.KINDS)
def test_both_models_answer_and_pairs_are_drawn(kind):
    story, question = exhibit.example(kind)
    picture, result = exhibit.ask(story, question)
    assert result.count("<svg") == 2 and result.count("<rect") == 8
    for name in exhibit.MODELS.values():
        assert re.search(rf"{name}: <b>\w+</b> \d+% (✓ right|✗ wrong)", result)
    assert 1 <= picture.count("of the strongest pair") <= 5
    assert all(line in picture for line in story.splitlines())


def test_what_the_story_does_not_determine_is_said():
    _, result = exhibit.ask("Anna took the lamp.", "Where is the lamp?")
    assert "does not determine it" in result and "✓" not in result and "✗" not in result


def test_probabilities_are_of_all_answers():
    for probabilities in exhibit.answers([ANNA], "Where is Anna?").values():
        assert len(probabilities) == 17
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-4)


def test_arcs_and_rings():
    picture = exhibit.sheet([ANNA] * 3, [(0, 2, 1.0), (1, 1, -0.5)])
    assert picture.count("<circle") == 1 and picture.count("<path") == 1
    assert picture.count("stroke-dasharray") == 1 and "2 and 2 -50 %" in picture
    assert np.isfinite([float(n) for n in re.findall(r'cy="([\d.]+)"', picture)]).all()


@pytest.mark.once
@pytest.mark.parametrize(
    ("story", "question", "sentence"),
    [
        (None, None, "The story needs a sentence"),
        ("", "Where is Anna?", "The story needs a sentence"),
        (" . \n ...", "Where is Anna?", "The story needs a sentence"),
        (ANNA, None, "Ask a question"),
        (ANNA, "???", "Ask a question"),
        (ANNA * 10, "Where is Anna?", "may have 9 sentences; this one has 10"),
        ("x" * 1_000_000, "Where is Anna?", "may have 2000 characters"),
        ("Anna went to the moon.", "Where is Anna?", "never read the word 'moon'"),
        (ANNA, "Where is Zoe?", "never read the word 'zoe'"),
        (ANNA, "Где Anna?", "never read the word 'где'"),
        ("<script>", "Where is Anna?", "never read the word 'script'"),
        ("anna " * 13, "Where is Anna?", "A sentence may have 12 words"),
        (5, 7, "never read the word '5'"),
        ("José est là.", "Where is Anna?", "never read the word 'josé'"),
        ("Мария пошла.", "Where is Anna?", "never read the word 'мария'"),
    ],
)
def test_bad_input_is_answered_in_words(story, question, sentence):
    with pytest.raises(ValueError, match=sentence):
        exhibit.ask(story, question)


@pytest.mark.once
@pytest.mark.parametrize("call", [exhibit.example, exhibit.write])
@pytest.mark.parametrize("kind", [None, "Riddle"])
def test_unknown_kinds(call, kind):
    with pytest.raises(ValueError, match="Choose one of: One supporting fact"):
        call(kind)
