"""Modified Kneser-Ney smoothing is a distribution, and equals its formula written out."""

import itertools
import math

import numpy as np
import pytest

from keras_readinglist.information import NGramLanguageModel
from keras_readinglist.information.ngram_language_model import _discounts

pytestmark = pytest.mark.once

RNG = np.random.default_rng(0)
WORDS = np.array(["a", "b", "c", "d"])
TEXTS = [
    " ".join(RNG.choice(WORDS, RNG.integers(0, 7), p=[0.5, 0.3, 0.15, 0.05])) for _ in range(80)
]


def slow_probability(texts, context, unit, order):
    """The formula for orders 1 and 2 and any text, by counting in the sentences themselves."""
    sentences = [["<s>", *text.split(), "</s>"] for text in texts]
    pairs = [pair for sentence in sentences for pair in itertools.pairwise(sentence)]
    vocabulary = {word for sentence in sentences for word in sentence[1:]} | {"<unk>"}
    if order == 2:
        single = {w: len({u for u, x in pairs if x == w}) for w in vocabulary}
    else:
        single = {w: sum(x == w for _, x in pairs) for w in vocabulary}
    single = {w: count for w, count in single.items() if count}

    def discounted(counts, tables, unit):
        of = [sum(c == k for table in tables for c in table.values()) for k in range(1, 5)]
        if all(of):
            y = of[0] / (of[0] + 2 * of[1])
            taken = [0] + [k - (k + 1) * y * of[k] / of[k - 1] for k in (1, 2, 3)]
        if not all(of) or not all(0 < taken[k] <= k for k in (1, 2, 3)):
            taken = [0, 0.5, 1, 1.5]
        total = sum(counts.values())
        left = sum(taken[min(c, 3)] for c in counts.values()) / total
        count = counts.get(unit, 0)
        return (count - taken[min(count, 3)]) / total, left

    share, left = discounted(single, [single], unit)
    p = share + left / len(vocabulary)
    if order == 1:
        return p
    tables = {
        u: {w: pairs.count((u, w)) for w in vocabulary if (u, w) in pairs} for u, _ in set(pairs)
    }
    if context not in tables:
        return p
    share, left = discounted(tables[context], tables.values(), unit)
    return share + left * p


@pytest.mark.parametrize("order", [1, 2])
def test_equals_its_formula(order):
    model = NGramLanguageModel(order).fit(TEXTS)
    for context, unit in itertools.product(["<s>", *WORDS], [*WORDS, "</s>", "<unk>"]):
        wanted = slow_probability(TEXTS, context, unit, order)
        assert model.logp(unit, [context]) == pytest.approx(math.log(wanted), rel=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("unit", ["word", "char"])
def test_probabilities_sum_to_one_in_every_context(order, unit):
    model = NGramLanguageModel(order, unit).fit(TEXTS[:20])
    units = ["<s>", "a", "b", "c", "d", "never seen"]
    for length in range(order + 1):
        for context in itertools.islice(itertools.product(units, repeat=length), 300):
            p = model.distribution(context)
            assert p.sum() == pytest.approx(1, abs=1e-9) and (p > 0).all()
    assert len(p) == len(model.vocabulary) and "<s>" not in model.vocabulary


def test_what_follows_many_words_is_likelier_in_a_new_place():
    """The example of Kneser and Ney: a frequent word that follows one other alone."""
    model = NGramLanguageModel(2).fit(["san francisco"] * 20 + ["a cup", "the cup", "my cup"])
    assert model.logp("cup", ["new"]) > model.logp("francisco", ["new"])
    assert model.logp("francisco", ["san"]) > model.logp("cup", ["san"])


def test_only_the_last_units_count():
    model = NGramLanguageModel(3).fit(TEXTS)
    assert model.logp("a", ["d", "c", "b", "a"]) == model.logp("a", ["b", "a"])
    assert model.logp("a", []) == NGramLanguageModel(3).fit(TEXTS).logp("a")


def test_perplexity_is_that_of_the_scores_and_falls_with_the_order():
    texts = ["a b c d"] * 9 + ["d c b a"] * 9
    models = [NGramLanguageModel(order).fit(texts) for order in (1, 2, 3)]
    values = [model.perplexity(texts) for model in models]
    assert values[0] > values[1] > values[2] > 1
    score = models[2].score("a b")
    sentence = ("<s>", "a", "b", "</s>")
    wanted = sum(models[2].logp(sentence[i], sentence[:i]) for i in (1, 2, 3))
    assert score == pytest.approx(wanted)
    assert models[2].perplexity(["a b"]) == pytest.approx(math.exp(-score / 3))


def test_discounts():
    assert _discounts({1: 8, 2: 4, 3: 2, 4: 1}) == pytest.approx((0, 0.5, 1.25, 2.0))
    assert _discounts({1: 8, 2: 4, 3: 0, 4: 1}) == (0.0, 0.5, 1.0, 1.5)
    assert _discounts({1: 8, 2: 1, 3: 9, 4: 1}) == (0.0, 0.5, 1.0, 1.5)


def test_refusals():
    with pytest.raises(ValueError, match="`order` must be a positive integer"):
        NGramLanguageModel(0)
    with pytest.raises(ValueError, match="`unit` must be one of"):
        NGramLanguageModel(2, "syllable")
    with pytest.raises(ValueError, match="fitted first"):
        NGramLanguageModel(2).logp("a")
