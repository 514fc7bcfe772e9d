"""The exhibit of dropout in recurrent networks: its counts, its curves, its guesses, refusals."""

import re

import numpy as np
import pytest

from demos.exhibits import _rnn_regularization_path as way
from demos.exhibits import rnn_regularization as exhibit

GOOD = {
    "path": ["In the recurrence too", 3, 0.5, 0],
    "curves": [["nowhere"], "WikiText-2"],
    "words": ["to be or not"],
}
BAD = {
    "path": ["Everywhere", 3, 0.5, 0],
    "curves": [["all"], "Shakespeare"],
    "words": ["to be " * 40],
}


@pytest.mark.once
@pytest.mark.parametrize("lag", range(way.LAST + 1))
def test_a_word_is_struck_as_the_modes_say(lag):
    hits = {mode: [s for s in way.strikes(mode, lag) if s] for mode in way.MODES.values()}
    assert len(hits["non_recurrent"]) == way.LAYERS + 1 and not hits["none"]
    assert len(hits["naive_recurrent"]) == len(set(hits["naive_recurrent"])) == lag + 3
    assert len(hits["variational"]) == lag + 3
    assert len(set(hits["variational"])) == 3 + (lag > 0)
    for mode in hits:
        alive = way.survivors(mode, lag, 0.5, seed=1)
        assert alive.shape == (lag + 4, way.DOTS) and alive[0].all()
        assert (alive[1:] <= alive[:-1]).all()


@pytest.mark.once
def test_what_survives_does_not_depend_on_the_distance_between_layers():
    left = {
        mode: [
            np.mean([way.survivors(mode, lag, 0.5, seed)[-1].mean() for seed in range(300)])
            for lag in (0, 7)
        ]
        for mode in ("non_recurrent", "naive_recurrent", "variational")
    }
    np.testing.assert_allclose(left["non_recurrent"], 0.5**3, atol=0.01)
    np.testing.assert_allclose(left["naive_recurrent"], [0.5**3, 0.5**10], atol=0.01)
    np.testing.assert_allclose(left["variational"], [0.5**3, 0.5**4], atol=0.01)


def test_the_word_can_be_dragged():
    picture, said = exhibit.default()
    assert 'data-count="9"' in picture and 'data-item="0"' in picture
    assert "struck 3 times" in said and "12%" in said
    at = [float(v) for v in re.search(r"translate\(([\d.]+) [\d.]+\)", picture).groups()]
    assert way.moved(2, (at[0] - 20) / 460) == exhibit.FIRST[1]
    assert way.moved(2, 0.0) == way.LAST and way.moved(2, 1.0) == 0 and way.moved(2, None) == 2
    assert "struck 10 times" in way.show("In the recurrence too", way.LAST, 0.5, 3)[1]
    assert "by 4 masks" in way.show("The same units at all steps", way.LAST, 0.5, 3)[1]
    assert "never struck" in way.show("Nowhere", 0, 0.5, 3)[1]


def test_curves_are_those_of_the_report():
    picture, said = exhibit.default_curves()
    assert picture.count("<svg") == 2 and picture.count("<polyline") == 2 * len(exhibit.curves())
    tracks = exhibit.curves()["nowhere"]
    assert f"{min(tracks['valid']):.1f} after epoch" in said
    assert exhibit.compare(["nowhere"], "Shakespeare")[0].count("<polyline") == 2


def test_curves_of_a_second_corpus_are_shown():
    tracks = exhibit.curves("Shakespeare")["nowhere"]
    assert tracks != exhibit.curves("WikiText-2")["nowhere"]
    said = exhibit.compare(["nowhere"], "Shakespeare")[1]
    assert f"{min(tracks['valid']):.1f} after epoch" in said and "96 units" in said


def test_guesses_are_those_of_the_models():
    text = "To be, or not to be!\nMy lord"
    ids, said = exhibit.run(exhibit.REGULARISED, lambda model: exhibit.words_of(text, model))
    assert " ".join(said) == "to be , or not to be ! ↵ my lord"
    p = exhibit.run(exhibit.REGULARISED, lambda model: exhibit.read(ids, model))
    score = exhibit.run(exhibit.REGULARISED, lambda m: m.score("to be , or not to be !\nmy lord"))
    np.testing.assert_allclose(-np.log(p[np.arange(len(ids)), ids]), score, atol=1e-3)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    picture, found = exhibit.guess(text)
    assert f'data-count="{len(ids) + 1}"' in picture and picture.count("<svg") == 3
    assert "chose among fewer words" in found
    assert "reboot" in exhibit.guess("please reboot")[1] and "<unk>" not in said


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: way.show("Everywhere", 3, 0.5, 0), "What is dropped is one of"),
        (lambda: way.show(exhibit.FIRST[0], 8, 0.5, 0), "The distance is a whole number"),
        (lambda: way.show(exhibit.FIRST[0], 1, None, 0), "The rate is a number"),
        (lambda: way.show(exhibit.FIRST[0], 1, 0.5, -1), "The seed is a whole number"),
        (lambda: exhibit.compare([], "Shakespeare"), "Choose at least one"),
        (lambda: exhibit.compare(None, "Shakespeare"), "Choose at least one"),
        (lambda: exhibit.compare(["all"], "Shakespeare"), "Choose one of"),
        (lambda: exhibit.compare(["nowhere"], "Hamlet"), "Choose one of"),
        (lambda: exhibit.guess(None), "Type a few words"),
        (lambda: exhibit.guess(" \n "), "Type a few words"),
        (lambda: exhibit.guess("to be " * 31), "may have 60 words"),
        (lambda: exhibit.guess("x " * 1_000_000), "may have 60 words"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
