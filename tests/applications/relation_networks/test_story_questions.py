"""Relation networks over sentences: blind to padding, aware of order, and able to learn."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications import RelationNetworkBabi, StoryLSTMBaseline
from keras_readinglist.datasets import babi_stories, read_babi
from keras_readinglist.datasets.babi import Example, encode_stories, vocabulary_of
from tests.applications.case import Case

EXAMPLES = read_babi(babi_stories("yes_no", 24, rng=0))
WORDS, ANSWERS = vocabulary_of(EXAMPLES)
STORIES, QUESTIONS = encode_stories(EXAMPLES, WORDS, max_sentences=8, max_words=7)
INPUTS = {"stories": STORIES, "questions": QUESTIONS}


TARGETS = np.array([ANSWERS.index(e.answer) for e in EXAMPLES])
FIRST = {name: array[:4] for name, array in INPUTS.items()}
WORDY = {"max_sentences": 8, "vocabulary": WORDS, "answers": ANSWERS}
ASKED = EXAMPLES[0].story, EXAMPLES[0].question
ASK = {"ask": lambda model, x: list(model.ask(*ASKED)[1].values())}
CASES = {
    "RelationNetworkBabi": Case(
        lambda **kw: RelationNetworkBabi(
            len(WORDS) + 1, 2, units=4, g_units=(5,), f_units=(4,), **WORDY, **kw
        ),
        FIRST,
        TARGETS[:4],
        {**ASK, "relations": lambda model, x: model.relations(*ASKED)},
    ),
    "StoryLSTMBaseline": Case(
        lambda **kw: StoryLSTMBaseline(len(WORDS) + 1, 2, embedding_dim=3, units=4, **WORDY, **kw),
        FIRST,
        TARGETS[:4],
        ASK,
    ),
}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    sizes = {"units": 6, "g_units": (8, 5), "f_units": (7,), "f_dropout": 0.0}
    return RelationNetworkBabi(len(WORDS) + 1, 2, **sizes, **WORDY)


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


def test_bad_input(model):
    with pytest.raises(ValueError, match="The word 'moon' is not in the vocabulary"):
        model.ask(["Anna went to the moon."], "Is Anna in the hall?")
    with pytest.raises(ValueError, match="`story` must have a sentence"):
        model.ask([], "Is Anna in the hall?")
    with pytest.raises(ValueError, match="`story` must have a sentence"):
        model.relations(["Anna went to the hall."], " ")
    with pytest.raises(ValueError, match="`vocabulary` and `answers` must be known"):
        RelationNetworkBabi(5, 2, units=3, g_units=(3,), f_units=()).ask(["a"], "b")
    with pytest.raises(ValueError, match="`vocabulary` must hold 4 words. Received: 1"):
        RelationNetworkBabi(5, 2, vocabulary=["a"])
    with pytest.raises(ValueError, match="`vocab_size` must be a positive integer"):
        RelationNetworkBabi(0, 2)
    with pytest.raises(ValueError, match="`units` must be a positive integer"):
        RelationNetworkBabi(5, 2, units=0)


def test_relations_leave_one_pair_of_sentences_out(model):
    story = ["Anna went to the hall.", "Ben moved to the office.", "Carla went to the attic."]
    found = model.relations(story, "Is Anna in the hall?")
    assert found.shape == (3, 3)
    example = Example(tuple(story), "Is Anna in the hall?", "", ())
    tokens = encode_stories([example], WORDS, 8)
    stories, questions = (keras.ops.convert_to_tensor(t) for t in tokens)
    objects, mask = model._sentences(stories)
    question = model._read(model.question_reader, questions)
    terms = model.relate.relation.relations(objects, question, mask)
    terms = keras.ops.convert_to_numpy(terms)[0]
    assert not terms[3:].any() and not terms[:, 3:].any()
    total = terms.sum(axis=(0, 1))
    whole, without = (
        keras.ops.convert_to_numpy(model.relate.conclude(keras.ops.convert_to_tensor(t[None])))[0]
        for t in (total, total - terms[0, 2])
    )
    best, second = whole.argmax(), whole.argmin()
    fall = whole[best] - whole[second] - (without[best] - without[second])
    assert found[0, 2] == pytest.approx(fall, abs=1e-5)


@pytest.fixture(scope="module")
def baseline():
    keras.utils.set_random_seed(0)
    return StoryLSTMBaseline(len(WORDS) + 1, 2, embedding_dim=5, units=6, **WORDY)


def test_baseline_reads_the_words_one_after_the_other(baseline):
    def dense(tensor):
        return keras.ops.convert_to_numpy(tensor)

    sequence = STORIES[3][STORIES[3] > 0].tolist() + QUESTIONS[3][QUESTIONS[3] > 0].tolist()
    encoded = baseline.embedding(np.array([sequence]))
    expected = dense(baseline.out(baseline.reader(encoded)))[0]
    got = baseline.predict_on_batch(INPUTS)
    np.testing.assert_allclose(got[3], expected, atol=1e-5)
    padded = {"stories": np.pad(STORIES, ((0, 0), (0, 2), (0, 3))), "questions": QUESTIONS}
    np.testing.assert_allclose(baseline.predict_on_batch(padded), got, atol=1e-5)


@pytest.mark.parametrize("name", ["model", "baseline"])
def test_learns_survives_saving_and_answers_in_words(name, request, tmp_path):
    model = request.getfixturevalue(name)
    targets = np.array([ANSWERS.index(e.answer) for e in EXAMPLES])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    losses = model.fit(INPUTS, targets, epochs=15, batch_size=24, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.save_to_preset(tmp_path / "mine")
    loaded = type(model).from_preset(tmp_path / "mine")
    assert loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(loaded.predict_on_batch(INPUTS), model.predict_on_batch(INPUTS))
    answer, probabilities = loaded.ask(EXAMPLES[0].story, EXAMPLES[0].question)
    assert answer == max(probabilities, key=probabilities.get)
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_bad_input_of_the_baseline(baseline):
    with pytest.raises(ValueError, match="The word 'moon' is not in the vocabulary"):
        baseline.ask(["Anna went to the moon."], "Is Anna in the hall?")
    for name in ("vocab_size", "num_answers", "max_sentences", "embedding_dim", "units"):
        sizes = {"vocab_size": 5, "num_answers": 2, name: 0}
        with pytest.raises(ValueError, match=f"`{name}` must be a positive integer"):
            StoryLSTMBaseline(**sizes)
    with pytest.raises(ValueError, match="`answers` must hold 2 words. Received: 1"):
        StoryLSTMBaseline(5, 2, answers=["a"])
