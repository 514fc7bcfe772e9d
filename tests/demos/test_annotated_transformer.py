"""The exhibit of the Annotated Transformer: its numbers, its training and its refusals."""

import re

import numpy as np
import pytest

from demos.exhibits import annotated_transformer as exhibit
from keras_readinglist.applications import Transformer
from keras_readinglist.tokenizers import SubwordTokenizer

_HEAD = [exhibit.DIGITS, exhibit.CROSS, 1, 1]
GOOD = {"show": ["314", *_HEAD], "train": ["314", exhibit.DIGITS, "Sort"]}
BAD = {"show": ["3.14", *_HEAD], "train": ["", exhibit.DIGITS, "Copy"]}


def test_the_default_page_shows_a_softmax_in_numbers():
    picture, rest = exhibit.default()
    read = len(exhibit.forward(exhibit.TEXTS[exhibit.FIRST], exhibit.FIRST)["source"])
    assert picture.count("<tr") == read + 2 and rest.count("layer 2, head") == 8
    digits = exhibit.TEXTS[exhibit.DIGITS]
    picture, rest = exhibit.show(digits, exhibit.DIGITS, exhibit.CROSS, 2, 1)
    assert 'data-count="9"' in picture and "√32" in picture and "next comes 3" in picture
    assert rest.count("layer 2, head") == 8 and "31415926 → 31415926 ✓" in rest
    assert exhibit.tour() == "31415926 copied as 31415926"


def test_digits_are_copied_and_longer_ones_shown_as_wrong():
    rng = np.random.default_rng(0)
    for length in (1, 4, 10):
        digits = "".join(map(str, rng.integers(0, 10, length)))
        assert exhibit.forward(digits, exhibit.DIGITS)["right"]
    _, rest = exhibit.show("314159265358", exhibit.DIGITS, exhibit.CROSS, 2, 1)
    assert "✗" in rest


def test_what_is_masked_has_no_share():
    picture, _ = exhibit.show("27", exhibit.DIGITS, exhibit.DECODER, 1, 2)
    seen = re.findall(r"#text&#34;:\[([^]]*)\]", picture)
    assert any("no&#34;,&#34;no" not in row and "no" in row for row in seen)
    found = exhibit.forward("27", exhibit.DIGITS)["walk"].decoder[0]
    assert (np.triu(found.weights[1], 1) == 0).all()
    np.testing.assert_allclose(found.weights.sum(axis=-1), 1)


def test_training_starts_anew_for_every_visitor(monkeypatch):
    small = {"steps": 3, "d_model": 8, "d_ff": 8, "num_heads": 2, "batch_size": 2}
    monkeypatch.setattr(exhibit, "LEARNER", {**exhibit.LEARNER, **small})
    exhibit.learner.cache_clear()
    try:
        first, again = (list(exhibit.train("12", exhibit.DIGITS, seed=0))[-1] for _ in range(2))
    finally:
        exhibit.learner.cache_clear()
    losses = [re.search(r"[\d.]+ nats\.", text)[0] for text in (first, again)]
    assert losses[0] == losses[1] and "3 of 3 updates" in first and "12 → " in first


@pytest.mark.parametrize(
    ("order", "answer"), [("same", "3121"), ("reversed", "1213"), ("sorted", "1123")]
)
def test_an_answer_is_marked_by_its_task(order, answer):
    asked = exhibit.to_ids("3121", exhibit.DIGITS, None)
    for written, mark in ((answer, "✓"), ("9999", "✗")):
        ids = exhibit.to_ids(written, exhibit.DIGITS, None)[:-1]
        said = exhibit.training_page([2.0, 1.0], asked, ids, order, 1.0)
        assert f"3121 → {written} {mark}" in said


def test_only_tasks_that_are_named_are_trained():
    with pytest.raises(ValueError, match="Choose one of"):
        next(exhibit.train("12", exhibit.DIGITS, "Add"))


def test_sentences_are_shown_in_pieces(monkeypatch):
    tokenizer = SubwordTokenizer.train(["Go on.", "Va !", "We go.", "On va."] * 3, 24)
    options = {"num_layers": 1, "d_model": 8, "d_ff": 8, "num_heads": 2}
    model = Transformer(len(tokenizer), tokenizer=tokenizer, **options)
    monkeypatch.setattr(exhibit, "run", lambda preset, function: function(model))
    monkeypatch.setitem(exhibit.JOBS, exhibit.FRENCH, "a model")
    exhibit.forward.cache_clear()
    try:
        found = exhibit.forward("Go on.", exhibit.FRENCH)
        picture, _ = exhibit.show("Go on.", exhibit.FRENCH, exhibit.ENCODER, 1, 2)
        with pytest.raises(ValueError, match="sentence of 1 to 24 pieces. There are 0."):
            exhibit.show(" ", exhibit.FRENCH, exhibit.ENCODER, 1, 2)
    finally:
        exhibit.forward.cache_clear()
    assert found["source"][-2:] == [".", "end"] and found["target"][0] == "begin"
    assert f'data-count="{len(found["source"])}"' in picture


@pytest.mark.parametrize("text", ["", None, "3.14", "one", "-1", "1" * 13, "x" * 10**6, "²"])
def test_bad_digits(text):
    with pytest.raises(ValueError, match="digits"):
        exhibit.show(text, exhibit.DIGITS, exhibit.CROSS, 1, 1)


@pytest.mark.parametrize("place, value", [(1, "Sort"), (2, "Nobody"), (3, 3), (4, 0)])
def test_bad_choices(place, value):
    with pytest.raises(ValueError, match="[a-z]{3,}"):
        exhibit.show(*[*GOOD["show"][:place], value, *GOOD["show"][place + 1 :]])
