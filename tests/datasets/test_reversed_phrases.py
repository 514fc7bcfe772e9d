"""Phrases are turned round, agree with their length, and the alignment says where from."""

import numpy as np
import pytest

from keras_readinglist.datasets import reversed_phrases
from keras_readinglist.datasets.reversed_phrases import FIRST, NOUNS, SYMBOLS, VOCAB_SIZE

pytestmark = pytest.mark.once


def words(ids):
    """Return the ids before the end, and assert that only padding follows."""
    ids = ids.tolist()
    end = ids.index(2)
    assert not any(ids[end + 1 :])
    return ids[:end]


def test_the_translation_of_every_phrase():
    source, target, alignment = reversed_phrases(300, (1, 9), 0)
    assert {x.dtype.name for x in (source, target, alignment)} == {"int32"}
    dictionary, lengths, sizes = {}, set(), set()
    for given, written, places in zip(source, target, alignment, strict=True):
        given, written = words(given), words(written)
        lengths.add(len(given))
        phrases, phrase = [], []
        for place, word in enumerate(given):
            phrase.append((place, word))
            if word < FIRST + NOUNS:  # a noun ends a phrase
                phrases, phrase = [*phrases, phrase], []
        assert not phrase
        expected, where = [], []
        for phrase in phrases:
            sizes.add(len(phrase))
            for place, word in reversed(phrase):
                expected.append(dictionary.setdefault(word, written[len(expected)]))
                where.append(place)
            expected.append(FIRST + 2 * SYMBOLS + len(phrase) - 1)
            where.append(-1)
        assert written == expected
        assert places.tolist() == where + [-1] * (len(places) - len(where))
    assert lengths == set(range(1, 10)) and sizes == {1, 2, 3, 4}
    assert len(dictionary) == len(set(dictionary.values())) == SYMBOLS
    assert min(dictionary.values()) == FIRST + SYMBOLS and target.max() == VOCAB_SIZE - 1


def test_a_seed_repeats_the_batch():
    first, again, other = (reversed_phrases(2, 4, seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize(
    ("arguments", "name"), [((2, 0), "length"), ((2, (3, 2)), "length"), ((0, 2), "batch_size")]
)
def test_bad_arguments(arguments, name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        reversed_phrases(*arguments)
