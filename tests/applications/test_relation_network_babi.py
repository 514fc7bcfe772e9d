"""Relation networks over sentences: blind to padding, aware of order, and able to learn."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications import RelationNetworkBabi
from keras_readinglist.datasets import babi_stories, read_babi
from keras_readinglist.datasets.babi import encode_stories, vocabulary_of

EXAMPLES = read_babi(babi_stories("yes_no", 24, rng=0))
WORDS, ANSWERS = vocabulary_of(EXAMPLES)
STORIES, QUESTIONS = encode_stories(EXAMPLES, WORDS, max_sentences=8, max_words=7)
INPUTS = {"stories": STORIES, "questions": QUESTIONS}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return RelationNetworkBabi(
        len(WORDS) + 1,
        2,
        max_sentences=8,
        units=6,
        g_units=(8, 5),
        f_units=(7,),
        f_dropout=0.0,
        vocabulary=WORDS,
        answers=ANSWERS,
    )


def test_padding_does_not_matter(model):
    padded = np.pad(STORIES, ((0, 0), (0, 3), (0, 2)))
    got = model.predict_on_batch({"stories": padded, "questions": QUESTIONS})
    np.testing.assert_allclose(got, model.predict_on_batch(INPUTS), atol=1e-5)


def test_objects_carry_their_distance_from_the_end(model):
    objects, mask = model._sentences(keras.ops.convert_to_tensor(STORIES[:5]))
    objects, mask = (keras.ops.convert_to_numpy(t) for t in (objects, mask))
    for row, example in enumerate(EXAMPLES[:5]):
        count = len(example.story)
        assert mask[row].sum() == count
        expected = np.arange(1 - count, 1) / 8
        np.testing.assert_allclose(objects[row, :count, -1], expected, atol=1e-6)


def test_order_of_sentences_matters(model):
    flipped = STORIES.copy()
    for row, example in enumerate(EXAMPLES):
        flipped[row, : len(example.story)] = flipped[row, : len(example.story)][::-1]
    got = model.predict_on_batch({"stories": flipped, "questions": QUESTIONS})
    assert np.abs(got - model.predict_on_batch(INPUTS)).max() > 1e-3


def test_learns_and_answers_in_words(model, tmp_path):
    targets = np.array([ANSWERS.index(e.answer) for e in EXAMPLES])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    losses = model.fit(INPUTS, targets, epochs=15, batch_size=24, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.save_to_preset(tmp_path / "mine")
    loaded = RelationNetworkBabi.from_preset(tmp_path / "mine")
    np.testing.assert_array_equal(loaded.predict_on_batch(INPUTS), model.predict_on_batch(INPUTS))
    answer, probabilities = loaded.ask(EXAMPLES[0].story, EXAMPLES[0].question)
    assert answer == max(probabilities, key=probabilities.get)
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_bad_input(model):
    with pytest.raises(ValueError, match="The word 'moon' is not in the vocabulary"):
        model.ask(["Anna went to the moon."], "Is Anna in the hall?")
    with pytest.raises(ValueError, match="`story` must have a sentence"):
        model.ask([], "Is Anna in the hall?")
    with pytest.raises(ValueError, match="needs a model with `vocabulary`"):
        RelationNetworkBabi(5, 2, units=3, g_units=(3,), f_units=()).ask(["a"], "b")
    with pytest.raises(ValueError, match="`vocabulary` must hold 4 words. Received: 1"):
        RelationNetworkBabi(5, 2, vocabulary=["a"])
    with pytest.raises(ValueError, match="`vocab_size` must be a positive integer"):
        RelationNetworkBabi(0, 2)
