"""The exhibit of character networks: what it writes, shows and trains, and its refusals."""

import re

import numpy as np
import pytest

from demos.exhibits import unreasonable_rnns as exhibit
from keras_readinglist.applications.loading import load_preset

GOOD = {
    "write": ["ROMEO:\n", "Shakespeare", 50, 0.5, 0, 1.0],
    "look": ["To be, or not to be", "Shakespeare", "surprise"],
    "train": ["abcd efgh\n" * 60, 0],
}
BAD = {
    "write": ["\U0001f600", "Shakespeare", 50, 0.5, 0, 1.0],
    "look": ["x" * 100_000, "Shakespeare", "surprise"],
    "train": ["short", 10],
}
HUGE = "x" * 1_000_000


def test_character_exhibit():
    *_, last = exhibit.write("ROMEO:\n", "Shakespeare", 40, 0.5, 0, 1.0, seed=0)
    assert "bits per character" in last
    assert "title=" in exhibit.look_inside("To be,\nor not", "Shakespeare", "surprise")
    assert 'data-count="40"' in last and last.count("data-at") == 40
    for corpus in exhibit.CORPORA:
        for name, cell in exhibit.readable_cells(corpus)[1:]:
            assert "on held-out text" in name
            assert "cell" in exhibit.look_inside("To be,\nor not", corpus, cell)


def test_guesses_are_the_likeliest_characters():
    model = load_preset("char_rnn_shakespeare")
    names, p = exhibit.guesses("ROMEO:\n", "But", model)
    assert names.shape == p.shape == (3, exhibit.GUESSES)
    assert (np.diff(p, axis=1) <= 0).all() and (p.sum(axis=1) <= 1 + 1e-5).all()
    score = np.exp(-model.score("ROMEO:\nBut")[-3:])
    for k, character in enumerate("But"):
        if character in names[k]:
            assert p[k][list(names[k]).index(character)] == pytest.approx(score[k], abs=1e-4)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: exhibit.clean("\U0001f600", "Shakespeare"), "never saw these"),
        (lambda: exhibit.clean(HUGE, "Shakespeare"), "may have 2000 characters"),
        (lambda: exhibit.clean("a", "Latin"), "Choose one of"),
        (lambda: exhibit.look_inside("", "Shakespeare", None), "at least a line"),
        (lambda: exhibit.look_inside("abcdef", "Shakespeare", "9:9"), "layer:unit"),
        (lambda: exhibit.look_inside("abcdef", "Shakespeare", "x"), "layer:unit"),
        (lambda: next(exhibit.train_here("short")), "300 to 100,000"),
        (lambda: next(exhibit.train_here(None)), "300 to 100,000"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.slow
def test_training_on_own_text_lowers_the_loss():
    pictures = list(exhibit.train_here("abcd efgh\n" * 60, seconds=2))
    curve = re.search(r'<polyline points="([^"]+)"', pictures[-1])[1].split()
    first, last = (float(curve[k].split(",")[1]) for k in (0, -1))
    assert last > first  # heights are counted downwards
