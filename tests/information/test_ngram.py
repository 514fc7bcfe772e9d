"""The n-gram model equals a model written with dictionaries, and is a distribution."""

import numpy as np
import pytest

from keras_readinglist.information import NGram

pytestmark = pytest.mark.once

RNG = np.random.default_rng(0)
TEXT = RNG.integers(0, 3, 60)
TEST = RNG.integers(0, 3, 30)


def slow_probability(train, context, symbol, order, symbols):
    """Witten-Bell by the formula, from the longest context down."""
    if order == 0:
        return 1 / symbols
    u = tuple(context[len(context) - (order - 1) :]) if order > 1 else ()
    followers = [
        train[i + len(u)] for i in range(len(train) - len(u)) if tuple(train[i : i + len(u)]) == u
    ]
    shorter = slow_probability(train, context, symbol, order - 1, symbols)
    if not followers:
        return shorter
    distinct = len(set(followers))
    return (followers.count(symbol) + distinct * shorter) / (len(followers) + distinct)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_equals_dictionaries(order):
    train, test = TEXT.tolist(), TEST.tolist()
    expected = [
        -np.log(slow_probability(train, test[:t], test[t], min(order, t + 1), 3))
        for t in range(len(test))
    ]
    np.testing.assert_allclose(NGram(order, 3).fit(TEXT).score(TEST), expected, rtol=1e-12)


def test_distribution_sums_to_one_and_agrees_with_score():
    model = NGram(3, 3).fit(TEXT)
    distribution = model.distribution(TEST[:7])
    assert distribution.sum() == pytest.approx(1)
    assert -np.log(distribution[TEST[7]]) == pytest.approx(model.score(TEST[:8])[-1])


def test_samples_follow_a_periodic_text():
    model = NGram(2, 3).fit(np.tile([0, 1, 2], 500))
    sample = model.sample(60, context=[2], rng=0)
    assert np.mean((sample[1:] - sample[:-1]) % 3 == 1) > 0.9


def test_bad_arguments():
    with pytest.raises(ValueError, match="`order` must be a positive integer"):
        NGram(0, 3)
    with pytest.raises(ValueError, match=r"below 2 \*\* 63"):
        NGram(40, 100)
    with pytest.raises(ValueError, match=r"integers in \[0, 3\)"):
        NGram(2, 3).fit([0, 3])
    with pytest.raises(ValueError, match="`ids` must be"):
        NGram(2, 3).fit([0.5, 1.0])  # would be cut down to 0 and 1
    with pytest.raises(ValueError, match="`ids` must be"):
        NGram(2, 3).fit("012")
    assert NGram(np.int64(2), np.int64(3)).fit([0, 1, 2]).score([0]).shape == (1,)
