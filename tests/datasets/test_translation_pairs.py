"""Every pair is in every epoch once, in few shapes, with little padding."""

import itertools

import numpy as np
import pytest

from keras_readinglist.datasets import TranslationPairs
from keras_readinglist.datasets.translation_pairs import _buckets

pytestmark = pytest.mark.once


def make_pairs(count=200, **kwargs):
    rng = np.random.default_rng(0)
    lengths = 1 + rng.poisson(6, count)
    sources = [rng.integers(4, 50, n) for n in lengths]
    targets = [rng.integers(4, 50, n + rng.integers(0, 3)) for n in lengths]
    return sources, targets, TranslationPairs(sources, targets, slots=60, **kwargs)


def rows_of(pairs):
    for inputs, labels, weights in (pairs[i] for i in range(len(pairs))):
        np.testing.assert_array_equal(weights, labels != 0)
        np.testing.assert_array_equal(
            inputs["target"][:, 1:][labels[:, 1:] != 0], labels[:, :-1][labels[:, 1:] != 0]
        )
        for source, target, label in zip(inputs["source"], inputs["target"], labels, strict=True):
            if source.any():
                assert target[0] == 1
                yield tuple(source[source != 0]), tuple(label[label != 0])
            else:
                assert not target.any() and not label.any()


def test_every_pair_once_an_epoch_and_in_another_order():
    sources, targets, pairs = make_pairs()
    expected = sorted((*[(*s, 2)], (*t, 2)) for s, t in zip(sources, targets, strict=True))
    first = list(rows_of(pairs))
    assert sorted(first) == expected
    pairs.epoch = 1
    second = list(rows_of(pairs))
    assert sorted(second) == expected and second != first
    pairs.epoch = 0
    assert list(rows_of(pairs)) == first
    assert list(rows_of(make_pairs(seed=1)[2])) != first


def test_shapes_are_few_and_full():
    _, targets, pairs = make_pairs(shapes=4)
    batches = [pairs[i] for i in range(len(pairs))]
    shapes = {(x["source"].shape, x["target"].shape) for x, _, _ in batches}
    assert len(shapes) == 4
    assert all(30 < rows * length <= 60 for _, (rows, length) in shapes)
    real = sum(w.sum() for _, _, w in batches)
    assert real == sum(len(t) + 1 for t in targets)
    assert pairs.real_share == pytest.approx(real / sum(w.size for _, _, w in batches))
    assert pairs.real_share > 0.7


def test_the_cuts_are_the_best_ones():
    lengths = np.random.default_rng(1).integers(1, 9, (30, 2))
    longest = lengths.max(axis=1)

    def places(members):
        return sum(lengths[m].max(axis=0).sum() * len(m) for m in members if len(m))

    inner = np.unique(longest)[:-1]
    every = (
        [np.flatnonzero(np.digitize(longest, [*cuts], right=True) == k) for k in range(3)]
        for cuts in itertools.combinations(inner, 2)
    )
    assert places(_buckets(lengths, 3)) == min(map(places, every))


def test_one_long_pair_and_empty_sentences():
    pairs = TranslationPairs([[4] * 90, []], [[], [5]], slots=4, shapes=6)
    assert sorted(rows_of(pairs)) == [((2,), (5, 2)), ((*[4] * 90, 2), (2,))]
    with pytest.raises(IndexError, match="`index` must lie below 2"):
        pairs[2]


@pytest.mark.parametrize(
    "change", [{"targets": [[1]]}, {"sources": [], "targets": []}, {"slots": 0}, {"shapes": 1.5}]
)
def test_bad_arguments(change):
    with pytest.raises(ValueError, match=f"`{next(iter(change))}`"):
        TranslationPairs(**{"sources": [[4], [5]], "targets": [[4], [5]], **change})
