"""n-grams are words side by side, and no paragraph of the documentation is in two splits."""

import numpy as np
import pytest

from keras_readinglist import datasets
from keras_readinglist.datasets import python_documentation
from keras_readinglist.datasets.ngrams import ngram_batch, ngrams

pytestmark = pytest.mark.once
TEXTS = [np.arange(7), [], [20, 21], np.arange(10, 14)]


def test_all_ngrams_within_their_texts():
    found = ngrams(TEXTS, 3)
    assert found.dtype == "int32" and found.shape == (5 + 2, 3)
    assert (np.diff(found, axis=1) == 1).all() and found[:, 0].tolist() == [0, 1, 2, 3, 4, 10, 11]
    assert ngrams(TEXTS, 1).ravel().tolist() == [*range(7), 20, 21, *range(10, 14)]


def test_a_batch_is_drawn_uniformly():
    batch = ngram_batch(7_000, TEXTS, 3, rng=0)
    _, counts = np.unique(batch, axis=0, return_counts=True)
    assert len(counts) == 7 and counts.min() > 850 and counts.max() < 1_150
    np.testing.assert_array_equal(batch, ngram_batch(7_000, TEXTS, 3, rng=0))
    assert ngram_batch(2, TEXTS, rng=0).shape == (2, 5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, TEXTS), "`batch_size` must be"),
        ((1, TEXTS, 0), "`n` must be"),
        ((1, TEXTS, 8), "`texts` must hold one of at least 8 words"),
        ((1, []), "`texts` must hold"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ngram_batch(*arguments)


def test_the_documentation_is_split_by_topic():
    splits = [
        {" ".join(text.split()) for text in datasets.load("python_documentation", split)}
        for split in ("train", "validation", "test")
    ]
    assert min(map(len, splits)) > 50 and len(splits[0]) > 500
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert not splits[first] & splits[second]


def test_a_shared_paragraph_stands_in_training_once():
    names = [f"topic {k}" for k in range(60)]
    topics = {name: f"shared\n\nof {name}\n \nshared" for name in names}
    parts = [
        python_documentation.split_topics(topics, split)
        for split in ("train", "validation", "test")
    ]
    assert [part.count("shared") for part in parts] == [1, 0, 0]
    assert sorted(sum(parts, [])) == sorted(["shared", *(f"of {name}" for name in names)])
    assert all(parts)
