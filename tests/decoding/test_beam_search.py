"""Beam search finds what an exhaustive search finds, for every example of a batch by itself."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.decoding.beam_search import beam_search

SYMBOLS, STEPS, END = 4, 3, 0
RNG = np.random.default_rng(0)
# A Markov chain for each of two examples: log p(next | token).
LOGITS = RNG.standard_normal((2, SYMBOLS, SYMBOLS)).astype("float32") * 2
LOG_P = LOGITS - np.log(np.exp(LOGITS).sum(-1, keepdims=True))


def search(beam_size, **options):
    tables = ops.convert_to_tensor(np.repeat(LOG_P, beam_size, axis=0))

    def step(tokens, state, t):
        row = ops.take_along_axis(state["table"], tokens[:, None, None], axis=1)[:, 0]
        return row, state

    sizes = 2, SYMBOLS, beam_size, STEPS
    found = beam_search(step, {"table": tables}, *sizes, start=1, end=END, **options)
    return keras.tree.map_structure(ops.convert_to_numpy, found)


def score(example, sequence):
    total, token = 0.0, 1
    for symbol in sequence:
        total += LOG_P[example, token, symbol]
        token = symbol
        if symbol == END:
            break
    return total


def every_sequence():
    for sequence in itertools.product(range(SYMBOLS), repeat=STEPS):
        if END in sequence and any(sequence[sequence.index(END) :]):
            continue  # after the end there is only the end
        yield sequence


def test_a_beam_that_holds_everything_finds_the_best():
    tokens, scores = search(beam_size=SYMBOLS**STEPS)
    for example in range(2):
        best = sorted(every_sequence(), key=lambda s: -score(example, s))[:5]
        assert tokens[example, :5].tolist() == [list(s) for s in best]
        expected = [score(example, s) for s in best]
        np.testing.assert_allclose(scores[example, :5], expected, atol=1e-5)


def test_one_beam_is_greedy():
    tokens, scores = search(beam_size=1)
    for example in range(2):
        token, expected = 1, []
        for _ in range(STEPS):
            token = END if token == END and expected else int(LOG_P[example, token].argmax())
            expected.append(token)
        assert tokens[example, 0].tolist() == expected
        assert scores[example, 0] == pytest.approx(score(example, expected), abs=1e-5)


def test_scores_are_sorted_and_beams_differ():
    tokens, scores = search(beam_size=5)
    assert (np.diff(scores) <= 0).all()
    assert all(len({tuple(s) for s in beams.tolist()}) == 5 for beams in tokens)


def test_the_steps_lead_back_from_every_sequence():
    tokens, scores, steps = search(beam_size=3, return_steps=True)
    for one, other in zip((tokens, scores), search(beam_size=3), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(steps["log_p"][:, :, -1], scores)
    assert (np.diff(steps["log_p"], axis=1) <= 0).all()
    assert (steps["parents"][:, :, 0] == 0).all()  # before the first step there is one beginning
    for example, beam in np.ndindex(2, 3):
        path, place = [], beam
        for t in reversed(range(STEPS)):
            path.insert(0, steps["tokens"][example, place, t])
            expected = score(example, tokens[example, beam, : t + 1])
            assert steps["log_p"][example, place, t] == pytest.approx(expected, abs=1e-5)
            place = steps["parents"][example, place, t]
        assert path == tokens[example, beam].tolist()


def test_steps_that_were_not_made_have_no_parents():
    certain = ops.convert_to_tensor([[0.0, *[-1e9] * (SYMBOLS - 1)]])  # the end, at once

    def step(tokens, state, t):
        return ops.repeat(certain, ops.shape(tokens)[0], axis=0), state

    *_, steps = beam_search(step, {}, 1, SYMBOLS, 1, STEPS, 1, END, return_steps=True)
    found = {name: ops.convert_to_numpy(kept)[0, 0].tolist() for name, kept in steps.items()}
    assert found == {"tokens": [END] * STEPS, "parents": [0, -1, -1], "log_p": [0.0] * STEPS}
