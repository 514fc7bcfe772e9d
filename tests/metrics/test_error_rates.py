"""Error rates equal the recursion of Levenshtein, and are those of a whole set."""

import functools
import math

import numpy as np
import pytest

from keras_readinglist.metrics import character_error_rate, edit_distance, word_error_rate

pytestmark = pytest.mark.once


def by_recursion(first, second):
    @functools.cache
    def distance(i, j):
        if not i or not j:
            return i + j
        replaced = distance(i - 1, j - 1) + (first[i - 1] != second[j - 1])
        return min(replaced, distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    return distance(len(first), len(second))


def test_the_distance_equals_its_recursion():
    rng = np.random.default_rng(0)
    for _ in range(200):
        first, second = (tuple(rng.integers(0, 3, rng.integers(0, 9))) for _ in range(2))
        assert edit_distance(first, second) == by_recursion(first, second)


@pytest.mark.parametrize(
    "hypothesis, reference, words, characters",
    [
        ("", "", 0.0, 0.0),
        ("", "one two", 1.0, 1.0),
        ("one", "", math.inf, math.inf),
        ("one two", "one two", 0.0, 0.0),
        (" one  two ", "one two", 0.0, 3 / 7),
        ("one two three", "two", 2.0, 10 / 3),
        ("two", "one two three", 2 / 3, 10 / 13),
    ],
)
def test_cases_by_hand(hypothesis, reference, words, characters):
    assert word_error_rate([hypothesis], [reference]) == pytest.approx(words)
    assert character_error_rate([hypothesis], [reference]) == pytest.approx(characters)


def test_long_transcripts_count_more():
    assert word_error_rate(["a", "b c d"], ["x", "b c d"]) == 1 / 4
    assert word_error_rate(["a"], [""]) == math.inf
    assert word_error_rate(["a", "b"], ["", "b"]) == 1.0
    assert word_error_rate([], []) == 0.0


def test_refusals():
    with pytest.raises(ValueError, match="`references` must be as many .* Received: 2 and 1"):
        word_error_rate(["a"], ["a", "b"])
