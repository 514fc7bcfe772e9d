"""The search over the orders of a set finds what enumeration finds."""

import itertools

import numpy as np
import pytest
from keras import ops

from keras_readinglist.decoding.order_search import order_search

RNG = np.random.default_rng(0)
SYMBOLS, BATCH = 7, 3
# A chain: the probability of a symbol depends on the symbol before it and on the example.
LOGITS = RNG.standard_normal((BATCH, SYMBOLS + 1, SYMBOLS)).astype("float32") * 2
LOG_P = LOGITS - np.log(np.exp(LOGITS).sum(axis=-1, keepdims=True))
ELEMENTS = np.array([[2, 0, 5, 6], [1, 3, 4, 2], [6, 5, 0, 1]])


def step(tokens, state, t):
    chain = state["chain"]
    row = ops.take_along_axis(chain, ops.cast(tokens, "int32")[:, None, None], axis=1)[:, 0]
    return row, state


def search(elements=ELEMENTS, chain=LOG_P, **kwargs):
    state = {"chain": ops.convert_to_tensor(chain)}
    found = order_search(step, state, ops.convert_to_tensor(elements), start=SYMBOLS, **kwargs)
    return [ops.convert_to_numpy(x) for x in found]


def enumerate_orders(example):
    """The log-probability of every order, one symbol after the other."""
    scores = {}
    for order in itertools.permutations(range(ELEMENTS.shape[1])):
        before, total = SYMBOLS, 0.0
        for place in order:
            total += LOG_P[example, before, ELEMENTS[example, place]]
            before = ELEMENTS[example, place]
        scores[order] = total
    return scores


@pytest.mark.parametrize("mode", ["exact", "beam"])
def test_all_orders(mode):
    orders, scores = search(mode=mode, beam_size=24)
    for example in range(BATCH):
        every = enumerate_orders(example)
        best = max(every, key=every.get)
        assert tuple(orders[example]) == best
        assert scores[example] == pytest.approx(every[best], abs=1e-4)


def test_every_search_scores_its_own_order():
    for kwargs in ({"mode": "greedy"}, {"mode": "beam", "beam_size": 3}, {"mode": "sample"}):
        orders, scores = search(**kwargs)
        for example in range(BATCH):
            every = enumerate_orders(example)
            assert scores[example] == pytest.approx(every[tuple(orders[example])], abs=1e-4)


def test_greedy_takes_the_likeliest_element_that_is_left():
    orders, _ = search(mode="greedy")
    for example in range(BATCH):
        before, left = SYMBOLS, set(range(4))
        for place in orders[example]:
            likely = {p: LOG_P[example, before, ELEMENTS[example, p]] for p in left}
            assert place == max(likely, key=likely.get)
            before = ELEMENTS[example, place]
            left.remove(place)


def test_samples_follow_the_renormalised_steps():
    count, example = 6_000, 0
    elements = np.repeat(ELEMENTS[example : example + 1, :3], count, axis=0)
    chain = np.repeat(LOG_P[example : example + 1], count, axis=0)
    orders, _ = search(elements, chain, mode="sample", seed=1)
    for order in itertools.permutations(range(3)):
        before, left, p = SYMBOLS, [0, 1, 2], 1.0
        for place in order:
            likely = {q: np.exp(LOG_P[example, before, elements[0, q]]) for q in left}
            p *= likely[place] / sum(likely.values())
            before = elements[0, place]
            left.remove(place)
        share = (orders == order).all(axis=1).mean()
        assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / count) + 1e-3


def test_a_seed_repeats_the_samples():
    first, second, other = (search(mode="sample", seed=seed)[0] for seed in (1, 1, 2))
    assert (first == second).all()
    many = [search(mode="sample", seed=seed)[0].tolist() for seed in range(8)]
    assert any(sample != many[0] for sample in many) and other.shape == first.shape


def test_one_element():
    orders, scores = search(ELEMENTS[:, :1])
    assert (orders == 0).all()
    np.testing.assert_allclose(scores, LOG_P[range(BATCH), SYMBOLS, ELEMENTS[:, 0]], atol=1e-6)


def test_bad_arguments():
    with pytest.raises(ValueError, match="`mode` must be"):
        search(mode="best")
    with pytest.raises(ValueError, match="`elements` must hold at most"):
        search(np.arange(7)[None].repeat(BATCH, 0))
    with pytest.raises(ValueError, match="`beam_size` must be"):
        search(mode="beam", beam_size=0)
